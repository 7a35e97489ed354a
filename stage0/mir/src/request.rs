//! Requests to a backend and its replies, as text: one property a line.
//!
//! ```text
//! kea-backend-request 1.0              kea-backend-reply 1.0
//! target x86_64-unknown-linux-gnu      status ok
//! optimize speed                       object "out/unit.o"
//! output object "out/unit.o"           diagnostic error O3 @f 1:14:20 "…"
//! debug lines                          stat functions 120
//! jobs 2                               end
//! module "out/unit.mir"
//! ```
//!
//! A request names its target, its module and its output. `optimize` and `debug` are `none` and `jobs` is 1 when they
//! are left out. In a reply `-` stands for no function and for no place; file number 0 is the text of the module.

use crate::backend::{Optimize, Options};
use crate::contract::{REPLY, REQUEST, Version};
use crate::diagnostic::{Diagnostic, Severity};
use crate::module::Location;
use std::fmt::{self, Write};

/// The version of requests and replies that this crate reads and writes.
pub const VERSION: Version = Version { major: 1, minor: 0 };

/// The word that begins a request.
pub const REQUEST_WORD: &str = "kea-backend-request";
/// The word that begins a reply.
pub const REPLY_WORD: &str = "kea-backend-reply";

/// What a backend is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// How to compile.
    pub options: Options,
    /// The path of the module's text.
    pub module: String,
    /// The path of the object file to write.
    pub output: String,
}

/// What came of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The path of the object file; none when the request failed.
    pub object: Option<String>,
    /// Findings, in order of the module's text.
    pub diagnostics: Vec<ReplyDiagnostic>,
    /// Statistics, in the backend's order.
    pub stats: Vec<(String, u64)>,
}

/// A finding in a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyDiagnostic {
    /// How serious it is.
    pub severity: Severity,
    /// The rule that is broken.
    pub code: String,
    /// The function's name.
    pub function: Option<String>,
    /// The place in the source program, or line of the module's text in file 0.
    pub location: Option<Location>,
    /// What is wrong.
    pub text: String,
}

impl From<&Diagnostic> for ReplyDiagnostic {
    fn from(diagnostic: &Diagnostic) -> ReplyDiagnostic {
        let in_text = Location { file: 0, line: diagnostic.line, column: 0 };
        let location = if diagnostic.location.is_known() { diagnostic.location } else { in_text };
        ReplyDiagnostic {
            severity: diagnostic.severity,
            code: diagnostic.rule.to_string(),
            function: diagnostic.function.as_deref().map(str::to_string),
            location: location.is_known().then_some(location),
            text: diagnostic.message.clone(),
        }
    }
}

/// Whether a text begins as a request does.
pub fn is_request(text: &[u8]) -> bool {
    text.strip_prefix(REQUEST_WORD.as_bytes()).is_some_and(|rest| rest.first().is_none_or(u8::is_ascii_whitespace))
}

impl Request {
    /// Reads a request.
    pub fn read(text: &[u8]) -> Result<Request, Diagnostic> {
        let mut lines = Lines::new(text, REQUEST_WORD)?;
        let mut read = PartialRequest::default();
        while let Some(line) = lines.next_property()? {
            read.property(&line)?;
        }
        read.finish(lines.last)
    }
}

/// The properties of a request that were read so far.
#[derive(Default)]
struct PartialRequest {
    target: Option<String>,
    optimize: Option<Optimize>,
    output: Option<String>,
    debug_lines: Option<bool>,
    jobs: Option<usize>,
    module: Option<String>,
}

impl PartialRequest {
    fn property(&mut self, line: &Line<'_>) -> Result<(), Diagnostic> {
        match line.word {
            "target" => line.set(&mut self.target, line.name(line.rest)?),
            "optimize" => {
                line.set(&mut self.optimize, line.choice(&[("none", Optimize::None), ("speed", Optimize::Speed)])?)
            }
            "output" => {
                let (kind, path) = line.rest.split_once(' ').unwrap_or((line.rest, ""));
                if kind != "object" {
                    return Err(line.error(format!("cannot give the output `{kind}`; this backend gives `object`")));
                }
                line.set(&mut self.output, line.string(path)?)
            }
            "debug" => line.set(&mut self.debug_lines, line.choice(&[("none", false), ("lines", true)])?),
            "jobs" => line.set(&mut self.jobs, line.jobs()?),
            "module" => line.set(&mut self.module, line.string(line.rest)?),
            _ => Err(line.unknown("request", &REQUEST)),
        }
    }

    fn finish(self, last_line: u32) -> Result<Request, Diagnostic> {
        let missing = |property: &str| error(last_line, format!("the request lacks `{property}`"));
        Ok(Request {
            options: Options {
                target: self.target.ok_or_else(|| missing("target"))?,
                optimize: self.optimize.unwrap_or(Optimize::None),
                debug_lines: self.debug_lines.unwrap_or(false),
                jobs: self.jobs.unwrap_or(1),
            },
            module: self.module.ok_or_else(|| missing("module"))?,
            output: self.output.ok_or_else(|| missing("output"))?,
        })
    }
}

/// The text of a request.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{REQUEST_WORD} {VERSION}")?;
        writeln!(f, "target {}", self.options.target)?;
        writeln!(f, "optimize {}", self.options.optimize.name())?;
        writeln!(f, "output object {}", Quoted(&self.output))?;
        writeln!(f, "debug {}", if self.options.debug_lines { "lines" } else { "none" })?;
        writeln!(f, "jobs {}", self.options.jobs)?;
        writeln!(f, "module {}", Quoted(&self.module))
    }
}

impl Reply {
    /// The reply of a request that could not be met.
    pub fn refused<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>) -> Reply {
        Reply { diagnostics: diagnostics.into_iter().map(ReplyDiagnostic::from).collect(), ..Reply::default() }
    }

    /// Reads a reply.
    pub fn read(text: &[u8]) -> Result<Reply, Diagnostic> {
        let mut lines = Lines::new(text, REPLY_WORD)?;
        let mut reply = Reply::default();
        let mut ok = None;
        while let Some(line) = lines.next_property()? {
            match line.word {
                "status" => line.set(&mut ok, line.choice(&[("ok", true), ("error", false)])?)?,
                "object" => line.set(&mut reply.object, line.string(line.rest)?)?,
                "diagnostic" => reply.diagnostics.push(line.diagnostic()?),
                "stat" => reply.stats.push(line.stat()?),
                "end" => return reply.finish(ok, &line),
                _ => return Err(line.unknown("reply", &REPLY)),
            }
        }
        Err(error(lines.last, "the reply has no `end`"))
    }

    fn finish(self, ok: Option<bool>, end: &Line<'_>) -> Result<Reply, Diagnostic> {
        match ok {
            None => Err(end.error("the reply has no `status`")),
            Some(ok) if ok != self.object.is_some() => {
                Err(end.error("a reply has an `object` when its status is `ok`, and only then"))
            }
            Some(_) => Ok(self),
        }
    }
}

/// The text of a reply.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{REPLY_WORD} {VERSION}")?;
        writeln!(f, "status {}", if self.object.is_some() { "ok" } else { "error" })?;
        if let Some(object) = &self.object {
            writeln!(f, "object {}", Quoted(object))?;
        }
        for diagnostic in &self.diagnostics {
            write!(f, "diagnostic {} {} ", diagnostic.severity.name(), diagnostic.code)?;
            match &diagnostic.function {
                Some(function) => write!(f, "@{function} ")?,
                None => f.write_str("- ")?,
            }
            match diagnostic.location {
                Some(Location { file, line, column }) => write!(f, "{file}:{line}:{column} ")?,
                None => f.write_str("- ")?,
            }
            writeln!(f, "{}", Quoted(&diagnostic.text))?;
        }
        for (name, number) in &self.stats {
            writeln!(f, "stat {name} {number}")?;
        }
        f.write_str("end\n")
    }
}

impl Optimize {
    /// The word in text.
    pub fn name(self) -> &'static str {
        match self {
            Optimize::None => "none",
            Optimize::Speed => "speed",
        }
    }
}

fn error(line: u32, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("request", line, message)
}

/// The lines of a request or a reply, behind the first.
struct Lines<'a> {
    lines: std::iter::Enumerate<std::str::Lines<'a>>,
    /// The number of the last line that was read.
    last: u32,
}

/// A property and what follows it.
struct Line<'a> {
    number: u32,
    word: &'a str,
    rest: &'a str,
}

impl<'a> Lines<'a> {
    /// Checks the first line.
    fn new(text: &'a [u8], word: &str) -> Result<Lines<'a>, Diagnostic> {
        let text = std::str::from_utf8(text).map_err(|invalid| {
            let line = text[..invalid.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            error(line as u32, "the text is not UTF-8")
        })?;
        let mut lines = text.lines().enumerate();
        let first = lines.next().map_or("", |(_, line)| line.trim_end());
        let version = first.strip_prefix(word).and_then(|rest| rest.strip_prefix(' '));
        let version =
            version.ok_or_else(|| error(1, format!("the first line is not `{word} {VERSION}` but `{first}`")))?;
        let parsed = version.split_once('.').and_then(|(a, b)| Some((a.parse::<u16>().ok()?, b.parse::<u16>().ok()?)));
        let (major, minor) = parsed.ok_or_else(|| error(1, format!("`{version}` is not a version")))?;
        if major != VERSION.major || minor > VERSION.minor {
            let message = format!(
                "this is version {major}.{minor} of {word}; this program reads {VERSION} and lower minor versions: \
                 use one that matches"
            );
            return Err(Diagnostic::error("version", 1, message));
        }
        Ok(Lines { lines, last: 1 })
    }

    /// The next line that is not empty.
    fn next_property(&mut self) -> Result<Option<Line<'a>>, Diagnostic> {
        for (index, line) in self.lines.by_ref() {
            self.last = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let line = line.trim();
            if !line.is_empty() {
                let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
                return Ok(Some(Line { number: self.last, word, rest: rest.trim_start() }));
            }
        }
        Ok(None)
    }
}

impl Line<'_> {
    fn error(&self, message: impl Into<String>) -> Diagnostic {
        error(self.number, message)
    }

    fn unknown(&self, what: &str, supported: &[(&str, &str)]) -> Diagnostic {
        let supported: Vec<String> = supported.iter().map(|(name, _)| format!("`{name}`")).collect();
        self.error(format!("`{}` is no property of a {what}; there are {}", self.word, supported.join(", ")))
    }

    /// Keeps the value of a property that may stand once.
    fn set<T>(&self, property: &mut Option<T>, value: T) -> Result<(), Diagnostic> {
        match property.replace(value) {
            None => Ok(()),
            Some(_) => Err(self.error(format!("`{}` stands twice", self.word))),
        }
    }

    /// One of these words.
    fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, Diagnostic> {
        let found = choices.iter().find(|(word, _)| *word == self.rest);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<String> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
            self.error(format!("`{} {}` is not supported; there is {}", self.word, self.rest, words.join(" and ")))
        })
    }

    fn name(&self, text: &str) -> Result<String, Diagnostic> {
        match text {
            "" => Err(self.error(format!("`{}` needs a name", self.word))),
            name if name.contains(char::is_whitespace) => Err(self.error(format!("`{name}` is not a name"))),
            name => Ok(name.to_string()),
        }
    }

    fn jobs(&self) -> Result<usize, Diagnostic> {
        let jobs = self.rest.parse().ok().filter(|jobs| *jobs > 0);
        jobs.ok_or_else(|| self.error(format!("`jobs {}` is not a number above 0", self.rest)))
    }

    fn string(&self, text: &str) -> Result<String, Diagnostic> {
        let value = unquote(text.trim()).filter(|value| !value.is_empty());
        value.ok_or_else(|| self.error(format!("`{}` needs a string in quotation marks", self.word)))
    }

    fn diagnostic(&self) -> Result<ReplyDiagnostic, Diagnostic> {
        let mut words = self.rest.splitn(5, ' ');
        let mut word = || words.next().ok_or_else(|| self.error("an incomplete diagnostic"));
        let severity = match word()? {
            "error" => Severity::Error,
            "warning" => Severity::Warning,
            other => return Err(self.error(format!("a diagnostic is an `error` or a `warning`, not `{other}`"))),
        };
        let code = word()?.to_string();
        let function = match word()? {
            "-" => None,
            name => Some(name.strip_prefix('@').unwrap_or(name).to_string()),
        };
        let location = match word()? {
            "-" => None,
            place => Some(self.location(place)?),
        };
        Ok(ReplyDiagnostic { severity, code, function, location, text: self.string(word()?)? })
    }

    fn location(&self, text: &str) -> Result<Location, Diagnostic> {
        let mut parts = text.split(':');
        let place = (|| {
            let file = parts.next()?.parse().ok()?;
            let line = parts.next()?.parse().ok()?;
            let column = parts.next()?.parse().ok()?;
            parts.next().is_none().then_some(Location { file, line, column })
        })();
        place.ok_or_else(|| self.error(format!("`{text}` is not FILE:LINE:COLUMN")))
    }

    fn stat(&self) -> Result<(String, u64), Diagnostic> {
        let stat = self.rest.split_once(' ').and_then(|(name, number)| Some((name.to_string(), number.parse().ok()?)));
        stat.ok_or_else(|| self.error("`stat` needs a name and a number"))
    }
}

/// A string literal, with the escapes of the module's text.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for char in self.0.chars() {
            match char {
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                '\r' => f.write_str("\\r")?,
                '\0' => f.write_str("\\0")?,
                '"' | '\\' => write!(f, "\\{char}")?,
                control if control.is_control() => write!(f, "\\u{{{:x}}}", u32::from(control))?,
                other => f.write_char(other)?,
            }
        }
        f.write_char('"')
    }
}

/// The value of a string literal that fills the text.
fn unquote(text: &str) -> Option<String> {
    let mut rest = text.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut value = String::new();
    while let Some(char) = rest.next() {
        value.push(match char {
            '"' => return None,
            '\\' => match rest.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                '0' => '\0',
                '"' => '"',
                '\\' => '\\',
                'u' => {
                    let (code, tail) = rest.as_str().strip_prefix('{')?.split_once('}')?;
                    rest = tail.chars();
                    char::from_u32(u32::from_str_radix(code, 16).ok()?)?
                }
                _ => return None,
            },
            other => other,
        });
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            options: Options {
                target: "x86_64-unknown-linux-gnu".into(),
                optimize: Optimize::Speed,
                debug_lines: true,
                jobs: 2,
            },
            module: "a \"quoted\"\\path\u{1}\n.mir".into(),
            output: "out/ünit.o".into(),
        }
    }

    fn message(text: &str) -> String {
        Request::read(text.as_bytes()).expect_err("a request that is refused").to_string()
    }

    #[test]
    fn requests_round_trip() {
        let text = request().to_string();
        assert!(is_request(text.as_bytes()));
        assert_eq!(Request::read(text.as_bytes()), Ok(request()));
        assert_eq!(Request::read(text.replace('\n', "\r\n").as_bytes()), Ok(request()));
    }

    #[test]
    fn replies_round_trip() {
        let reply = Reply {
            object: Some("unit.o".into()),
            diagnostics: vec![
                ReplyDiagnostic {
                    severity: Severity::Warning,
                    code: "O3".into(),
                    function: Some("f".into()),
                    location: Some(Location { file: 1, line: 14, column: 20 }),
                    text: "say \"no\"\nmore".into(),
                },
                ReplyDiagnostic {
                    severity: Severity::Error,
                    code: "syntax".into(),
                    function: None,
                    location: None,
                    text: "why".into(),
                },
            ],
            stats: vec![("functions".into(), 120), ("codegen_us".into(), 5321)],
        };
        assert_eq!(Reply::read(reply.to_string().as_bytes()), Ok(reply));
        let refused = Reply::refused(&[Diagnostic::error("type", 7, "bad")]);
        assert_eq!(refused.diagnostics[0].location, Some(Location { file: 0, line: 7, column: 0 }));
        assert_eq!(Reply::read(refused.to_string().as_bytes()), Ok(refused));
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let text = "kea-backend-request 1.0\ntarget t\noutput object \"o\"\nmodule \"m\"\n";
        let options = Request::read(text.as_bytes()).expect("a minimal request").options;
        assert_eq!(options, Options { target: "t".into(), optimize: Optimize::None, debug_lines: false, jobs: 1 });
    }

    #[test]
    fn what_is_not_supported_is_refused_by_name() {
        assert_eq!(
            message("kea-backend-request 1.0\nprofile yes\n"),
            "2: error[request]: `profile` is no property of a request; there are `target`, `optimize`, `output`, `debug`, `jobs`, `module`"
        );
        assert_eq!(
            message("kea-backend-request 1.0\noptimize size\n"),
            "2: error[request]: `optimize size` is not supported; there is `none` and `speed`"
        );
        assert_eq!(
            message("kea-backend-request 2.0\n"),
            "1: error[version]: this is version 2.0 of kea-backend-request; this program reads 1.0 and lower minor versions: use one that matches"
        );
        assert!(message("kea-backend-request 1.1\n").starts_with("1: error[version]"));
        assert_eq!(message("kea-backend-request 1.0\n\njobs 0"), "3: error[request]: `jobs 0` is not a number above 0");
        assert_eq!(message("kea-backend-request 1.0\ntarget t"), "2: error[request]: the request lacks `module`");
        assert_eq!(message("kea-backend-request 1.0\ntarget a\ntarget b"), "3: error[request]: `target` stands twice");
    }

    #[test]
    fn bytes_that_are_no_request_are_errors() {
        for text in [
            &b""[..],
            b"\xff",
            b"kea-backend-request",
            b"kea-backend-request x",
            b"kea-backend-request 1.0\nmodule \"\\u{zz}\"",
        ] {
            assert!(Request::read(text).is_err());
            assert!(Reply::read(text).is_err());
        }
    }
}
