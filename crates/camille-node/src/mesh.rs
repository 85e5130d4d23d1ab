//! This node among its peers: asking them, joining them, and the addresses they are told. What peers
//! send is untrusted until `search::merge` has checked it.

pub(crate) mod address;
pub(crate) mod ask;
pub(crate) mod join;
