//! A counter that is passed along: thirty million calls through a trait object.
trait Counter {
    fn next(&mut self, step: i64) -> i64;
}

struct Memory {
    count: i64,
}

impl Counter for Memory {
    fn next(&mut self, step: i64) -> i64 {
        self.count += step;
        self.count
    }
}

#[inline(never)]
fn run(rounds: i64, counter: &mut dyn Counter) -> i64 {
    let mut sum = 0;
    for round in 0..rounds {
        sum = (sum + counter.next(round % 7)) % 1000000007;
    }
    sum
}

fn main() {
    let mut memory = Memory { count: 0 };
    println!("{}", run(30_000_000, &mut memory));
}
