//! The instructions that counting adds.

use crate::draft::DraftInst;
use kea_mir::contract::Mnemonic;
use kea_mir::entity::{Block, Value};
use kea_mir::module::{Immediate, Label, Location, Target};
use smallvec::{SmallVec, smallvec};
use std::sync::LazyLock;

/// A mnemonic of the contract.
pub(super) struct Word(LazyLock<Mnemonic>);

macro_rules! words {
    ($($name:ident $text:literal)*) => {$(
        pub(super) static $name: Word = Word(LazyLock::new(|| {
            Mnemonic::from_text($text).expect("the contract has the instruction")
        }));
    )*};
}

words! {
    RETAIN "retain"
    RELEASE "release"
    TAKE "take"
    FREE_TOKEN "free_token"
    ARRAY_UNSHARE "array_unshare"
    JUMP "jump"
    CALL "call"
    CALL_CLOSURE "call_closure"
    TRY_CALL "try_call"
    TRY_CALL_CLOSURE "try_call_closure"
    RETURN "return"
    REFAIL "refail"
    UNREACHABLE "unreachable"
}

impl Word {
    pub fn mnemonic(&self) -> Mnemonic {
        *self.0
    }

    /// The instruction with one operand and no result.
    pub fn of(&self, operand: Value) -> DraftInst {
        self.with(smallvec![operand], SmallVec::new())
    }

    /// The instruction with one operand and one result.
    pub fn giving(&self, result: Value, operand: Value) -> DraftInst {
        self.with(smallvec![operand], smallvec![result])
    }

    /// The instruction with these operands and results.
    pub fn with(&self, args: SmallVec<[Value; 4]>, results: SmallVec<[Value; 2]>) -> DraftInst {
        DraftInst {
            mnemonic: self.mnemonic(),
            results,
            location: Location::default(),
            immediate: Immediate::None,
            args,
            targets: Vec::new(),
        }
    }
}

/// A jump.
pub(super) fn jump(block: Block, args: SmallVec<[Value; 2]>) -> DraftInst {
    let mut inst = JUMP.with(SmallVec::new(), SmallVec::new());
    inst.targets.push(Target { label: Label::Normal, block, args });
    inst
}
