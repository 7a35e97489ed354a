//! The list of everything that generated code may call, by name, for code that is compiled in memory.

use std::ffi::{c_char, c_int};

use crate::context::Context;
use crate::object::Object;
use crate::outcome::{Outcome, Parsed};
use crate::parallel::Task;
use crate::start::Entry;

/// A function of the runtime.
#[derive(Debug)]
pub struct Symbol {
    /// The name that the contract gives it.
    pub name: &'static str,
    /// Where it is.
    pub address: *const u8,
    /// The C types of its parameters behind the context.
    pub parameters: &'static [&'static str],
    /// The C type of its result; empty for none, `!` where it does not return.
    pub result: &'static str,
}

// SAFETY: symbols are constants; an address of code may be read anywhere.
unsafe impl Sync for Symbol {}

/// Every function of the runtime, in the contract's order.
pub fn symbols() -> &'static [Symbol] {
    SYMBOLS
}

/// Unmanaged memory, or a managed word that may be no object.
type Address = *mut u8;

/// Makes the table and has the compiler check the types that it states.
macro_rules! symbols {
    ($($module:ident { $($name:ident($($parameter:ty),*) $(-> $result:tt)?;)* })*) => {
        static SYMBOLS: &[Symbol] = &[
            Symbol {
                name: "kea_start",
                address: {
                    let start: unsafe extern "C" fn(c_int, *const *const c_char, Entry) -> c_int =
                        crate::start::kea_start;
                    start as *const u8
                },
                parameters: &["i32", "Address", "Address"],
                result: "i32",
            },
            $($(Symbol {
                name: stringify!($name),
                address: {
                    let function: unsafe extern "C" fn(&mut Context $(, $parameter)*) $(-> $result)? =
                        crate::$module::$name;
                    function as *const u8
                },
                parameters: &[$(stringify!($parameter)),*],
                result: concat!($(stringify!($result))?),
            },)*)*
        ];
    };
}

symbols! {
    panic {
        kea_panic(Object) -> !;
        kea_panic_overflow() -> !;
        kea_panic_divide() -> !;
        kea_panic_shift(i64, i64) -> !;
        kea_panic_bounds(i64, i64) -> !;
        kea_panic_range(i64, i64, i64) -> !;
    }
    string {
        kea_string_equal(Object, Object) -> bool;
        kea_string_compare(Object, Object) -> i64;
        kea_string_hash(Object) -> i64;
        kea_string_find(Object, Object, i64) -> i64;
        kea_string_append(Object, Object) -> Object;
        kea_string_valid_utf8(Object) -> i64;
    }
    number {
        kea_string_from_i64(i64) -> Object;
        kea_string_from_u64(i64) -> Object;
        kea_string_from_f64(f64) -> Object;
        kea_string_from_f32(f32) -> Object;
        kea_string_to_f64(Object) -> Parsed;
    }
    math {
        kea_f64_sin(f64) -> f64;
        kea_f64_cos(f64) -> f64;
        kea_f64_tan(f64) -> f64;
        kea_f64_asin(f64) -> f64;
        kea_f64_acos(f64) -> f64;
        kea_f64_atan(f64) -> f64;
        kea_f64_atan2(f64, f64) -> f64;
        kea_f64_exp(f64) -> f64;
        kea_f64_log(f64) -> f64;
        kea_f64_log2(f64) -> f64;
        kea_f64_log10(f64) -> f64;
        kea_f64_pow(f64, f64) -> f64;
        kea_f64_rem(f64, f64) -> f64;
    }
    digest {
        kea_digest_blake3(Object) -> Object;
    }
    console {
        kea_io_stdout(Object);
        kea_io_stderr(Object);
        kea_io_flush();
        kea_io_read_line() -> Outcome;
        kea_io_read_all() -> Outcome;
        kea_io_is_terminal(i64) -> bool;
        kea_io_terminal_width() -> i64;
    }
    file {
        kea_io_read_file(Object) -> Outcome;
        kea_io_write_file(Object, Object) -> Outcome;
        kea_io_append_file(Object, Object) -> Outcome;
        kea_io_exists(Object) -> bool;
        kea_io_is_dir(Object) -> bool;
        kea_io_file_size(Object) -> i64;
        kea_io_modified_ns(Object) -> i64;
        kea_io_list_dir(Object) -> Outcome;
        kea_io_make_dir(Object) -> Outcome;
        kea_io_remove(Object) -> Outcome;
        kea_io_rename(Object, Object) -> Outcome;
        kea_io_set_executable(Object) -> Outcome;
    }
    environment {
        kea_io_args() -> Object;
        kea_io_env(Object) -> Outcome;
        kea_io_exit(i64) -> !;
        kea_io_current_dir() -> Outcome;
        kea_io_executable() -> Outcome;
        kea_io_temp_dir() -> Object;
        kea_io_cores() -> i64;
        kea_io_counter(i64) -> i64;
    }
    process {
        kea_process_run(Object, Object, Object) -> Outcome;
        kea_process_spawn(Object, Object) -> Outcome;
        kea_process_wait(i64) -> i64;
        kea_process_start(Object, Object, Object) -> Outcome;
        kea_process_next() -> i64;
        kea_process_finish(i64) -> Outcome;
        kea_process_id() -> i64;
    }
    clock {
        kea_clock_now_ns() -> i64;
        kea_clock_monotonic_ns() -> i64;
        kea_clock_sleep_ns(i64);
        kea_rand_i64() -> i64;
    }
    allocate {
        kea_alloc(i64) -> Address;
        kea_alloc_large(i64) -> Address;
        kea_free_large(Address, i64);
        kea_raw_alloc(i64) -> Address;
        kea_raw_free(Address);
    }
    release {
        kea_retain(Address);
        kea_release(Address);
        kea_immortal(Address);
    }
    parallel {
        kea_parallel(Object, i64, Task) -> Object;
    }
    array {
        kea_array_new(u32, Address, i64, i64) -> Object;
        kea_array_reserve(Object, i64) -> Object;
        kea_array_unshare(Object) -> Object;
        kea_array_truncate(Object, i64);
        kea_array_extend(Object, i64, Address) -> Object;
        kea_array_append(Object, Object, i64, i64) -> Object;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: &str = include_str!("../../stage0/mir/contract/kea-mir-1.contract");

    /// The C type of a type of the contract. Several that are passed alike have one name here.
    fn c_type(text: &str) -> &'static str {
        match text {
            "i32" | "u32" => "i32",
            "i64" => "i64",
            "f64" => "f64",
            "f32" => "f32",
            "bool" => "bool",
            "never" | "!" => "!",
            "()" | "" => "",
            "(i64, i64)" | "Parsed" => "two words",
            "Object" | "Address" | "Task" => "address",
            text if text.starts_with("(i64, own ref ") || text == "Outcome" => "two words",
            text if text.starts_with("ptr") || text.contains("ref ") => "address",
            _ => panic!("unknown type {text}"),
        }
    }

    /// A declaration of the contract: the name, the types of its parameters, of its result.
    fn declaration(line: &str) -> Option<(&str, Vec<&'static str>, &'static str)> {
        let line = line.split(';').next()?.trim();
        let rest = line.strip_prefix("runtime ").or_else(|| line.strip_prefix("service "))?;
        let (name, signature) = rest.trim().split_once(' ')?;
        let (parameters, result) = signature.trim().split_once(" -> ")?;
        let parameters = parameters.strip_prefix('(')?.strip_suffix(')')?;
        let parameters = parameters.split(',').map(str::trim).filter(|text| !text.is_empty());
        // A service's parameter has a name behind its type.
        let parameters = parameters.map(|text| match text.split_once(' ') {
            Some((ty, _)) if line.starts_with("service") => c_type(ty),
            _ => c_type(text),
        });
        let result = result.split(" pure").next()?.split(" effect").next()?.trim();
        Some((name, parameters.collect(), c_type(result)))
    }

    #[test]
    fn the_symbols_are_those_of_the_contract() {
        let mut stated: Vec<_> = CONTRACT.lines().filter_map(declaration).collect();
        let mut present: Vec<_> = symbols()
            .iter()
            .map(|symbol| {
                let parameters = symbol.parameters.iter().map(|text| c_type(text)).collect();
                (symbol.name, parameters, c_type(symbol.result))
            })
            .collect();
        stated.sort();
        present.sort();
        assert!(!stated.is_empty());
        assert_eq!(present, stated);
    }

    #[test]
    fn the_object_model_is_that_of_the_contract() {
        use crate::object::offsets::*;
        use crate::{CONTEXT_FREE, CONTEXT_FREED, CONTEXT_REUSE_HITS};

        let mut group = "";
        let mut stated = Vec::new();
        for line in CONTRACT.lines() {
            let words: Vec<&str> = line.split(';').next().unwrap_or("").split_whitespace().collect();
            match (line.starts_with(' '), &words[..]) {
                (false, ["object", name]) => group = name,
                (false, [_, ..]) => group = "",
                (true, [name, "offset" | "value", number, ..]) if !group.is_empty() => {
                    stated.push(format!("{group}.{name} {number}"));
                }
                _ => {}
            }
        }
        let present = [
            ("header.count", HEADER_COUNT),
            ("header.tag", HEADER_TAG),
            ("header.kind", HEADER_KIND),
            ("header.mask", HEADER_MASK),
            ("header.payload", HEADER_PAYLOAD),
            ("kind.mask", KIND_MASK.into()),
            ("kind.array", KIND_ARRAY.into()),
            ("kind.described", KIND_DESCRIBED.into()),
            ("kind.closure", KIND_CLOSURE.into()),
            ("kind.described_array", KIND_DESCRIBED_ARRAY.into()),
            ("array.length", ARRAY_LENGTH),
            ("array.capacity", ARRAY_CAPACITY),
            ("array.elements", ARRAY_ELEMENTS),
            ("array.described_elements", ARRAY_DESCRIBED_ELEMENTS),
            ("closure.code", CLOSURE_CODE),
            ("closure.captures", CLOSURE_CAPTURES),
            ("closure.described_captures", CLOSURE_DESCRIBED_CAPTURES),
            ("descriptor.size", DESCRIPTOR_SIZE),
            ("descriptor.count", DESCRIPTOR_COUNT),
            ("descriptor.offsets", DESCRIPTOR_OFFSETS),
            ("context.free", CONTEXT_FREE),
            ("context.freed", CONTEXT_FREED),
            ("context.reuse_hits", CONTEXT_REUSE_HITS),
        ];
        assert_eq!(stated, present.map(|(name, number)| format!("{name} {number}")));
    }
}
