//! Builds by the compiler in Kea: its cache, what it says of the time, an installation elsewhere, colours.

use crate::corpus::root;
use crate::program::{self, Outcome, Stage, Tools};
use crate::trial;
use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

/// The tests.
pub fn trials(tools: &Tools) -> Vec<Trial> {
    let test = |name: &str, test: fn(&Tools) -> Result<()>| {
        let tools = tools.clone();
        trial(format!("builds/{name}"), move || test(&tools))
    };
    vec![
        test("at-once", at_once),
        test("damaged", damaged),
        test("limited", limited),
        test("pipe", pipe),
        test("timings", timings),
        test("installed", installed),
        test("colors", colors),
    ]
}

/// A program of several modules, and a folder for what is made of it.
struct Workshop<'a> {
    tools: &'a Tools,
    folder: tempfile::TempDir,
}

/// The modules of the program.
const MODULES: [(&str, &str); 3] = [
    (
        "main.kea",
        "use Left\nuse Right\n\nfn main() -[IO]> Unit\n  IO.println(\"{Left.number(1)} {Right.number(1)}\")\n",
    ),
    ("left.kea", "pub fn number(n: Int) -> Int\n  List.sum(List.map(List.range(0, n + 4), |one| one * n))\n"),
    ("right.kea", "pub fn number(n: Int) -> Int\n  Map.size(Map.from_list([(n, \"one\"), (n + 1, \"two\")]))\n"),
];

/// What the program prints.
const PRINTED: &str = "10 2\n";

impl Workshop<'_> {
    fn new(tools: &Tools) -> Result<Workshop<'_>> {
        let folder = tempfile::tempdir()?;
        for (name, text) in MODULES {
            fs::write(folder.path().join(name), text)?;
        }
        Ok(Workshop { tools, folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A build of the program.
    fn build(&self, output: &str, arguments: &[&str]) -> Command {
        let mut command = self.tools.compiler(Stage::One, ["build", "main.kea", "-o", output]);
        command.args(arguments).current_dir(self.folder.path()).env("KEA_CACHE", self.path("cache"));
        command
    }

    /// What a build says on standard error.
    fn built(&self, output: &str, arguments: &[&str]) -> Result<String> {
        Ok(succeeded(self.build(output, arguments))?.stderr())
    }

    /// How many units a build compiles, of how many.
    fn compiled(&self, output: &str) -> Result<(u64, u64)> {
        let said: Value = serde_json::from_str(&self.built(output, &["--timings=json"])?)?;
        let count = |name: &str| said["counts"][name].as_u64().with_context(|| format!("no `{name}` in {said}"));
        Ok((count("units compiled")?, count("units")?))
    }

    /// What was made is the same as without the cache, and does what it should.
    fn check(&self, output: &str) -> Result<()> {
        let expected = self.path("expected");
        if !expected.exists() {
            self.built("expected", &["--no-cache"])?;
        }
        ensure!(fs::read(&expected)? == fs::read(self.path(output))?, "with the cache, {output} is another program");
        let outcome = succeeded(program::clean(&self.path(output)))?;
        ensure!(outcome.stdout() == PRINTED, "{output} prints {}", outcome.stdout());
        Ok(())
    }

    /// The objects in the cache.
    fn kept(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.path("cache"))? {
            let folder = entry?.path();
            // A file beside the folders says how much there is.
            if folder.is_dir() {
                for file in fs::read_dir(folder)? {
                    found.push(file?.path());
                }
            }
        }
        Ok(found)
    }
}

fn succeeded(command: Command) -> Result<Outcome> {
    let shown = format!("{command:?}");
    let outcome = program::run(command, b"")?;
    ensure!(outcome.status == 0, "{shown} gave {}: {}{}", outcome.status, outcome.stdout(), outcome.stderr());
    Ok(outcome)
}

/// Builds that share a cache do not get in each other's way, also when it is emptied meanwhile.
fn at_once(tools: &Tools) -> Result<()> {
    let workshop = Workshop::new(tools)?;
    let names: Vec<String> = (0..6).map(|number| format!("program{number}")).collect();
    thread::scope(|scope| {
        let builds: Vec<_> = names.iter().map(|name| scope.spawn(|| workshop.built(name, &["--jobs=2"]))).collect();
        let mut clean = tools.compiler(Stage::One, ["clean"]);
        clean.env("KEA_CACHE", workshop.path("cache"));
        // It may find a folder filled that it has just emptied.
        let _ = program::run(clean, b"");
        builds.into_iter().try_for_each(|build| build.join().expect("a build does not panic").map(drop))
    })?;
    names.iter().try_for_each(|name| workshop.check(name))
}

/// What was damaged in the cache is compiled again, and kept again.
fn damaged(tools: &Tools) -> Result<()> {
    let workshop = Workshop::new(tools)?;
    let (_, units) = workshop.compiled("first")?;
    let kept = workshop.kept()?;
    ensure!(kept.len() as u64 == units && units > 3, "{} objects are kept of {units} units", kept.len());
    for (index, path) in kept.iter().enumerate() {
        let mut object = fs::read(path)?;
        match index % 3 {
            0 => object.clear(),
            1 => object.truncate(object.len() / 2),
            _ => object[100] ^= 1,
        }
        fs::write(path, object)?;
    }
    ensure!(workshop.compiled("second")?.0 == units, "a damaged object is used");
    ensure!(workshop.compiled("third")?.0 == 0, "objects are not kept in the place of damaged ones");
    ["first", "second", "third"].iter().try_for_each(|name| workshop.check(name))
}

/// The cache stays below its size: what was not used for longest goes.
fn limited(tools: &Tools) -> Result<()> {
    let workshop = Workshop::new(tools)?;
    let old = workshop.path("cache").join("0".repeat(64)).join("unit-0.o");
    fs::create_dir_all(old.parent().context("a folder")?)?;
    fs::write(&old, vec![0; 2_000_000])?;
    let build = |output: &str, megabytes: &str| {
        let mut command = workshop.build(output, &[]);
        command.env("KEA_CACHE_MB", megabytes);
        succeeded(command)
    };
    build("large", "10")?;
    ensure!(old.exists(), "what fits is removed");
    fs::write(workshop.path("left.kea"), MODULES[1].1.replace("4", "5"))?;
    build("small", "1")?;
    ensure!(!old.exists(), "the cache holds more than it may");
    ensure!(workshop.compiled("again")?.0 == 0, "what was used last is removed");
    build("none", "0")?;
    Ok(())
}

/// A pipe is written to, not replaced by a file; so are devices.
fn pipe(tools: &Tools) -> Result<()> {
    let workshop = Workshop::new(tools)?;
    let pipe = workshop.path("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().context("`mkfifo` cannot be run")?;
    ensure!(made.success(), "`mkfifo` fails");
    let from = pipe.clone();
    let reading = thread::spawn(move || fs::read(from));
    workshop.built("pipe", &[])?;
    // The reader of a pipe that was replaced would wait for ever.
    ensure!(!fs::symlink_metadata(&pipe)?.is_file(), "the pipe was replaced by a file");
    let read = reading.join().expect("reading does not panic")?;
    workshop.built("expected", &["--no-cache"])?;
    ensure!(read == fs::read(workshop.path("expected"))?, "something else came out of the pipe");
    Ok(())
}

/// `--timings=json` has all that there is to know of a build.
fn timings(tools: &Tools) -> Result<()> {
    let workshop = Workshop::new(tools)?;
    let said = workshop.built("program", &["--timings=json", "--release"])?;
    ensure!(said.lines().count() == 1, "it is not one line: {said}");
    let said: Value = serde_json::from_str(&said)?;
    let number = |value: &Value, name: &str| {
        value[name].as_i64().filter(|number| *number >= 0).with_context(|| format!("no `{name}` in {value}"))
    };
    for name in ["total_ns", "memory_peak"] {
        ensure!(number(&said, name)? > 0, "{name} is 0");
    }
    for name in ["files", "lines", "lines parsed per second", "lines per second", "units", "units compiled"] {
        ensure!(number(&said["counts"], name)? > 0, "{name} is 0");
    }
    let phases = said["phases"].as_array().context("no phases")?;
    let mut time = 0;
    for phase in phases {
        time += number(phase, "time_ns")?;
        number(phase, "memory_peak")?;
    }
    let total = number(&said, "total_ns")?;
    ensure!(time <= total && time > total / 2, "the phases take {time} of {total} ns");
    let phase = |name: &str| {
        phases.iter().find(|phase| phase["name"] == name).with_context(|| format!("no phase `{name}` in {said}"))
    };
    for name in ["parse", "resolve", "types", "matching", "units", "backend", "link"] {
        phase(name)?;
    }
    let counted =
        ["functions", "blocks", "instructions", "retains", "releases", "allocating", "cells_new", "cells_reused"];
    let classes = ["constant", "arithmetic", "compare", "count", "cell", "call", "effect", "control"];
    let clauses = ["clauses_tail", "clauses_escaping", "clauses_zero"];
    let classes = classes.map(|class| format!("class_{class}"));
    for pass in ["lower", "simplify", "insert_rc"] {
        let notes = &phase(pass)?["notes"];
        for name in counted.into_iter().chain(clauses).chain(classes.iter().map(String::as_str)) {
            number(notes, name)?;
        }
    }
    let releases = |pass: &str| number(&phase(pass)?["notes"], "releases");
    ensure!(releases("lower")? == 0 && releases("insert_rc")? > 0, "`insert_rc` inserts nothing");
    Ok(())
}

/// The compiler works where it was copied to, without the project: as `./bootstrap.sh install` and `dist` copy it.
fn installed(tools: &Tools) -> Result<()> {
    let workshop = Workshop::new(tools)?;
    let prefix = workshop.path("some where");
    let library = prefix.join("lib/kea");
    fs::create_dir_all(prefix.join("bin"))?;
    fs::create_dir_all(&library)?;
    fs::copy(&tools.kea, prefix.join("bin/kea"))?;
    fs::copy(&tools.backend, prefix.join("bin/kea-backend"))?;
    fs::copy(runtime(tools)?, prefix.join("lib/libkea_runtime.a"))?;
    for entry in fs::read_dir(root().join("lib"))? {
        let path = entry?.path();
        fs::copy(&path, library.join(path.file_name().unwrap_or_default()))?;
    }
    fs::write(prefix.join("bin/kea.digest"), "0123abcd\n")?;
    let call = |arguments: &[&str]| -> Result<String> {
        let mut command = program::clean(&prefix.join("bin/kea"));
        command.args(arguments).current_dir(workshop.folder.path()).env("KEA_CACHE", workshop.path("cache"));
        Ok(succeeded(command)?.stdout())
    };
    let version = call(&["--version"])?;
    ensure!(version.starts_with("kea ") && version.ends_with(", mir 0123abcd)\n"), "the version is {version}");
    ensure!(call(&["run", "main.kea"])? == PRINTED, "`run` prints something else");
    ensure!(call(&["check", "some where/lib/kea"])?.is_empty(), "the library is not right");
    ensure!(call(&["test", "some where/lib/kea/bool.kea"])?.ends_with(" passed, 0 failed\n"), "tests fail");
    call(&["build", "main.kea", "-o", "program"])?;
    workshop.check("program")
}

/// The runtime that the backend links with.
fn runtime(tools: &Tools) -> Result<PathBuf> {
    let folder = tools.backend.parent().context("the backend lies in a folder")?;
    let places = [folder.join("libkea_runtime.a"), folder.join("../lib/libkea_runtime.a")];
    places.into_iter().find(|path| path.exists()).context("the runtime is not beside the backend")
}

/// On a terminal messages have colours, unless `NO_COLOR` says otherwise.
fn colors(tools: &Tools) -> Result<()> {
    let Ok(found) = Command::new("script").arg("--version").output() else {
        eprintln!("warning: colours are not tested: there is no `script`");
        return Ok(());
    };
    ensure!(found.status.success(), "`script` does not work");
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("wrong.kea"), "fn main() -> Int\n  \"one\"\n")?;
    let on_terminal = |no_color: &str| -> Result<String> {
        let mut command = program::clean(Path::new("script"));
        let call = format!("'{}' check wrong.kea", tools.kea.display());
        command.args(["-qec", &call, "/dev/null"]).current_dir(folder.path()).env("NO_COLOR", no_color);
        Ok(program::run(command, b"")?.stdout().replace('\r', ""))
    };
    let colored = on_terminal("")?;
    let red = "\u{1b}[31merror[E0301]\u{1b}[0m";
    ensure!(colored.contains(red), "there is no red in {colored:?}");
    let plain = on_terminal("1")?;
    let without = "wrong.kea:2:3: error[E0301]: expected Int, found String\n";
    ensure!(plain.starts_with(without) && !plain.contains('\u{1b}'), "there are colours in {plain:?}");
    Ok(())
}
