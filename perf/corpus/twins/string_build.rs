//! Builds a text of a few million pieces by appending, and hashes its bytes.
use std::fmt::Write;

fn main() {
    let mut text = String::new();
    for index in 0..3_000_000 {
        let _ = write!(text, "item {index}; ");
    }
    let mut hash: i64 = 7;
    for &byte in text.as_bytes() {
        hash = (hash * 31 + byte as i64) % 1000000007;
    }
    println!("{} {hash}", text.len());
}
