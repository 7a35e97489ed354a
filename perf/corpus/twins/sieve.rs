//! The sieve of Eratosthenes in a vector of bytes, ten times over.
fn count_primes(limit: i64) -> i64 {
    let mut composite = vec![0u8; limit as usize + 1];
    let mut count = 0;
    let mut n = 2;
    while n <= limit {
        if composite[n as usize] == 0 {
            count += 1;
            let mut multiple = n * n;
            while multiple <= limit {
                composite[multiple as usize] = 1;
                multiple += n;
            }
        }
        n += 1;
    }
    count
}

fn main() {
    let total: i64 = (0..10).map(|round| count_primes(5_000_000 + round)).sum();
    println!("{total}");
}
