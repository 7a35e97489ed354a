//! Counts words in a hash map: two million words of twenty thousand kinds.
use std::collections::HashMap;
use std::fmt::Write;

fn text(words: usize) -> String {
    let mut seed: i64 = 1;
    let mut out = String::new();
    for _ in 0..words {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        let _ = write!(out, "w{} ", seed / 65536 % 20000);
    }
    out
}

fn main() {
    let text = text(2_000_000);
    let mut counts: HashMap<String, i64> = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word.to_string()).or_insert(0) += 1;
    }
    println!("{} words, at most {}", counts.len(), counts.values().max().unwrap_or(&0));
}
