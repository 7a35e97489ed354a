//! Generated programs of extreme shape, each in a size that can be chosen.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A kind of program.
pub struct Shape {
    /// What grows.
    pub name: &'static str,
    /// The sizes to measure, each several times the one before.
    pub sizes: &'static [usize],
    /// Writes the program of that size into a folder and gives the path of its root module.
    pub write: fn(&Path, usize) -> anyhow::Result<PathBuf>,
}

/// All kinds.
pub const SHAPES: &[Shape] = &[
    Shape { name: "lines of ordinary code", sizes: &[1_000, 10_000, 100_000], write: ordinary },
    Shape { name: "lines of one function", sizes: &[1_000, 10_000], write: long_function },
    Shape { name: "assignments in as many branches", sizes: &[500, 5_000], write: branches },
    Shape { name: "parentheses in each other", sizes: &[1_000, 10_000], write: nested },
    Shape { name: "operands of one expression", sizes: &[1_000, 10_000], write: operands },
    Shape { name: "constructors of an enum", sizes: &[100, 1_000], write: constructors },
    Shape { name: "arms of a match on numbers", sizes: &[100, 1_000], write: number_arms },
    Shape { name: "arms of a match on strings", sizes: &[100, 1_000], write: string_arms },
    Shape { name: "modules", sizes: &[100, 1_000], write: modules },
];

fn single(folder: &Path, text: &str) -> anyhow::Result<PathBuf> {
    let path = folder.join("main.kea");
    fs::write(&path, text)?;
    Ok(path)
}

/// Text of a line for each number.
fn lines(count: usize, line: impl Fn(&mut String, usize) -> std::fmt::Result) -> String {
    let mut text = String::new();
    for number in 0..count {
        // Writing to a string does not fail.
        let _ = line(&mut text, number);
    }
    text
}

fn ordinary(folder: &Path, size: usize) -> anyhow::Result<PathBuf> {
    single(folder, &crate::frontend::program(size))
}

fn long_function(folder: &Path, size: usize) -> anyhow::Result<PathBuf> {
    let body = lines(size, |text, number| writeln!(text, "  let x{} = x{number} + {}", number + 1, number % 7));
    single(
        folder,
        &format!("fn main() -[IO]> Unit\n  let x0 = List.length(IO.args())\n{body}  IO.println(\"{{x{size}}}\")\n"),
    )
}

fn branches(folder: &Path, size: usize) -> anyhow::Result<PathBuf> {
    let declared = lines(size, |text, number| writeln!(text, "  var x{number} = [{number}]"));
    let changed = lines(size, |text, number| writeln!(text, "  if n > {number}\n    x{number} := n :: x{number}"));
    let sum = lines(size, |text, number| writeln!(text, "  total := total + List.length(x{number})"));
    let head = "fn main() -[IO]> Unit\n  let n = List.length(IO.args())\n  var total = 0\n";
    single(folder, &format!("{head}{declared}{changed}{sum}  IO.println(\"{{total}}\")\n"))
}

fn nested(folder: &Path, size: usize) -> anyhow::Result<PathBuf> {
    expression(folder, &format!("{}n{}", "(1 + ".repeat(size), ")".repeat(size)))
}

fn operands(folder: &Path, size: usize) -> anyhow::Result<PathBuf> {
    expression(folder, &vec!["n"; size].join(" + "))
}

/// A program that prints the value of an expression of `n`.
fn expression(folder: &Path, text: &str) -> anyhow::Result<PathBuf> {
    let program = format!(
        "fn main() -[IO]> Unit\n  let n = List.length(IO.args())\n  let sum = {text}\n  IO.println(\"{{sum}}\")\n"
    );
    single(folder, &program)
}

fn constructors(folder: &Path, size: usize) -> anyhow::Result<PathBuf> {
    let declared = lines(size, |text, number| writeln!(text, "  Case{number}(Int)"));
    let arms = lines(size, |text, number| writeln!(text, "    Case{number}(n) -> n + {number}"));
    let text = format!(
        "@derive(Eq, Ord, Show)\nenum Wide\n{declared}\nfn number(wide: Wide) -> Int\n  case wide\n{arms}\nfn main() -[IO]> Unit\n  let one = Case1(List.length(IO.args()))\n  IO.println(\"{{one}} {{number(one)}} {{one == Case0(1)}}\")\n"
    );
    single(folder, &text)
}

fn number_arms(folder: &Path, size: usize) -> anyhow::Result<PathBuf> {
    let arms = lines(size, |text, number| writeln!(text, "    {number} -> {}", number * 7 % 1_000));
    single(
        folder,
        &format!(
            "fn pick(n: Int) -> Int\n  case n\n{arms}    _ -> 0\n\nfn main() -[IO]> Unit\n  IO.println(\"{{pick(List.length(IO.args()))}}\")\n"
        ),
    )
}

fn string_arms(folder: &Path, size: usize) -> anyhow::Result<PathBuf> {
    let arms = lines(size, |text, number| writeln!(text, "    \"word{number}\" -> {number}"));
    single(
        folder,
        &format!(
            "fn pick(word: String) -> Int\n  case word\n{arms}    _ -> 0\n\nfn main() -[IO]> Unit\n  IO.println(\"{{pick(\"word7\")}}\")\n"
        ),
    )
}

fn modules(folder: &Path, size: usize) -> anyhow::Result<PathBuf> {
    for number in 0..size {
        let (uses, rest) = match number {
            0 => (String::new(), "1".to_string()),
            _ => (format!("use M{}\n\n", number - 1), format!("M{}.f(n) + 1", number - 1)),
        };
        fs::write(folder.join(format!("m{number}.kea")), format!("{uses}pub fn f(n: Int) -> Int\n  n + {rest}\n"))?;
    }
    let last = size - 1;
    single(folder, &format!("use M{last}\n\nfn main() -[IO]> Unit\n  IO.println(\"{{M{last}.f(1)}}\")\n"))
}
