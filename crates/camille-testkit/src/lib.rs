//! Real nodes on loopback, invented sessions, and a proxy that delays: for tests and measurements. It
//! must never be part of the product, and never replace a part of it by an imitation.

pub mod lie;
pub mod mesh;
pub mod node;
pub mod proxy;
pub mod session;
pub mod stranger;
