//! Results of two words, which the C convention returns in two registers.

use std::io;

use crate::context::Context;
use crate::object::Object;
use crate::string;

/// `(i64, own ref)`: a status and a string or an array of strings.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Outcome {
    /// 0, the number of the error, or what the contract says of the function.
    pub status: i64,
    /// The value, or the reason in words.
    pub value: Object,
}

/// `(i64, i64)`: whether a text was read as a number, and the number's bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Parsed {
    /// 1, or 0 when the text is not a number.
    pub valid: i64,
    /// The bits of the number.
    pub bits: i64,
}

impl Outcome {
    pub(crate) fn new(status: i64, value: Object) -> Outcome {
        Outcome { status, value }
    }

    /// Status 0 and the text, or the error's number and reason.
    pub(crate) fn of_bytes<T: AsRef<[u8]>>(context: &mut Context, result: io::Result<T>) -> Outcome {
        match result {
            Ok(bytes) => Outcome::new(0, string::new(context, bytes.as_ref())),
            Err(error) => Outcome::failure(context, &error),
        }
    }

    /// Status 0 and an empty text, or the error's number and reason.
    pub(crate) fn of_unit(context: &mut Context, result: io::Result<()>) -> Outcome {
        Outcome::of_bytes(context, result.map(|()| b""))
    }

    pub(crate) fn failure(context: &mut Context, error: &io::Error) -> Outcome {
        let reason = reason(error);
        Outcome::new(error_number(error), string::new(context, reason.as_bytes()))
    }

    /// An error of a function that gives an array of strings: the reason is its only element.
    pub(crate) fn failure_list(context: &mut Context, error: &io::Error) -> Outcome {
        Outcome::new(error_number(error), string::new_array(context, &[reason(error)]))
    }
}

/// The system's number of an error, 1 when it has none.
pub(crate) fn error_number(error: &io::Error) -> i64 {
    error.raw_os_error().map_or(1, i64::from)
}

/// An error in words, without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    let mut text = error.to_string();
    if let Some(number) = error.raw_os_error() {
        let suffix = format!(" (os error {number})");
        if text.ends_with(&suffix) {
            text.truncate(text.len() - suffix.len());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_no_number() {
        let error = io::Error::from_raw_os_error(libc::ENOENT);
        assert_eq!(reason(&error), "No such file or directory");
        assert_eq!(error_number(&error), 2);
        assert_eq!(error_number(&io::Error::other("x")), 1);
    }
}
