//! Okasaki's red-black trees: a million insertions, then a fold.
#[derive(Clone, Copy, PartialEq)]
enum Colour {
    Red,
    Black,
}
use Colour::{Black, Red};

type Tree = Option<Box<Node>>;

struct Node {
    colour: Colour,
    left: Tree,
    key: i64,
    value: bool,
    right: Tree,
}

fn node(colour: Colour, left: Tree, key: i64, value: bool, right: Tree) -> Tree {
    Some(Box::new(Node { colour, left, key, value, right }))
}

fn is_red(tree: &Tree) -> bool {
    tree.as_ref().is_some_and(|node| node.colour == Red)
}

fn balance_left(left: Tree, key: i64, value: bool, right: Tree) -> Tree {
    match left {
        Some(mut y) if y.colour == Red && is_red(&y.left) => {
            if let Some(x) = &mut y.left {
                x.colour = Black;
            }
            let c = y.right.take();
            y.right = node(Black, c, key, value, right);
            Some(y)
        }
        Some(mut x) if x.colour == Red && is_red(&x.right) => match x.right.take() {
            Some(mut y) => {
                x.right = y.left.take();
                x.colour = Black;
                let c = y.right.take();
                y.left = Some(x);
                y.right = node(Black, c, key, value, right);
                Some(y)
            }
            None => node(Black, Some(x), key, value, right),
        },
        other => node(Black, other, key, value, right),
    }
}

fn balance_right(left: Tree, key: i64, value: bool, right: Tree) -> Tree {
    match right {
        Some(mut z) if z.colour == Red && is_red(&z.left) => match z.left.take() {
            Some(mut y) => {
                z.left = y.right.take();
                z.colour = Black;
                let b = y.left.take();
                y.left = node(Black, left, key, value, b);
                y.right = Some(z);
                Some(y)
            }
            None => node(Black, left, key, value, Some(z)),
        },
        Some(mut y) if y.colour == Red && is_red(&y.right) => {
            if let Some(z) = &mut y.right {
                z.colour = Black;
            }
            let b = y.left.take();
            y.left = node(Black, left, key, value, b);
            Some(y)
        }
        other => node(Black, left, key, value, other),
    }
}

fn insert_below(tree: Tree, key: i64, value: bool) -> Tree {
    let Some(mut node) = tree else { return node(Red, None, key, value, None) };
    if key < node.key {
        let left = insert_below(node.left.take(), key, value);
        if node.colour == Black {
            return balance_left(left, node.key, node.value, node.right.take());
        }
        node.left = left;
    } else if node.key < key {
        let right = insert_below(node.right.take(), key, value);
        if node.colour == Black {
            return balance_right(node.left.take(), node.key, node.value, right);
        }
        node.right = right;
    } else {
        node.value = value;
    }
    Some(node)
}

fn insert(tree: Tree, key: i64, value: bool) -> Tree {
    let mut tree = insert_below(tree, key, value);
    if let Some(root) = &mut tree {
        root.colour = Black;
    }
    tree
}

fn count_true(tree: &Tree) -> i64 {
    tree.as_ref().map_or(0, |node| count_true(&node.left) + i64::from(node.value) + count_true(&node.right))
}

fn main() {
    let mut tree = None;
    for index in 0..1_000_000 {
        let key = (index * 7919) % 1_000_003;
        tree = insert(tree, key, key % 10 == 0);
    }
    println!("{}", count_true(&tree));
}
