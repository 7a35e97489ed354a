//! The parse's nodes to the tree. Refuses what stage 0 does not compile.

mod attributes;
mod documentation;
mod expressions;
mod items;
mod operators;
mod patterns;
mod types;

use super::Tests;
use super::grammar::{self, Node, Origin, Rule};
use super::lexer::Lexed;
use super::marked::{self, Marked};
use super::stage1;
use super::token::{Token, TokenKind};
use crate::ast::{Expr, Module, Name};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::source::{FileId, Span};
use bumpalo::Bump;

/// Builds the tree of a file from its tokens.
pub fn module<'a>(
    arena: &'a Bump,
    file: FileId,
    lexed: &Lexed<'a>,
    tokens: &[Token],
    tests: Tests,
) -> Outcome<Module<'a>> {
    let mut marked = Marked::default();
    let (mut uses, mut items) = (Vec::new(), Vec::new());
    let module_docs = documentation::of_module(lexed.text, tokens);
    let origin = Origin { file, text: lexed.text, tokens };
    for range in marked::units(tokens) {
        if tests == Tests::Skipped && is_test(&tokens[range.clone()]) {
            continue;
        }
        stage1::refuse(file, &tokens[range.clone()])?;
        marked.write(tokens, range);
        let nodes = grammar::parse(Rule::unit, origin, &marked)?;
        let builder = Builder { arena, file, lexed, tokens, marked: &marked, module_docs };
        for node in nodes {
            match node.as_rule() {
                Rule::use_declaration => uses.push(builder.import(node)?),
                Rule::item => items.push(builder.item(node)?),
                _ => {}
            }
        }
    }
    let builder = Builder { arena, file, lexed, tokens, marked: &marked, module_docs };
    let docs = builder.documentation(0..module_docs);
    Ok(Module { docs, uses: arena.alloc_slice_copy(&uses), items: arena.alloc_slice_copy(&items) })
}

/// Whether a declaration is a `test` block.
fn is_test(tokens: &[Token]) -> bool {
    tokens.iter().find(|token| token.kind != TokenKind::Doc).is_some_and(|token| token.kind == TokenKind::Test)
}

/// Builds an expression from its tokens.
pub fn expression<'a>(arena: &'a Bump, file: FileId, lexed: &Lexed<'a>, tokens: &[Token]) -> Outcome<Expr<'a>> {
    stage1::refuse(file, tokens)?;
    let mut marked = Marked::default();
    marked.write(tokens, 0..tokens.len());
    let mut nodes = grammar::parse(Rule::lone_expression, Origin { file, text: lexed.text, tokens }, &marked)?;
    let builder = Builder { arena, file, lexed, tokens, marked: &marked, module_docs: 0 };
    let end = lexed.text.len() as u32;
    builder.expression(expect(&mut nodes, Span { file, start: end, end })?)
}

/// What building needs to know.
struct Builder<'a, 'm> {
    arena: &'a Bump,
    file: FileId,
    lexed: &'m Lexed<'a>,
    tokens: &'m [Token],
    /// What is being built from.
    marked: &'m Marked,
    /// How many tokens at the start of the file are the module's documentation.
    module_docs: usize,
}

impl<'a> Builder<'a, '_> {
    /// Moves a tree into the arena.
    fn alloc<T: Copy>(&self, value: T) -> &'a T {
        self.arena.alloc(value)
    }

    /// Moves a list into the arena.
    fn slice<T: Copy>(&self, values: &[T]) -> &'a [T] {
        self.arena.alloc_slice_copy(values)
    }

    /// The index of a node's first token.
    fn first(&self, node: &Node<'_>) -> usize {
        self.marked.token_at[node.as_span().start()] as usize
    }

    /// A node's first token.
    fn token(&self, node: &Node<'_>) -> Token {
        self.tokens[self.first(node)]
    }

    /// The place of a token.
    fn token_span(&self, token: Token) -> Span {
        Span { file: self.file, start: token.start, end: token.end }
    }

    /// The place of a node, which has at least a token.
    fn span(&self, node: &Node<'_>) -> Span {
        let place = node.as_span();
        let first = self.tokens[self.marked.token_at[place.start()] as usize];
        let last = self.tokens[self.marked.token_at[place.end().max(1) - 1] as usize];
        Span { file: self.file, start: first.start, end: last.end.max(first.start) }
    }

    /// The token as it is written.
    fn text(&self, token: Token) -> &'a str {
        &self.lexed.text[token.start as usize..token.end as usize]
    }

    /// The value of a token that has one.
    fn value(&self, token: Token) -> &'a str {
        self.lexed.values[token.value as usize]
    }

    /// The name that a node of one token is.
    fn name(&self, node: &Node<'_>) -> Name<'a> {
        let token = self.token(node);
        Name { text: self.text(token), span: self.token_span(token) }
    }

    /// The value of a string with its place.
    fn string(&self, node: &Node<'_>) -> Name<'a> {
        let token = self.token(node);
        Name { text: self.value(token), span: self.token_span(token) }
    }

    /// The names that a node's children are.
    fn names(&self, node: Node<'_>) -> &'a [Name<'a>] {
        let nodes = node.into_inner();
        self.arena.alloc_slice_fill_iter(nodes.map(|node| self.name(&node)))
    }
}

/// Maps nodes to trees.
fn collect<'m, T>(nodes: impl Iterator<Item = Node<'m>>, map: impl FnMut(Node<'m>) -> Outcome<T>) -> Outcome<Vec<T>> {
    nodes.map(map).collect()
}

/// The node behind, which the grammar promises.
fn expect<'m>(nodes: &mut impl Iterator<Item = Node<'m>>, span: Span) -> Outcome<Node<'m>> {
    nodes.next().ok_or_else(|| Diagnostic::new("syntax", span, "something is missing here"))
}

/// Takes the next node where it is of a rule.
fn take<'m>(nodes: &mut std::iter::Peekable<impl Iterator<Item = Node<'m>>>, rule: Rule) -> Option<Node<'m>> {
    nodes.next_if(|node| node.as_rule() == rule)
}
