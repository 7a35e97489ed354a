//! Functions, blocks and instructions.

use super::Writer;
use crate::contract::FormItem;
use crate::entity::{Block, FuncId, LayoutId, Value};
use crate::module::{Body, Function, FunctionKind, Immediate, Inst, Label, Target};
use crate::types::{Anchor, Ownership};

impl Writer<'_> {
    /// A function with its body, or the declaration of one.
    pub(super) fn function(&mut self, id: FuncId) {
        let function = self.module.function(id);
        match function.kind {
            FunctionKind::Extern { .. } | FunctionKind::Import => return self.declared_function(function),
            FunctionKind::Exported => self.text("func "),
            FunctionKind::Local => self.text("local func "),
            FunctionKind::Clause { .. } => self.text("clause "),
        }
        self.head(function);
        if let Some(body) = &function.body {
            (0..body.blocks.len()).for_each(|index| self.block_lines(body, Block::new(index)));
        }
        self.text("end\n");
    }

    /// What follows the keyword of a function with a body.
    fn head(&mut self, function: &Function) {
        let signature = &function.signature;
        self.symbol(&function.name);
        if let FunctionKind::Clause { effect, operation } = function.kind {
            let effect = self.module.effect(effect);
            self.text(" of ");
            self.qualified(&effect.name, &effect.operations[operation as usize].name);
        }
        self.text(" (");
        self.list(signature.params.iter().zip(0..), |writer, (param, index)| {
            writer.value(Value(index));
            writer.text(": ");
            writer.param(*param);
        });
        self.text(")");
        if !matches!(function.kind, FunctionKind::Clause { .. }) {
            self.text(" -> ");
            self.results(&signature.results);
        }
        if !function.captures.is_empty() {
            self.text(" captures (");
            self.list(&function.captures, |writer, ty| writer.ty(*ty));
            self.text(")");
        }
        self.fails(&signature.fails, signature.escapes);
        self.performs(&signature.performs);
        self.location(function.location);
        self.text("\n");
    }

    fn block_lines(&mut self, body: &Body, block: Block) {
        self.block(block);
        let data = &body.blocks[block.index()];
        if !data.params.is_empty() {
            self.text(" (");
            self.list(body.params(block), |writer, param| writer.block_param(body, param));
            self.text(")");
        }
        self.text(if data.cold { " cold:\n" } else { ":\n" });
        for inst in body.block_insts(block) {
            self.text("  ");
            self.inst(inst);
            self.location(inst.location);
            self.text("\n");
        }
    }

    fn block_param(&mut self, body: &Body, param: Value) {
        let data = body.values[param.index()];
        self.value(param);
        self.text(": ");
        match body.anchors.get(&param) {
            Some(anchors) if data.ownership == Ownership::Borrow => {
                self.text("borrow(");
                self.list(anchors, |writer, anchor| match anchor {
                    Anchor::Static => writer.text("static"),
                    Anchor::Value(value) => writer.value(*value),
                });
                self.text(") ");
            }
            _ => self.ownership(data.ty, data.ownership),
        }
        self.ty(data.ty);
    }

    /// An instruction without its location.
    pub(super) fn inst(&mut self, inst: &Inst) {
        if inst.result_count > 0 {
            self.list(inst.results(), Self::value);
            self.text(" = ");
        }
        let row = inst.mnemonic.info();
        self.text(row.text);
        let mut written = Written { args: inst.args.iter(), targets: inst.targets.iter() };
        for item in row.opcode.info().form {
            self.form_item(*item, inst, &mut written);
        }
    }

    fn form_item(&mut self, item: FormItem, inst: &Inst, written: &mut Written<'_>) {
        match item {
            FormItem::Operand(..) => {
                self.text(" ");
                written.args.next().into_iter().for_each(|value| self.value(*value));
            }
            FormItem::List(..) => self.operands(inst, written),
            FormItem::Word(word) => {
                self.text(" ");
                self.text(word);
            }
            FormItem::Optional(word, ..) => {
                for value in written.args.by_ref() {
                    self.text(" ");
                    self.text(word);
                    self.text(" ");
                    self.value(*value);
                }
            }
            FormItem::Target | FormItem::FailTarget => {
                self.text(" ");
                written.targets.next().into_iter().for_each(|target| self.target(target));
            }
            FormItem::CasesInt | FormItem::CasesTag | FormItem::CasesFail => {
                self.text(" [");
                self.list(written.targets.by_ref(), Self::case);
                self.text("]");
            }
            _ => {
                self.text(" ");
                self.immediate(item, inst);
            }
        }
    }

    /// `(vA, vB, …)`: all operands, but for the token of a `new`.
    fn operands(&mut self, inst: &Inst, written: &mut Written<'_>) {
        let (hole, reuse) = match inst.immediate {
            Immediate::New { hole, reuse, .. } => (hole, reuse),
            _ => (None, false),
        };
        let count = written.args.len().saturating_sub(usize::from(reuse));
        let hole = hole.map(|index| (index as usize).min(count));
        self.text(" (");
        self.list(0..count + usize::from(hole.is_some()), |writer, index| {
            if hole == Some(index) {
                writer.text("hole");
            } else if let Some(value) = written.args.next() {
                writer.value(*value);
            }
        });
        self.text(")");
    }

    fn target(&mut self, target: &Target) {
        self.block(target.block);
        if !target.args.is_empty() {
            self.text(" (");
            self.list(&target.args, |writer, value| writer.value(*value));
            self.text(")");
        }
    }

    /// `LABEL: TARGET`
    fn case(&mut self, target: &Target) {
        match target.label {
            Label::Int(number) => self.number(number),
            Label::Variant(number) => self.number(number),
            Label::Operation(effect, operation) => self.operation(effect, operation),
            Label::Escape(evidence) => {
                self.text("escape ");
                self.value(evidence);
            }
            Label::Normal | Label::Fail | Label::Else => self.text("else"),
        }
        self.text(": ");
        self.target(target);
    }

    fn operation(&mut self, effect: crate::entity::EffectId, operation: u32) {
        let effect = self.module.effect(effect);
        self.qualified(&effect.name, &effect.operations[operation as usize].name);
    }

    fn variant_of(&mut self, layout: LayoutId, variant: u32) {
        let layout = self.module.layout(layout);
        self.qualified(&layout.name, &layout.variants()[variant as usize].name);
    }

    /// The part of the immediate that the item stands for.
    fn immediate(&mut self, item: FormItem, inst: &Inst) {
        let module = self.module;
        match (&inst.immediate, item) {
            (Immediate::Int(number), _) => self.number(*number),
            (Immediate::Float(bits), _) => self.float(inst.scalar(), *bits),
            (Immediate::Bool(value), _) => self.bool(*value),
            (Immediate::Text(text), _) => self.string(module.text(*text)),
            (Immediate::Index(number), _) => self.number(*number),
            (Immediate::Layout(layout), _) => self.text(&module.layout(*layout).name),
            (Immediate::Variant(layout, variant), FormItem::Case) => {
                self.text(&module.layout(*layout).variants()[*variant as usize].name);
            }
            (Immediate::Variant(layout, variant) | Immediate::New { layout, variant, .. }, _) => {
                self.variant_of(*layout, *variant);
            }
            (Immediate::Field { layout, variant, field }, _) => {
                let variant = &module.layout(*layout).variants()[*variant as usize];
                self.qualified(&variant.name, &variant.fields[*field as usize].name);
            }
            (Immediate::Type(ty), _) => self.stored(*ty),
            (Immediate::Closure(signature, _), FormItem::Sig) => {
                self.text(&module.signatures[signature.index()].name);
            }
            (Immediate::Func(function) | Immediate::Closure(_, function), _) => {
                self.symbol(&module.function(*function).name);
            }
            (Immediate::Global(global), _) => self.symbol(&module.globals[global.index()].name),
            (Immediate::Data(data), _) => self.symbol(&module.data[data.index()].name),
            (Immediate::Operation(effect, operation), _) => self.operation(*effect, *operation),
            (Immediate::Evidence(_, clauses), FormItem::Funcs) => {
                self.text("[");
                self.list(clauses.iter(), |writer, clause| writer.symbol(&module.function(*clause).name));
                self.text("]");
            }
            (Immediate::Evidence(effect, _), _) => self.text(&module.effect(*effect).name),
            (Immediate::None, _) => {}
        }
    }
}

/// What of an instruction is still to be written.
struct Written<'i> {
    args: std::slice::Iter<'i, Value>,
    targets: std::slice::Iter<'i, Target>,
}
