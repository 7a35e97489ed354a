//! Modules that the validator must let pass: every way of ownership, effects and facts that its rules allow.

use kea_mir::{reader, validate};

fn assert_valid(text: &str) {
    let module = reader::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    if let Err(found) = validate::validate(module) {
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"));
    }
}

#[test]
fn handlers_with_captured_variables_escapes_and_failures() {
    assert_valid(include_str!("valid/handlers.mir"));
}

#[test]
fn cells_with_tokens_holes_claims_and_known_variants() {
    assert_valid(include_str!("valid/cells.mir"));
}

#[test]
fn borrows_through_results_blocks_flats_and_arrays() {
    assert_valid(include_str!("valid/borrows.mir"));
}

#[test]
fn closures_with_evidence_environment_and_borrowed_results() {
    assert_valid(include_str!("valid/closures.mir"));
}

#[test]
fn numbers_in_arrays_and_loops() {
    assert_valid(include_str!("valid/numbers.mir"));
}
