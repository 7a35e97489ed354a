//! That the runtime, the contract and what is generated from it agree.

use crate::corpus::root;
use crate::trial;
use anyhow::{Result, ensure};
use kea_mir::contract::{RUNTIME, SERVICES, object};
use kea_runtime::offsets;
use libtest_mimic::Trial;
use std::collections::BTreeSet;
use std::fs;

/// The tests.
pub fn trials() -> Vec<Trial> {
    vec![
        trial("agreement/runtime-functions", functions),
        trial("agreement/object-model", object_model),
        trial("agreement/kea-module", kea_module),
    ]
}

/// The runtime has every function that the contract promises, and no other that generated code could see.
fn functions() -> Result<()> {
    let promised: BTreeSet<&str> = RUNTIME.iter().chain(&SERVICES).map(|(name, _)| *name).collect();
    let present: BTreeSet<&str> = kea_runtime::symbols().iter().map(|symbol| symbol.name).collect();
    let missing: Vec<&&str> = promised.difference(&present).collect();
    let extra: Vec<&&str> = present.difference(&promised).collect();
    ensure!(missing.is_empty(), "the runtime lacks {missing:?}");
    ensure!(extra.is_empty(), "the contract lacks {extra:?}");
    Ok(())
}

/// Generated code and the runtime find the same things at the same places.
fn object_model() -> Result<()> {
    let pairs = [
        ("header.count", object::header::COUNT, offsets::HEADER_COUNT),
        ("header.tag", object::header::TAG, offsets::HEADER_TAG),
        ("header.kind", object::header::KIND, offsets::HEADER_KIND),
        ("header.mask", object::header::MASK, offsets::HEADER_MASK),
        ("header.payload", object::header::PAYLOAD, offsets::HEADER_PAYLOAD),
        ("array.length", object::array::LENGTH, offsets::ARRAY_LENGTH),
        ("array.capacity", object::array::CAPACITY, offsets::ARRAY_CAPACITY),
        ("array.elements", object::array::ELEMENTS, offsets::ARRAY_ELEMENTS),
        ("array.described_elements", object::array::DESCRIBED_ELEMENTS, offsets::ARRAY_DESCRIBED_ELEMENTS),
        ("closure.code", object::closure::CODE, offsets::CLOSURE_CODE),
        ("closure.captures", object::closure::CAPTURES, offsets::CLOSURE_CAPTURES),
        ("closure.described_captures", object::closure::DESCRIBED_CAPTURES, offsets::CLOSURE_DESCRIBED_CAPTURES),
        ("descriptor.size", object::descriptor::SIZE, offsets::DESCRIPTOR_SIZE),
        ("descriptor.count", object::descriptor::COUNT, offsets::DESCRIPTOR_COUNT),
        ("descriptor.offsets", object::descriptor::OFFSETS, offsets::DESCRIPTOR_OFFSETS),
        ("context.free", object::context::FREE, kea_runtime::CONTEXT_FREE),
        ("context.freed", object::context::FREED, kea_runtime::CONTEXT_FREED),
        ("context.reuse_hits", object::context::REUSE_HITS, kea_runtime::CONTEXT_REUSE_HITS),
        ("kind.mask", object::kind::MASK, offsets::KIND_MASK.into()),
        ("kind.array", object::kind::ARRAY, offsets::KIND_ARRAY.into()),
        ("kind.described", object::kind::DESCRIBED, offsets::KIND_DESCRIBED.into()),
        ("kind.closure", object::kind::CLOSURE, offsets::KIND_CLOSURE.into()),
        ("kind.described_array", object::kind::DESCRIBED_ARRAY, offsets::KIND_DESCRIBED_ARRAY.into()),
    ];
    for (name, contract, runtime) in pairs {
        ensure!(contract as usize == runtime, "{name} is {contract} in the contract and {runtime} in the runtime");
    }
    Ok(())
}

/// The Kea module of the contract, once it is there, is the one that is generated now.
fn kea_module() -> Result<()> {
    let generated = kea_mir::kea_module::generate();
    ensure!(generated == kea_mir::kea_module::generate(), "generating twice gives two texts");
    let path = root().join("stage1/mir/contract.kea");
    if path.exists() {
        ensure!(
            fs::read_to_string(&path)? == generated,
            "stage1/mir/contract.kea is out of date: write it with `kea-backend contract --kea`"
        );
    }
    Ok(())
}
