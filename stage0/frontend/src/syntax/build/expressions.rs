//! Expressions and statements.

use super::{Builder, collect, expect, take};
use crate::ast::{
    Argument, Arm, Clause, CondArm, Expr, ExprKind, FieldValue, LambdaParameter, Name, Pattern, Statement, StringPart,
};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::source::Span;
use crate::syntax::grammar::{Node, Rule};
use crate::syntax::literal;
use crate::syntax::token::{Token, TokenKind};
use std::iter::Peekable;

impl<'a> Builder<'a, '_> {
    /// An expression in the arena.
    pub fn expression_ref(&self, node: Node<'_>) -> Outcome<&'a Expr<'a>> {
        Ok(self.alloc(self.expression(node)?))
    }

    /// An expression, a block or an assignment.
    pub fn expression(&self, node: Node<'_>) -> Outcome<Expr<'a>> {
        let rule = node.as_rule();
        if rule == Rule::operation {
            return self.operation(node, false);
        }
        let span = self.span(&node);
        let first = self.token(&node);
        let mut parts = node.into_inner().peekable();
        let kind = match rule {
            Rule::block => return self.block(&mut parts, span),
            Rule::assignment => {
                let name = Name { text: self.text(first), span: self.token_span(first) };
                ExprKind::Assign { name, value: self.next_ref(&mut parts, span)? }
            }
            Rule::if_expression => return self.choice(parts, span),
            Rule::case_expression => {
                let subject = self.next_ref(&mut parts, span)?;
                let arms = collect(parts, |arm| self.arm(arm))?;
                ExprKind::Case { subject, arms: self.slice(&arms) }
            }
            Rule::cond_expression => self.cond(parts, span)?,
            Rule::handle_expression => self.handle(parts, span)?,
            Rule::lambda => self.lambda(parts, span)?,
            Rule::fail => ExprKind::Fail(self.next_ref(&mut parts, span)?),
            Rule::catch => ExprKind::Catch(self.next_ref(&mut parts, span)?),
            Rule::resume => {
                let value = parts.next().map(|value| self.expression(value)).transpose()?;
                let value = value.filter(|value| !matches!(value.kind, ExprKind::Unit));
                ExprKind::Resume(value.map(|value| self.alloc(value)))
            }
            Rule::for_loop => self.for_loop(&mut parts, span)?,
            _ => {
                let condition = self.next_ref(&mut parts, span)?;
                ExprKind::While { condition, body: self.next_ref(&mut parts, span)? }
            }
        };
        Ok(Expr { kind, span })
    }

    /// The next node as an expression.
    fn next_ref<'m>(&self, parts: &mut impl Iterator<Item = Node<'m>>, span: Span) -> Outcome<&'a Expr<'a>> {
        self.expression_ref(expect(parts, span)?)
    }

    /// The statements of a block; one expression is that expression.
    fn block<'m>(&self, parts: &mut impl Iterator<Item = Node<'m>>, span: Span) -> Outcome<Expr<'a>> {
        let statements = collect(parts, |statement| self.statement(statement))?;
        match statements.as_slice() {
            [Statement::Expr(only)] => Ok(**only),
            several => Ok(Expr { kind: ExprKind::Block(self.slice(several)), span }),
        }
    }

    fn statement(&self, node: Node<'_>) -> Outcome<Statement<'a>> {
        let span = self.span(&node);
        match node.as_rule() {
            Rule::let_statement => {
                let mut parts = node.into_inner().peekable();
                let pattern = self.pattern_ref(expect(&mut parts, span)?)?;
                let ty = take(&mut parts, Rule::type_).map(|ty| self.ty_ref(ty)).transpose()?;
                Ok(Statement::Let { pattern, ty, value: self.next_ref(&mut parts, span)? })
            }
            Rule::var_statement => {
                let mut parts = node.into_inner().peekable();
                let name = self.name(&expect(&mut parts, span)?);
                let ty = take(&mut parts, Rule::type_).map(|ty| self.ty_ref(ty)).transpose()?;
                Ok(Statement::Var { name, ty, value: self.next_ref(&mut parts, span)? })
            }
            _ => Ok(Statement::Expr(self.expression_ref(node)?)),
        }
    }

    /// `if` with any number of `else if`.
    fn choice<'m>(&self, mut parts: Peekable<impl Iterator<Item = Node<'m>>>, span: Span) -> Outcome<Expr<'a>> {
        let mut choices = Vec::new();
        let condition = self.next_ref(&mut parts, span)?;
        choices.push((condition, self.branch(&mut parts, span)?, span));
        while let Some(node) = take(&mut parts, Rule::else_if) {
            let place = self.span(&node);
            let mut parts = node.into_inner();
            let condition = self.next_ref(&mut parts, place)?;
            // The inner `if` begins at its keyword and ends where all ends.
            let start = place.start + (condition.span.start - place.start).min("else ".len() as u32);
            choices.push((condition, self.branch(&mut parts, place)?, Span { start, ..span }));
        }
        let mut alternative = match parts.next() {
            Some(node) => Some(self.branch(&mut std::iter::once(node), span)?),
            None => None,
        };
        while let Some((condition, consequent, span)) = choices.pop() {
            let choice = Expr { kind: ExprKind::If { condition, consequent, alternative }, span };
            alternative = Some(self.alloc(choice));
        }
        match alternative {
            Some(choice) => Ok(*choice),
            None => Err(Diagnostic::new("syntax", span, "the condition is missing")),
        }
    }

    /// What stands in a `consequent` or `otherwise`.
    fn branch<'m>(&self, parts: &mut impl Iterator<Item = Node<'m>>, span: Span) -> Outcome<&'a Expr<'a>> {
        self.next_ref(&mut expect(parts, span)?.into_inner(), span)
    }

    /// `pattern when guard -> body`
    fn arm(&self, node: Node<'_>) -> Outcome<Arm<'a>> {
        let span = self.span(&node);
        let mut parts = node.into_inner().peekable();
        let pattern = self.pattern(expect(&mut parts, span)?)?;
        let guard = match take(&mut parts, Rule::guard) {
            Some(guard) => Some(self.next_ref(&mut guard.into_inner(), span)?),
            None => None,
        };
        let body = self.expression(expect(&mut parts, span)?)?;
        Ok(Arm { pattern, guard, body })
    }

    /// `condition -> value` lines, the last of which is `_ -> value`.
    fn cond<'m>(&self, parts: impl Iterator<Item = Node<'m>>, span: Span) -> Outcome<ExprKind<'a>> {
        let mut arms = Vec::new();
        let mut otherwise: Option<(&'a Expr<'a>, Span)> = None;
        for node in parts {
            let place = self.span(&node);
            if let Some((_, last)) = otherwise {
                let error = Diagnostic::new("unreachable-arm", place, "nothing follows `_ ->` in a `cond`");
                return Err(error.note(last, "it takes everything"));
            }
            let mut parts = node.into_inner().peekable();
            if take(&mut parts, Rule::wildcard).is_some() {
                otherwise = Some((self.next_ref(&mut parts, place)?, place));
            } else {
                let condition = self.expression(expect(&mut parts, place)?)?;
                arms.push(CondArm { condition, body: self.expression(expect(&mut parts, place)?)? });
            }
        }
        match otherwise {
            Some((otherwise, _)) => Ok(ExprKind::Cond { arms: self.slice(&arms), otherwise }),
            None => {
                let keyword = Span { end: span.start + "cond".len() as u32, ..span };
                let error = Diagnostic::new("missing-otherwise", keyword, "the `cond` does not end in `_ -> …`");
                Err(error.hint("the last line says what holds otherwise"))
            }
        }
    }

    /// `handle body` with clauses.
    fn handle<'m>(&self, mut parts: Peekable<impl Iterator<Item = Node<'m>>>, span: Span) -> Outcome<ExprKind<'a>> {
        let body = self.next_ref(&mut parts, span)?;
        let mut clauses = Vec::new();
        let mut then: Option<(&'a Pattern<'a>, &'a Expr<'a>)> = None;
        for node in parts {
            let place = self.span(&node);
            if let Some((first, _)) = then {
                let error = Diagnostic::new("syntax", place, "`then` is the last clause of a `handle`");
                return Err(error.note(first.span, "it stands here"));
            }
            if node.as_rule() == Rule::clause {
                clauses.push(self.clause(node, place)?);
            } else {
                let mut parts = node.into_inner();
                let pattern = self.pattern_ref(expect(&mut parts, place)?)?;
                then = Some((pattern, self.next_ref(&mut parts, place)?));
            }
        }
        Ok(ExprKind::Handle { body, clauses: self.slice(&clauses), then })
    }

    /// `Effect.operation(a, b) -> body`
    fn clause(&self, node: Node<'_>, span: Span) -> Outcome<Clause<'a>> {
        let mut parts = node.into_inner().peekable();
        let path = self.names(expect(&mut parts, span)?);
        let operation = self.name(&expect(&mut parts, span)?);
        let mut parameters = Vec::new();
        while let Some(pattern) = take(&mut parts, Rule::pattern) {
            parameters.push(self.pattern(pattern)?);
        }
        let body = self.expression(expect(&mut parts, span)?)?;
        Ok(Clause { path, operation, parameters: self.slice(&parameters), body, span })
    }

    /// `|x, y: T| body`
    fn lambda<'m>(&self, mut parts: Peekable<impl Iterator<Item = Node<'m>>>, span: Span) -> Outcome<ExprKind<'a>> {
        let mut parameters = Vec::new();
        while let Some(node) = take(&mut parts, Rule::lambda_parameter) {
            let mut inner = node.into_inner();
            let pattern = self.pattern(expect(&mut inner, span)?)?;
            let ty = inner.next().map(|ty| self.ty_ref(ty)).transpose()?;
            parameters.push(LambdaParameter { pattern, ty });
        }
        Ok(ExprKind::Lambda { parameters: self.slice(&parameters), body: self.next_ref(&mut parts, span)? })
    }

    /// `for pattern in subject`
    fn for_loop<'m>(&self, parts: &mut impl Iterator<Item = Node<'m>>, span: Span) -> Outcome<ExprKind<'a>> {
        let pattern = self.pattern_ref(expect(parts, span)?)?;
        let subject = expect(parts, span)?;
        let subject = match subject.as_rule() {
            Rule::operation => self.operation(subject, true)?,
            _ => self.expression(subject)?,
        };
        Ok(ExprKind::For { pattern, subject: self.alloc(subject), body: self.next_ref(parts, span)? })
    }

    /// An operand: an atom with what follows it.
    pub fn operand(&self, node: Node<'_>) -> Outcome<Expr<'a>> {
        let span = self.span(&node);
        let mut parts = node.into_inner().peekable();
        let mut expr = self.atom(expect(&mut parts, span)?)?;
        while let Some(suffix) = parts.next() {
            let called = match suffix.as_rule() {
                Rule::member_name => take(&mut parts, Rule::call),
                _ => None,
            };
            expr = self.suffix(expr, suffix, called)?;
        }
        Ok(expr)
    }

    /// An expression with `.name`, `(…)` and so on behind it. `called` is the call of a method.
    fn suffix(&self, object: Expr<'a>, node: Node<'_>, called: Option<Node<'_>>) -> Outcome<Expr<'a>> {
        let rule = node.as_rule();
        let start = object.span;
        if rule == Rule::question {
            let span = start.to(self.span(&node));
            return Ok(Expr { kind: ExprKind::Try(self.alloc(object)), span });
        }
        let span = start.to(self.span(called.as_ref().unwrap_or(&node)));
        let kind = match rule {
            Rule::member_name => {
                let name = self.name(&node);
                match called {
                    None => ExprKind::Field { object: self.alloc(object), name },
                    Some(call) => {
                        let arguments = self.arguments(call, false)?;
                        ExprKind::MethodCall { receiver: self.alloc(object), name, arguments }
                    }
                }
            }
            Rule::member_index => {
                let index_span = self.span(&node);
                let text = self.text(self.token(&node));
                let index = text.parse().map_err(|_| {
                    Diagnostic::new("malformed-number", index_span, format!("`{text}` is no element's number"))
                })?;
                ExprKind::TupleField { object: self.alloc(object), index, index_span }
            }
            Rule::member_module => {
                return Err(Diagnostic::unsupported(self.span(&node), "methods of a named module"));
            }
            Rule::call => {
                let constructs = matches!(object.kind, ExprKind::Constructor(_));
                let arguments = self.arguments(node, constructs)?;
                ExprKind::Call { callee: self.alloc(object), arguments }
            }
            _ => ExprKind::Update { object: self.alloc(object), fields: self.field_values(node)? },
        };
        Ok(Expr { kind, span })
    }

    /// The arguments of a call; those of a constructor may have names.
    fn arguments(&self, node: Node<'_>, constructs: bool) -> Outcome<&'a [Argument<'a>]> {
        let arguments = collect(node.into_inner(), |node| {
            let span = self.span(&node);
            let mut parts = node.into_inner().peekable();
            let name = take(&mut parts, Rule::label).map(|name| self.name(&name));
            if let Some(name) = name.filter(|_| !constructs) {
                return Err(Diagnostic::unsupported(name.span, "arguments by name in calls of functions"));
            }
            Ok(Argument { name, value: self.expression(expect(&mut parts, span)?)? })
        })?;
        Ok(self.slice(&arguments))
    }

    /// `name: value, name`
    fn field_values(&self, node: Node<'_>) -> Outcome<&'a [FieldValue<'a>]> {
        let fields = collect(node.into_inner(), |node| {
            let span = self.span(&node);
            let mut parts = node.into_inner();
            let name = self.name(&expect(&mut parts, span)?);
            Ok(match parts.next() {
                Some(value) => FieldValue { name, value: self.expression(value)?, short: false },
                None => FieldValue { name, value: Expr { kind: ExprKind::Name(name), span }, short: true },
            })
        })?;
        Ok(self.slice(&fields))
    }

    fn atom(&self, node: Node<'_>) -> Outcome<Expr<'a>> {
        let span = self.span(&node);
        let token = self.token(&node);
        let kind = match node.as_rule() {
            Rule::lower => ExprKind::Name(self.name(&node)),
            Rule::path_expression => self.path_expression(node)?,
            Rule::literal => self.literal(token)?,
            Rule::template => self.template(node)?,
            Rule::grouped => {
                let items = collect(node.into_inner(), |item| self.expression(item))?;
                match items.as_slice() {
                    [] => ExprKind::Unit,
                    [only] => only.kind,
                    several => ExprKind::Tuple(self.slice(several)),
                }
            }
            _ => {
                let items = collect(node.into_inner(), |item| self.expression(item))?;
                ExprKind::List(self.slice(&items))
            }
        };
        Ok(Expr { kind, span })
    }

    /// A number, a string, a character or a truth value.
    fn literal(&self, token: Token) -> Outcome<ExprKind<'a>> {
        let span = self.token_span(token);
        Ok(match token.kind {
            TokenKind::Integer => ExprKind::Int(literal::integer(self.text(token), span)?),
            TokenKind::Float => ExprKind::Float(self.float(self.text(token), span)?),
            TokenKind::Char => ExprKind::Char(self.character(token)),
            TokenKind::String => {
                let text = self.value(token);
                ExprKind::String(if text.is_empty() { &[] } else { self.slice(&[StringPart::Text(text)]) })
            }
            kind => ExprKind::Bool(kind == TokenKind::True),
        })
    }

    /// `A.B`, `A.b`, `Point { … }`
    fn path_expression(&self, node: Node<'_>) -> Outcome<ExprKind<'a>> {
        let mut path: Vec<Name<'a>> = Vec::new();
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::upper => path.push(self.name(&child)),
                Rule::member_name => {
                    return Ok(ExprKind::Qualified { path: self.slice(&path), name: self.name(&child) });
                }
                _ => return Ok(ExprKind::Struct { path: self.slice(&path), fields: self.field_values(child)? }),
            }
        }
        Ok(ExprKind::Constructor(self.slice(&path)))
    }

    /// A string with holes.
    fn template(&self, node: Node<'_>) -> Outcome<ExprKind<'a>> {
        let mut parts = Vec::new();
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::template_start | Rule::template_middle | Rule::template_end => {
                    let text = self.value(self.token(&child));
                    if !text.is_empty() {
                        parts.push(StringPart::Text(text));
                    }
                }
                _ => parts.push(StringPart::Hole(self.expression_ref(child)?)),
            }
        }
        Ok(ExprKind::String(self.slice(&parts)))
    }

    /// The text of a float without `_`.
    pub fn float(&self, written: &'a str, span: Span) -> Outcome<&'a str> {
        Ok(match literal::float(written, span)? {
            std::borrow::Cow::Borrowed(text) => text,
            std::borrow::Cow::Owned(text) => self.arena.alloc_str(&text),
        })
    }

    /// The value of a character literal.
    pub fn character(&self, token: Token) -> char {
        self.value(token).chars().next().unwrap_or('\0')
    }
}
