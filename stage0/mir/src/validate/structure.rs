//! The structure of a body: what every later rule takes for granted.
//!
//! 1. `form`: an instruction has the operands, the immediate part and the targets that the contract's form asks for;
//!    values are numbered in order of definition; every index is one of its table. Text that was read always complies.
//! 2. `block`: there is an entry; it has no parameters and no edge leads to it; every block ends in its only terminator.
//! 3. `edge`: an edge leads to a block of the function, with as many values as the block has parameters.
//! 4. `unreachable-block`: the entry reaches every block.
//! 5. `block-order`: a block stands behind its immediate dominator.
//! 6. `form`: a location's file is declared.

use super::Context;
use super::cfg::Cfg;
use super::finding::{Check, Findings, Place, broken, count, ensure};
use crate::contract::{FormItem, OpInfo};
use crate::entity::{Block, InstId};
use crate::module::{Body, Immediate, Inst, Label, Location, Module};
use crate::types::Anchor;

/// Rules 1 and 2, and of rule 3 that the block exists: without them there is no graph.
pub(super) fn check_form(context: &Context, findings: &mut Findings) {
    let body = context.body;
    let outcome = check_numbering(context).and_then(|()| check_entry(body));
    findings.note(Place::Header, outcome);
    findings.note(Place::Header, check_location(context.module, context.function.location));
    for (index, block) in body.blocks.iter().enumerate() {
        let block_id = Block::new(index);
        let last = block.insts.end.saturating_sub(1);
        findings.note(
            Place::Block(block_id),
            ensure(!block.insts.is_empty(), "block", || "a block ends in a terminator; this one is empty".into()),
        );
        for inst_index in block.insts.clone() {
            let inst = &body.insts[inst_index as usize];
            let outcome = check_inst_form(context, inst)
                .and_then(|()| check_terminator(inst, inst_index == last))
                .and_then(|()| check_location(context.module, inst.location));
            findings.note(Place::Inst(block_id, InstId(inst_index)), outcome);
        }
    }
}

/// Rules 3 to 5, on a body of the right form.
pub(super) fn check_graph(context: &Context, cfg: &Cfg, findings: &mut Findings) {
    for (index, block) in context.body.blocks.iter().enumerate() {
        let block_id = Block::new(index);
        findings.note(Place::Block(block_id), check_reached(cfg, block_id));
        findings.note(Place::Block(block_id), check_order(cfg, block_id));
        let outcome = check_edges(context, block_id);
        findings.note(Place::Inst(block_id, InstId(block.insts.end - 1)), outcome);
    }
}

fn check_numbering(context: &Context) -> Check {
    let body = context.body;
    let numbered = |start: u32, end: u32, next: u32| start == next && end >= start;
    let mut next = context.function.signature.params.len() as u32;
    let mut next_inst = 0;
    for (index, block) in body.blocks.iter().enumerate() {
        // The first block's parameters are the function's: its own range is empty, wherever it lies.
        let params = if index == 0 && block.params.is_empty() { next..next } else { block.params.clone() };
        let insts = block.insts.clone();
        if !numbered(params.start, params.end, next) || !numbered(insts.start, insts.end, next_inst) {
            return broken("form", format!("b{index} does not number its values in order of definition"));
        }
        next = params.end;
        next_inst = insts.end;
        for inst in body.insts.get(insts.start as usize..insts.end as usize).unwrap_or(&[]) {
            if inst.result_count != 0 && inst.first_result.0 != next {
                return broken("form", format!("b{index} does not number its results in order of definition"));
            }
            next += u32::from(inst.result_count);
        }
    }
    let mut anchors = body.anchors.iter().flat_map(|(param, anchors)| {
        let anchors = anchors.iter().filter_map(|anchor| match anchor {
            Anchor::Value(value) => Some(*value),
            Anchor::Static => None,
        });
        anchors.chain([*param])
    });
    ensure(anchors.all(|value| value.index() < body.values.len()), "form", || "an anchor is not defined".into())?;
    let complete = next as usize == body.values.len() && next_inst as usize == body.insts.len();
    ensure(complete, "form", || "the tables of values and instructions hold more or less than the blocks define".into())
}

fn check_entry(body: &Body) -> Check {
    let entry = body.blocks.first();
    let entry = entry.map_or_else(|| broken("block", "a function has an entry block"), Ok)?;
    ensure(entry.params.is_empty(), "block", || {
        "the entry block has no parameters: the function's stand in its header".into()
    })
}

fn check_terminator(inst: &Inst, last: bool) -> Check {
    let terminator = inst.opcode().info().terminator;
    ensure(terminator || !last, "block", || "a block ends in a terminator, and this instruction is none".into())?;
    ensure(!terminator || last, "block", || "a terminator ends its block; instructions follow it".into())
}

fn check_location(module: &Module, location: Location) -> Check {
    ensure(!location.is_known() || module.files.contains_key(&location.file), "form", || {
        format!("file {0} is not declared: write `file {0} \"PATH\"`", location.file)
    })
}

fn check_inst_form(context: &Context, inst: &Inst) -> Check {
    let info = inst.opcode().info();
    check_operand_count(context.body, info, inst)?;
    ensure(immediate_fits(info, &inst.immediate), "form", || {
        format!("`{}` has the wrong immediate part", inst.mnemonic.info().text)
    })?;
    ensure(is_of_module(context.module, &inst.immediate), "form", || "an index is outside its table".into())?;
    check_labels(context, info, inst)
}

fn check_operand_count(body: &Body, info: &OpInfo, inst: &Inst) -> Check {
    let fixed = info.form.iter().filter(|item| matches!(item, FormItem::Operand(..))).count();
    let open = info.form.iter().any(|item| matches!(item, FormItem::List(..) | FormItem::Optional(..)));
    let count = inst.args.len();
    ensure(count == fixed || open && count > fixed, "form", || {
        format!("`{}` takes {fixed} operands and has {count}", inst.mnemonic.info().text)
    })?;
    let mut used = inst.args.iter().chain(inst.targets.iter().flat_map(|target| &target.args));
    ensure(used.all(|value| value.index() < body.values.len()), "form", || "an operand is not defined".into())
}

/// Whether the immediate part is of the kind that the form names.
fn immediate_fits(info: &OpInfo, immediate: &Immediate) -> bool {
    let has = |item: FormItem| info.form.contains(&item);
    match immediate {
        Immediate::None => !info.form.iter().any(|item| {
            use FormItem::*;
            let absent = matches!(item, Operand(..) | List(..) | Word(_) | Optional(..) | Target | FailTarget);
            !absent && !matches!(item, CasesInt | CasesTag | CasesFail)
        }),
        Immediate::Int(_) | Immediate::Float(_) | Immediate::Bool(_) => has(FormItem::Literal),
        Immediate::Text(_) => has(FormItem::Text),
        Immediate::Index(_) => has(FormItem::Index),
        Immediate::Layout(_) => has(FormItem::Layout),
        Immediate::Variant(..) => has(FormItem::Case) || has(FormItem::Variant) && !is_new(info),
        Immediate::New { .. } => is_new(info),
        Immediate::Field { .. } => has(FormItem::Field),
        Immediate::Type(_) => has(FormItem::Type),
        Immediate::Func(_) => has(FormItem::Func) && !has(FormItem::Sig),
        Immediate::Closure(..) => has(FormItem::Sig),
        Immediate::Global(_) => has(FormItem::Global),
        Immediate::Data(_) => has(FormItem::Data),
        Immediate::Operation(..) => has(FormItem::Operation),
        Immediate::Evidence(..) => has(FormItem::Effect),
    }
}

fn is_new(info: &OpInfo) -> bool {
    info.opcode == crate::contract::Opcode::New
}

/// Whether what the immediate part names is in the module's tables.
fn is_of_module(module: &Module, immediate: &Immediate) -> bool {
    let variant = |layout: crate::entity::LayoutId, variant: u32| {
        module.layouts.get(layout.index()).is_some_and(|layout| (variant as usize) < layout.variants().len())
    };
    let field = |layout: crate::entity::LayoutId, index: u32, field: u32| {
        variant(layout, index) && (field as usize) < module.layout(layout).variants()[index as usize].fields.len()
    };
    let function = |id: &crate::entity::FuncId| id.index() < module.functions.len();
    match immediate {
        Immediate::Layout(layout) => layout.index() < module.layouts.len(),
        Immediate::Variant(layout, index) => variant(*layout, *index),
        Immediate::New { layout, variant: index, hole, .. } => {
            variant(*layout, *index) && hole.is_none_or(|hole| field(*layout, *index, hole))
        }
        Immediate::Field { layout, variant, field: index } => field(*layout, *variant, *index),
        Immediate::Func(id) => function(id),
        Immediate::Closure(signature, id) => signature.index() < module.signatures.len() && function(id),
        Immediate::Global(global) => global.index() < module.globals.len(),
        Immediate::Data(data) => data.index() < module.data.len(),
        Immediate::Operation(effect, operation) => is_operation(module, effect.index(), *operation),
        Immediate::Evidence(effect, clauses) => effect.index() < module.effects.len() && clauses.iter().all(function),
        _ => true,
    }
}

fn is_operation(module: &Module, effect: usize, operation: u32) -> bool {
    module.effects.get(effect).is_some_and(|effect| (operation as usize) < effect.operations.len())
}

fn check_labels(context: &Context, info: &OpInfo, inst: &Inst) -> Check {
    let mut expected = info.form.iter().filter(|item| {
        use FormItem::*;
        matches!(item, Target | FailTarget | CasesInt | CasesTag | CasesFail)
    });
    let cases = info.form.iter().find(|item| {
        use FormItem::*;
        matches!(item, CasesInt | CasesTag | CasesFail)
    });
    let fits = match cases {
        Some(cases) => inst.targets.iter().all(|target| label_fits(context, cases, target.label)),
        None => {
            inst.targets
                .iter()
                .all(|target| expected.next().is_some_and(|item| label_fits(context, item, target.label)))
                && expected.next().is_none()
        }
    };
    ensure(fits, "form", || format!("`{}` has the wrong targets", inst.mnemonic.info().text))?;
    let known = inst.targets.iter().all(|target| target.block.index() < context.body.blocks.len());
    ensure(known, "edge", || "an edge leads to a block that the function does not have".into())?;
    ensure(inst.targets.iter().all(|target| target.block != Block(0)), "block", || {
        "no edge leads to the entry block: begin with a block that jumps to this one".into()
    })
}

fn label_fits(context: &Context, item: &FormItem, label: Label) -> bool {
    match (item, label) {
        (FormItem::Target, Label::Normal) | (FormItem::FailTarget, Label::Fail) => true,
        (FormItem::CasesInt, Label::Int(_)) | (FormItem::CasesTag, Label::Variant(_)) => true,
        (FormItem::CasesFail, Label::Operation(effect, operation)) => {
            is_operation(context.module, effect.index(), operation)
        }
        (FormItem::CasesFail, Label::Escape(value)) => value.index() < context.body.values.len(),
        (FormItem::CasesInt | FormItem::CasesTag | FormItem::CasesFail, Label::Else) => true,
        _ => false,
    }
}

fn check_reached(cfg: &Cfg, block: Block) -> Check {
    ensure(cfg.is_reached(block), "unreachable-block", || {
        format!("no path leads from the entry to b{}: remove it", block.0)
    })
}

fn check_order(cfg: &Cfg, block: Block) -> Check {
    let Some(idom) = cfg.idom(block) else { return Ok(()) };
    ensure(idom < block, "block-order", || {
        format!("b{} stands before b{}, which every path to it goes through: move it behind", block.0, idom.0)
    })
}

fn check_edges(context: &Context, block: Block) -> Check {
    let body = context.body;
    let Some(inst) = body.terminator(block) else { return Ok(()) };
    for (index, target) in inst.targets.iter().enumerate() {
        let handed = context.module.edge_values(body, inst, index).len();
        let given = handed + target.args.len();
        let params = body.params(target.block).len();
        ensure(given == params, "edge", || {
            let own = if handed == 0 { String::new() } else { format!(", {handed} of them from the terminator") };
            format!(
                "b{} has {}, and this edge gives {}{own}",
                target.block.0,
                count(params, "parameter"),
                count(given, "value")
            )
        })?;
    }
    Ok(())
}
