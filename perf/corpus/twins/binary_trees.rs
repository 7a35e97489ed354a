//! Builds, counts and drops complete binary trees: allocation and nothing else.
enum Tree {
    Leaf,
    Node(Box<Tree>, Box<Tree>),
}

fn build(depth: i64) -> Tree {
    if depth == 0 {
        Tree::Node(Box::new(Tree::Leaf), Box::new(Tree::Leaf))
    } else {
        Tree::Node(Box::new(build(depth - 1)), Box::new(build(depth - 1)))
    }
}

fn count(tree: &Tree) -> i64 {
    match tree {
        Tree::Leaf => 0,
        Tree::Node(left, right) => 1 + count(left) + count(right),
    }
}

fn main() {
    let depth_max = 18;
    let long_lived = build(depth_max);
    let mut depth = 4;
    while depth <= depth_max {
        let iterations = 1i64 << (depth_max - depth + 4);
        let mut total = 0;
        for _ in 0..iterations {
            total += count(&build(depth));
        }
        println!("{iterations} trees of depth {depth}: {total}");
        depth += 4;
    }
    println!("long-lived tree: {}", count(&long_lived));
}
