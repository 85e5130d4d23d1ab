//! The camille command.
fn main() {}
