//! The product of two matrices of 800 by 800 floats, each one flat vector.
fn matrix(size: usize, seed: usize) -> Vec<f64> {
    (0..size * size).map(|index| ((index * seed) % 100) as f64 / 10.0).collect()
}

fn multiply(left: &[f64], right: &[f64], size: usize) -> Vec<f64> {
    let mut product = vec![0.0; size * size];
    for row in 0..size {
        for inner in 0..size {
            let factor = left[row * size + inner];
            for column in 0..size {
                product[row * size + column] += factor * right[inner * size + column];
            }
        }
    }
    product
}

fn main() {
    let size = 800;
    let product = multiply(&matrix(size, 7), &matrix(size, 13), size);
    println!("{}", product.iter().sum::<f64>() as i64);
}
