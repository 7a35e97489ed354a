//! Names as values, and calls.

use super::Checker;
use super::errors::path_span;
use super::rows::{Cause, Performer};
use super::scope::FrameKind;
use super::signatures::{Instance, InstanceItem};
use crate::ast::{self, Argument, ExprKind as Syntax, Name};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Expr, ExprKind, LocalKind, Pattern, PatternKind, Row, Ty, Type};
use crate::resolve::Item;
use crate::source::Span;
use smallvec::SmallVec;

impl<'a> Checker<'a, '_> {
    /// A lower-case name: a local, else what it means in the module.
    pub(super) fn name(&mut self, name: Name<'a>) -> Outcome<Expr<'a>> {
        match self.local(name)? {
            Some(local) => Ok(local),
            None => {
                let item = self.module_item(name)?;
                self.item_value(item, name.span)
            }
        }
    }

    fn local(&mut self, name: Name<'a>) -> Outcome<Option<Expr<'a>>> {
        let Some(id) = self.scope.find(name.text) else { return Ok(None) };
        self.use_local(id, name.span)?;
        Ok(Some(Expr { kind: ExprKind::Local(id), ty: self.locals[id.index()].ty, span: name.span }))
    }

    fn module_item(&mut self, name: Name<'a>) -> Outcome<Item> {
        let module = self.signature.module;
        match self.environment.value(module, name)? {
            Some(item) => Ok(item),
            None => Err(self.environment.unknown_value(module, name, &self.scope.visible())),
        }
    }

    /// An item as a value. A function's row is open: it fits where more may be performed.
    pub(super) fn item_value(&mut self, item: Item, span: Span) -> Outcome<Expr<'a>> {
        if let Item::Constant(id) = item {
            self.references.constant(id);
            return Ok(Expr { kind: ExprKind::Constant(id), ty: self.program.constants[id.index()].ty, span });
        }
        let instance = self.item_instance(item, span);
        match instance.item {
            InstanceItem::Named(named) => {
                let row = self.opened(instance.row);
                let parameters = self.arena.alloc_slice_copy(&instance.parameters);
                let ty = self.arena.alloc(Type::Function(parameters, row, instance.result));
                Ok(Expr { kind: ExprKind::Function(named), ty, span })
            }
            InstanceItem::Operation(..) => Ok(self.operation_value(&instance, span)),
        }
    }

    /// A function, a method or an operation at one use.
    fn item_instance(&mut self, item: Item, span: Span) -> Instance<'a> {
        match item {
            Item::Function(id) => self.instantiate(id, span),
            Item::Method(id, method) => self.instantiate_method(id, method, span),
            Item::Operation(id, operation) => self.instantiate_operation(id, operation),
            Item::Constant(_) => unreachable!("constants are not called by name"),
        }
    }

    /// A closed row with a new end.
    fn opened(&mut self, row: Row<'a>) -> Row<'a> {
        if row.tail.is_some() {
            return row;
        }
        let held: SmallVec<[_; 4]> = row.effects.iter().map(|used| used.effect).collect();
        Row { effects: row.effects, tail: self.table.open_row(&held).tail }
    }

    /// An operation as a function value: a lambda that performs it.
    fn operation_value(&mut self, instance: &Instance<'a>, span: Span) -> Expr<'a> {
        self.enter_frame(FrameKind::Lambda);
        let mut patterns: SmallVec<[Pattern<'a>; 4]> = SmallVec::new();
        let mut arguments: SmallVec<[Expr<'a>; 4]> = SmallVec::new();
        for &ty in &instance.parameters {
            let local = self.new_local(Name { text: "argument", span }, ty, LocalKind::Value);
            patterns.push(Pattern { kind: PatternKind::Bind(local, None), ty, span });
            arguments.push(Expr { kind: ExprKind::Local(local), ty, span });
        }
        let body = self.applied(instance, &arguments, span);
        let captures = self.leave_frame();
        let row = self.opened(instance.row);
        let parameters = self.arena.alloc_slice_copy(&instance.parameters);
        let ty = self.arena.alloc(Type::Function(parameters, row, instance.result));
        let parameters = self.arena.alloc_slice_copy(&patterns);
        Expr { kind: ExprKind::Lambda { parameters, body: self.arena.alloc(body), captures }, ty, span }
    }

    /// `callee(arguments)`
    pub(super) fn call(
        &mut self,
        callee: &'a ast::Expr<'a>,
        arguments: &'a [Argument<'a>],
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let item = match callee.kind {
            Syntax::Constructor(path) => {
                let span = path_span(path).to(span);
                return self.construct(path, arguments, expected, span);
            }
            Syntax::Name(name) => match self.local(name)? {
                Some(local) => return self.call_value(local, arguments, expected, span),
                None => self.module_item(name)?,
            },
            Syntax::Qualified { path, name } => self.environment.qualified(self.signature.module, path, name)?,
            _ => {
                let callee = self.infer(callee)?;
                return self.call_value(callee, arguments, expected, span);
            }
        };
        if let Item::Constant(_) = item {
            let callee = self.item_value(item, callee.span)?;
            return self.call_value(callee, arguments, expected, span);
        }
        let instance = self.item_instance(item, span);
        self.call_instance(&instance, None, arguments, expected, span)
    }

    /// A call of a function, a method or an operation, perhaps with a receiver that is its first argument.
    pub(super) fn call_instance(
        &mut self,
        instance: &Instance<'a>,
        receiver: Option<Expr<'a>>,
        arguments: &'a [Argument<'a>],
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let performer = instance.item.performer();
        let given = arguments.len() + usize::from(receiver.is_some());
        if given != instance.parameters.len() {
            let what = self.performer_name(performer);
            return Err(self.wrong_arity(span, &what, instance.parameters.len(), given));
        }
        let exprs = positional(arguments)?;
        self.expect_result(instance.result, expected, span)?;
        let cause = Cause { span, performer };
        let values = match receiver {
            Some(receiver) => {
                let receiver = self.coerce(receiver, instance.parameters[0])?;
                self.perform_all(instance.row, cause)?;
                let rest = self.check_all(&instance.parameters[1..], &exprs)?;
                std::iter::once(receiver).chain(rest).collect()
            }
            None => {
                self.perform_all(instance.row, cause)?;
                self.check_all(&instance.parameters, &exprs)?
            }
        };
        Ok(self.applied(instance, &values, span))
    }

    fn applied(&self, instance: &Instance<'a>, arguments: &[Expr<'a>], span: Span) -> Expr<'a> {
        let arguments = self.arena.alloc_slice_copy(arguments);
        let kind = match instance.item {
            InstanceItem::Named(callee) => ExprKind::Call { callee, arguments },
            InstanceItem::Operation(effect, operation) => ExprKind::Perform { effect, operation, arguments },
        };
        Expr { kind, ty: instance.result, span }
    }

    /// A call of a function value.
    fn call_value(
        &mut self,
        callee: Expr<'a>,
        arguments: &'a [Argument<'a>],
        expected: Option<Ty<'a>>,
        span: Span,
    ) -> Outcome<Expr<'a>> {
        let exprs = positional(arguments)?;
        let (types, row, result) = match *self.table.resolve(callee.ty) {
            Type::Function(types, row, result) => (types, row, result),
            Type::Inference(id) if !self.table.is_number(id) => {
                let types = self.fresh_types(arguments.len() as u32);
                let (row, result) = (self.table.open_row(&[]), self.table.fresh(self.arena));
                let function = self.arena.alloc(Type::Function(types, row, result));
                self.expect_at(function, callee.ty, callee.span)?;
                (types, row, result)
            }
            _ => {
                let message = format!("{} is not a function", self.type_text(callee.ty));
                return Err(Diagnostic::new("not-a-function", callee.span, message));
            }
        };
        if types.len() != arguments.len() {
            return Err(self.wrong_arity(span, "the function", types.len(), arguments.len()));
        }
        self.expect_result(result, expected, span)?;
        self.perform_all(row, Cause { span, performer: Performer::Value })?;
        let arguments = self.check_all(types, &exprs)?;
        let kind = ExprKind::CallValue {
            callee: self.arena.alloc(callee),
            arguments: self.arena.alloc_slice_copy(&arguments),
        };
        Ok(Expr { kind, ty: result, span })
    }

    /// Lets the arguments of a call know what is expected of its result. Where that does not fit anyway, the arguments are
    /// checked first, so that the message shows all of the type.
    fn expect_result(&mut self, result: Ty<'a>, expected: Option<Ty<'a>>, span: Span) -> Outcome<()> {
        let Some(expected) = expected else { return Ok(()) };
        if self.fits(expected, result) { self.expect_at(expected, result, span) } else { Ok(()) }
    }

    /// Whether two types agree in what is known of them. Functions do not: they may have different rows.
    fn fits(&mut self, expected: Ty<'a>, result: Ty<'a>) -> bool {
        let (expected, result) = (self.table.resolve(expected), self.table.resolve(result));
        match (*expected, *result) {
            (Type::Inference(_), _) | (_, Type::Never | Type::Function(..)) => false,
            (Type::Function(..), Type::Inference(_)) => false,
            (known, Type::Inference(id)) => {
                !self.table.is_number(id) || matches!(known, Type::Int | Type::UInt8 | Type::Float)
            }
            (Type::Vector(a), Type::Vector(b)) => self.agree(a, b),
            (Type::Data(a, left), Type::Data(b, right)) => {
                a == b && left.iter().zip(right).all(|(a, b)| self.agree(a, b))
            }
            (Type::Tuple(left), Type::Tuple(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(a, b)| self.agree(a, b))
            }
            (a, b) => a == b,
        }
    }

    /// The same below a type constructor, where nothing is widened.
    fn agree(&mut self, a: Ty<'a>, b: Ty<'a>) -> bool {
        let (a, b) = (self.table.resolve(a), self.table.resolve(b));
        if matches!(a, Type::Inference(_)) || matches!((a, b), (Type::Function(..), Type::Function(..))) {
            return true;
        }
        match b {
            Type::Inference(_) => true,
            Type::Never => *a == Type::Never,
            _ => self.fits(a, b),
        }
    }
}

/// The arguments of a function, which are given in order.
fn positional<'a>(arguments: &'a [Argument<'a>]) -> Outcome<SmallVec<[&'a ast::Expr<'a>; 4]>> {
    if let Some(name) = arguments.iter().find_map(|argument| argument.name) {
        return Err(Diagnostic::unsupported(name.span, "a function's argument by name"));
    }
    Ok(arguments.iter().map(|argument| &argument.value).collect())
}
