//! A call that may fail, made 100 M times, its error passed on by `?`.
struct Odd(i64);

#[inline(never)]
fn step(x: i64, odd: i64) -> Result<i64, Odd> {
    if x == odd { Err(Odd(x)) } else { Ok(x ^ 3) }
}

#[inline(never)]
fn run(n: i64, odd: i64) -> Result<i64, Odd> {
    let mut total = 0i64;
    for i in 0..n {
        total = total.wrapping_add(step(i, odd)?);
    }
    Ok(total)
}

fn main() {
    let n: i64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(100_000_000);
    match run(n, -7) {
        Ok(total) => print!("{total}"),
        Err(Odd(x)) => print!("{x}"),
    }
}
