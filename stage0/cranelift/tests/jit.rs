//! Modules compiled to memory and run there, with a runtime of this test's own.

use kea_cranelift::isa::host;
use kea_cranelift::{Jit, JitOptions};
use kea_mir::backend::Optimize;
use kea_mir::reader::read;
use kea_mir::validate::{ValidModule, validate};
use std::ffi::c_void;
use std::sync::Mutex;

const HEADER: &str = "kea-mir 1.0\ntarget HOST\nlayout String array i8\n";

fn module(declarations: &str) -> ValidModule {
    let host = host().expect("this machine has a backend");
    let text = format!("{HEADER}{declarations}").replace("HOST", host);
    validate(read(text.as_bytes()).expect("the module can be read")).expect("the module is valid")
}

fn options(optimize: Optimize) -> JitOptions {
    JitOptions { optimize, jobs: 2, verify: true }
}

static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

unsafe extern "C" fn write_text(_context: *mut c_void, text: *const u64) {
    // SAFETY: generated code passes a string: the length is its second word, the bytes start at offset 24.
    let bytes = unsafe {
        let length = usize::try_from(*text.add(1)).expect("a length");
        std::slice::from_raw_parts(text.add(3).cast::<u8>(), length)
    };
    WRITTEN.lock().expect("no other test panicked").extend_from_slice(bytes);
}

/// Runs the module's entry with a context of zeros.
fn run(module: &ValidModule, optimize: Optimize) -> i64 {
    let runtime =
        [("kea_io_stdout", write_text as *const u8), ("kea_panic_overflow", std::process::abort as *const u8)];
    let (jit, work) = Jit::compile(module, options(optimize), &runtime).expect("the module can be compiled");
    assert!(work.code_bytes > 0 && !jit.sites().is_empty());
    let entry = jit.entry().expect("the module has an entry");
    let mut context = vec![0_u64; 512];
    // SAFETY: the code is that of a valid module, which needs nothing else of the context.
    unsafe { entry(context.as_mut_ptr().cast()) }
}

#[test]
fn code_calls_and_refers_to_data() {
    let module = module(
        "extern @kea_io_stdout (borrow ref String) -> () effect IO
global @limit i64
entry @main
func @main () -> i64 performs IO
b0:
  v0 = string \"hello\\n\"
  perform.capability @kea_io_stdout (v0)
  v1 = const.i64 41
  global_set @limit v1
  v2 = call @next ()
  return (v2)
end
func @next () -> i64 pure
b0:
  v0 = global_get @limit
  v1 = const.i64 1
  v2 = add.i64.checked v0 v1
  return (v2)
end
",
    );
    for optimize in [Optimize::None, Optimize::Speed] {
        WRITTEN.lock().expect("no other test panicked").clear();
        assert_eq!(run(&module, optimize), 42);
        assert_eq!(*WRITTEN.lock().expect("no other test panicked"), b"hello\n");
    }
}

#[test]
fn foreign_functions_come_from_libraries() {
    let module = module(
        "extern @labs (i64) -> i64 foreign pure
extern @cos (f64) -> f64 foreign pure
entry @main
func @main () -> i64 pure
b0:
  v0 = const.i64 -7
  v1 = call @labs (v0)
  v2 = const.f64 0.0
  v3 = call @cos (v2)
  v4 = float_to_int.f64->i64.signed v3
  v5 = add.i64.wrapping v1 v4
  return (v5)
end
",
    );
    assert_eq!(run(&module, Optimize::Speed), 8);
}

#[test]
fn missing_functions_are_named() {
    let module = module(
        "import @elsewhere () -> () pure
entry @main
func @main () -> () pure
b0:
  call @elsewhere ()
  return ()
end
",
    );
    let findings = Jit::compile(&module, options(Optimize::None), &[]).expect_err("the import is missing");
    let message = "`kea.elsewhere` is defined neither here nor in the runtime or a library";
    assert_eq!(findings.iter().map(|finding| &*finding.message).collect::<Vec<_>>(), [message]);
}
