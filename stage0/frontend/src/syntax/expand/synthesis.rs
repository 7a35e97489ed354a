//! Trees that nobody wrote. All of them stand at one place, that of what asked for them.

use crate::ast::{
    Argument, Arm, Attribute, BinaryOperator, Expr, ExprKind, FieldPattern, Function, Item, ItemKind, Name, Parameter,
    Pattern, PatternKind, Type, TypeKind,
};
use crate::source::Span;
use bumpalo::Bump;

/// Makes trees.
#[derive(Clone, Copy)]
pub struct Synthesis<'a> {
    /// Where they are kept.
    pub arena: &'a Bump,
    /// Where they stand.
    pub span: Span,
}

impl<'a> Synthesis<'a> {
    pub fn name(self, text: &'a str) -> Name<'a> {
        Name { text, span: self.span }
    }

    /// A name that is made up.
    pub fn fresh(self, text: &str) -> Name<'a> {
        self.name(self.arena.alloc_str(text))
    }

    pub fn slice<T: Copy>(self, items: &[T]) -> &'a [T] {
        self.arena.alloc_slice_copy(items)
    }

    pub fn path(self, names: &[&'a str]) -> &'a [Name<'a>] {
        self.arena.alloc_slice_fill_iter(names.iter().map(|name| self.name(name)))
    }

    pub fn expr(self, kind: ExprKind<'a>) -> Expr<'a> {
        Expr { kind, span: self.span }
    }

    pub fn variable(self, name: Name<'a>) -> Expr<'a> {
        self.expr(ExprKind::Name(Name { span: self.span, ..name }))
    }

    pub fn int(self, value: usize) -> Expr<'a> {
        self.expr(ExprKind::Int(value as u64))
    }

    pub fn constructor(self, path: &[&'a str]) -> Expr<'a> {
        self.expr(ExprKind::Constructor(self.path(path)))
    }

    pub fn call(self, callee: Expr<'a>, arguments: &[Expr<'a>]) -> Expr<'a> {
        let arguments = arguments.iter().map(|&value| Argument { name: None, value });
        let arguments: Vec<Argument<'a>> = arguments.collect();
        self.expr(ExprKind::Call { callee: self.arena.alloc(callee), arguments: self.slice(&arguments) })
    }

    /// `module.function(…)`
    pub fn call_qualified(self, module: &'a str, function: &'a str, arguments: &[Expr<'a>]) -> Expr<'a> {
        let callee = ExprKind::Qualified { path: self.path(&[module]), name: self.name(function) };
        self.call(self.expr(callee), arguments)
    }

    pub fn binary(self, operator: BinaryOperator, left: Expr<'a>, right: Expr<'a>) -> Expr<'a> {
        let (left, right) = (&*self.arena.alloc(left), &*self.arena.alloc(right));
        self.expr(ExprKind::Binary { operator, operator_span: self.span, left, right })
    }

    pub fn field(self, object: Name<'a>, name: Name<'a>) -> Expr<'a> {
        self.expr(ExprKind::Field { object: self.arena.alloc(self.variable(object)), name })
    }

    pub fn case(self, subject: Expr<'a>, arms: &[(Pattern<'a>, Expr<'a>)]) -> Expr<'a> {
        let arms: Vec<Arm<'a>> = arms.iter().map(|&(pattern, body)| Arm { pattern, guard: None, body }).collect();
        self.expr(ExprKind::Case { subject: self.arena.alloc(subject), arms: self.slice(&arms) })
    }

    pub fn pattern(self, kind: PatternKind<'a>) -> Pattern<'a> {
        Pattern { kind, span: self.span }
    }

    /// `path(…)`, the fields in order.
    pub fn constructor_pattern(self, path: &[&'a str], names: &[Name<'a>]) -> Pattern<'a> {
        let field = |&name| FieldPattern { name: None, pattern: self.pattern(PatternKind::Name(name)) };
        let fields: Vec<FieldPattern<'a>> = names.iter().map(field).collect();
        self.pattern(PatternKind::Constructor { path: self.path(path), fields: self.slice(&fields), rest: false })
    }

    /// A type without arguments.
    pub fn ty(self, name: &'a str) -> Type<'a> {
        Type { kind: TypeKind::Named { path: self.path(&[name]), arguments: &[] }, span: self.span }
    }

    /// A pure function.
    pub fn function(
        self,
        name: Name<'a>,
        parameters: &[(Name<'a>, Type<'a>)],
        result: &'a str,
        body: Expr<'a>,
    ) -> Function<'a> {
        let parameters =
            parameters.iter().map(|&(name, ty)| Parameter { borrow: false, name, ty: self.arena.alloc(ty) });
        let parameters: Vec<Parameter<'a>> = parameters.collect();
        Function {
            name,
            parameters: self.slice(&parameters),
            row: None,
            result: self.arena.alloc(self.ty(result)),
            bounds: &[],
            body: Some(self.arena.alloc(body)),
        }
    }

    /// A private declaration.
    pub fn item(self, kind: ItemKind<'a>, attributes: &'a [Attribute<'a>]) -> Item<'a> {
        Item { docs: &[], attributes, public: false, kind, span: self.span }
    }
}
