//! Unification: makes two types or two rows equal by saying what their variables stand for.

use super::Checker;
use super::rows::{Cause, Watcher};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{EffectUse, Expr, ExprKind, InferenceId, Row, RowTail, Ty, Type};
use smallvec::SmallVec;

/// How many constructors a type may have that a variable stands for.
const TYPE_SIZE_MAX: u32 = 1 << 16;

/// Why two types cannot be made equal.
pub(super) enum Failure {
    /// They differ.
    Types,
    /// One would contain itself.
    Infinite,
    /// One would be larger than any that a program needs.
    Size,
    /// What one performs is not allowed where the other stands.
    Effect(Box<Diagnostic>),
}

impl From<Box<Diagnostic>> for Failure {
    fn from(error: Box<Diagnostic>) -> Failure {
        Failure::Effect(error)
    }
}

impl<'a> Checker<'a, '_> {
    /// Makes the types equal.
    pub(super) fn unify(&mut self, left: Ty<'a>, right: Ty<'a>, cause: Cause) -> Result<(), Failure> {
        let (left, right) = (self.table.resolve(left), self.table.resolve(right));
        if std::ptr::eq(left, right) {
            return Ok(());
        }
        match (*left, *right) {
            (Type::Inference(a), Type::Inference(b)) => {
                if a != b {
                    if self.table.is_number(b) {
                        self.table.make_number(a);
                    }
                    self.table.bind(b, left);
                }
                Ok(())
            }
            (Type::Inference(id), _) => self.bind(id, right),
            (_, Type::Inference(id)) => self.bind(id, left),
            (Type::Vector(a), Type::Vector(b)) => self.unify(a, b, cause),
            (Type::Data(a, left), Type::Data(b, right)) if a == b => self.unify_all(left, right, cause),
            (Type::Tuple(left), Type::Tuple(right)) => self.unify_all(left, right, cause),
            (Type::Function(a, left_row, left), Type::Function(b, right_row, right)) => {
                self.unify_all(a, b, cause)?;
                self.unify_rows(left_row, right_row, cause)?;
                self.unify(left, right, cause)
            }
            // What is left has no parts.
            (a, b) if a == b => Ok(()),
            _ => Err(Failure::Types),
        }
    }

    fn unify_all(&mut self, left: &'a [Ty<'a>], right: &'a [Ty<'a>], cause: Cause) -> Result<(), Failure> {
        if left.len() != right.len() {
            return Err(Failure::Types);
        }
        left.iter().zip(right).try_for_each(|(a, b)| self.unify(a, b, cause))
    }

    /// Binds a variable to a type that is not a variable.
    fn bind(&mut self, id: InferenceId, ty: Ty<'a>) -> Result<(), Failure> {
        if self.table.is_number(id) && !matches!(ty, Type::Int | Type::UInt8 | Type::Float) {
            return Err(Failure::Types);
        }
        self.reject_cycle(id, ty, &mut 0)?;
        self.table.bind(id, ty);
        Ok(())
    }

    /// Refuses a type that contains a variable that is to stand for it. Types share their parts, so that a short program could make one
    /// of any size; those that would take too long to go through are refused, too.
    fn reject_cycle(&mut self, id: InferenceId, ty: Ty<'a>, size: &mut u32) -> Result<(), Failure> {
        *size += 1;
        if *size > TYPE_SIZE_MAX {
            return Err(Failure::Size);
        }
        match *self.table.resolve(ty) {
            Type::Inference(other) if other == id => Err(Failure::Infinite),
            Type::Vector(element) => self.reject_cycle(id, element, size),
            Type::Data(_, types) | Type::Tuple(types) => {
                types.iter().try_for_each(|ty| self.reject_cycle(id, ty, size))
            }
            Type::Function(parameters, row, result) => {
                parameters.iter().try_for_each(|ty| self.reject_cycle(id, ty, size))?;
                for used in self.table.flatten(row).effects {
                    used.arguments.iter().try_for_each(|ty| self.reject_cycle(id, ty, size))?;
                }
                self.reject_cycle(id, result, size)
            }
            _ => Ok(()),
        }
    }

    /// Makes the rows equal: effects of one constructor have equal arguments, what only one row holds goes into the end of
    /// the other.
    fn unify_rows(&mut self, left: Row<'a>, right: Row<'a>, cause: Cause) -> Result<(), Failure> {
        let (a, b) = (self.table.flatten(left), self.table.flatten(right));
        let mut only_left: SmallVec<[EffectUse<'a>; 4]> = SmallVec::new();
        for used in &a.effects {
            match b.find(used.effect) {
                Some(other) => self.unify_all(used.arguments, other.arguments, cause)?,
                None => only_left.push(*used),
            }
        }
        let only_right: SmallVec<[EffectUse<'a>; 4]> =
            b.effects.iter().copied().filter(|used| a.find(used.effect).is_none()).collect();
        // Unifying arguments may have bound the ends; then the rows are longer than they were.
        if self.table.flatten(left).tail != a.tail || self.table.flatten(right).tail != b.tail {
            return self.unify_rows(left, right, cause);
        }
        match (a.tail, b.tail) {
            (x, y) if x == y => {
                if only_left.is_empty() && only_right.is_empty() {
                    Ok(())
                } else {
                    Err(Failure::Types)
                }
            }
            (end, Some(RowTail::Inference(y))) if only_right.is_empty() => self.extend(y, &only_left, end, cause),
            (Some(RowTail::Inference(x)), end) if only_left.is_empty() => self.extend(x, &only_right, end, cause),
            (Some(RowTail::Inference(x)), Some(RowTail::Inference(y))) => {
                let lacks: SmallVec<[_; 8]> = a.effects.iter().chain(&b.effects).map(|used| used.effect).collect();
                let rest = self.table.open_row(&lacks).tail;
                self.extend(x, &only_right, rest, cause)?;
                self.extend(y, &only_left, rest, cause)
            }
            _ => Err(Failure::Types),
        }
    }

    /// Binds a row variable to those effects and that end.
    fn extend(
        &mut self,
        id: InferenceId,
        effects: &[EffectUse<'a>],
        tail: Option<RowTail>,
        cause: Cause,
    ) -> Result<(), Failure> {
        let row = Row { effects: self.arena.alloc_slice_copy(effects), tail };
        Ok(self.bind_row(id, row, cause)?)
    }

    /// Makes a found type equal to the expected one, or says that it is not.
    pub(super) fn expect(&mut self, expected: Ty<'a>, found: Ty<'a>, cause: Cause) -> Outcome<()> {
        self.fit(expected, found, cause, |checker| checker.unify(expected, found, cause))
    }

    /// Does what makes two types fit, or says that they do not.
    fn fit(
        &mut self,
        expected: Ty<'a>,
        found: Ty<'a>,
        cause: Cause,
        unify: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Outcome<()> {
        unify(self).map_err(|failure| match failure {
            Failure::Effect(error) => error,
            Failure::Types => self.wrong_type(expected, found, cause.span),
            Failure::Infinite => self.infinite_type(expected, found, cause.span),
            Failure::Size => Diagnostic::new("type-too-large", cause.span, "the type of this is too large"),
        })
    }

    /// Fits an expression to the type that is expected where it stands: `Never` fits every type, and a function fits a type
    /// with a larger row.
    pub(super) fn coerce(&mut self, expr: Expr<'a>, expected: Ty<'a>) -> Outcome<Expr<'a>> {
        let cause = self.cause_of(&expr);
        let (found, wanted) = (self.table.resolve(expr.ty), self.table.resolve(expected));
        if *found == Type::Never {
            return Ok(expr);
        }
        let (&Type::Function(given, row, result), &Type::Function(taken, wider, wanted_result)) = (found, wanted)
        else {
            self.expect(wanted, found, cause)?;
            return Ok(expr);
        };
        if std::ptr::eq(found, wanted) {
            return Ok(expr);
        }
        self.fit(wanted, found, cause, |checker| {
            checker.unify_all(taken, given, cause)?;
            checker.unify(wanted_result, result, cause)?;
            checker.demand(row, Watcher { superset: wider, declared: false, except: None, origin: None }, cause)?;
            // An open row becomes the wider one; any other needs a wrapper.
            if is_open(&expr) { checker.unify_rows(wider, row, cause) } else { Ok(()) }
        })?;
        if is_open(&expr) {
            return Ok(expr);
        }
        // The last pass drops it where the rows turn out to be equal.
        Ok(Expr { kind: ExprKind::Widen(self.arena.alloc(expr)), ty: wanted, span: expr.span })
    }
}

/// Whether a function-typed expression has an open row: a named function, a constructor, or a lambda.
fn is_open(expr: &Expr<'_>) -> bool {
    matches!(expr.kind, ExprKind::Function(_) | ExprKind::ConstructorFunction { .. } | ExprKind::Lambda { .. })
}
