//! What code of any kind needs: symbols, memory, the context, calls of the runtime.

use super::Lowering;
use super::signature;
use crate::symbol::Symbol;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    self, BlockArg, ExtFuncData, ExternalName, FuncRef, GlobalValue, GlobalValueData, InstBuilder, MemFlagsData,
    StackSlotData, StackSlotKind, TrapCode, types,
};
use cranelift_frontend::{FuncInstBuilder, FunctionBuilder, FunctionBuilderContext};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Machine values in order of the slots that they fill.
pub(super) type Words = SmallVec<[ir::Value; 4]>;

/// Memory of objects and frames: always there, always aligned.
pub(super) const TRUSTED: MemFlagsData = MemFlagsData::trusted();

/// What follows a call that does not return.
pub(super) const NOT_REACHED: TrapCode = TrapCode::unwrap_user(1);

/// A CLIF function under construction, with the symbols that it refers to so far.
pub(super) struct Emitter<'a, 'b> {
    pub lowering: &'a Lowering<'a>,
    pub builder: FunctionBuilder<'b>,
    functions: FxHashMap<Symbol, FuncRef>,
    addresses: FxHashMap<Symbol, GlobalValue>,
}

impl<'a, 'b> Emitter<'a, 'b> {
    pub fn new(
        lowering: &'a Lowering<'a>,
        clif: &'b mut ir::Function,
        context: &'b mut FunctionBuilderContext,
    ) -> Emitter<'a, 'b> {
        Emitter {
            lowering,
            builder: FunctionBuilder::new(clif, context),
            functions: FxHashMap::default(),
            addresses: FxHashMap::default(),
        }
    }

    pub fn finish(mut self) {
        self.builder.seal_all_blocks();
        self.builder.finalize(self.lowering.isa.frontend_config());
    }

    pub fn ins(&mut self) -> FuncInstBuilder<'_, 'b> {
        self.builder.ins()
    }

    // -- constants

    /// An integer constant; the bits beyond the type's width are dropped.
    pub fn int(&mut self, ty: ir::Type, value: i64) -> ir::Value {
        let mask = u64::MAX >> (64 - ty.bits());
        self.ins().iconst(ty, (value as u64 & mask) as i64)
    }

    pub fn word(&mut self, value: i64) -> ir::Value {
        self.int(types::I64, value)
    }

    /// The zero of a machine type.
    pub fn zero(&mut self, ty: ir::Type) -> ir::Value {
        match ty {
            types::F32 => self.ins().f32const(0.0),
            types::F64 => self.ins().f64const(0.0),
            _ => self.int(ty, 0),
        }
    }

    /// The value of an integer constant, sign-extended.
    pub fn constant(&self, value: ir::Value) -> Option<i64> {
        let dfg = &self.builder.func.dfg;
        let inst = dfg.value_def(value).inst()?;
        let ir::InstructionData::UnaryImm { opcode: ir::Opcode::Iconst, imm } = dfg.insts[inst] else { return None };
        let unused = 64 - dfg.value_type(value).bits();
        Some(imm.bits() << unused >> unused)
    }

    pub fn type_of(&self, value: ir::Value) -> ir::Type {
        self.builder.func.dfg.value_type(value)
    }

    // -- blocks

    /// A block as cold as the current one.
    pub fn block(&mut self) -> ir::Block {
        let cold = self.builder.current_block().is_some_and(|block| self.builder.func.layout.is_cold(block));
        let block = self.builder.create_block();
        if cold {
            self.builder.set_cold_block(block);
        }
        block
    }

    /// A block off the hot path.
    pub fn cold_block(&mut self) -> ir::Block {
        let block = self.builder.create_block();
        self.builder.set_cold_block(block);
        block
    }

    pub fn switch_to(&mut self, block: ir::Block) {
        self.builder.switch_to_block(block);
    }

    pub fn jump(&mut self, block: ir::Block, args: &[ir::Value]) {
        let args: SmallVec<[BlockArg; 4]> = args.iter().map(|arg| BlockArg::Value(*arg)).collect();
        self.ins().jump(block, &args);
    }

    /// A branch to blocks without parameters.
    pub fn branch(&mut self, condition: ir::Value, then: ir::Block, otherwise: ir::Block) {
        self.ins().brif(condition, then, &[], otherwise, &[]);
    }

    /// Goes on in a fresh block unless the condition holds, in which case control goes to `block`.
    pub fn leave_if(&mut self, condition: ir::Value, block: ir::Block) {
        let next = self.block();
        self.branch(condition, block, next);
        self.switch_to(next);
    }

    // -- comparison

    pub fn compare(&mut self, condition: IntCC, a: ir::Value, b: i64) -> ir::Value {
        let b = self.int(self.type_of(a), b);
        self.ins().icmp(condition, a, b)
    }

    pub fn is_zero(&mut self, a: ir::Value) -> ir::Value {
        self.compare(IntCC::Equal, a, 0)
    }

    // -- memory

    /// A base and an offset that an instruction can hold.
    fn place(&mut self, base: ir::Value, offset: u32) -> (ir::Value, i32) {
        match i32::try_from(offset) {
            Ok(offset) => (base, offset),
            Err(_) => (self.offset(base, i64::from(offset)), 0),
        }
    }

    pub fn load(&mut self, ty: ir::Type, base: ir::Value, offset: u32) -> ir::Value {
        let (base, offset) = self.place(base, offset);
        self.ins().load(ty, TRUSTED, base, offset)
    }

    pub fn store(&mut self, value: ir::Value, base: ir::Value, offset: u32) {
        let (base, offset) = self.place(base, offset);
        self.ins().store(TRUSTED, value, base, offset);
    }

    pub fn offset(&mut self, base: ir::Value, offset: i64) -> ir::Value {
        if offset == 0 { base } else { self.ins().iadd_imm_s(base, offset) }
    }

    /// The address of fresh memory in the frame, aligned to 8 bytes.
    pub fn frame_memory(&mut self, size: u32) -> ir::Value {
        let data = StackSlotData::new(StackSlotKind::ExplicitSlot, size.max(8), 3);
        let slot = self.builder.create_sized_stack_slot(data);
        self.ins().stack_addr(types::I64, slot, 0)
    }

    /// The runtime's context.
    pub fn context(&mut self) -> ir::Value {
        self.ins().get_pinned_reg(types::I64)
    }

    // -- symbols

    fn symbol_name(&mut self, symbol: Symbol) -> ExternalName {
        ExternalName::user(self.builder.func.declare_imported_user_function(symbol.name()))
    }

    /// The address of data.
    pub fn address(&mut self, symbol: Symbol) -> ir::Value {
        let global = match self.addresses.get(&symbol) {
            Some(global) => *global,
            None => {
                let name = self.symbol_name(symbol);
                let data = GlobalValueData::Symbol { name, offset: 0.into(), colocated: true, tls: false };
                let global = self.builder.create_global_value(data);
                self.addresses.insert(symbol, global);
                global
            }
        };
        self.ins().symbol_value(types::I64, global)
    }

    /// A function to call, with the signature that `signature` makes of its symbol.
    pub fn function(&mut self, symbol: Symbol, signature: impl FnOnce(&Lowering) -> ir::Signature) -> FuncRef {
        if let Some(function) = self.functions.get(&symbol) {
            return *function;
        }
        let signature = signature(self.lowering);
        let signature = self.builder.import_signature(signature);
        let name = self.symbol_name(symbol);
        // The runtime is near too: linkers place it there, and the JIT goes through stubs beside the code.
        let function = self.builder.import_function(ExtFuncData { name, signature, colocated: true, patchable: false });
        self.functions.insert(symbol, function);
        function
    }

    pub fn results(&self, inst: ir::Inst) -> Words {
        Words::from_slice(self.builder.inst_results(inst))
    }

    /// Calls a service of the runtime, with the context.
    pub fn service(&mut self, name: &str, args: &[ir::Value]) -> Words {
        let context = self.context();
        let function = self.function(Symbol::service(name), |lowering| signature::service(lowering, name));
        let args: Words = std::iter::once(context).chain(args.iter().copied()).collect();
        let call = self.ins().call(function, &args);
        self.results(call)
    }

    /// Calls a service that gives one value.
    pub fn service_value(&mut self, name: &str, args: &[ir::Value]) -> ir::Value {
        self.service(name, args)[0]
    }

    /// Ends the block with a call of a service that does not return.
    pub fn service_never(&mut self, name: &str, args: &[ir::Value]) {
        self.service(name, args);
        self.ins().trap(NOT_REACHED);
    }

    /// Copies bytes that may overlap.
    pub fn memmove(&mut self, target: ir::Value, source: ir::Value, size: ir::Value) {
        let function = self.function(Symbol::Memmove, signature::memmove);
        self.ins().call(function, &[target, source, size]);
    }
}
