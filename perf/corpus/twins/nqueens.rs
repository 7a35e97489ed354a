//! All ways to place twelve queens on a board of twelve by twelve, with lists.
use std::rc::Rc;

enum List<T> {
    Nil,
    Cons(T, Rc<List<T>>),
}

fn is_safe(column: i64, mut queens: &Rc<List<i64>>) -> bool {
    let mut distance = 1;
    while let List::Cons(queen, rest) = &**queens {
        if column == *queen || column == queen + distance || column == queen - distance {
            return false;
        }
        distance += 1;
        queens = rest;
    }
    true
}

fn extend(solutions: &List<Rc<List<i64>>>, size: i64) -> List<Rc<List<i64>>> {
    let mut extended = List::Nil;
    let mut rest = solutions;
    while let List::Cons(queens, next) = rest {
        for column in 0..size {
            if is_safe(column, queens) {
                let board = Rc::new(List::Cons(column, queens.clone()));
                extended = List::Cons(board, Rc::new(extended));
            }
        }
        rest = next;
    }
    extended
}

fn main() {
    let size = 12;
    let mut boards = List::Cons(Rc::new(List::Nil), Rc::new(List::Nil));
    for _ in 0..size {
        boards = extend(&boards, size);
    }
    let mut count = 0;
    let mut rest = &boards;
    while let List::Cons(_, next) = rest {
        count += 1;
        rest = next;
    }
    println!("{count}");
}
