//! `kea0`, the stage-0 compiler.

fn main() {}
