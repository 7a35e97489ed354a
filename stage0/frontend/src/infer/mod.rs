//! Inference: types, effect rows and instances. Gives every function and constant its body.
//!
//! A body is checked in one walk that builds its typed tree with variables in place of types that are not known yet
//! (`table`, `unify`, `rows`). What only the whole body decides (operators, literals, bounds) is noted and
//! checked at the end of the declaration (`deferred`, `obligations`); a last pass puts the types in (`finish`).
//! Signatures are complete, so declarations are independent of each other.

mod arguments;
mod blocks;
mod calls;
mod constants;
mod constructors;
mod control;
mod deferred;
mod effects;
mod errors;
mod expressions;
mod finish;
mod handlers;
mod lambdas;
mod methods;
mod obligations;
mod operators;
mod patterns;
pub mod print;
mod rows;
mod scope;
mod signatures;
mod table;
#[cfg(test)]
mod tests;
mod unify;

use crate::ast;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Body, Bound, Code, ConstantId, FunctionId, Local, LocalKind, ModuleId, Program, Row, Ty, Type};
use crate::resolve::{Environment, TypeVariables};
use crate::source::Span;
use bumpalo::Bump;
use constants::{Node, References};
use deferred::Deferred;
use obligations::Obligation;
use rustc_hash::FxHashMap;
use scope::{Frame, FrameKind, Scope};
use signatures::Exclusions;
use table::Table;

/// Types without parts.
const INT: Ty<'static> = &Type::Int;
const FLOAT: Ty<'static> = &Type::Float;
const BOOL: Ty<'static> = &Type::Bool;
const CHAR: Ty<'static> = &Type::Char;
const STRING: Ty<'static> = &Type::String;
const UNIT: Ty<'static> = &Type::Unit;
const NEVER: Ty<'static> = &Type::Never;

/// The row of what performs nothing.
const PURE: Row<'static> = Row { effects: &[], tail: None };

/// Checks every body of the program and puts it in; orders the constants.
pub fn infer<'a>(arena: &'a Bump, environment: &Environment<'a>, program: &mut Program<'a>) -> Outcome<()> {
    let mut bodies = Vec::new();
    let mut values = Vec::new();
    let mut checker = Checker::new(arena, environment, program);
    for index in 0..program.constants.len() {
        values.push(checker.constant(ConstantId(index as u32))?);
    }
    for (index, function) in program.functions.iter().enumerate() {
        if matches!(function.code, Code::Declared) {
            let id = FunctionId(index as u32);
            bodies.push((id, checker.function(id)?));
        }
    }
    let order = constants::order(program, &checker.references)?;
    for (id, body) in bodies {
        program.functions[id.index()].code = Code::Body(body);
    }
    for (constant, body) in program.constants.iter_mut().zip(values) {
        constant.body = Some(body);
    }
    program.constant_order = order;
    Ok(())
}

/// What is known while a declaration is checked.
struct Checker<'a, 'p> {
    arena: &'a Bump,
    environment: &'p Environment<'a>,
    program: &'p Program<'a>,
    /// Which row parameters of a function exclude which effects, as far as somebody asked.
    exclusions: FxHashMap<FunctionId, &'a Exclusions<'a>>,
    /// What declarations refer to, for the order of constants.
    references: References,
    /// The declaration.
    signature: Signature<'a, 'p>,
    table: Table<'a>,
    /// The final form of types, by their places.
    final_types: FxHashMap<*const Type<'a>, Ty<'a>>,
    locals: Vec<Local<'a>>,
    /// For each local the number of the frame that it belongs to.
    homes: Vec<u32>,
    scope: Scope<'a>,
    frames: Vec<Frame<'a>>,
    /// What may be performed here.
    row: Row<'a>,
    /// Whether that is what the signature says.
    declared: bool,
    /// Whether the next expression stands in tail position of a clause.
    tail: bool,
    deferred: Vec<Deferred<'a>>,
    obligations: Vec<Obligation<'a>>,
}

/// What a body knows of its own declaration.
struct Signature<'a, 'p> {
    name: &'a str,
    span: Span,
    module: ModuleId,
    variables: &'a TypeVariables<'a>,
    bounds: &'p [Bound],
    row: Row<'a>,
    /// For each row parameter the effects that it cannot hold.
    exclusions: &'a Exclusions<'a>,
}

impl<'a, 'p> Checker<'a, 'p> {
    fn new(arena: &'a Bump, environment: &'p Environment<'a>, program: &'p Program<'a>) -> Checker<'a, 'p> {
        let signature = Signature {
            name: "",
            span: Span::default(),
            module: ModuleId(0),
            variables: arena.alloc(TypeVariables::default()),
            bounds: &[],
            row: PURE,
            exclusions: &[],
        };
        Checker {
            arena,
            environment,
            program,
            exclusions: FxHashMap::default(),
            references: References::default(),
            signature,
            table: Table::default(),
            final_types: FxHashMap::default(),
            locals: Vec::new(),
            homes: Vec::new(),
            scope: Scope::default(),
            frames: Vec::new(),
            row: PURE,
            declared: true,
            tail: false,
            deferred: Vec::new(),
            obligations: Vec::new(),
        }
    }

    /// Begins a declaration.
    fn begin(&mut self, signature: Signature<'a, 'p>, node: Node) {
        self.row = signature.row;
        self.declared = true;
        self.signature = signature;
        self.table.clear();
        self.final_types.clear();
        self.locals = Vec::new();
        self.homes.clear();
        self.scope.clear();
        self.frames.clear();
        self.tail = false;
        self.deferred.clear();
        self.obligations.clear();
        self.references.begin(node);
        self.enter_frame(FrameKind::Declaration);
    }

    /// Checks the body of a function.
    fn function(&mut self, id: FunctionId) -> Outcome<Body<'a>> {
        let source = self.environment.sources_of(id);
        let function = &self.program.functions[id.index()];
        let signature = Signature {
            name: function.name,
            span: function.span,
            module: source.module,
            variables: source.variables,
            bounds: &function.bounds,
            row: function.row,
            exclusions: self.exclusions_of(id),
        };
        self.begin(signature, Node::Function(id));
        let mut parameters = Vec::with_capacity(function.parameters.len());
        for (declared, written) in function.parameters.iter().zip(source.ast.parameters) {
            let name = ast::Name { text: declared.name, span: written.name.span };
            let local = self.new_local(name, declared.ty, LocalKind::Value);
            self.scope.declare(declared.name, local);
            parameters.push(local);
        }
        let Some(body) = source.ast.body else {
            let message = format!("`{}` has no body", function.name);
            return Err(Diagnostic::new("missing-body", function.span, message));
        };
        let value = self.check(body, function.result)?;
        self.finish(parameters, value)
    }

    /// Checks the value of a constant.
    fn constant(&mut self, id: ConstantId) -> Outcome<Body<'a>> {
        let constant = &self.program.constants[id.index()];
        let signature = Signature {
            name: constant.name,
            span: constant.span,
            module: constant.module,
            variables: self.arena.alloc(TypeVariables::default()),
            bounds: &[],
            row: PURE,
            exclusions: &[],
        };
        self.begin(signature, Node::Constant(id));
        let value = self.check(self.environment.constant_source(id).value, constant.ty)?;
        self.finish(Vec::new(), value)
    }
}
