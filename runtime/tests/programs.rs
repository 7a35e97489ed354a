//! Whole programs, run by `kea_start` on their own stack: how they end, and what they report.
//!
//! The test starts itself once for each program. The programs that need frames and `kea_sites` records of
//! generated code are written in assembly below.

use std::ffi::{CString, c_char};
use std::io::{Read, Write};
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, ptr};

use kea_runtime::{Context, Entry, Object, Outcome, Task, kea_start, symbols};

/// The variable that names the program to run.
const PROGRAM: &str = "KEA_TEST_PROGRAM";

/// The functions of the runtime that the programs call, by the name that generated code knows them by.
mod runtime {
    use super::*;

    #[allow(improper_ctypes, reason = "the context is the runtime's own affair")]
    unsafe extern "C" {
        pub(crate) fn kea_alloc(context: *mut Context, words: i64) -> *mut u8;
        pub(crate) fn kea_release(context: *mut Context, word: *mut u8);
        pub(crate) fn kea_immortal(context: *mut Context, word: *mut u8);
        pub(crate) fn kea_io_stdout(context: *mut Context, text: Object);
        pub(crate) fn kea_io_exit(context: *mut Context, status: i64) -> !;
        pub(crate) fn kea_io_args(context: *mut Context) -> Object;
        pub(crate) fn kea_io_read_line(context: *mut Context) -> Outcome;
        pub(crate) fn kea_io_read_all(context: *mut Context) -> Outcome;
        pub(crate) fn kea_panic(context: *mut Context, message: Object) -> !;
        pub(crate) fn kea_retain(context: *mut Context, word: *mut u8);
        pub(crate) fn kea_parallel(context: *mut Context, closure: Object, count: i64, task: Task) -> Object;
        pub(crate) fn kea_string_from_i64(context: *mut Context, value: i64) -> Object;
    }
}

use runtime::*;

/// A literal: an immortal string in static memory.
fn literal(text: &str) -> Object {
    let mut words = vec![1_u64 << 40 | 1 << 32, text.len() as u64, text.len() as u64];
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        words.push(u64::from_le_bytes(word));
    }
    Object::at(words.leak().as_mut_ptr().cast())
}

unsafe extern "C" fn hello(context: *mut Context) -> i64 {
    unsafe { kea_io_stdout(context, literal("hello\n")) };
    0x107
}

unsafe extern "C" fn arguments(context: *mut Context) -> i64 {
    unsafe {
        let arguments = kea_io_args(context);
        let length = arguments.address().add(8).cast::<i64>().read();
        let first = arguments.address().add(24).cast::<*mut u8>().read();
        kea_io_stdout(context, Object::at(first));
        kea_release(context, arguments.address());
        length
    }
}

unsafe extern "C" fn exit(context: *mut Context) -> i64 {
    unsafe {
        kea_string_from_i64(context, 1);
        kea_io_stdout(context, literal("bye"));
        kea_io_exit(context, 300)
    }
}

unsafe extern "C" fn unlocated_panic(context: *mut Context) -> i64 {
    unsafe {
        kea_io_stdout(context, literal("before"));
        kea_panic(context, literal("it broke"))
    }
}

/// Cells of three words: one that is freed, one immortal, two that leak.
unsafe extern "C" fn leak(context: *mut Context) -> i64 {
    let cell = || unsafe {
        let cell = kea_alloc(context, 3);
        cell.cast::<u64>().write(1 | (3 << 2) << 40 | 1 << 48);
        cell.add(8).cast::<u64>().write(1);
        cell
    };
    unsafe {
        kea_release(context, cell());
        kea_immortal(context, cell());
    }
    cell();
    cell();
    0
}

unsafe extern "C" fn endless(context: *mut Context) -> i64 {
    loop {
        unsafe { kea_io_stdout(context, literal("line\n")) };
    }
}

/// Prints two lines of the input in brackets, then the rest, then whether a line is left.
unsafe extern "C" fn lines(context: *mut Context) -> i64 {
    unsafe {
        for _ in 0..2 {
            let line = kea_io_read_line(context);
            assert_eq!(line.status, 1);
            kea_io_stdout(context, literal("["));
            kea_io_stdout(context, line.value);
            kea_io_stdout(context, literal("]"));
            kea_release(context, line.value.address());
        }
        let rest = kea_io_read_all(context);
        kea_io_stdout(context, rest.value);
        kea_release(context, rest.value.address());
        let line = kea_io_read_line(context);
        kea_release(context, line.value.address());
        line.status
    }
}

#[cfg(target_arch = "x86_64")]
#[allow(improper_ctypes, reason = "the context is the runtime's own affair")]
unsafe extern "C" {
    fn overflowing(context: *mut Context) -> i64;
    fn recursive(context: *mut Context) -> i64;
    fn null_access(context: *mut Context) -> i64;
}

// What a backend would emit: frames, return addresses and their records.
#[cfg(target_arch = "x86_64")]
std::arch::global_asm!(
    ".macro kea_site return, line, column",
    ".long \\return, \\line",
    ".short \\column, 0",
    ".endm",
    ".text",
    "overflowing:",
    "push rbp",
    "mov rbp, rsp",
    "mov r15, rdi",
    "call kea_test_outer",
    "overflowing_end:",
    // A tail of nothing: `kea_test_outer` does not return.
    "kea_test_outer:",
    "push rbp",
    "mov rbp, rsp",
    "mov eax, 30",
    "call kea_test_inner",
    "kea_test_outer_return:",
    "ud2",
    "kea_test_outer_end:",
    "kea_test_inner:",
    "push rbp",
    "mov rbp, rsp",
    "dec eax",
    "jz 1f",
    "call kea_test_inner",
    "kea_test_inner_return:",
    "1:",
    "mov rdi, r15",
    "call kea_panic_overflow",
    "kea_test_inner_end:",
    "recursive:",
    "push rbp",
    "mov rbp, rsp",
    "call kea_test_deep",
    "pop rbp",
    "ret",
    "kea_test_deep:",
    "push rbp",
    "mov rbp, rsp",
    "call kea_test_deep",
    "kea_test_deep_return:",
    "pop rbp",
    "ret",
    "kea_test_deep_end:",
    "null_access:",
    "xor eax, eax",
    "mov rax, [rax]",
    "ret",
    ".pushsection kea_sites, \"aR\", @progbits",
    ".balign 8",
    // Outer.
    "2: .long 3f - 2b, kea_test_outer_end - kea_test_outer",
    ".long kea_test_outer - .",
    ".long 5, 1, 1",
    "kea_site kea_test_outer_return-kea_test_outer, 7, 5",
    ".long 5f - .",
    ".ascii \"Outer\"",
    ".balign 8",
    // Inner.
    "3: .long 4f - 3b, kea_test_inner_end - kea_test_inner",
    ".long kea_test_inner - .",
    ".long 9, 2, 1",
    "kea_site kea_test_inner_return-kea_test_inner, 11, 3",
    "kea_site kea_test_inner_end-kea_test_inner, 12, 4",
    ".long 5f - .",
    ".ascii \"Inner.i64\"",
    ".balign 8",
    // Padding, as between objects, and deep.
    "4: .quad 0",
    "6: .long 7f - 6b, kea_test_deep_end - kea_test_deep",
    ".long kea_test_deep - .",
    ".long 4, 1, 1",
    "kea_site kea_test_deep_return-kea_test_deep, 21, 9",
    ".long 5f - .",
    ".ascii \"Deep\"",
    ".balign 8",
    "7:",
    ".popsection",
    ".pushsection .rodata.kea_files, \"a\"",
    ".balign 4",
    "5: .long 8",
    ".ascii \"test.kea\"",
    ".popsection",
);

/// The words of an array.
unsafe fn words(array: Object) -> Vec<*mut u8> {
    unsafe {
        let length = array.address().add(8).cast::<usize>().read();
        (0..length).map(|index| array.address().add(24).cast::<*mut u8>().add(index).read()).collect()
    }
}

unsafe fn count_of(object: Object) -> i32 {
    unsafe { object.address().cast::<i32>().read() }
}

/// An odd number gives what all tasks share, an even one a text of its own.
unsafe extern "C" fn inner_task(context: *mut Context, closure: Object, number: i64) -> usize {
    unsafe {
        if number % 2 == 0 {
            return kea_string_from_i64(context, number).address() as usize;
        }
        kea_retain(context, closure.address());
        closure.address() as usize
    }
}

unsafe extern "C" fn outer_task(context: *mut Context, closure: Object, number: i64) -> usize {
    unsafe { kea_parallel(context, closure, number % 10, inner_task).address() as usize }
}

/// Tasks in tasks: what they share is counted by all threads, and what they build goes over to this one.
unsafe extern "C" fn tasks(context: *mut Context) -> i64 {
    unsafe {
        let closure = kea_string_from_i64(context, 7);
        for round in 0..20 {
            let results = kea_parallel(context, closure, 100 + round, outer_task);
            let arrays = words(results);
            let lengths = arrays.iter().map(|array| words(Object::at(*array)).len() as i64);
            assert!(lengths.eq((0..100 + round).map(|number| number % 10)));
            let all = arrays.iter().flat_map(|array| words(Object::at(*array)));
            let shared = all.filter(|word| *word == closure.address()).count() as i32;
            assert!(shared > 0 && count_of(closure).abs() == 1 + shared);
            kea_release(context, results.address());
            assert_eq!(count_of(closure).abs(), 1);
        }
        kea_release(context, closure.address());
        let none = kea_parallel(context, literal(""), -1, inner_task);
        assert!(words(none).is_empty());
        kea_release(context, none.address());
    }
    0
}

static BEGUN: AtomicUsize = AtomicUsize::new(0);

fn wait_for(count: usize) {
    while BEGUN.load(Ordering::SeqCst) < count {
        std::thread::yield_now();
    }
}

/// Waits until as many tasks have begun as there are threads.
unsafe extern "C" fn waiting_task(_: *mut Context, _: Object, _: i64) -> usize {
    BEGUN.fetch_add(1, Ordering::SeqCst);
    wait_for(3);
    1
}

unsafe extern "C" fn together(context: *mut Context) -> i64 {
    unsafe {
        let results = kea_parallel(context, literal(""), 3, waiting_task);
        let sum = words(results).iter().map(|word| *word as i64).sum();
        kea_release(context, results.address());
        sum
    }
}

/// The last task panics, the others do not end.
unsafe extern "C" fn panicking_task(context: *mut Context, _: Object, number: i64) -> usize {
    BEGUN.fetch_add(1, Ordering::SeqCst);
    wait_for(3);
    if number == 2 {
        unsafe { kea_panic(context, literal("no")) }
    }
    wait_for(usize::MAX);
    0
}

unsafe extern "C" fn panic_among_tasks(context: *mut Context) -> i64 {
    unsafe {
        kea_io_stdout(context, literal("before"));
        kea_parallel(context, literal(""), 3, panicking_task);
    }
    0
}

fn entry(name: &str) -> Option<Entry> {
    Some(match name {
        "hello" => hello,
        "arguments" => arguments,
        "exit" => exit,
        "unlocated_panic" => unlocated_panic,
        "leak" => leak,
        "endless" => endless,
        "lines" => lines,
        "tasks" => tasks,
        "together" => together,
        "panic_among_tasks" => panic_among_tasks,
        #[cfg(target_arch = "x86_64")]
        "overflowing" => overflowing,
        #[cfg(target_arch = "x86_64")]
        "recursive" => recursive,
        #[cfg(target_arch = "x86_64")]
        "null_access" => null_access,
        _ => return None,
    })
}

fn run_program(name: &str) -> ExitCode {
    let arguments: Vec<CString> = env::args().map(|text| CString::new(text).unwrap()).collect();
    let mut pointers: Vec<*const c_char> = arguments.iter().map(|text| text.as_ptr()).collect();
    pointers.push(ptr::null());
    let entry = entry(name).expect("a known program");
    let status = unsafe { kea_start(arguments.len() as i32, pointers.as_ptr(), entry) };
    ExitCode::from(status as u8)
}

fn command(name: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.env_remove("KEA_STATS").env_remove("KEA_LEAKS").env_remove("KEA_STACK").env_remove("KEA_JOBS");
    command.env(PROGRAM, name).envs(variables.iter().copied()).args(["first", "second"]);
    command
}

fn run(name: &str, variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command(name, variables).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn expect(name: &str, variables: &[(&str, &str)], status: i32, stdout: &str, stderr: &str) {
    let expected = (Some(status), stdout.to_owned(), stderr.to_owned());
    assert_eq!(run(name, variables), expected, "{name} with {variables:?}");
}

fn programs_end_with_their_status() {
    expect("hello", &[], 7, "hello\n", "");
    expect("arguments", &[("KEA_LEAKS", "1")], 2, "first", "");
    expect("exit", &[("KEA_LEAKS", "1")], 44, "bye", "");
    expect("unlocated_panic", &[], 101, "before", "panic: it broke\n");
}

fn input_is_read_by_lines_and_as_a_whole() {
    let rest = "x".repeat(200_000);
    let long = "y".repeat(100_000);
    let mut child = command("lines", &[("KEA_LEAKS", "1")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = format!("{long}\r\n\n{rest}");
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("[{long}][]{rest}"));
    assert!(output.stderr.is_empty());
}

fn the_stack_may_be_small() {
    expect("hello", &[("KEA_STACK", "1")], 7, "hello\n", "");
    expect("hello", &[("KEA_STACK", "99999999999")], 7, "hello\n", "");
    expect("hello", &[("KEA_STACK", "no number")], 7, "hello\n", "");
}

fn leaks_are_reported() {
    expect("leak", &[], 0, "", "");
    expect("leak", &[("KEA_LEAKS", "1")], 1, "", "2 objects are still alive\n");
    expect("hello", &[("KEA_LEAKS", "1")], 7, "hello\n", "");
}

fn tasks_share_and_give_over_what_they_build() {
    for jobs in ["1", "2", "3", "8"] {
        expect("tasks", &[("KEA_JOBS", jobs), ("KEA_LEAKS", "1")], 0, "", "");
        expect("tasks", &[("KEA_JOBS", jobs), ("KEA_STACK", "1")], 0, "", "");
    }
    expect("tasks", &[("KEA_JOBS", "no number")], 0, "", "");
}

fn statistics_are_sums_over_the_threads() {
    let numbers = |jobs| {
        let (status, _, stderr) = run("tasks", &[("KEA_JOBS", jobs), ("KEA_STATS", "1")]);
        assert_eq!(status, Some(0));
        // The peaks behind depend on what runs when.
        stderr.split(", \"peak_bytes\"").next().unwrap().to_owned()
    };
    assert_eq!(numbers("3"), numbers("1"));
}

fn tasks_run_at_the_same_time() {
    expect("together", &[("KEA_JOBS", "3"), ("KEA_LEAKS", "1")], 3, "", "");
}

fn a_panic_among_tasks_ends_the_program() {
    expect("panic_among_tasks", &[("KEA_JOBS", "3")], 101, "before", "panic: no\n");
}

fn statistics_are_written() {
    let start = "{\"allocations\": 4, \"frees\": 1, \"bytes_allocated\": 96, \"live_objects\": 2, \
                 \"live_bytes\": 48, \"peak_bytes\": 48, \"retains_slow\": 0, \"releases_slow\": 1, \
                 \"copies_on_write\": 0, \"reuse_hits\": 0, \"arrays_grown\": 0, \"fibers\": 0, \
                 \"messages\": 0, \"peak_memory_bytes\": ";
    let (status, _, stderr) = run("leak", &[("KEA_STATS", "1")]);
    assert_eq!(status, Some(0));
    assert!(stderr.starts_with(start) && stderr.ends_with("}\n"), "{stderr}");
    let path = env::temp_dir().join(format!("kea-runtime-stats-{}", std::process::id()));
    for name in ["leak", "exit", "unlocated_panic"] {
        let _ = std::fs::remove_file(&path);
        run(name, &[("KEA_STATS", path.to_str().unwrap())]);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("{\"allocations\": "), "{name}: {text}");
    }
    let _ = std::fs::remove_file(&path);
}

fn a_broken_pipe_ends_the_program_quietly() {
    use std::os::unix::process::ExitStatusExt;

    let mut child = command("endless", &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut start = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut start).unwrap();
    assert_eq!(&start, b"line\nline\n");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.signal(), Some(13));
    assert!(output.stderr.is_empty());
}

#[cfg(target_arch = "x86_64")]
fn panics_have_a_location_and_a_trace() {
    let mut expected = "panic at test.kea:12:4: integer overflow\n  at Inner.i64 (test.kea:12:4)\n".to_owned();
    for _ in 0..19 {
        expected.push_str("  at Inner.i64 (test.kea:11:3)\n");
    }
    expected.push_str("  … 11 more\n");
    expect("overflowing", &[], 101, "", &expected);
}

#[cfg(target_arch = "x86_64")]
fn the_end_of_the_stack_is_told() {
    let mut expected = "panic: stack overflow in Deep\n".to_owned();
    for _ in 0..20 {
        expected.push_str("  at Deep (test.kea:21:9)\n");
    }
    for mebibytes in ["1", "64"] {
        let (status, stdout, stderr) = run("recursive", &[("KEA_STACK", mebibytes)]);
        assert_eq!((status, stdout.as_str()), (Some(101), ""));
        let more = stderr.strip_prefix(&expected).expect(&stderr);
        let more = more.strip_prefix("  … ").and_then(|text| text.strip_suffix(" more\n"));
        let frames = more.and_then(|text| text.parse::<usize>().ok()).expect(&stderr) + 20;
        let all = mebibytes.parse::<usize>().unwrap() << 16;
        assert!((all - 3..=all).contains(&frames), "{frames} frames of {all}");
    }
}

#[cfg(target_arch = "x86_64")]
fn other_faults_end_the_program_by_their_signal() {
    use std::os::unix::process::ExitStatusExt;

    let output = command("null_access", &[]).output().unwrap();
    assert_eq!(output.status.signal(), Some(11));
}

fn symbols_are_callable() {
    let symbol = symbols().iter().find(|symbol| symbol.name == "kea_alloc").unwrap();
    assert_eq!(symbol.address, kea_alloc as *const u8);
}

fn main() -> ExitCode {
    if let Ok(name) = env::var(PROGRAM) {
        return run_program(&name);
    }
    let tests: &[(&str, fn())] = &[
        ("programs_end_with_their_status", programs_end_with_their_status),
        ("input_is_read_by_lines_and_as_a_whole", input_is_read_by_lines_and_as_a_whole),
        ("the_stack_may_be_small", the_stack_may_be_small),
        ("leaks_are_reported", leaks_are_reported),
        ("statistics_are_written", statistics_are_written),
        ("tasks_share_and_give_over_what_they_build", tasks_share_and_give_over_what_they_build),
        ("statistics_are_sums_over_the_threads", statistics_are_sums_over_the_threads),
        ("tasks_run_at_the_same_time", tasks_run_at_the_same_time),
        ("a_panic_among_tasks_ends_the_program", a_panic_among_tasks_ends_the_program),
        ("a_broken_pipe_ends_the_program_quietly", a_broken_pipe_ends_the_program_quietly),
        #[cfg(target_arch = "x86_64")]
        ("panics_have_a_location_and_a_trace", panics_have_a_location_and_a_trace),
        #[cfg(target_arch = "x86_64")]
        ("the_end_of_the_stack_is_told", the_end_of_the_stack_is_told),
        #[cfg(target_arch = "x86_64")]
        ("other_faults_end_the_program_by_their_signal", other_faults_end_the_program_by_their_signal),
        ("symbols_are_callable", symbols_are_callable),
    ];
    for (name, test) in tests {
        test();
        println!("test {name} ... ok");
    }
    ExitCode::SUCCESS
}
