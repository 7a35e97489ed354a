//! Switches over integers and variants, and the tags that they read.

use super::function::FunctionLowering;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use cranelift_frontend::Switch;
use kea_mir::contract::object;
use kea_mir::entity::LayoutId;
use kea_mir::layout::{FlatTag, Layout, LayoutKind, Shape, Slot, TagEncoding, TagField};
use kea_mir::module::{Inst, Label, Target};
use kea_mir::types::Stored;
use rustc_hash::FxHashMap;

/// A number and where it leads.
type Case = (u64, ir::Block);

impl FunctionLowering<'_, '_> {
    pub fn switch_integer(&mut self, inst: &Inst) {
        let value = self.operand(inst, 0);
        let mask = u64::MAX >> (64 - inst.scalar().bits());
        let mut cases = Vec::new();
        let mut default = None;
        for target in &inst.targets {
            let block = self.edge_block(target, &[]);
            match target.label {
                Label::Int(number) => cases.push((number as u64 & mask, block)),
                _ => default = Some(block),
            }
        }
        self.dispatch(value, &cases, default);
        self.emit_edges();
    }

    /// Branches to the block of the case that equals the value. Without a default the cases are all there are, and
    /// the last needs no comparison.
    fn dispatch(&mut self, value: ir::Value, cases: &[Case], default: Option<ir::Block>) {
        let (cases, default) = match (default, cases.split_last()) {
            (Some(default), _) => (cases, default),
            (None, Some(((_, last), rest))) => (rest, *last),
            (None, None) => return self.unreachable(),
        };
        if cases.iter().all(|(_, block)| *block == default) {
            return self.emit.jump(default, &[]);
        }
        if let [(number, block)] = cases {
            let equal = self.emit.compare(IntCC::Equal, value, *number as i64);
            return self.emit.branch(equal, *block, default);
        }
        let narrow = self.emit.type_of(value).bits() < 32;
        let value = if narrow { self.emit.ins().uextend(types::I32, value) } else { value };
        let mut switch = Switch::new();
        for (number, block) in cases {
            if !switch.entries().contains_key(&u128::from(*number)) {
                switch.set_entry(u128::from(*number), *block);
            }
        }
        switch.emit(&mut self.emit.builder, value, default);
    }

    pub fn switch_tag(&mut self, inst: &Inst) {
        let value = inst.args[0];
        let stored = self.stored_type(value);
        let (Stored::Ref(id) | Stored::Flat(id)) = stored else { return self.unreachable() };
        let cases = self.variant_cases(id, &inst.targets);
        let words = self.words(value);
        match stored {
            Stored::Flat(_) => self.switch_flat(id, &words, &cases),
            _ => self.switch_ref(id, words[0], &cases),
        }
        self.emit_edges();
    }

    /// Every variant of the layout with the block that it leads to.
    fn variant_cases(&mut self, id: LayoutId, targets: &[Target]) -> Vec<Case> {
        let mut blocks = vec![None; self.module.layout(id).variants().len()];
        let mut default = None;
        for target in targets {
            let block = self.edge_block(target, &[]);
            match target.label {
                Label::Variant(variant) => {
                    if let Some(entry) = blocks.get_mut(variant as usize) {
                        *entry = Some(block);
                    }
                }
                _ => default = Some(block),
            }
        }
        let blocks = blocks.into_iter().enumerate();
        blocks.filter_map(|(variant, block)| Some((variant as u64, block.or(default)?))).collect()
    }

    fn switch_flat(&mut self, id: LayoutId, words: &[ir::Value], cases: &[Case]) {
        match self.module.layout(id).flat().map(|flat| flat.tag) {
            Some(FlatTag::Niche) if cases.len() == 2 => self.emit.branch(words[0], cases[1].1, cases[0].1),
            Some(FlatTag::Integer(..)) => {
                let tag = self.flat_tag(id, words);
                self.switch_total(tag, cases);
            }
            _ => match cases.first() {
                Some((_, block)) => self.emit.jump(*block, &[]),
                None => self.unreachable(),
            },
        }
    }

    fn switch_ref(&mut self, id: LayoutId, word: ir::Value, cases: &[Case]) {
        let layout: &Layout = self.module.layout(id);
        let is_cell = |case: &&Case| layout.variants()[case.0 as usize].shape != Shape::Immediate;
        match layout.tag_encoding() {
            TagEncoding::Single => self.dispatch(word, cases, None),
            TagEncoding::Immediates => self.switch_immediates(word, cases),
            TagEncoding::Header(field) => {
                let tag = self.header_tag(word, field);
                self.switch_total(tag, cases);
            }
            TagEncoding::Mixed(field) => {
                let cells: Vec<Case> = cases.iter().filter(is_cell).copied().collect();
                let immediates: Vec<Case> = cases.iter().filter(|case| !is_cell(case)).copied().collect();
                let cell_block = self.block_of(&cells);
                let immediate_block = self.block_of(&immediates);
                let odd = self.emit.ins().band_imm_u(word, 1);
                self.emit.branch(odd, immediate_block, cell_block);
                if one_block(&immediates).is_none() {
                    self.emit.switch_to(immediate_block);
                    self.switch_immediates(word, &immediates);
                }
                if one_block(&cells).is_none() {
                    self.emit.switch_to(cell_block);
                    let tag = self.header_tag(word, field);
                    self.switch_total(tag, &cells);
                }
            }
        }
    }

    /// The block that all the cases lead to, or a new one that tells them apart.
    fn block_of(&mut self, cases: &[Case]) -> ir::Block {
        one_block(cases).unwrap_or_else(|| self.emit.block())
    }

    /// Two immediates differ in the whole word; more are numbered by what is above the lowest bit.
    fn switch_immediates(&mut self, word: ir::Value, cases: &[Case]) {
        if cases.len() <= 2 {
            let words: Vec<Case> = cases.iter().map(|(variant, block)| (2 * variant + 1, *block)).collect();
            return self.dispatch(word, &words, None);
        }
        let tag = self.emit.ins().ushr_imm_u(word, 1);
        self.switch_total(tag, cases);
    }

    /// Branches by a tag that is one of the cases. The block that most cases lead to is the default.
    fn switch_total(&mut self, tag: ir::Value, cases: &[Case]) {
        let mut counts: FxHashMap<ir::Block, usize> = FxHashMap::default();
        for (_, block) in cases {
            *counts.entry(*block).or_default() += 1;
        }
        let Some((_, common)) = cases.iter().copied().max_by_key(|(_, block)| counts[block]) else {
            return self.unreachable();
        };
        let rest: Vec<Case> = cases.iter().filter(|case| case.1 != common).copied().collect();
        self.dispatch(tag, &rest, Some(common));
    }

    /// The variant's number from a header, in its own width.
    fn header_tag(&mut self, object: ir::Value, field: TagField) -> ir::Value {
        match field {
            TagField::Byte => self.emit.load(types::I8, object, object::header::TAG),
            TagField::Mask => self.emit.load(types::I16, object, object::header::MASK),
        }
    }

    /// The slot of a flat that holds its tag.
    fn flat_tag(&mut self, id: LayoutId, words: &[ir::Value]) -> ir::Value {
        let Some(flat) = self.module.layout(id).flat() else { return words[0] };
        let FlatTag::Integer(scalar, offset) = flat.tag else { return words[0] };
        let index = flat.slots.binary_search(&(offset, Slot::Scalar(scalar))).unwrap_or(0);
        words[index]
    }

    pub fn tag(&mut self, inst: &Inst) {
        let words = self.words(inst.args[0]);
        let tag = match self.stored_type(inst.args[0]) {
            Stored::Flat(id) => match self.module.layout(id).flat().map(|flat| flat.tag) {
                Some(FlatTag::Integer(..)) => {
                    let tag = self.flat_tag(id, &words);
                    self.widen(tag)
                }
                Some(FlatTag::Niche) => {
                    let some = self.emit.compare(IntCC::NotEqual, words[0], 0);
                    self.widen(some)
                }
                _ => self.emit.word(0),
            },
            Stored::Ref(id) => self.ref_tag(id, words[0]),
            _ => self.emit.word(0),
        };
        self.define(inst, tag);
    }

    fn widen(&mut self, tag: ir::Value) -> ir::Value {
        if self.emit.type_of(tag) == types::I64 { tag } else { self.emit.ins().uextend(types::I64, tag) }
    }

    fn ref_tag(&mut self, id: LayoutId, word: ir::Value) -> ir::Value {
        let layout = self.module.layout(id);
        match layout.tag_encoding() {
            TagEncoding::Single => self.emit.word(0),
            TagEncoding::Immediates => self.emit.ins().ushr_imm_u(word, 1),
            TagEncoding::Header(field) => {
                let tag = self.header_tag(word, field);
                self.widen(tag)
            }
            TagEncoding::Mixed(field) => self.mixed_tag(layout, word, field),
        }
    }

    /// Only a cell has a header to read; with one variant of cells its number is known.
    fn mixed_tag(&mut self, layout: &Layout, word: ir::Value, field: TagField) -> ir::Value {
        let LayoutKind::Cells(variants) = &layout.kind else { return self.emit.word(0) };
        let mut cells = variants.iter().enumerate().filter(|(_, variant)| variant.shape != Shape::Immediate);
        let number = self.emit.ins().ushr_imm_u(word, 1);
        let odd = self.emit.ins().band_imm_u(word, 1);
        if let (Some((only, _)), None) = (cells.next(), cells.next()) {
            let cell = self.emit.word(only as i64);
            return self.emit.ins().select(odd, number, cell);
        }
        let (cell, done) = (self.emit.block(), self.emit.block());
        let result = self.emit.builder.append_block_param(done, types::I64);
        let args = [ir::BlockArg::Value(number)];
        self.emit.ins().brif(odd, done, &args, cell, &[]);
        self.emit.switch_to(cell);
        let tag = self.header_tag(word, field);
        let tag = self.widen(tag);
        self.emit.jump(done, &[tag]);
        self.emit.switch_to(done);
        result
    }
}

/// The block that all the cases lead to.
fn one_block(cases: &[Case]) -> Option<ir::Block> {
    let (_, first) = cases.first()?;
    cases.iter().all(|(_, block)| block == first).then_some(*first)
}
