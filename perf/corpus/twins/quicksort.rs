//! Quicksort in place on a vector of three million pseudo-random numbers.
fn next_random(seed: i64) -> i64 {
    (seed * 1103515245 + 12345) % 2147483648
}

fn random_vector(length: i64) -> Vec<i64> {
    let mut seed = 42;
    let mut numbers = Vec::with_capacity(length as usize);
    for _ in 0..length {
        seed = next_random(seed);
        numbers.push(seed);
    }
    numbers
}

fn partition(numbers: &mut [i64], low: i64, high: i64) -> (i64, i64) {
    let pivot = numbers[((low + high) / 2) as usize];
    let (mut left, mut right) = (low, high);
    while left <= right {
        while numbers[left as usize] < pivot {
            left += 1;
        }
        while pivot < numbers[right as usize] {
            right -= 1;
        }
        if left <= right {
            numbers.swap(left as usize, right as usize);
            left += 1;
            right -= 1;
        }
    }
    (left, right)
}

fn quicksort(numbers: &mut [i64], low: i64, high: i64) {
    if low < high {
        let (left, right) = partition(numbers, low, high);
        quicksort(numbers, low, right);
        quicksort(numbers, left, high);
    }
}

fn checksum(numbers: &[i64]) -> i64 {
    let mut sum = 0;
    for (index, number) in numbers.iter().enumerate() {
        sum = (sum * 31 + number * (index as i64 + 1)) % 1000000007;
    }
    sum
}

fn main() {
    let length = 3_000_000;
    let mut numbers = random_vector(length);
    quicksort(&mut numbers, 0, length - 1);
    println!("{}", checksum(&numbers));
}
