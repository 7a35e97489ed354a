//! A vector summed with a bounds check for each element.
use std::hint::black_box;

#[inline(never)]
fn sum(vector: &Vec<i64>, n: usize) -> i64 {
    let mut total = 0i64;
    for i in 0..n {
        total = total.wrapping_add(vector[i]);
    }
    total
}

fn main() {
    let n: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10_000_000);
    let mut vector = Vec::with_capacity(n);
    for i in 0..n {
        vector.push(i as i64);
    }
    let mut total = 0i64;
    for _ in 0..40 {
        total = total.wrapping_add(sum(black_box(&vector), black_box(n)));
    }
    print!("{total}");
}
