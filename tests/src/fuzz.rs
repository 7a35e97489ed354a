//! Any bytes are an input of `kea check`: it ends soon, without a panic or a signal, and each error has a place.
//!
//! The cases are the same in every run; KEA_SEED gives others, KEA_CASES more of them.

use crate::corpus::{files_below, root};
use crate::program::{self, Outcome, Stage, Tools};
use crate::property::check;
use crate::{kea, trial};
use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// How often a deep text opens what it closes.
const DEPTH: usize = 10_000;

/// No input of a few kilobytes takes so long, however busy the machine is.
const TIME_MAX: Duration = Duration::from_secs(15);

/// The tests.
pub fn trials(tools: &Tools) -> Vec<Trial> {
    let mut trials = Vec::new();
    let tools_of = tools.clone();
    trials.push(trial("fuzz/bytes", move || check(150, vec(any::<u8>(), 0..300), |bytes| survives(&tools_of, bytes))));
    let tools_of = tools.clone();
    trials
        .push(trial("fuzz/words", move || check(250, words(), |words| survives(&tools_of, words.concat().as_bytes()))));
    let tools_of = tools.clone();
    trials.push(trial("fuzz/mutated", move || {
        let sources = sources()?;
        check(600, (0..sources.len(), edits()), |(index, edits)| {
            let mut text = sources[*index].clone();
            edits.iter().for_each(|edit| edit.apply(&mut text, &sources));
            survives(&tools_of, &text)
        })
    }));
    let tools_of = tools.clone();
    trials.push(trial("fuzz/truncated", move || {
        let sources = sources()?;
        check(150, (0..sources.len(), any::<Index>()), |(index, end)| {
            let text = &sources[*index];
            survives(&tools_of, &text[..end.index(text.len() + 1)])
        })
    }));
    for (name, text) in mistakes() {
        let tools = tools.clone();
        trials.push(trial(format!("fuzz/mistakes/{name}"), move || survives(&tools, text.as_bytes())));
    }
    for shape in SHAPES {
        let tools = tools.clone();
        trials.push(trial(format!("fuzz/deep/{}", shape.name), move || {
            survives(&tools, shape.text(DEPTH).as_bytes())?;
            // Without the end, and with too much of it.
            survives(&tools, format!("{}{}", shape.head, shape.open.repeat(DEPTH)).as_bytes())?;
            survives(&tools, format!("{}{}", shape.head, shape.close.repeat(DEPTH)).as_bytes())
        }));
    }
    trials
}

/// How often a mistake is made.
const MISTAKES: usize = 3_000;

/// Programs in which a mistake is made again and again.
fn mistakes() -> [(&'static str, String); 4] {
    let many = |line: &dyn Fn(usize) -> String| (0..MISTAKES).map(line).collect::<String>();
    let body = "pub fn f(a: Int) -> Int\n";
    [
        ("unknown-names", format!("{body}{}  a\n", many(&|n| format!("  let x{n} = unknown{n} + a\n")))),
        ("one-unknown-name", format!("{body}{}  a\n", many(&|n| format!("  let x{n} = unknown + a\n")))),
        ("similar-names", many(&|n| format!("pub fn first_{n}() -> Int\n  frist_{n}()\n\n"))),
        ("duplicates", many(&|n| format!("pub fn f() -> Int\n  {n}\n\n"))),
    ]
}

/// The compiler's answer to a text is one that people can use.
fn survives(tools: &Tools, text: &[u8]) -> Result<()> {
    let shown = || {
        let text = String::from_utf8_lossy(text);
        if text.len() > 4_000 { format!("{} bytes", text.len()) } else { format!("the input\n{text}\n{text:?}") }
    };
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("input.kea"), text)?;
    let checked = answer(tools, folder.path(), &["check", "input.kea"]).with_context(shown)?;
    // What is a program can be compiled, too.
    if checked.status == 0 && text.windows(8).any(|part| part == b"fn main(") {
        for profile in [&[][..], &["--release"]] {
            let arguments = [&["build", "--emit=mir", "--verify", "-o", "made.mir", "input.kea"], profile].concat();
            answer(tools, folder.path(), &arguments).with_context(shown)?;
        }
    }
    Ok(())
}

fn answer(tools: &Tools, folder: &Path, arguments: &[&str]) -> Result<Outcome> {
    let mut command = tools.compiler(Stage::One, arguments);
    command.current_dir(folder);
    let start = Instant::now();
    let outcome = program::run(command, b"")?;
    let time = start.elapsed();
    let stderr = outcome.stderr();
    ensure!(matches!(outcome.status, 0 | 1), "status {}: {stderr}", outcome.status);
    ensure!(time < TIME_MAX, "it took {time:?}");
    let headlines: Vec<&str> = stderr.lines().filter(|line| is_headline(line)).collect();
    ensure!(outcome.status == 0 || !headlines.is_empty(), "it fails without an error: {stderr}");
    for line in headlines {
        ensure!(!line.contains("[E0801]"), "the compiler is at fault: {stderr}");
        ensure!(has_place(line) || line.contains("[E0221]"), "an error without a place: {line}");
    }
    Ok(outcome)
}

/// Whether a line begins an error, and shows no source text.
fn is_headline(line: &str) -> bool {
    !line.starts_with(' ') && line.contains("error[E")
}

/// Whether a line begins with a file, a line and a column.
fn has_place(line: &str) -> bool {
    let mut parts = line.split(':');
    let file = parts.next().is_some_and(|name| name.ends_with(".kea"));
    let is_number = |part: Option<&str>| part.is_some_and(|text| text.parse::<u32>().is_ok_and(|number| number > 0));
    file && is_number(parts.next()) && is_number(parts.next())
}

/// The Kea files of the corpus, the library and the compiler.
fn sources() -> Result<Vec<Vec<u8>>> {
    let paths = ["tests/kea", kea::LIBRARY, "stage1/syntax", "stage1/types"].into_iter().flat_map(files_below);
    let is_source = |path: &String| path.ends_with(".kea");
    paths.filter(is_source).map(|path| fs::read(root().join(&path)).context(path)).collect()
}

/// Words of the language in any order, with line ends between some of them.
fn words() -> impl Strategy<Value = Vec<&'static str>> {
    let between = select(vec![" ", " ", "", "\n", "\n  ", "\n    "]);
    vec((select(all_words()), between), 0..120).prop_map(|pairs| pairs.into_iter().flat_map(|(a, b)| [a, b]).collect())
}

fn all_words() -> Vec<&'static str> {
    WORDS.split_whitespace().chain(PHRASES).collect()
}

const WORDS: &str = r#"
fn struct enum trait effect type const use pub test let var if then else case when for in while cond handle resume fail
catch and or not true false as where with unsafe ( ) [ ] { } ~{ #{ %{ -> -[ ]> <- => = := == != < > <= >= + - * / % ++ ::
<> | || . .. ..= , : ; ? @ $ _ x y z f main a e self Self Int String List Option Some None Ok Err Result IO Fail Unit
Bool Float Char UInt8 Vector Map 0 1 42 0xFF 1.5 1e9 99999999999999999999 "a" "{x}" "{ "} """ " ' 'a' '\n' \ -- --| é §
@derive(Eq) @inline @intrinsic("add") List.map x.y IO.println("a") Some(x) [] () (x,y) |x|
"#;

/// Words with blanks in them, or that are some.
const PHRASES: [&str; 6] = ["\t", "\r", "\0", "\u{feff}", "fn f(x: Int) -> Int", "fn main() -[IO]> Unit"];

/// A change of a text. Positions are parts of the whole.
#[derive(Clone, Debug)]
enum Edit {
    /// Another byte.
    Replace(Index, u8),
    /// A range is left out.
    Delete(Index, usize),
    /// A word is put in.
    Insert(Index, &'static str),
    /// A word of the text takes the place of another one.
    Copy(Index, Index),
    /// A word is left out.
    DeleteWord(Index),
    /// A part of another text is put in.
    Splice(Index, Index, Index, usize),
    /// A line is left out.
    DeleteLine(Index),
    /// Two lines change places.
    SwapLines(Index, Index),
    /// A line is indented further.
    Indent(Index, usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = any::<Index>;
    let edit = prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        (at(), 1..40_usize).prop_map(|(at, length)| Edit::Delete(at, length)),
        (at(), select(all_words())).prop_map(|(at, word)| Edit::Insert(at, word)),
        (at(), at()).prop_map(|(at, from)| Edit::Copy(at, from)),
        at().prop_map(Edit::DeleteWord),
        (at(), at(), at(), 1..300_usize).prop_map(|(at, text, from, length)| Edit::Splice(at, text, from, length)),
        at().prop_map(Edit::DeleteLine),
        (at(), at()).prop_map(|(a, b)| Edit::SwapLines(a, b)),
        (at(), 1..5_usize).prop_map(|(at, spaces)| Edit::Indent(at, spaces)),
    ];
    vec(edit, 1..12)
}

impl Edit {
    fn apply(&self, text: &mut Vec<u8>, sources: &[Vec<u8>]) {
        if text.is_empty() {
            return;
        }
        match self {
            Edit::Replace(at, byte) => {
                let at = at.index(text.len());
                text[at] = *byte;
            }
            Edit::Delete(at, length) => {
                let start = at.index(text.len());
                text.drain(start..(start + length).min(text.len()));
            }
            Edit::Insert(at, word) => {
                let at = at.index(text.len());
                text.splice(at..at, word.bytes());
            }
            Edit::Copy(at, from) => {
                let mut words = words_of(text);
                let word = words[from.index(words.len())].clone();
                let at = at.index(words.len());
                words[at] = word;
                *text = words.concat();
            }
            Edit::DeleteWord(at) => {
                let mut words = words_of(text);
                words.remove(at.index(words.len()));
                *text = words.concat();
            }
            Edit::Splice(at, source, from, length) => {
                let source = &sources[source.index(sources.len())];
                let start = from.index(source.len() + 1);
                let part = source[start..(start + length).min(source.len())].to_vec();
                let at = at.index(text.len());
                text.splice(at..at, part);
            }
            Edit::DeleteLine(at) => {
                let mut lines = lines_of(text);
                lines.remove(at.index(lines.len()));
                *text = lines.concat();
            }
            Edit::SwapLines(a, b) => {
                let mut lines = lines_of(text);
                let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                lines.swap(a, b);
                *text = lines.concat();
            }
            Edit::Indent(at, spaces) => {
                let mut lines = lines_of(text);
                let at = at.index(lines.len());
                lines[at].splice(0..0, vec![b' '; *spaces]);
                *text = lines.concat();
            }
        }
    }
}

/// The text in pieces: names and numbers, blanks, and single characters.
fn words_of(text: &[u8]) -> Vec<Vec<u8>> {
    let class = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => 0,
        b' ' | b'\n' => 1,
        _ => 2,
    };
    text.chunk_by(|a, b| class(a) == class(b) && class(a) != 2).map(<[u8]>::to_vec).collect()
}

fn lines_of(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// A text with many parts in each other.
#[derive(Clone, Copy)]
struct Shape {
    name: &'static str,
    head: &'static str,
    open: &'static str,
    middle: &'static str,
    close: &'static str,
}

impl Shape {
    fn text(self, depth: usize) -> String {
        format!("{}{}{}{}\n", self.head, self.open.repeat(depth), self.middle, self.close.repeat(depth))
    }
}

const fn shape(
    name: &'static str,
    head: &'static str,
    open: &'static str,
    middle: &'static str,
    close: &'static str,
) -> Shape {
    Shape { name, head, open, middle, close }
}

const SHAPES: [Shape; 43] = [
    shape("parentheses", F, "(", "a", ")"),
    shape("lists", F, "[", "a", "]"),
    shape("tuples", F, "(", "a", ", a)"),
    shape("calls", F, "f(", "a", ")"),
    shape("constructors", F, "Some(", "a", ")"),
    shape("structs", F, "P { x: ", "a", " }"),
    shape("updates", F, "", "a", "~{ x: a }"),
    shape("ifs", F, "if a == a then ", "a", " else a"),
    shape("ifs-in-parentheses", F, "(if a == a then ", "a", " else a)"),
    shape("else-ifs", F, "if a == a then a else ", "a", ""),
    shape("conditions", F, "if ", "true", " then true else false"),
    shape("lambdas", "pub fn f(a: Int) -> Int\n  let g = ", "|x| ", "a", ""),
    shape("lambdas-in-parentheses", "pub fn f(a: Int) -> Int\n  let g = ", "(|x: Int| ", "a", ")"),
    shape("negations", F, " -", "a", ""),
    shape("nots", "pub fn f(a: Bool) -> Bool\n  ", "not ", "a", ""),
    shape("sums", F, "a + ", "a", ""),
    shape("powers-of-brackets", F, "(a + ", "a", ") * a"),
    shape("conses", "pub fn f(a: Int) -> List Int\n  ", "a :: ", "[]", ""),
    shape("appends", "pub fn f(a: Int) -> List Int\n  ", "[a] ++ ", "[]", ""),
    shape("ands", "pub fn f(a: Bool) -> Bool\n  ", "a and ", "a", ""),
    shape("fields", F, "", "a", ".x"),
    shape("methods", F, "", "a", ".abs()"),
    shape("question-marks", F, "", "a", "?"),
    shape("applications", F, "", "a", "()"),
    shape("strings", "pub fn f(a: Int) -> String\n  ", "\"{", "a", "}\""),
    shape("catches", F, "catch ", "a", ""),
    shape("fails", F, "fail ", "a", ""),
    shape("cases", F, "case ", "a", "\n    _ -> 1"),
    shape("handles", F, "handle ", "a", "\n    Ask.ask() -> resume 1"),
    shape("loops", F, "for x in ", "a", "\n    ()"),
    shape("comments", F, "-- ", "a", ""),
    shape("documentation", "--| a\n", "--| ", "a", ""),
    shape("types-in-parentheses", "pub fn f(a: ", "(", "Int", ")"),
    shape("types-of-lists", "pub fn f(a: ", "List (", "Int", ")"),
    shape("types-of-functions", "pub fn f(a: ", "fn(", "Int", ") -> Int"),
    shape("types-of-results", "pub fn f(a: Int) -> ", "fn() -> ", "Int\n  a", ""),
    shape("types-of-tuples", "pub fn f(a: ", "(", "Int", ", Int)"),
    shape("rows", "pub fn f(a: ", "fn() -[Fail (", "Int", ")]> Int"),
    shape("patterns-in-parentheses", P, "(", "x", ")"),
    shape("patterns-of-constructors", P, "Some(", "x", ")"),
    shape("patterns-of-lists", P, "[", "x", "]"),
    shape("patterns-of-conses", P, "_ :: ", "_", ""),
    shape("alternatives", P, "1 | ", "2", " -> 1"),
];

/// Before an expression.
const F: &str = "pub fn f(a: Int) -> Int\n  ";

/// Before a pattern.
const P: &str = "pub fn f(a: Int) -> Int\n  case a\n    _ -> 2\n    ";
