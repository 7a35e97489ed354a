//! What a module is made of, in numbers: for reports, for gates that count before they time, and to see what a pass
//! changed.

use crate::contract::{Class, Mode, Opcode};
use crate::module::{Body, Function, Immediate, Inst, Module};
use crate::writer;
use std::ops::AddAssign;

/// Numbers of a function, or of all functions of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Functions and clauses with a body.
    pub functions: u64,
    /// Blocks.
    pub blocks: u64,
    /// Blocks off the hot path.
    pub cold_blocks: u64,
    /// Instructions.
    pub instructions: u64,
    /// Instructions by class, in order of [`Class::ALL`].
    pub classes: [u64; Class::ALL.len()],
    /// Instructions that get singled out, in order of [`Feature::ALL`].
    pub features: [u64; Feature::ALL.len()],
}

macro_rules! features {
    ($($(#[$doc:meta])* $feature:ident $name:literal)*) => {
        /// A property of an instruction that statistics count.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Feature { $($(#[$doc])* $feature,)* }

        impl Feature {
            /// All of them, in the order of reports.
            pub const ALL: [Feature; [$($name),*].len()] = [$(Feature::$feature),*];

            /// The name in reports.
            pub fn name(self) -> &'static str {
                match self { $(Feature::$feature => $name,)* }
            }
        }
    };
}

features! {
    /// `retain`.
    Retain "retains"
    /// `release`.
    Release "releases"
    /// `try_claim`.
    Claim "claims"
    /// `freeze`.
    Freeze "freezes"
    /// `new` of a cell in fresh memory.
    NewCell "cells_new"
    /// `new … reuse`.
    ReusedCell "cells_reused"
    /// `new` with a field left open.
    OpenCell "cells_open"
    /// `take`.
    TakenCell "cells_taken"
    /// `closure`.
    NewClosure "closures_new"
    /// `array_new`.
    NewArray "arrays_new"
    /// What may ask for memory.
    Allocates "allocating"
    /// Arithmetic that panics on overflow, division by zero or a bad shift.
    CheckedArithmetic "checks_arithmetic"
    /// `bounds`, `bounds_range`.
    BoundsCheck "checks_bounds"
    /// What may panic, of whatever kind.
    Checks "checks"
    /// Reads of fields, parts, elements and captures.
    Load "loads"
    /// Writes of fields and elements.
    Store "stores"
    /// `perform.capability`.
    Capability "performs_capability"
    /// `perform.handler`, `try_perform`.
    Handler "performs_handler"
    /// `perform.fail`.
    Fail "performs_fail"
    /// `evidence`.
    Evidence "evidence"
    /// `call`, `try_call`.
    DirectCall "calls_direct"
    /// `call_closure`, `try_call_closure`.
    ClosureCall "calls_closure"
    /// `tail_call`, `tail_call_closure`.
    TailCall "calls_tail"
    /// Calls with a failing edge.
    FailingCall "calls_failing"
    /// `switch`, `switch_tag`, `switch_fail`.
    Switch "switches"
    /// `branch`.
    Branch "branches"
}

impl Feature {
    /// Whether the instruction has it.
    fn holds(self, inst: &Inst) -> bool {
        let info = inst.opcode().info();
        let checked = matches!(inst.mode(), Some(Mode::Checked | Mode::CheckedUnsigned));
        match (self, inst.opcode()) {
            (Feature::Retain, Opcode::Retain)
            | (Feature::Release, Opcode::Release)
            | (Feature::Claim, Opcode::TryClaim)
            | (Feature::Freeze, Opcode::Freeze)
            | (Feature::TakenCell, Opcode::Take)
            | (Feature::NewClosure, Opcode::Closure)
            | (Feature::NewArray, Opcode::ArrayNew | Opcode::Parallel)
            | (Feature::BoundsCheck, Opcode::Bounds | Opcode::BoundsRange)
            | (Feature::Load, Opcode::Field | Opcode::Part | Opcode::Elem | Opcode::Capture)
            | (Feature::Store, Opcode::Store | Opcode::Swap | Opcode::ElemStore | Opcode::ElemSwap)
            | (Feature::Capability, Opcode::PerformCapability)
            | (Feature::Handler, Opcode::PerformHandler | Opcode::TryPerform)
            | (Feature::Fail, Opcode::PerformFail)
            | (Feature::Evidence, Opcode::Evidence)
            | (Feature::DirectCall, Opcode::Call | Opcode::TryCall)
            | (Feature::ClosureCall, Opcode::CallClosure | Opcode::TryCallClosure)
            | (Feature::TailCall, Opcode::TailCall | Opcode::TailCallClosure)
            | (Feature::FailingCall, Opcode::TryCall | Opcode::TryCallClosure | Opcode::TryPerform)
            | (Feature::Switch, Opcode::Switch | Opcode::SwitchTag | Opcode::SwitchFail)
            | (Feature::Branch, Opcode::Branch) => true,
            (Feature::NewCell, _) => matches!(inst.immediate, Immediate::New { reuse: false, .. }),
            (Feature::ReusedCell, _) => matches!(inst.immediate, Immediate::New { reuse: true, .. }),
            (Feature::OpenCell, _) => matches!(inst.immediate, Immediate::New { hole: Some(_), .. }),
            (Feature::Allocates, _) => info.allocates,
            (Feature::CheckedArithmetic, _) => checked,
            (Feature::Checks, _) => checked || info.checks,
            _ => false,
        }
    }
}

impl Default for Counts {
    fn default() -> Counts {
        Counts {
            functions: 0,
            blocks: 0,
            cold_blocks: 0,
            instructions: 0,
            classes: [0; Class::ALL.len()],
            features: [0; Feature::ALL.len()],
        }
    }
}

impl AddAssign<&Counts> for Counts {
    fn add_assign(&mut self, other: &Counts) {
        self.functions += other.functions;
        self.blocks += other.blocks;
        self.cold_blocks += other.cold_blocks;
        self.instructions += other.instructions;
        add_each(&mut self.classes, &other.classes);
        add_each(&mut self.features, &other.features);
    }
}

fn add_each(sums: &mut [u64], numbers: &[u64]) {
    for (sum, number) in sums.iter_mut().zip(numbers) {
        *sum += number;
    }
}

impl Counts {
    /// The numbers of a function's body.
    pub fn of_body(body: &Body) -> Counts {
        let mut counts = Counts {
            functions: 1,
            blocks: body.blocks.len() as u64,
            cold_blocks: body.blocks.iter().filter(|block| block.cold).count() as u64,
            instructions: body.insts.len() as u64,
            ..Counts::default()
        };
        for inst in &body.insts {
            counts.classes[inst.opcode().info().class as usize] += 1;
            for feature in Feature::ALL {
                counts.features[feature as usize] += u64::from(feature.holds(inst));
            }
        }
        counts
    }

    /// How many instructions are of the class.
    pub fn class(&self, class: Class) -> u64 {
        self.classes[class as usize]
    }

    /// How many instructions have the feature.
    pub fn feature(&self, feature: Feature) -> u64 {
        self.features[feature as usize]
    }

    /// Every number with its name, in a fixed order.
    pub fn rows(&self) -> Vec<(String, u64)> {
        let totals = [
            ("functions", self.functions),
            ("blocks", self.blocks),
            ("blocks_cold", self.cold_blocks),
            ("instructions", self.instructions),
        ];
        let classes = Class::ALL.iter().map(|class| (format!("class_{}", class.name()), self.class(*class)));
        let features = Feature::ALL.iter().map(|feature| (feature.name().to_string(), self.feature(*feature)));
        totals.into_iter().map(|(name, number)| (name.to_string(), number)).chain(classes).chain(features).collect()
    }
}

/// The numbers of all bodies of a module.
pub fn of_module(module: &Module) -> Counts {
    let mut counts = Counts::default();
    for (_, function) in of_functions(module) {
        counts += &function;
    }
    counts
}

/// The numbers of each function and clause with a body, in order of the text.
pub fn of_functions(module: &Module) -> impl Iterator<Item = (&Function, Counts)> {
    module.functions.iter().filter_map(|function| Some((function, Counts::of_body(function.body.as_ref()?))))
}

/// The identity of a module: the BLAKE3 digest of its canonical text, in hexadecimal.
pub fn digest(module: &Module) -> String {
    blake3::hash(writer::write(module).as_bytes()).to_hex().to_string()
}

/// How much a module declares, in a fixed order.
pub fn declarations(module: &Module) -> Vec<(&'static str, u64)> {
    let declared = module.functions.iter().filter(|function| function.body.is_none()).count();
    [
        ("files", module.files.len()),
        ("layouts", module.layouts.len()),
        ("signatures", module.signatures.len()),
        ("effects", module.effects.len()),
        ("functions_declared", declared),
        ("globals", module.globals.len()),
        ("data", module.data.len()),
        ("texts", module.texts.len()),
    ]
    .map(|(name, number)| (name, number as u64))
    .to_vec()
}
