//! Counting: the fast paths in line, everything else by the runtime.

use super::emitter::Words;
use super::function::FunctionLowering;
use super::values::{WordKind, word_kinds};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use kea_mir::contract::object;
use kea_mir::module::Inst;
use kea_mir::types::{Stored, Type};

/// Aggregates with more counted words are counted by calls, to bound the code.
const INLINE_WORDS_MAX: usize = 4;
/// Cells of so many words or more come from the system's allocator.
const LARGE_WORDS: u32 = 64;

/// A cell that `take` takes apart.
pub(super) struct Taken {
    /// Bytes.
    pub size: u32,
    /// Its fields.
    pub fields: Vec<(Stored, Words)>,
    /// Whether its memory is freed here, as nothing builds in it.
    pub free: bool,
}

impl FunctionLowering<'_, '_> {
    pub fn retain(&mut self, inst: &Inst) {
        let words = self.words(inst.args[0]);
        self.retain_stored(self.stored_type(inst.args[0]), &words);
        self.pass_on(inst);
    }

    pub fn release(&mut self, inst: &Inst) {
        let words = self.words(inst.args[0]);
        self.release_stored(self.stored_type(inst.args[0]), &words);
    }

    /// The words of a value that may be counted.
    fn counted(&self, ty: Stored, words: &[ir::Value]) -> Vec<(ir::Value, WordKind)> {
        let kinds = word_kinds(self.module, ty);
        let words = words.iter().copied().zip(kinds).filter_map(|(word, kind)| Some((word, kind?)));
        words.filter(|(word, _)| !self.uncounted.contains(*word)).collect()
    }

    /// One more reference to each object of a value.
    pub fn retain_stored(&mut self, ty: Stored, words: &[ir::Value]) {
        if let Stored::Ref(layout) = ty
            && !self.module.layout(layout).has_objects()
        {
            return;
        }
        let counted = self.counted(ty, words);
        let inline = counted.len() <= INLINE_WORDS_MAX;
        for (word, kind) in counted {
            if inline {
                self.retain_word(word, kind);
            } else {
                self.emit.service("kea_retain", &[word]);
            }
        }
    }

    /// One reference less to each object of a value.
    pub fn release_stored(&mut self, ty: Stored, words: &[ir::Value]) {
        self.release_slots(ty, words, false);
    }

    /// The same for a value whose words may be 0.
    pub fn release_cleared(&mut self, ty: Stored, words: &[ir::Value]) {
        self.release_slots(ty, words, true);
    }

    fn release_slots(&mut self, ty: Stored, words: &[ir::Value], cleared: bool) {
        if let Stored::Ref(layout) = ty
            && !self.module.layout(layout).has_objects()
        {
            return;
        }
        let counted = self.counted(ty, words);
        let inline = counted.len() <= INLINE_WORDS_MAX;
        for (word, kind) in counted {
            if inline {
                self.release_word(word, WordKind { nothing: kind.nothing || cleared, ..kind });
            } else {
                self.emit.service("kea_release", &[word]);
            }
        }
    }

    /// Leaves for `done` with a word that is not the address of an object.
    fn skip_uncounted(&mut self, word: ir::Value, kind: WordKind, done: ir::Block) {
        if kind.immediate {
            let immediate = self.emit.ins().band_imm_u(word, 1);
            self.emit.leave_if(immediate, done);
        }
        if kind.nothing {
            let nothing = self.emit.is_zero(word);
            self.emit.leave_if(nothing, done);
        }
    }

    pub fn load_count(&mut self, object: ir::Value) -> ir::Value {
        self.emit.load(types::I32, object, object::header::COUNT)
    }

    fn store_count(&mut self, count: ir::Value, object: ir::Value) {
        self.emit.store(count, object, object::header::COUNT);
    }

    /// The sum is above 1 for the counts 1 to 2³¹−2 and no others: it wraps at the end of the range.
    fn retain_word(&mut self, word: ir::Value, kind: WordKind) {
        let (fast, slow, done) = (self.emit.block(), self.emit.cold_block(), self.emit.block());
        self.skip_uncounted(word, kind, done);
        let count = self.load_count(word);
        let more = self.emit.ins().iadd_imm_s(count, 1);
        let plain = self.emit.compare(IntCC::SignedGreaterThan, more, 1);
        self.emit.branch(plain, fast, slow);
        self.emit.switch_to(slow);
        self.emit.service("kea_retain", &[word]);
        self.emit.jump(done, &[]);
        self.emit.switch_to(fast);
        self.store_count(more, word);
        self.emit.jump(done, &[]);
        self.emit.switch_to(done);
    }

    fn release_word(&mut self, word: ir::Value, kind: WordKind) {
        let done = self.emit.block();
        self.skip_uncounted(word, kind, done);
        self.release_object(word);
        self.emit.jump(done, &[]);
        self.emit.switch_to(done);
    }

    /// Releases an object. The last reference is as common as another one, so neither path is cold.
    fn release_object(&mut self, object: ir::Value) {
        let (fast, slow, done) = (self.emit.block(), self.emit.block(), self.emit.block());
        let count = self.load_count(object);
        let others = self.emit.compare(IntCC::SignedGreaterThan, count, 1);
        self.emit.branch(others, fast, slow);
        self.emit.switch_to(slow);
        self.emit.service("kea_release", &[object]);
        self.emit.jump(done, &[]);
        self.emit.switch_to(fast);
        let fewer = self.emit.ins().iadd_imm_s(count, -1);
        self.store_count(fewer, object);
        self.emit.jump(done, &[]);
        self.emit.switch_to(done);
    }

    /// `try_claim`: unique when the count is 1.
    pub fn try_claim(&mut self, inst: &Inst) {
        let value = inst.args[0];
        let words = self.words(value);
        let [unique, shared] = inst.targets.as_slice() else { return };
        let (&[word], Some(stored)) = (words.as_slice(), self.body.ty(value).stored()) else {
            return self.jump_edge(shared, &words);
        };
        let kind = word_kinds(self.module, stored).first().copied().flatten().unwrap_or_default();
        let shared_block = self.edge_block(shared, &words);
        self.skip_uncounted(word, kind, shared_block);
        let count = self.load_count(word);
        let alone = self.emit.compare(IntCC::Equal, count, 1);
        let unique_block = self.edge_block(unique, &words);
        self.emit.branch(alone, unique_block, shared_block);
        self.emit_edges();
    }

    // -- memory of cells

    /// The memory of a new cell, not initialised.
    pub fn allocate(&mut self, size: u32) -> ir::Value {
        let words = size / 8;
        if words >= LARGE_WORDS {
            let bytes = self.emit.word(i64::from(size));
            return self.emit.service_value("kea_alloc_large", &[bytes]);
        }
        let (fast, empty, done) = (self.emit.block(), self.emit.cold_block(), self.emit.block());
        let list = object::context::FREE + 8 * words;
        let cell = self.emit.builder.append_block_param(done, types::I64);
        let context = self.emit.context();
        let first = self.emit.load(types::I64, context, list);
        self.emit.branch(first, fast, empty);
        self.emit.switch_to(empty);
        let count = self.emit.word(i64::from(words));
        let fresh = self.emit.service_value("kea_alloc", &[count]);
        self.emit.jump(done, &[fresh]);
        self.emit.switch_to(fast);
        let next = self.emit.load(types::I64, first, 0);
        self.emit.store(next, context, list);
        self.emit.jump(done, &[first]);
        self.emit.switch_to(done);
        cell
    }

    /// The memory of a token, or new memory where it is null.
    pub fn allocate_reusing(&mut self, token: ir::Value, size: u32) -> ir::Value {
        let (reuse, fresh, done) = (self.emit.block(), self.emit.block(), self.emit.block());
        let cell = self.emit.builder.append_block_param(done, types::I64);
        self.emit.branch(token, reuse, fresh);
        self.emit.switch_to(fresh);
        let memory = self.allocate(size);
        self.emit.jump(done, &[memory]);
        self.emit.switch_to(reuse);
        let context = self.emit.context();
        let hits = self.emit.load(types::I64, context, object::context::REUSE_HITS);
        let hits = self.emit.ins().iadd_imm_s(hits, 1);
        self.emit.store(hits, context, object::context::REUSE_HITS);
        self.emit.jump(done, &[token]);
        self.emit.switch_to(done);
        cell
    }

    /// Gives the memory of a cell back.
    pub fn free_memory(&mut self, cell: ir::Value, size: u32) {
        let words = size / 8;
        if words >= LARGE_WORDS {
            let bytes = self.emit.word(i64::from(size));
            self.emit.service("kea_free_large", &[cell, bytes]);
            return;
        }
        let list = object::context::FREED + 8 * words;
        let context = self.emit.context();
        let first = self.emit.load(types::I64, context, list);
        self.emit.store(first, cell, 0);
        self.emit.store(cell, context, list);
    }

    pub fn free_token(&mut self, inst: &Inst) {
        let token = inst.args[0];
        let Type::Token(size) = self.body.ty(token) else { return };
        if self.freed_tokens.contains(&token) {
            return;
        }
        let memory = self.word(token);
        let (free, done) = (self.emit.block(), self.emit.block());
        self.emit.branch(memory, free, done);
        self.emit.switch_to(free);
        self.free_memory(memory, size);
        self.emit.jump(done, &[]);
        self.emit.switch_to(done);
    }

    /// What `take` does with the cell once its fields are loaded; gives the token.
    pub fn give_up_cell(&mut self, cell: ir::Value, taken: &Taken) -> ir::Value {
        let Taken { size, fields, free } = taken;
        let (alone, shared, done) = (self.emit.block(), self.emit.block(), self.emit.block());
        let token = (!free).then(|| self.emit.builder.append_block_param(done, types::I64));
        let count = self.load_count(cell);
        let only = self.emit.compare(IntCC::Equal, count, 1);
        self.emit.branch(only, alone, shared);
        self.emit.switch_to(shared);
        for (ty, words) in fields {
            self.retain_stored(*ty, words);
        }
        self.release_object(cell);
        let null = self.emit.word(0);
        let handed_on = |word| if token.is_some() { Words::from_slice(&[word]) } else { Words::new() };
        self.emit.jump(done, &handed_on(null));
        self.emit.switch_to(alone);
        if *free {
            self.free_memory(cell, *size);
        }
        self.emit.jump(done, &handed_on(cell));
        self.emit.switch_to(done);
        token.unwrap_or(cell)
    }
}
