//! What calls of `@intrinsic` functions become: instructions on scalars, functions of the runtime, operations on arrays,
//! calls on several threads.

use super::arrays::ArrayOperation;
use super::builder::{FunctionLowering, Operand};
use super::layouts::{CallShape, internal};
use super::types::Kind;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Code, Expr, Named};
use crate::source::Span;
use kea_mir::contract::{Category, FormItem, Mnemonic};
use kea_mir::entity::Value;
use kea_mir::module::Immediate;
use kea_mir::types::{Scalar, Stored, Type};
use smallvec::SmallVec;

/// The values that an intrinsic gives.
pub(super) type Results = SmallVec<[Value; 2]>;

impl<'a> FunctionLowering<'_, '_, 'a> {
    /// A call of an intrinsic. Two results are a tuple.
    pub(super) fn intrinsic(
        &mut self,
        name: &'a str,
        values: &[Value],
        shape: &CallShape,
        span: Span,
    ) -> Outcome<Operand> {
        let results = self.intrinsic_results(name, values, shape, span)?;
        match results[..] {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => self.construct(shape.result, 0, &results, span).map(Some),
        }
    }

    /// The elements of the tuple that a call of an intrinsic gives; none, and no code, when it is another call.
    pub(super) fn intrinsic_parts(
        &mut self,
        named: &Named<'a>,
        arguments: &'a [Expr<'a>],
        span: Span,
    ) -> Outcome<Option<Vec<Value>>> {
        let instance = self.lowering.resolve(named, &self.substitution, span)?;
        let Code::Intrinsic(name) = self.lowering.program.functions[instance.function.index()].code else {
            return Ok(None);
        };
        let shape = self.lowering.instance_shape(&instance);
        let Kind::Tuple(elements) = self.lowering.types.kind(shape.result).clone() else { return Ok(None) };
        let values = self.values(arguments)?;
        let results = self.intrinsic_results(name, &values, &shape, span)?;
        if results.len() == elements.len() {
            return Ok(Some(results.to_vec()));
        }
        let whole = self.materialize(results.first().copied(), shape.result);
        let mut parts = Vec::with_capacity(elements.len());
        for (index, ty) in (0..).zip(elements.iter()) {
            let part = self.read_field(whole, shape.result, 0, index, span)?;
            parts.push(self.materialize(part, *ty));
        }
        Ok(Some(parts))
    }

    fn intrinsic_results(
        &mut self,
        name: &'a str,
        values: &[Value],
        shape: &CallShape,
        span: Span,
    ) -> Outcome<Results> {
        if self.is_dead() {
            return Ok(Results::new());
        }
        self.at(span);
        if let Some(operation) = ArrayOperation::from_name(name) {
            return self.array_operation(operation, values, shape, span);
        }
        match (name, values) {
            ("identity", [value]) => {
                let result = self.value_type(shape.result);
                let given = self.draft.values[value.index()];
                if given != result {
                    return Err(misused(name, span));
                }
                return Ok(SmallVec::from_slice(&[*value]));
            }
            ("same", [a, b]) => {
                let counted = matches!(self.draft.values[a.index()], Type::Stored(Stored::Ref(_)));
                if !counted {
                    return Err(misused(name, span));
                }
                return Ok(SmallVec::from_slice(&[self.define("same", Immediate::None, &[*a, *b], Type::BOOL)]));
            }
            ("parallel", [task, count]) => {
                let layout = self.lowering.layout(shape.result, span)?;
                let ty = self.value_type(shape.result);
                let args = [*task, *count];
                return Ok(SmallVec::from_slice(&[self.define(name, Immediate::Layout(layout), &args, ty)]));
            }
            _ => {}
        }
        if let Some(func) = self.lowering.runtime_function(name)? {
            return self.runtime_results(func, values, span);
        }
        match Mnemonic::from_text(name) {
            Some(mnemonic) => self.scalar_instruction(mnemonic, values, span),
            None => Err(Diagnostic::new("unknown-intrinsic", span, format!("there is no intrinsic `{name}`"))),
        }
    }

    /// An instruction that takes and gives scalars only.
    fn scalar_instruction(&mut self, mnemonic: Mnemonic, values: &[Value], span: Span) -> Outcome<Results> {
        let row = mnemonic.info();
        let info = row.opcode.info();
        let mut wanted: SmallVec<[Option<Scalar>; 3]> = SmallVec::new();
        for item in info.form {
            let FormItem::Operand(_, category) = item else { return Err(misused(row.text, span)) };
            wanted.push(match category {
                Category::T => row.scalar,
                Category::T2 => row.scalar2,
                Category::I64 => Some(Scalar::I64),
                Category::Bool => Some(Scalar::Bool),
                _ => None,
            });
        }
        let fits = |(value, wanted): (&Value, &Option<Scalar>)| {
            wanted.is_some() && self.draft.values[value.index()].scalar() == *wanted
        };
        if info.terminator || wanted.len() != values.len() || !values.iter().zip(&wanted).all(fits) {
            return Err(misused(row.text, span));
        }
        let mut results = Results::new();
        for category in info.results {
            let scalar = match *category {
                "T" => row.scalar,
                "T2" => row.scalar2,
                name => Scalar::from_name(name),
            };
            let Some(scalar) = scalar else { return Err(misused(row.text, span)) };
            results.push(self.draft.value(scalar.into()));
        }
        self.push(mnemonic, Immediate::None, values, &results);
        Ok(results)
    }

    /// A call of a function of the runtime.
    pub(super) fn call_runtime(&mut self, name: &'static str, args: &[Value], span: Span) -> Outcome<Operand> {
        if self.is_dead() {
            return Ok(None);
        }
        match self.lowering.runtime_function(name)? {
            Some(func) => Ok(self.runtime_results(func, args, span)?.first().copied()),
            None => Err(internal(span, "a function that the runtime lacks")),
        }
    }
}

/// An intrinsic whose signature is not the one that it is declared with.
pub(super) fn misused(name: &str, span: Span) -> Box<Diagnostic> {
    Diagnostic::new("unknown-intrinsic", span, format!("the intrinsic `{name}` has another signature"))
}
