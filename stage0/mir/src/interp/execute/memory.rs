//! Unmanaged memory.

use crate::interp::machine::{Flow, Machine};
use crate::interp::stop::{Step, violation};
use crate::interp::value::Value;
use crate::module::{Immediate, Inst};

impl Machine<'_, '_> {
    pub(super) fn raw_alloc(&mut self, inst: &Inst) -> Step<Flow> {
        let size = self.integer(inst, 0)?;
        let address = self.raw.allocate(size)?;
        self.define_one(inst, Value::Scalar(address))
    }

    pub(super) fn raw_free(&mut self, inst: &Inst) -> Step<Flow> {
        self.raw.free(self.scalar(inst, 0)?)?;
        Ok(Flow::Next)
    }

    pub(super) fn raw_offset(&mut self, inst: &Inst) -> Step<Flow> {
        let address = self.scalar(inst, 0)?.wrapping_add(self.scalar(inst, 1)?);
        self.define_one(inst, Value::Scalar(address))
    }

    pub(super) fn raw_load(&mut self, inst: &Inst) -> Step<Flow> {
        let address = self.indexed_address(inst)?;
        let value = self.raw.load(address, inst.scalar().size().into())?;
        self.define_one(inst, Value::Scalar(value))
    }

    pub(super) fn raw_store(&mut self, inst: &Inst) -> Step<Flow> {
        let address = self.indexed_address(inst)?;
        let value = self.scalar(inst, 1)?;
        self.raw.store(address, inst.scalar().size().into(), value)?;
        Ok(Flow::Next)
    }

    pub(super) fn raw_copy(&mut self, inst: &Inst) -> Step<Flow> {
        let (target, source, size) = (self.scalar(inst, 0)?, self.scalar(inst, 1)?, self.integer(inst, 2)?);
        self.raw.copy(target, source, size)?;
        Ok(Flow::Next)
    }

    /// The address in the first operand and the number behind it.
    fn indexed_address(&self, inst: &Inst) -> Step<u64> {
        let Immediate::Index(index) = inst.immediate else { return violation("there is no index") };
        Ok(self.scalar(inst, 0)?.wrapping_add(u64::from(index)))
    }
}
