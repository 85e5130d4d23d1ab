//! `cargo xtask eval`: measures the product on a corpus through its real parts.

fn main() {}
