//! The contract as tables, generated from `contract/kea-mir-1.contract` at build time.

use crate::types::Scalar;
use rustc_hash::FxHashMap;
use std::fmt;
use std::sync::LazyLock;

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// The text of the contract file itself.
pub const TEXT: &str = include_str!("../contract/kea-mir-1.contract");

/// A version of the text format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Changes when a meaning changes.
    pub major: u16,
    /// Changes when an instruction or an optional attribute is added.
    pub minor: u16,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What the contract says of an instruction.
#[derive(Debug)]
pub struct OpInfo {
    /// The instruction.
    pub opcode: Opcode,
    /// Its name in text, without suffix.
    pub name: &'static str,
    /// The version that introduced it.
    pub since: Version,
    /// The class that statistics count it in.
    pub class: Class,
    /// What follows the mnemonic in text.
    pub form: &'static [FormItem],
    /// The categories of its results, as the contract writes them.
    pub results: &'static [&'static str],
    /// Whether it ends a block.
    pub terminator: bool,
    /// Whether it may panic, whatever its mode.
    pub checks: bool,
    /// Whether it may ask for memory.
    pub allocates: bool,
    /// Its meaning in a sentence.
    pub doc: &'static str,
}

/// The category of an operand: its type where that is fixed, and what happens to its ownership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// The scalar of the mnemonic's suffix.
    T,
    /// The second scalar of the mnemonic's suffix.
    T2,
    /// A 64-bit integer.
    I64,
    /// A truth value.
    Bool,
    /// An address of unmanaged memory.
    Ptr,
    /// A managed value that is consumed.
    Own,
    /// A managed value that is consumed and is the only reference.
    Uniq,
    /// A managed value that is read.
    Borrow,
    /// Whatever the instruction's other parts ask for.
    Any,
    /// A token, consumed.
    Token,
    /// A hole, consumed.
    Hole,
    /// Evidence, read.
    Ev,
    /// A failure, consumed.
    Fail,
    /// A variable, read and changed.
    Var,
}

/// An item of an instruction's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormItem {
    /// An operand: its name in the contract and its category.
    Operand(&'static str, Category),
    /// Operands in parentheses.
    List(&'static str, Category),
    /// A word that stands for itself.
    Word(&'static str),
    /// A word and an operand that may be left out together.
    Optional(&'static str, &'static str, Category),
    /// A literal of the suffix's type.
    Literal,
    /// A string literal.
    Text,
    /// A number that is not negative.
    Index,
    /// A layout's name.
    Layout,
    /// `LAYOUT.VARIANT`.
    Variant,
    /// `VARIANT.FIELD` of the operand's layout.
    Field,
    /// A variant of the operand's layout.
    Case,
    /// A type.
    Type,
    /// `@FUNCTION`.
    Func,
    /// `[@FUNCTION, …]`.
    Funcs,
    /// A signature's name.
    Sig,
    /// `@GLOBAL`.
    Global,
    /// `@DATA`.
    Data,
    /// `EFFECT.OPERATION`.
    Operation,
    /// An effect's name.
    Effect,
    /// A block, with arguments in parentheses where it has parameters.
    Target,
    /// The same, for a failure's edge.
    FailTarget,
    /// `[0: b1, 5: b2, else: b3]`.
    CasesInt,
    /// `[0: b1, 1: b2]`, by number of the variant.
    CasesTag,
    /// `[Effect.operation: b1, escape v1: b2, else: b3]`.
    CasesFail,
}

/// A word that may begin an instruction.
#[derive(Debug)]
pub struct MnemonicInfo {
    /// The word.
    pub text: &'static str,
    /// The instruction.
    pub opcode: Opcode,
    /// The suffix's first type.
    pub scalar: Option<Scalar>,
    /// The suffix's second type.
    pub scalar2: Option<Scalar>,
    /// The suffix's mode.
    pub mode: Option<Mode>,
}

impl Opcode {
    /// What the contract says of it.
    pub fn info(self) -> &'static OpInfo {
        &OPS[self as usize]
    }
}

/// An index into [`MNEMONICS`]: an instruction with its suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mnemonic(pub u16);

static MNEMONICS_BY_TEXT: LazyLock<FxHashMap<&'static str, Mnemonic>> =
    LazyLock::new(|| MNEMONICS.iter().zip(0..).map(|(row, index)| (row.text, Mnemonic(index))).collect());

impl Mnemonic {
    /// The row of the table.
    pub fn info(self) -> &'static MnemonicInfo {
        &MNEMONICS[self.0 as usize]
    }

    /// The mnemonic with that text.
    pub fn from_text(text: &str) -> Option<Mnemonic> {
        MNEMONICS_BY_TEXT.get(text).copied()
    }
}
