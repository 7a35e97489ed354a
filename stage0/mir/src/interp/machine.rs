//! The state of a running program, and how instructions get at their operands.

use crate::entity::{FuncId, LayoutId, TextId, Value as ValueId};
use crate::interp::arena::{Arena, Handle};
use crate::interp::array::Array;
use crate::interp::data;
use crate::interp::heap::Heap;
use crate::interp::host::Host;
use crate::interp::object::ObjectBody;
use crate::interp::raw::RawMemory;
use crate::interp::runtime_functions::{RuntimeFunction, runtime_function};
use crate::interp::stack::Stack;
use crate::interp::stop::{Step, Stop, violation};
use crate::interp::value::{Absence, Failure, Value};
use crate::module::{FunctionKind, Inst, Module};
use crate::types::Ownership;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// A few values.
pub type Values = SmallVec<[Value; 4]>;

/// Where a program goes on behind an instruction.
#[derive(Debug)]
pub enum Flow {
    /// At the next instruction of the block.
    Next,
    /// Where the top frame now says.
    Moved,
    /// Nowhere: the entry function returned.
    Finished(Values),
}

/// An evidence record in the frame of a handler.
#[derive(Debug)]
pub struct Record<'m> {
    /// The code of the clauses.
    pub clauses: &'m [FuncId],
    /// What they capture.
    pub captures: Vec<Value>,
    /// The failure that a clause met, until the owner of the record takes it.
    pub escape: Option<Failure>,
}

/// The state of a running program.
pub struct Machine<'m, 'h> {
    /// The program.
    pub module: &'m Module,
    /// The world around it.
    pub host: &'h mut dyn Host,
    /// Its frames.
    pub stack: Stack<'m>,
    /// Its objects.
    pub heap: Heap<'m>,
    /// Its unmanaged memory.
    pub raw: RawMemory,
    /// The variables of its frames; an empty one is absent.
    pub variables: Arena<Value>,
    /// The evidence records of its frames.
    pub records: Arena<Record<'m>>,
    /// The results so far of each `parallel` that is executed, the innermost last.
    pub parallel: Vec<Vec<Value>>,
    /// Its globals, where they have been set.
    pub globals: Vec<Option<Value>>,
    /// The first object of each static data.
    pub data: Vec<Value>,
    /// How many instructions it has executed.
    pub instructions: u64,
    texts: FxHashMap<TextId, Value>,
    static_closures: FxHashMap<FuncId, Value>,
    externs: Vec<Option<RuntimeFunction>>,
    /// The names of each function that hold a count of their own.
    owned_names: Vec<Box<[ValueId]>>,
}

impl<'m, 'h> Machine<'m, 'h> {
    /// A machine before its first instruction.
    pub fn new(module: &'m Module, host: &'h mut dyn Host, stack_words: usize) -> Step<Machine<'m, 'h>> {
        let externs = module.functions.iter().map(|function| match function.kind {
            FunctionKind::Extern { foreign, .. } => runtime_function(&function.name, foreign),
            _ => None,
        });
        let owned_names = module.functions.iter().map(|function| {
            let values = function.body.as_ref().map_or(&[][..], |body| &body.values);
            let owned = values.iter().enumerate().filter(|(_, data)| is_owned(data.ownership));
            owned.map(|(index, _)| ValueId::new(index)).collect()
        });
        let mut heap = Heap::new(module);
        let data = data::build(module, &mut heap)?;
        Ok(Machine {
            module,
            host,
            stack: Stack::new(stack_words),
            heap,
            raw: RawMemory::default(),
            variables: Arena::default(),
            records: Arena::default(),
            parallel: Vec::new(),
            globals: vec![None; module.globals.len()],
            data,
            instructions: 0,
            texts: FxHashMap::default(),
            static_closures: FxHashMap::default(),
            externs: externs.collect(),
            owned_names: owned_names.collect(),
        })
    }

    /// The operand's name.
    pub fn name(&self, inst: &Inst, index: usize) -> Step<ValueId> {
        match inst.args.get(index) {
            Some(name) => Ok(*name),
            None => violation(format!("there is no operand {index}")),
        }
    }

    /// What a name stands for.
    pub fn read(&self, name: ValueId) -> Step<&Value> {
        let value = self.stack.get(name);
        match value {
            Value::Absent(Absence::Consumed) => violation(format!("v{} was consumed before", name.0)),
            Value::Absent(_) => violation(format!("v{} is not defined here", name.0)),
            value => Ok(value),
        }
    }

    /// The operand, read.
    pub fn operand(&self, inst: &Inst, index: usize) -> Step<&Value> {
        self.read(self.name(inst, index)?)
    }

    /// The operand's bits.
    pub fn scalar(&self, inst: &Inst, index: usize) -> Step<u64> {
        match self.operand(inst, index)? {
            Value::Scalar(bits) => Ok(*bits),
            other => unexpected(other, "a scalar"),
        }
    }

    /// The operand as a 64-bit integer.
    pub fn integer(&self, inst: &Inst, index: usize) -> Step<i64> {
        self.scalar(inst, index).map(|bits| bits as i64)
    }

    /// The object that the operand names, which is read.
    pub fn object(&self, inst: &Inst, index: usize) -> Step<Handle> {
        object_of(self.operand(inst, index)?)
    }

    /// The ownership of a name in the frame on top.
    fn ownership(&self, name: ValueId) -> Ownership {
        self.stack.top().map_or(Ownership::Plain, |frame| frame.body.ownership(name))
    }

    /// Moves a value out of its name; one that is not managed is copied.
    pub fn consume_name(&mut self, name: ValueId) -> Step<Value> {
        let value = self.read(name)?.clone();
        match self.ownership(name) {
            Ownership::Plain => {}
            Ownership::Own | Ownership::Uniq => {
                self.stack.replace(name, Value::Absent(Absence::Consumed));
            }
            Ownership::Borrow => return violation(format!("v{} is borrowed and cannot be consumed", name.0)),
        }
        Ok(value)
    }

    /// The operand, consumed.
    pub fn consume(&mut self, inst: &Inst, index: usize) -> Step<Value> {
        self.consume_name(self.name(inst, index)?)
    }

    /// The operands, consumed.
    pub fn consume_all(&mut self, names: &[ValueId]) -> Step<Values> {
        names.iter().map(|name| self.consume_name(*name)).collect()
    }

    /// The object of an operand that is consumed and that nobody else may hold.
    pub fn consume_unique(&mut self, inst: &Inst, index: usize) -> Step<Handle> {
        let value = self.consume(inst, index)?;
        self.require_unique(&value)?;
        object_of(&value)
    }

    /// A value for a place that asks for that ownership: moved out of its name, or read.
    pub fn hand_over(&mut self, name: ValueId, ownership: Ownership) -> Step<Value> {
        match ownership {
            Ownership::Plain | Ownership::Borrow => self.read(name).cloned(),
            Ownership::Own => self.consume_name(name),
            Ownership::Uniq => {
                let value = self.consume_name(name)?;
                self.require_unique(&value)?;
                Ok(value)
            }
        }
    }

    fn require_unique(&self, value: &Value) -> Step<()> {
        let mut result = Ok(());
        value.each_object(&mut |handle| match self.heap.object(handle) {
            Ok(object) if object.count == 1 => {}
            Ok(object) => {
                result = violation(format!("the value is `uniq`, but the object's count is {}", object.count));
            }
            Err(stop) => result = Err(stop),
        });
        result
    }

    /// Gives a name a value.
    pub fn define_name(&mut self, name: ValueId, value: Value) -> Step<()> {
        let old = self.stack.replace(name, value);
        if is_owned(self.ownership(name)) && !matches!(old, Value::Absent(_)) {
            return violation(format!("v{} is defined again before it was consumed", name.0));
        }
        Ok(())
    }

    /// Gives the instruction's results their values.
    pub fn define(&mut self, inst: &Inst, values: impl IntoIterator<Item = Value>) -> Step<Flow> {
        let mut values = values.into_iter();
        for name in inst.results() {
            match values.next() {
                Some(value) => self.define_name(name, value)?,
                None => return violation(format!("there is no result for v{}", name.0)),
            }
        }
        Ok(Flow::Next)
    }

    /// Gives the instruction's only result its value.
    pub fn define_one(&mut self, inst: &Inst, value: Value) -> Step<Flow> {
        self.define(inst, [value])
    }

    /// Makes sure that the frame on top, which is about to end, owns nothing.
    pub fn require_empty_frame(&self) -> Step<()> {
        let Some(frame) = self.stack.top() else { return Ok(()) };
        let owned = self.owned_names[frame.function.index()].iter();
        match owned.into_iter().find(|name| !matches!(self.stack.get(**name), Value::Absent(_))) {
            Some(name) => violation(format!("v{} is still owned when the frame ends", name.0)),
            None => Ok(()),
        }
    }

    /// The string of a literal.
    pub fn text(&mut self, text: TextId) -> Step<Value> {
        if let Some(value) = self.texts.get(&text) {
            return Ok(value.clone());
        }
        let Some(layout) = self.module.string_layout() else {
            return violation("the module declares no layout String");
        };
        let value = immortal_bytes(self.module, &mut self.heap, layout, self.module.text(text).as_bytes())?;
        self.texts.insert(text, value.clone());
        Ok(value)
    }

    /// The immortal closure of a function's code that captures nothing.
    pub fn static_closure(&mut self, code: FuncId) -> Value {
        let heap = &mut self.heap;
        let body = || ObjectBody::Closure { code, captures: Box::new([]) };
        self.static_closures.entry(code).or_insert_with(|| Value::Object(heap.allocate_immortal(body()))).clone()
    }

    /// What a function without code here does.
    pub fn extern_function(&self, function: FuncId) -> Step<RuntimeFunction> {
        match self.externs[function.index()] {
            Some(function) => Ok(function),
            None => {
                let name = &self.module.function(function).name;
                Err(Stop::Unavailable(format!("@{name} is not available in the interpreter")))
            }
        }
    }

    /// The bytes of a string.
    pub fn bytes(&self, value: &Value) -> Step<&[u8]> {
        match self.heap.array(object_of(value)?)?.as_bytes() {
            Some(bytes) => Ok(bytes),
            None => violation("the array is not one of bytes"),
        }
    }
}

/// Whether a name of that ownership holds a count.
fn is_owned(ownership: Ownership) -> bool {
    matches!(ownership, Ownership::Own | Ownership::Uniq)
}

/// The object that a value names.
pub fn object_of(value: &Value) -> Step<Handle> {
    match value {
        Value::Object(handle) => Ok(*handle),
        other => unexpected(other, "an object"),
    }
}

/// A value of another kind than an instruction asks for.
pub fn unexpected<T>(value: &Value, expected: &str) -> Step<T> {
    violation(format!("{} stands where {expected} is asked for", value.kind()))
}

/// An immortal array of these bytes.
pub fn immortal_bytes(module: &Module, heap: &mut Heap<'_>, layout: LayoutId, bytes: &[u8]) -> Step<Value> {
    let mut array = Array::of_bytes(module, layout, bytes.to_vec())?;
    array.fit_exactly();
    Ok(Value::Object(heap.allocate_immortal(ObjectBody::Array(array))))
}
