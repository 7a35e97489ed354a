//! Pattern matching: decision trees for `lower`, and the proof that matches leave nothing out.
//!
//! [`tree`] turns the arms of a `case` into a tree that looks at each part of the subject at most once on every path
//! (Maranget: Compiling Pattern Matching to Good Decision Trees, ML 2008).

//! [`check()`] looks whether such a tree has a way to no arm.

mod check;
mod missing;
#[cfg(test)]
mod tests;
pub mod tree;

pub use check::check;
