//! Why a program stops before its entry function returns, and the words of its panics.
//!
//! | check | message |
//! | --- | --- |
//! | overflow of `checked` arithmetic | `integer overflow` |
//! | `div` or `rem` by 0 | `division by zero` |
//! | a shift that is not within the width | `shift by N in a width of BITS bits` |
//! | `bounds` | `index I is out of bounds: the length is N` |
//! | `bounds_range` | `range A..B is out of bounds: the length is N` |
//! | frames beyond the limit | `stack overflow in FUNCTION` |
//! | `array_new` | `negative array capacity: N`, `an array of N elements is too large` |
//! | `array_extend` | `negative count of elements: N` |
//! | any growth of an array | `an array of N elements is too large` |
//! | `raw_alloc` | `raw memory of N bytes` |
//! | more memory than there is | `out of memory: no N bytes more` |
//!
//! Native code says the same words: they are the runtime's services.

/// Why a program stops.
#[derive(Debug)]
pub enum Stop {
    /// It panicked, with that message.
    Panic(String),
    /// There was no room for a frame of the function with that name.
    StackOverflow(String),
    /// It asked to end with that status.
    Exit(i32),
    /// It did what no correct program does: the compiler that made it, or whoever wrote it, is wrong.
    Violation(String),
    /// It needs what an interpreter does not have.
    Unavailable(String),
}

/// What a part of an instruction gives, unless the program stops.
pub type Step<T> = Result<T, Stop>;

/// A violation.
pub fn violation<T>(message: impl Into<String>) -> Step<T> {
    Err(Stop::Violation(message.into()))
}

/// A panic.
pub fn panic<T>(message: impl Into<String>) -> Step<T> {
    Err(Stop::Panic(message.into()))
}

/// Checked arithmetic left its range.
pub fn overflow<T>() -> Step<T> {
    panic("integer overflow")
}

/// A divisor was 0.
pub fn division_by_zero<T>() -> Step<T> {
    panic("division by zero")
}

/// A checked shift by more than the width allows, or by a negative amount.
pub fn shift_out_of_range<T>(amount: i64, bits: u32) -> Step<T> {
    panic(format!("shift by {amount} in a width of {bits} bits"))
}

/// An index is not below the length, or negative.
pub fn index_out_of_bounds<T>(index: i64, length: i64) -> Step<T> {
    panic(format!("index {index} is out of bounds: the length is {length}"))
}

/// A range is not within the length.
pub fn range_out_of_bounds<T>(from: i64, to: i64, length: i64) -> Step<T> {
    panic(format!("range {from}..{to} is out of bounds: the length is {length}"))
}
