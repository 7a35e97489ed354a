//! Back.
fn main() {}
