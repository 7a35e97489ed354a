//! What the runtime's functions do, one function of the contract each.

mod console;
mod environment;
mod file;
mod foreign;
mod number;
mod number_text;
mod process;
mod text;

use crate::entity::LayoutId;
use crate::interp::array::Array;
use crate::interp::machine::{Machine, Values};
use crate::interp::object::ObjectBody;
use crate::interp::stop::{Step, violation};
use crate::interp::value::Value;
use crate::module::Signature;
use crate::types::{Stored, Type};
use smallvec::smallvec;
use std::io;

/// What a function of the runtime, or a foreign one, does.
pub type RuntimeFunction = fn(&mut Machine<'_, '_>, &Call<'_>) -> Step<Values>;

/// A row of a table of functions.
type Row = (&'static str, RuntimeFunction);

/// A call of a function without code in the module.
pub struct Call<'a> {
    /// How the module declares it.
    pub signature: &'a Signature,
    /// The arguments.
    pub args: Values,
}

/// The function of that name: the runtime's, or foreign.
pub fn runtime_function(name: &str, foreign: bool) -> Option<RuntimeFunction> {
    let tables: &[&[Row]] = if foreign {
        &[foreign::FUNCTIONS]
    } else {
        &[
            text::FUNCTIONS,
            number::FUNCTIONS,
            console::FUNCTIONS,
            file::FUNCTIONS,
            environment::FUNCTIONS,
            process::FUNCTIONS,
        ]
    };
    tables.iter().copied().flatten().find(|(known, _)| *known == name).map(|(_, function)| *function)
}

impl Call<'_> {
    /// The argument.
    fn arg(&self, index: usize) -> Step<&Value> {
        match self.args.get(index) {
            Some(value) => Ok(value),
            None => violation(format!("there is no argument {index}")),
        }
    }

    /// The bits of a scalar argument.
    fn scalar(&self, index: usize) -> Step<u64> {
        match self.arg(index)? {
            Value::Scalar(bits) => Ok(*bits),
            other => crate::interp::machine::unexpected(other, "a scalar"),
        }
    }

    fn i64(&self, index: usize) -> Step<i64> {
        self.scalar(index).map(|bits| bits as i64)
    }

    fn f64(&self, index: usize) -> Step<f64> {
        self.scalar(index).map(f64::from_bits)
    }

    /// The bytes of a string argument.
    fn bytes<'a>(&self, machine: &'a Machine<'_, '_>, index: usize) -> Step<&'a [u8]> {
        machine.bytes(self.arg(index)?)
    }

    /// The bytes of a string argument, copied.
    fn owned_bytes(&self, machine: &Machine<'_, '_>, index: usize) -> Step<Vec<u8>> {
        self.bytes(machine, index).map(<[u8]>::to_vec)
    }

    /// The bytes of each string of an argument that is an array of strings.
    fn texts(&self, machine: &Machine<'_, '_>, index: usize) -> Step<Vec<Vec<u8>>> {
        let array = machine.heap.array(crate::interp::machine::object_of(self.arg(index)?)?)?;
        (0..array.length()).map(|index| machine.bytes(&array.get(index)).map(<[u8]>::to_vec)).collect()
    }

    /// The layout of the array that the module declares as that result.
    fn result_layout(&self, index: usize) -> Step<LayoutId> {
        match self.signature.results().get(index).map(|result| result.ty) {
            Some(Type::Stored(Stored::Ref(layout))) => Ok(layout),
            _ => violation(format!("result {index} is not declared as an array")),
        }
    }

    /// A new string for that result.
    fn string(&self, machine: &mut Machine<'_, '_>, index: usize, bytes: Vec<u8>) -> Step<Value> {
        machine.heap.allocate_bytes(self.result_layout(index)?, bytes)
    }

    /// A new array of new strings for that result.
    fn strings(&self, machine: &mut Machine<'_, '_>, index: usize, texts: Vec<Vec<u8>>) -> Step<Value> {
        let layout = self.result_layout(index)?;
        let Some(Stored::Ref(element)) = machine.module.layout(layout).element() else {
            return violation(format!("result {index} is not declared as an array of strings"));
        };
        let strings: Vec<Value> =
            texts.into_iter().map(|text| machine.heap.allocate_bytes(element, text)).collect::<Step<_>>()?;
        let array = Array::of_values(machine.module, layout, strings)?;
        Ok(Value::Object(machine.heap.allocate(ObjectBody::Array(array))))
    }

    /// A status and a string.
    fn outcome(&self, machine: &mut Machine<'_, '_>, status: i64, text: Vec<u8>) -> Step<Values> {
        Ok(smallvec![Value::i64(status), self.string(machine, 1, text)?])
    }

    /// 0 and the text, or the error's number and reason.
    fn text_or_error(&self, machine: &mut Machine<'_, '_>, result: io::Result<Vec<u8>>) -> Step<Values> {
        match result {
            Ok(text) => self.outcome(machine, 0, text),
            Err(error) => self.outcome(machine, error_number(&error), reason(&error)),
        }
    }

    /// 0 and an empty text, or the error's number and reason.
    fn done_or_error(&self, machine: &mut Machine<'_, '_>, result: io::Result<()>) -> Step<Values> {
        self.text_or_error(machine, result.map(|()| Vec::new()))
    }
}

/// One result.
fn one(value: Value) -> Step<Values> {
    Ok(smallvec![value])
}

/// No results.
fn none() -> Step<Values> {
    Ok(Values::new())
}

/// The system's number of an error; 1 when it has none.
fn error_number(error: &io::Error) -> i64 {
    error.raw_os_error().map_or(1, i64::from)
}

/// An error in words, without its number.
fn reason(error: &io::Error) -> Vec<u8> {
    let text = error.to_string();
    let suffix = error.raw_os_error().map_or(String::new(), |number| format!(" (os error {number})"));
    text.strip_suffix(&suffix).unwrap_or(&text).as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_the_contract_is_there() {
        let missing = crate::contract::RUNTIME.iter().filter(|(name, _)| runtime_function(name, false).is_none());
        assert_eq!(missing.map(|(name, _)| *name).collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
