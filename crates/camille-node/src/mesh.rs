//! This node among its peers: asking them, joining them, finding them, looking whether they are there, and the
//! addresses they are told. What peers send is untrusted until `federation` has checked it.

pub(crate) mod address;
pub(crate) mod ask;
pub(crate) mod cache;
pub(crate) mod contact;
pub(crate) mod discovery;
pub(crate) mod health;
pub(crate) mod interface;
pub(crate) mod introduction;
pub(crate) mod join;
pub(crate) mod neighbours;
pub(crate) mod probe;
pub(crate) mod renewal;
pub(crate) mod route;
pub(crate) mod service;
pub(crate) mod test;
