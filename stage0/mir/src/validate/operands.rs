//! What each instruction asks of its operands: the type, and whether it consumes or reads them.

use super::Context;
use super::finding::{Check, broken, count, ensure, name, variant_name};
use crate::contract::{Category, FormItem, Opcode};
use crate::entity::{FuncId, LayoutId, SignatureId, Value};
use crate::layout::{Layout, LayoutKind, Shape};
use crate::module::{Immediate, Inst, Param, ResultType, Signature};
use crate::types::{Ownership, Scalar, Stored, Type};
use smallvec::SmallVec;

/// The operands of an instruction, checked one after another.
pub(super) struct Operands<'a> {
    context: &'a Context<'a>,
    inst: &'a Inst,
    next: usize,
    uses: SmallVec<[Ownership; 8]>,
}

impl<'a> Operands<'a> {
    pub fn new(context: &'a Context<'a>, inst: &'a Inst) -> Operands<'a> {
        Operands { context, inst, next: 0, uses: SmallVec::new() }
    }

    /// Every operand must have been asked for.
    pub fn finish(self, uses: &mut Vec<Ownership>) -> Check {
        let (asked, given) = (self.next, self.inst.args.len());
        ensure(asked == given, "arguments", || format!("{asked} of the {} are asked for", count(given, "operand")))?;
        uses.extend_from_slice(&self.uses);
        Ok(())
    }

    /// The type of the next operand.
    fn peek(&self) -> Check<(Value, Type)> {
        match self.inst.args.get(self.next) {
            Some(value) => Ok((*value, self.context.body.ty(*value))),
            None => broken("arguments", format!("{} are too few", count(self.inst.args.len(), "operand"))),
        }
    }

    /// Takes the next operand, which has that type, and notes its use.
    fn take(&mut self, ty: Type, ownership: Ownership) -> Check {
        let (value, given) = self.peek()?;
        ensure(given == ty, "type", || {
            let module = self.context.module;
            format!("{} is {} where {} is asked for", name(value), module.type_name(given), module.type_name(ty))
        })?;
        self.next += 1;
        self.uses.push(ownership);
        Ok(())
    }

    fn scalar(&mut self, scalar: Scalar) -> Check {
        self.take(scalar.into(), Ownership::Plain)
    }

    /// A value that is consumed, or copied when it is not managed.
    fn give(&mut self, ty: Stored) -> Check {
        let managed = self.context.module.is_managed_stored(ty);
        self.take(ty.into(), if managed { Ownership::Own } else { Ownership::Plain })
    }

    /// A value that is read.
    fn lend(&mut self, ty: Type) -> Check {
        let managed = self.context.module.is_managed(ty);
        self.take(ty, if managed { Ownership::Borrow } else { Ownership::Plain })
    }

    /// The next operand, of whatever type satisfies the condition.
    fn any(&mut self, wanted: &str, ownership: Ownership, fits: impl FnOnce(&Context, Type) -> bool) -> Check<Type> {
        let (value, ty) = self.peek()?;
        ensure(fits(self.context, ty), "type", || {
            format!("{} is {} where {wanted} is asked for", name(value), self.context.module.type_name(ty))
        })?;
        self.take(ty, ownership)?;
        Ok(ty)
    }

    /// A `ref` to an array: its element's type.
    fn array(&mut self, ownership: Ownership) -> Check<Stored> {
        let ty = self.any("an array", ownership, |context, ty| context.module.element_of(ty).is_ok())?;
        self.context.module.element_of(ty).or_else(|message| broken("type", message))
    }

    /// As many operands as there are parameters.
    fn params(&mut self, whose: &str, params: impl ExactSizeIterator<Item = Param>) -> Check {
        let given = self.inst.args.len() - self.next;
        ensure(given == params.len(), "arguments", || {
            format!("{whose} takes {}, not {given}", count(params.len(), "argument"))
        })?;
        params.into_iter().try_for_each(|param| self.take(param.ty, param.ownership))
    }

    /// The results of a function or an operation, as operands.
    fn results(&mut self, whose: &str, results: &[ResultType]) -> Check {
        let given = self.inst.args.len() - self.next;
        ensure(given == results.len(), "arguments", || {
            format!("{whose} has {}, not {given}", count(results.len(), "result"))
        })?;
        results.iter().try_for_each(|result| self.take(result.ty, result.ownership))
    }
}

/// Checks the operands of the instruction against what it asks for.
pub(super) fn describe(operands: &mut Operands) -> Check {
    use Opcode::*;
    match operands.inst.opcode() {
        Retain => operands.any("a ref, a closure or a managed flat", Ownership::Borrow, is_counted).map(drop),
        Release => operands.any("a ref, a closure or a managed flat", Ownership::Own, is_counted).map(drop),
        Freeze => operands.any("a ref", Ownership::Uniq, |_, ty| is_ref(ty)).map(drop),
        TryClaim => operands.any("a ref", Ownership::Own, |_, ty| is_ref(ty)).map(drop),
        FreeToken => operands.any("a token", Ownership::Own, |_, ty| matches!(ty, Type::Token(_))).map(drop),
        Immediate | New | Fill | Take | Field | Store | Swap | Tag | Same => cells(operands),
        Pack | Unpack | Part => flats(operands),
        ArrayNew | ArrayLength | ArrayCapacity | Elem | ElemStore | ElemSwap | ElemTake | ElemPut | ArrayPush
        | ArrayPop | ArrayReserve | ArrayUnshare | ArrayTruncate | ArrayExtend | ArrayAppend | ArrayMove => {
            arrays(operands)
        }
        Closure | StaticClosure => closures(operands),
        Capture => operands.any("`env` or evidence", Ownership::Borrow, |_, ty| is_record(ty)).map(drop),
        Call | TryCall | TailCall | PerformCapability | CallClosure | TryCallClosure | TailCallClosure => {
            calls(operands)
        }
        Parallel => parallel(operands),
        PerformHandler | TryPerform | PerformFail | Evidence | EndEvidence | SwitchFail | Refail => effects(operands),
        Return | Resume => {
            let function = operands.context.function;
            operands.results("the function", function.signature.results())
        }
        VarNew | VarGet | VarTake | VarPut | VarSet | VarEnd | VarDrop => variables(operands),
        GlobalSet => match operands.inst.immediate {
            crate::module::Immediate::Global(global) => {
                let global = &operands.context.module.globals[global.index()];
                ensure(!global.imported, "type", || {
                    format!("@{} belongs to another unit, which gives it its value", global.name)
                })?;
                operands.give(global.ty)
            }
            _ => Ok(()),
        },
        SwitchTag => tagged(operands),
        _ => scalars(operands),
    }
}

fn is_counted(context: &Context, ty: Type) -> bool {
    ty.stored().is_some_and(|stored| context.module.is_managed_stored(stored))
}

fn is_ref(ty: Type) -> bool {
    matches!(ty, Type::Stored(Stored::Ref(_)))
}

fn is_record(ty: Type) -> bool {
    matches!(ty, Type::Env | Type::Ev(_))
}

/// A value with variants: a ref to cells, or a flat.
fn tagged(operands: &mut Operands) -> Check {
    let (value, ty) = operands.peek()?;
    let fits = operands.context.layout_of(ty).is_some_and(|layout| {
        let kind = &operands.context.module.layout(layout).kind;
        !matches!(kind, LayoutKind::Array(_))
    });
    ensure(fits, "type", || {
        let given = operands.context.module.type_name(ty);
        format!("{} is {given} where a ref or a flat with variants is asked for", name(value))
    })?;
    operands.lend(ty)
}

/// Instructions whose operands the contract's form describes completely.
fn scalars(operands: &mut Operands) -> Check {
    let row = operands.inst.mnemonic.info();
    for item in operands.inst.opcode().info().form {
        let FormItem::Operand(_, category) = item else { continue };
        let scalar = match category {
            Category::T => row.scalar,
            Category::T2 => row.scalar2,
            Category::I64 => Some(Scalar::I64),
            Category::Bool => Some(Scalar::Bool),
            Category::Ptr => Some(Scalar::Ptr),
            _ => None,
        };
        match scalar {
            Some(scalar) => operands.scalar(scalar)?,
            None => return broken("form", format!("`{}` has no description of its operands", row.text)),
        }
    }
    Ok(())
}

/// The variant that an instruction names, when it is a cell.
fn cell<'a>(context: &Context<'a>, layout: LayoutId, variant: u32) -> Check<&'a crate::layout::Variant> {
    let data = &context.module.layout(layout).variants()[variant as usize];
    ensure(matches!(data.shape, Shape::Cell { .. }), "type", || {
        format!("{} is not a cell", variant_name(context.module, layout, variant))
    })?;
    Ok(data)
}

fn cells(operands: &mut Operands) -> Check {
    let context = operands.context;
    let module = context.module;
    match (operands.inst.opcode(), &operands.inst.immediate) {
        (Opcode::Immediate, Immediate::Variant(layout, variant)) => {
            let shape = module.layout(*layout).variants()[*variant as usize].shape;
            ensure(shape == Shape::Immediate, "type", || {
                format!("{} is not an immediate: build it with `new`", variant_name(module, *layout, *variant))
            })
        }
        (Opcode::New, Immediate::New { .. }) => new(operands),
        (Opcode::Fill, _) => match operands.peek()? {
            (value, Type::Hole(stored)) => {
                operands.take(context.body.ty(value), Ownership::Own)?;
                operands.give(stored)
            }
            (value, ty) => {
                broken("type", format!("{} is {} where a hole is asked for", name(value), module.type_name(ty)))
            }
        },
        (Opcode::Take, Immediate::Variant(layout, variant)) => {
            cell(context, *layout, *variant)?;
            operands.take(Stored::Ref(*layout).into(), Ownership::Own)
        }
        (Opcode::Field, Immediate::Field { layout, variant, .. }) => {
            cell(context, *layout, *variant)?;
            operands.lend(Stored::Ref(*layout).into())
        }
        (opcode, Immediate::Field { layout, variant, field }) => {
            let field = &cell(context, *layout, *variant)?.fields[*field as usize];
            let managed = module.is_managed_stored(field.ty);
            ensure(managed == (opcode == Opcode::Swap), "type", || {
                let right = if managed { "`swap`, which gives the old value" } else { "`store`" };
                format!("the field is {}: use {right}", module.stored_name(field.ty))
            })?;
            operands.take(Stored::Ref(*layout).into(), Ownership::Uniq)?;
            operands.give(field.ty)
        }
        (Opcode::Same, _) => {
            let ty = operands.any("a ref", Ownership::Borrow, |_, ty| is_ref(ty))?;
            operands.lend(ty)
        }
        _ => tagged(operands),
    }
}

fn new(operands: &mut Operands) -> Check {
    let context = operands.context;
    let Immediate::New { layout, variant, hole, reuse } = operands.inst.immediate else { return Ok(()) };
    let data = cell(context, layout, variant)?;
    let fields = data.fields.iter().enumerate().filter(|(index, _)| hole != Some(*index as u32));
    let fields: SmallVec<[Stored; 8]> = fields.map(|(_, field)| field.ty).collect();
    let given = operands.inst.args.len() - usize::from(reuse).min(operands.inst.args.len());
    ensure(given == fields.len(), "arguments", || {
        let open = if hole.is_some() { " besides the open one" } else { "" };
        let whole = variant_name(context.module, layout, variant);
        format!("{whole} has {}{open}, not {given}", count(fields.len(), "field"))
    })?;
    fields.into_iter().try_for_each(|field| operands.give(field))?;
    if let Some(field) = hole {
        let field = &data.fields[field as usize];
        ensure(context.module.is_managed_stored(field.ty), "O7", || {
            format!(
                "only a managed field may stay open, and {} is {}",
                field.name,
                context.module.stored_name(field.ty)
            )
        })?;
    }
    if let (true, Shape::Cell { size, .. }) = (reuse, data.shape) {
        reused_token(operands, size)?;
    }
    Ok(())
}

fn reused_token(operands: &mut Operands, size: u32) -> Check {
    let (value, ty) = operands.peek()?;
    match ty {
        Type::Token(bytes) => ensure(bytes == size, "O7", || {
            format!("{} is memory of {bytes} bytes, and the cell takes {size}: a token fits exactly", name(value))
        })?,
        _ => {
            let given = operands.context.module.type_name(ty);
            return broken("type", format!("{} is {given} where a token is asked for", name(value)));
        }
    }
    operands.take(ty, Ownership::Own)
}

fn flats(operands: &mut Operands) -> Check {
    let module = operands.context.module;
    let flat = |layout: LayoutId| {
        ensure(module.layout(layout).flat().is_some(), "type", || {
            format!("{} is not a flat", module.layout(layout).name)
        })
    };
    match (operands.inst.opcode(), &operands.inst.immediate) {
        (Opcode::Pack, Immediate::Variant(layout, variant)) => {
            flat(*layout)?;
            let fields = &module.layout(*layout).variants()[*variant as usize].fields;
            let given = operands.inst.args.len();
            ensure(given == fields.len(), "arguments", || {
                let whole = variant_name(module, *layout, *variant);
                format!("{whole} has {}, not {given}", count(fields.len(), "field"))
            })?;
            fields.iter().try_for_each(|field| operands.give(field.ty))
        }
        (Opcode::Unpack, Immediate::Variant(layout, _)) => {
            flat(*layout)?;
            operands.give(Stored::Flat(*layout))
        }
        (_, Immediate::Field { layout, .. }) => {
            flat(*layout)?;
            operands.lend(Stored::Flat(*layout).into())
        }
        _ => Ok(()),
    }
}

fn arrays(operands: &mut Operands) -> Check {
    use Opcode::{
        ArrayAppend, ArrayCapacity, ArrayExtend, ArrayLength, ArrayMove, ArrayNew, ArrayPush, ArrayReserve,
        ArrayTruncate, ArrayUnshare, Elem, ElemPut, ElemStore, ElemSwap, ElemTake,
    };
    let module = operands.context.module;
    let opcode = operands.inst.opcode();
    let element = match (opcode, &operands.inst.immediate) {
        (ArrayNew, Immediate::Layout(layout)) => {
            let layout: &Layout = module.layout(*layout);
            ensure(layout.element().is_some(), "type", || format!("{} is not an array", layout.name))?;
            return operands.scalar(Scalar::I64);
        }
        (ArrayLength | ArrayCapacity | Elem, _) => operands.array(Ownership::Borrow)?,
        (ArrayUnshare, _) => operands.array(Ownership::Own)?,
        _ => operands.array(Ownership::Uniq)?,
    };
    check_element(module, opcode, element)?;
    match opcode {
        Elem | ElemTake | ArrayReserve | ArrayTruncate => operands.scalar(Scalar::I64),
        ElemStore | ElemSwap | ElemPut | ArrayExtend => {
            operands.scalar(Scalar::I64)?;
            operands.give(element)
        }
        ArrayPush => operands.give(element),
        ArrayAppend => {
            let target = operands.context.body.ty(operands.inst.args[0]);
            operands.lend(target)?;
            operands.scalar(Scalar::I64)?;
            operands.scalar(Scalar::I64)
        }
        ArrayMove => (0..3).try_for_each(|_| operands.scalar(Scalar::I64)),
        _ => Ok(()),
    }
}

/// Whether the instruction is for managed elements, for others, or for both.
fn check_element(module: &crate::module::Module, opcode: Opcode, element: Stored) -> Check {
    use Opcode::{ArrayExtend, ArrayMove, ElemPut, ElemStore, ElemTake};
    let managed = module.is_managed_stored(element);
    let (fits, right) = match opcode {
        ElemStore => (!managed, "`elem_swap`, which gives the old value"),
        ArrayExtend => (!managed, "`array_push` for each"),
        ArrayMove => (!managed, "`elem_swap` for each"),
        ElemTake => (managed, "`elem`, which copies"),
        ElemPut => (managed, "`elem_store`"),
        _ => return Ok(()),
    };
    ensure(fits, "type", || format!("the elements are {}: use {right}", module.stored_name(element)))
}

fn closures(operands: &mut Operands) -> Check {
    let Immediate::Closure(signature, code) = operands.inst.immediate else { return Ok(()) };
    check_code(operands.context, signature, code)?;
    let captures = &operands.context.module.function(code).captures;
    let is_static = operands.inst.opcode() == Opcode::StaticClosure;
    ensure(!is_static || captures.is_empty(), "closure", || {
        let code = &operands.context.module.function(code).name;
        format!(
            "@{code} captures {}, and an immortal closure holds none: use `closure`",
            count(captures.len(), "value")
        )
    })?;
    let given = operands.inst.args.len();
    ensure(given == captures.len(), "closure", || {
        let code = &operands.context.module.function(code).name;
        format!("@{code} captures {}, not {given}", count(captures.len(), "value"))
    })?;
    captures.iter().filter_map(|ty| ty.stored()).try_for_each(|ty| operands.give(ty))
}

/// The code of a closure has an environment, and otherwise the closure's signature.
fn check_code(context: &Context, signature: SignatureId, code: FuncId) -> Check {
    let function = context.module.function(code);
    let named = &context.module.signatures[signature.index()];
    let Some(place) = function.signature.params.iter().position(|param| param.ty == Type::Env) else {
        return broken(
            "closure",
            format!("@{} has no parameter of type `env`: it is not a closure's code", function.name),
        );
    };
    let equal = is_without_env(&function.signature, place, &named.signature);
    ensure(equal, "closure", || {
        format!("the signature of @{}, its environment left out, is not {}", function.name, named.name)
    })
}

fn is_without_env(code: &Signature, env: usize, signature: &Signature) -> bool {
    let params = code.params.iter().enumerate().filter(|(index, _)| *index != env).map(|(_, param)| param);
    let same_set = |a: &[u32], b: &[u32]| a.len() == b.len() && a.iter().all(|item| b.contains(item));
    let ids = |effects: &[crate::entity::EffectId]| effects.iter().map(|id| id.0).collect::<Vec<_>>();
    let capabilities = |ids: &[crate::entity::CapabilityId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
    params.eq(&signature.params)
        && are_results_without_env(code, env, signature)
        && code.escapes == signature.escapes
        && same_set(&ids(&code.fails), &ids(&signature.fails))
        && same_set(&capabilities(&code.performs), &capabilities(&signature.performs))
}

/// The numbers of parameters behind the environment are one less in the closure's signature.
fn are_results_without_env(code: &Signature, env: usize, signature: &Signature) -> bool {
    use crate::module::Results;
    match (&code.results, &signature.results) {
        (Results::Never, Results::Never) => true,
        (Results::Values(of_code), Results::Values(of_signature)) => {
            of_code.len() == of_signature.len()
                && of_code.iter().zip(of_signature).all(|(a, b)| {
                    let moved = a.anchors.iter().map(|anchor| anchor - u32::from(*anchor as usize > env));
                    let reads_env = a.anchors.iter().any(|anchor| *anchor as usize == env);
                    a.ty == b.ty && a.ownership == b.ownership && !reads_env && moved.eq(b.anchors.iter().copied())
                })
        }
        _ => false,
    }
}

fn calls(operands: &mut Operands) -> Check {
    let module = operands.context.module;
    match operands.inst.immediate {
        Immediate::Func(callee) => {
            let callee = module.function(callee);
            operands.params(&format!("@{}", callee.name), callee.signature.params.iter().copied())
        }
        _ => {
            let ty = operands
                .any("a closure", Ownership::Borrow, |context, ty| context.module.closure_signature(ty).is_some())?;
            let Some(signature) = module.closure_signature(ty) else { return Ok(()) };
            let params = module.signature(signature).params.iter().copied();
            operands.params("the closure", params)
        }
    }
}

/// The closure gives what the elements of the array are, and cannot fail.
fn parallel(operands: &mut Operands) -> Check {
    let module = operands.context.module;
    let Immediate::Layout(layout) = operands.inst.immediate else { return Ok(()) };
    let layout: &Layout = module.layout(layout);
    let Some(element @ Stored::Ref(_)) = layout.element() else {
        return broken("type", format!("{} is not an array of refs", layout.name));
    };
    let wanted = format!("a closure from `i64` to the elements of {}", layout.name);
    operands.any(&wanted, Ownership::Borrow, |context, ty| {
        let signature = context.module.closure_signature(ty).map(|id| context.module.signature(id));
        signature.is_some_and(|signature| is_task(signature, element))
    })?;
    operands.scalar(Scalar::I64)
}

fn is_task(signature: &Signature, element: Stored) -> bool {
    let param = matches!(signature.params[..], [Param { ty: Type::Stored(Stored::Scalar(Scalar::I64)), .. }]);
    let result = match signature.results() {
        [result] => result.ty == element.into() && result.ownership == Ownership::Own,
        _ => false,
    };
    param && result && !signature.may_fail()
}

fn effects(operands: &mut Operands) -> Check {
    let module = operands.context.module;
    let opcode = operands.inst.opcode();
    match &operands.inst.immediate {
        Immediate::Operation(effect, operation) => {
            if opcode != Opcode::PerformFail {
                operands.lend(Type::Ev(*effect))?;
            }
            let effect = module.effect(*effect);
            let operation = &effect.operations[*operation as usize];
            operands.params(&format!("{}.{}", effect.name, operation.name), operation.params.iter().copied())
        }
        Immediate::Evidence(..) => evidence(operands),
        _ if opcode == Opcode::EndEvidence => {
            operands.any("evidence", Ownership::Own, |_, ty| matches!(ty, Type::Ev(_))).map(drop)
        }
        _ => operands.take(Type::Fail, Ownership::Own),
    }
}

fn evidence(operands: &mut Operands) -> Check {
    let module = operands.context.module;
    let Immediate::Evidence(effect, clauses) = &operands.inst.immediate else { return Ok(()) };
    super::declarations::check_clauses(module, *effect, clauses)?;
    let captures = clauses.first().map_or(&[][..], |clause| &module.function(*clause).captures);
    let given = operands.inst.args.len();
    ensure(given == captures.len(), "evidence", || {
        format!("the clauses capture {}, not {given}", count(captures.len(), "value"))
    })?;
    captures.iter().try_for_each(|ty| operands.lend(*ty))
}

fn variables(operands: &mut Operands) -> Check {
    use Opcode::{VarDrop, VarEnd, VarPut, VarSet, VarTake};
    let module = operands.context.module;
    let opcode = operands.inst.opcode();
    if let Immediate::Type(ty) = operands.inst.immediate {
        return operands.give(ty);
    }
    let ownership = if matches!(opcode, VarEnd | VarDrop) { Ownership::Own } else { Ownership::Borrow };
    let ty = operands.any("a variable", ownership, |_, ty| matches!(ty, Type::Var(_)))?;
    let Type::Var(stored) = ty else { return Ok(()) };
    ensure(!matches!(opcode, VarTake | VarPut) || module.is_managed_stored(stored), "type", || {
        let right = if opcode == VarTake { "`var_get`, which copies" } else { "`var_set`" };
        format!("the variable holds {}: use {right}", module.stored_name(stored))
    })?;
    if matches!(opcode, VarPut | VarSet) { operands.give(stored) } else { Ok(()) }
}
