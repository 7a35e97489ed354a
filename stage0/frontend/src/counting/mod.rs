//! Counting: drafts, in which values are used freely, become MIR, in which every owned value has exactly one consumer on every path.
//!
//! For each function, in this order:
//!
//! | file | step |
//! | --- | --- |
//! | `simplify` | fewer blocks, parameters and names |
//! | `borrow` | over all functions: which parameters are borrowed, of functions and blocks |
//! | `tail_calls` | tail calls that would lend what the frame owns come back |
//! | `holders`, `keep` | which names have a count of their own; where cells are taken apart |
//! | `liveness`, `insert` | retains and releases |
//! | `reuse` | cells are built in the memory of those that were taken apart |
//! | `unique` | arrays that are to be changed in place |
//! | `body` | blocks and values in canonical order |
//!
//! A value ends as early as possible: behind its last use, or at the start of the first block that does not need it. The argument
//! that the result is right is checked for every module: it is `kea_mir::validate`.

mod body;
mod borrow;
mod holders;
mod insert;
mod keep;
mod liveness;
mod operands;
mod reuse;
mod simplify;
mod tail_calls;
mod unique;
mod words;

use crate::draft::Draft;
use holders::{Holders, Holding};
use kea_mir::entity::{FuncId, Value};
use kea_mir::module::{Body, Module};
use kea_mir::types::Ownership;
use liveness::Liveness;
use rustc_hash::FxHashSet;

/// Gives the functions their bodies, and their parameters their ownership.
///
/// Every managed parameter and result in the signatures of the drafts' functions is `own`. The flats of the module are resolved. Drafts
/// have the types that the instructions ask for, their values are defined before they are used on every path, and each `try_claim`ed or
/// otherwise unique cell is used once. Anything else is found by the validator.
pub fn count(module: &mut Module, mut drafts: Vec<(FuncId, Draft)>) {
    for (_, draft) in &mut drafts {
        simplify::simplify(draft);
    }
    let borrowed = borrow::infer(module, &drafts);
    for ((id, draft), borrowed) in drafts.into_iter().zip(borrowed) {
        let body = count_function(module, id, draft, &borrowed);
        module.functions[id.index()].body = Some(body);
    }
}

fn count_function(module: &Module, id: FuncId, mut draft: Draft, borrowed: &FxHashSet<Value>) -> Body {
    let signature = &module.function(id).signature;
    let ownership = |param: usize| signature.params.get(param).map_or(Ownership::Own, |param| param.ownership);
    let mut holders = Holders::new(module, ownership, borrowed, &draft);
    if tail_calls::return_from_lending(module, signature, &mut draft, &holders) {
        holders = Holders::new(module, ownership, borrowed, &draft);
    }
    keep::keep_consumed(module, signature, &draft, &mut holders);
    let names = live_names(&draft, &holders);
    let takes = keep::keep_for_life(module, signature, &draft, &mut holders, &names);
    let owners = names.into_owners(|name| holders.owner(name));
    insert::insert_counts(module, signature, &mut draft, &holders, &owners, takes);
    reuse::reuse_memory(module, &mut draft);
    unique::unshare_arrays(module, signature, &mut draft);
    body::build(module, signature, borrowed, draft)
}

/// Liveness of every counted name for itself, parts and wholes apart.
fn live_names(draft: &Draft, holders: &Holders) -> Liveness {
    let counted = |value: Value| matches!(holders.holding(value), Holding::Own | Holding::PartOf(_));
    Liveness::new(
        draft,
        |value| holders.definition(value).0,
        |block, visit| {
            for inst in &draft.blocks[block].insts {
                holders.for_uses(draft, inst, |value| {
                    if counted(value) {
                        visit(value);
                    }
                });
            }
        },
    )
}
