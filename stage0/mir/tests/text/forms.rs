//! A module with every declaration and every kind of item that an instruction may have.

use super::{assert_canonical, read};
use kea_mir::contract::OPS;
use std::collections::BTreeSet;
use std::mem::{Discriminant, discriminant};

const FORMS: &str = include_str!("forms.mir");

#[test]
fn every_form_is_canonical() {
    assert_canonical(FORMS);
}

#[test]
fn every_kind_of_item_is_in_the_module() {
    let module = read(FORMS);
    let bodies = module.functions.iter().filter_map(|function| function.body.as_ref());
    let used: BTreeSet<u8> = bodies.flat_map(|body| &body.insts).map(|inst| inst.opcode() as u8).collect();
    let kinds = |opcodes: &mut dyn Iterator<Item = usize>| -> Vec<Discriminant<_>> {
        opcodes.flat_map(|opcode| OPS[opcode].form).map(discriminant).collect()
    };
    let seen = kinds(&mut used.iter().map(|opcode| usize::from(*opcode)));
    for op in &OPS {
        for item in op.form {
            assert!(seen.contains(&discriminant(item)), "{item:?}, as `{}` has it, is not in forms.mir", op.name);
        }
    }
}
