//! Typed trees by hand, with as much of a library as the tests need.

use bumpalo::Bump;
use indexmap::IndexMap;
use kea_frontend::hir::*;
use kea_frontend::source::Span;
use std::cell::RefCell;

const LIST: DataId = DataId(0);
const RESULT: DataId = DataId(1);
/// The effect `Fail e`.
pub const FAIL: EffectId = EffectId(1);
/// The effect `Log`.
pub const LOG: EffectId = EffectId(2);
const PRINT: FunctionId = FunctionId(0);
const TO_STRING: FunctionId = FunctionId(1);
const SPAN: Span = Span { file: kea_frontend::source::FileId(0), start: 0, end: 0 };

/// A program that grows.
pub struct Tree<'a> {
    arena: &'a Bump,
    program: Program<'a>,
    /// One table serves all bodies.
    locals: RefCell<Vec<Local<'a>>>,
}

type Node<'a> = &'a Expr<'a>;

impl<'a> Tree<'a> {
    pub fn new(arena: &'a Bump) -> Tree<'a> {
        let parameter = |number| &*arena.alloc(Type::Parameter(number));
        let variant = |name, fields: &[Ty<'a>]| Variant {
            name,
            fields: fields.iter().map(|ty| Field { name: None, ty }).collect(),
            span: SPAN,
        };
        let data = |name, parameters, variants| Data {
            name,
            module: ModuleId(0),
            parameters,
            is_struct: false,
            variants,
            span: SPAN,
        };
        let list = arena.alloc(Type::Data(LIST, arena.alloc_slice_copy(&[parameter(0)])));
        let effect = |name, parameters, capability, operations| Effect {
            name,
            module: None,
            parameters,
            operations,
            capability,
            span: SPAN,
        };
        let operation = |name, ty, result| Operation { name, parameters: vec![("x", ty)], result, span: SPAN };
        let program = Program {
            root: ModuleId(0),
            modules: vec![Module { name: "Main", span: SPAN, library: false }],
            data: vec![
                data("List", 1, vec![variant("Nil", &[]), variant("Cons", &[parameter(0), list])]),
                data("Result", 2, vec![variant("Ok", &[parameter(0)]), variant("Err", &[parameter(1)])]),
            ],
            traits: Vec::new(),
            implementations: Vec::new(),
            instances: IndexMap::default(),
            effects: vec![
                effect("IO", 0, true, Vec::new()),
                effect("Fail", 1, false, vec![operation("fail", parameter(0), &Type::Never)]),
                effect("Log", 0, false, vec![operation("log", &Type::String, &Type::Unit)]),
            ],
            functions: Vec::new(),
            constants: Vec::new(),
            constant_order: Vec::new(),
            known: Known {
                list: LIST,
                result: RESULT,
                option: LIST,
                ordering: LIST,
                fail: FAIL,
                show: TraitId(0),
                eq: TraitId(0),
                ord: TraitId(0),
                list_append: PRINT,
                vector_append: PRINT,
                io: EffectId(0),
                exit_with_failure: PRINT,
            },
            main: None,
        };
        let mut tree = Tree { arena, program, locals: RefCell::default() };
        let print = tree.function("print", &[&Type::String], &[], &Type::Unit);
        tree.program.functions[print.index()].code = Code::Intrinsic("kea_io_stdout");
        let to_string = tree.function("to_string", &[&Type::Int], &[], &Type::String);
        tree.program.functions[to_string.index()].code = Code::Intrinsic("kea_string_from_i64");
        tree
    }

    /// The program with that body of `main`.
    pub fn finish(mut self, body: Node<'a>) -> Program<'a> {
        let main = self.function("main", &[], &[], &Type::Unit);
        self.give_body(main, &[], body);
        self.program.main = Some(main);
        for function in &mut self.program.functions {
            if let Code::Body(body) = &mut function.code {
                body.locals = self.locals.borrow().clone();
            }
        }
        self.program
    }

    pub fn function(
        &mut self,
        name: &'a str,
        params: &[Ty<'a>],
        effects: &[EffectUse<'a>],
        result: Ty<'a>,
    ) -> FunctionId {
        let parameters = params.iter().map(|ty| Parameter { name: "p", ty, borrow: false }).collect();
        self.program.functions.push(Function {
            name,
            module: ModuleId(0),
            type_parameters: 0,
            row_parameters: 0,
            bounds: Vec::new(),
            parameters,
            row: Row { effects: self.arena.alloc_slice_copy(effects), tail: None },
            result,
            code: Code::Declared,
            inline: false,
            span: SPAN,
        });
        FunctionId(self.program.functions.len() as u32 - 1)
    }

    pub fn give_body(&mut self, function: FunctionId, parameters: &[LocalId], value: Node<'a>) {
        let body = Body { locals: Vec::new(), parameters: parameters.to_vec(), value };
        self.program.functions[function.index()].code = Code::Body(body);
    }

    pub fn give_code(&mut self, function: FunctionId, code: Code<'a>) {
        self.program.functions[function.index()].code = code;
    }

    /// `fn apply(f: fn(a) -> b, x: a) -> b`
    pub fn generic_apply(&mut self) -> FunctionId {
        let a: Ty<'a> = self.arena.alloc(Type::Parameter(0));
        let b: Ty<'a> = self.arena.alloc(Type::Parameter(1));
        let f: Ty<'a> = self.arena.alloc(Type::Function(self.arena.alloc_slice_copy(&[a]), Row::default(), b));
        let apply = self.function("apply", &[f, a], &[], b);
        self.program.functions[apply.index()].type_parameters = 2;
        let (callee, x) = (self.local("f", f, LocalKind::Value), self.local("x", a, LocalKind::Value));
        let arguments = self.arena.alloc_slice_copy(&[*self.read(x)]);
        let body = self.expr(ExprKind::CallValue { callee: self.read(callee), arguments }, b);
        self.give_body(apply, &[callee, x], body);
        apply
    }

    pub fn local(&self, name: &'a str, ty: Ty<'a>, kind: LocalKind) -> LocalId {
        let mut locals = self.locals.borrow_mut();
        locals.push(Local { name, ty, kind, span: SPAN });
        LocalId(locals.len() as u32 - 1)
    }

    pub fn effect(&self, effect: EffectId, arguments: &[Ty<'a>]) -> EffectUse<'a> {
        EffectUse { effect, arguments: self.arena.alloc_slice_copy(arguments) }
    }

    fn expr(&self, kind: ExprKind<'a>, ty: Ty<'a>) -> Node<'a> {
        self.arena.alloc(Expr { kind, ty, span: SPAN })
    }

    fn exprs(&self, nodes: &[Node<'a>]) -> &'a [Expr<'a>] {
        self.arena.alloc_slice_fill_iter(nodes.iter().map(|node| **node))
    }

    pub fn unit(&self, kind: ExprKind<'a>) -> Node<'a> {
        self.expr(kind, &Type::Unit)
    }

    pub fn never(&self, kind: ExprKind<'a>) -> Node<'a> {
        self.expr(kind, &Type::Never)
    }

    pub fn int(&self, number: i64) -> Node<'a> {
        self.expr(ExprKind::Literal(Literal::Int(number)), &Type::Int)
    }

    pub fn text(&self, text: &'a str) -> Node<'a> {
        self.expr(ExprKind::Literal(Literal::String(text)), &Type::String)
    }

    pub fn read(&self, local: LocalId) -> Node<'a> {
        let ty = self.locals.borrow()[local.index()].ty;
        self.expr(ExprKind::Local(local), ty)
    }

    pub fn assign(&self, local: LocalId, value: Node<'a>) -> Node<'a> {
        self.unit(ExprKind::Assign { local, value })
    }

    pub fn primitive(&self, operation: Primitive, operands: [Node<'a>; 2]) -> Node<'a> {
        let ty: Ty<'a> = match operation {
            Primitive::Less | Primitive::Equal => &Type::Bool,
            _ => operands[0].ty,
        };
        self.expr(ExprKind::Primitive { operation, operands: self.exprs(&operands) }, ty)
    }

    pub fn list(&self, element: Ty<'a>, elements: &[Node<'a>]) -> Node<'a> {
        let ty = self.arena.alloc(Type::Data(LIST, self.arena.alloc_slice_copy(&[element])));
        self.expr(ExprKind::List(self.exprs(elements)), ty)
    }

    pub fn call(&self, function: FunctionId, arguments: &[Node<'a>], ty: Ty<'a>) -> Node<'a> {
        self.call_generic(function, &[], arguments, ty)
    }

    pub fn call_generic(&self, function: FunctionId, types: &[Ty<'a>], arguments: &[Node<'a>], ty: Ty<'a>) -> Node<'a> {
        let callee = FunctionUse { function, types: self.arena.alloc_slice_copy(types), rows: &[] };
        self.expr(ExprKind::Call { callee: Named::Function(callee), arguments: self.exprs(arguments) }, ty)
    }

    pub fn print(&self, text: Node<'a>) -> Node<'a> {
        self.call(PRINT, &[text], &Type::Unit)
    }

    pub fn print_int(&self, number: Node<'a>) -> Node<'a> {
        self.print(self.call(TO_STRING, &[number], &Type::String))
    }

    pub fn perform(&self, effect: EffectUse<'a>, operation: u32, arguments: &[Node<'a>], ty: Ty<'a>) -> Node<'a> {
        self.expr(ExprKind::Perform { effect, operation, arguments: self.exprs(arguments) }, ty)
    }

    pub fn never_perform(&self, effect: EffectUse<'a>, operation: u32, arguments: &[Node<'a>]) -> Node<'a> {
        self.perform(effect, operation, arguments, &Type::Never)
    }

    pub fn if_(&self, condition: Node<'a>, consequent: Node<'a>, alternative: Node<'a>) -> Node<'a> {
        self.expr(ExprKind::If { condition, consequent, alternative: Some(alternative) }, alternative.ty)
    }

    pub fn lambda(&self, parameters: &[LocalId], body: Node<'a>, captures: &[LocalId]) -> Node<'a> {
        let params = self.arena.alloc_slice_fill_iter(parameters.iter().map(|local| *self.bind(*local)));
        let types = self.arena.alloc_slice_fill_iter(params.iter().map(|pattern| pattern.ty));
        let ty = self.arena.alloc(Type::Function(types, Row::default(), body.ty));
        let captures = self.arena.alloc_slice_copy(captures);
        self.expr(ExprKind::Lambda { parameters: params, body, captures }, ty)
    }

    pub fn catch(&self, body: Node<'a>) -> Node<'a> {
        let arguments = self.arena.alloc_slice_copy(&[body.ty, &Type::String]);
        self.expr(ExprKind::Catch(body), self.arena.alloc(Type::Data(RESULT, arguments)))
    }

    pub fn match_result(&self, subject: Node<'a>, ok: (LocalId, Node<'a>), err: (LocalId, Node<'a>)) -> Node<'a> {
        let arms = self.arena.alloc_slice_fill_iter([(ok, 0), (err, 1)].into_iter().map(|((local, body), variant)| {
            let fields = self.arena.alloc_slice_copy(&[*self.bind(local)]);
            let pattern =
                Pattern { kind: PatternKind::Variant { data: RESULT, variant, fields }, ty: subject.ty, span: SPAN };
            Arm { pattern, guard: None, body, span: SPAN }
        }));
        self.expr(ExprKind::Match { subject, arms }, ok.1.ty)
    }

    /// A handler whose clauses resume, each with its parameters, its body and what it captures.
    pub fn handle(
        &self,
        effect: EffectUse<'a>,
        body: Node<'a>,
        clauses: &[(&[LocalId], Node<'a>, &[LocalId])],
    ) -> Node<'a> {
        let clauses = self.arena.alloc_slice_fill_iter(clauses.iter().map(|(parameters, body, captures)| Clause {
            parameters: self.arena.alloc_slice_fill_iter(parameters.iter().map(|local| *self.bind(*local))),
            body,
            captures: self.arena.alloc_slice_copy(captures),
            row: Row::default(),
            span: SPAN,
        }));
        let handle = self.arena.alloc(Handle { effect, body, clauses, then: None });
        self.expr(ExprKind::Handle(handle), body.ty)
    }

    pub fn bind(&self, local: LocalId) -> &'a Pattern<'a> {
        let ty = self.locals.borrow()[local.index()].ty;
        self.arena.alloc(Pattern { kind: PatternKind::Bind(local, None), ty, span: SPAN })
    }

    pub fn var(&self, local: LocalId, value: Node<'a>) -> Statement<'a> {
        Statement::Var(local, value)
    }

    pub fn let_(&self, local: LocalId, value: Node<'a>) -> Statement<'a> {
        Statement::Let(self.bind(local), value)
    }

    pub fn statement(&self, expr: Node<'a>) -> Statement<'a> {
        Statement::Expr(expr)
    }

    pub fn block(&self, statements: &[Statement<'a>], value: Option<Node<'a>>) -> Node<'a> {
        let ty = value.map_or(&Type::Unit, |value| value.ty);
        self.expr(ExprKind::Block { statements: self.arena.alloc_slice_copy(statements), value }, ty)
    }
}
