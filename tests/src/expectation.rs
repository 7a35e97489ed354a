//! What a program of the corpus expects of itself, in the comment lines behind its last line of code. They begin with a
//! `;` in MIR and with `--` in Kea, the *mark*.

use anyhow::{Result, anyhow, bail};

/// How a program is run, and what must come of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// `; args: a b`
    pub args: Vec<String>,
    /// `; stdin: "text"`, one after another.
    pub stdin: String,
    /// `; stdout| line`, `; stdout: "text"`, `; stdout: empty`; none of these is a failure.
    pub stdout: Option<String>,
    /// `; stderr| line`: the first lines.
    pub stderr: Vec<String>,
    /// `; status: N`, 0 when it is left out.
    pub status: i32,
    /// `; counts: allocations=N frees=N`
    pub counts: Option<Counts>,
    /// `; ways: exe jit`: in which ways it can be run; empty: in all.
    pub ways: Vec<String>,
    /// Comment lines among these that are none of them, and stay when expectations are rewritten.
    pub remarks: Vec<String>,
}

/// How many objects are allocated and freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Objects that were allocated.
    pub allocations: u64,
    /// Objects that were freed.
    pub frees: u64,
}

/// What begins a comment in MIR.
pub const MIR: &str = ";";

/// What begins a comment in Kea.
pub const KEA: &str = "--";

/// The code of a file, and the comment lines behind it.
pub fn split<'a>(text: &'a str, mark: &str) -> (&'a str, &'a str) {
    let mut end = text.len();
    for line in text.split_inclusive('\n').rev() {
        if !line.trim().is_empty() && !line.starts_with(mark) {
            break;
        }
        end -= line.len();
    }
    text.split_at(end)
}

impl Expectation {
    /// Reads the comment lines behind a file's code.
    pub fn read(text: &str, mark: &str) -> Result<Expectation> {
        let mut expectation = Expectation::default();
        for line in split(text, mark).1.lines().filter_map(|line| line.strip_prefix(mark)) {
            expectation.line(line).map_err(|error| error.context(format!("in the line `{mark}{line}`")))?;
        }
        Ok(expectation)
    }

    fn line(&mut self, line: &str) -> Result<()> {
        if let Some(text) = line.strip_prefix(" stdout|") {
            let stdout = self.stdout.get_or_insert_default();
            stdout.push_str(text.strip_prefix(' ').unwrap_or(text));
            stdout.push('\n');
        } else if let Some(text) = line.strip_prefix(" stderr|") {
            self.stderr.push(text.strip_prefix(' ').unwrap_or(text).to_string());
        } else if line == " stdout: empty" {
            self.stdout.get_or_insert_default();
        } else if let Some(text) = line.strip_prefix(" stdout: ") {
            self.stdout.get_or_insert_default().push_str(&unquote(text)?);
        } else if let Some(text) = line.strip_prefix(" stdin: ") {
            self.stdin.push_str(&unquote(text)?);
        } else if let Some(text) = line.strip_prefix(" args: ") {
            self.args.extend(text.split_whitespace().map(str::to_string));
        } else if let Some(text) = line.strip_prefix(" ways: ") {
            self.ways.extend(text.split_whitespace().map(str::to_string));
        } else if let Some(text) = line.strip_prefix(" status: ") {
            self.status = text.trim().parse()?;
        } else if let Some(text) = line.strip_prefix(" counts: ") {
            self.counts = Some(Counts::read(text)?);
        } else {
            self.remarks.push(line.to_string());
        }
        Ok(())
    }

    /// The comment lines, each with its line end.
    pub fn write(&self, mark: &str) -> String {
        let mut lines = self.remarks.clone();
        if !self.ways.is_empty() {
            lines.push(format!(" ways: {}", self.ways.join(" ")));
        }
        if !self.args.is_empty() {
            lines.push(format!(" args: {}", self.args.join(" ")));
        }
        if !self.stdin.is_empty() {
            lines.push(format!(" stdin: {}", quote(&self.stdin)));
        }
        match self.stdout.as_deref() {
            None => {}
            Some("") => lines.push(" stdout: empty".into()),
            Some(stdout) => lines.extend(stdout.split_inclusive('\n').map(stdout_line)),
        }
        lines.extend(self.stderr.iter().map(|text| format!(" stderr| {text}").trim_end().to_string()));
        if self.status != 0 {
            lines.push(format!(" status: {}", self.status));
        }
        if let Some(Counts { allocations, frees }) = self.counts {
            lines.push(format!(" counts: allocations={allocations} frees={frees}"));
        }
        lines.into_iter().map(|line| format!("{mark}{line}\n")).collect()
    }
}

fn stdout_line(piece: &str) -> String {
    match piece.strip_suffix('\n') {
        Some("") => " stdout|".to_string(),
        // What an editor would change or not show is quoted.
        Some(text) if !text.contains(char::is_control) && !text.ends_with(' ') => format!(" stdout| {text}"),
        _ => format!(" stdout: {}", quote(piece)),
    }
}

impl Counts {
    fn read(text: &str) -> Result<Counts> {
        let mut counts = Counts { allocations: 0, frees: 0 };
        for word in text.split_whitespace() {
            match word.split_once('=') {
                Some(("allocations", number)) => counts.allocations = number.parse()?,
                Some(("frees", number)) => counts.frees = number.parse()?,
                _ => bail!("`{word}` is neither `allocations=N` nor `frees=N`"),
            }
        }
        Ok(counts)
    }
}

/// Whether a line is the expected one, in which `[..]` stands for anything.
pub fn line_matches(pattern: &str, line: &str) -> bool {
    match pattern.split_once("[..]") {
        None => pattern == line,
        Some((start, rest)) => line.strip_prefix(start).is_some_and(|tail| {
            (0..=tail.len()).any(|at| tail.is_char_boundary(at) && line_matches(rest, &tail[at..]))
        }),
    }
}

/// A string with its escapes, in quotation marks.
pub fn quote(text: &str) -> String {
    format!("{text:?}")
}

/// The string in quotation marks that fills the text, with the escapes of Rust.
pub fn unquote(text: &str) -> Result<String> {
    let quoted = text.trim();
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let inner = inner.ok_or_else(|| anyhow!("{quoted} is not in quotation marks"))?;
    let mut out = String::new();
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = rest[at + 1..].chars().next().ok_or_else(|| anyhow!("{quoted} ends in a backslash"))?;
        rest = &rest[at + 1 + escape.len_utf8()..];
        out.push(match escape {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '0' => '\0',
            '"' | '\'' | '\\' => escape,
            'u' => {
                let (code, tail) = rest
                    .strip_prefix('{')
                    .and_then(|rest| rest.split_once('}'))
                    .ok_or_else(|| anyhow!("`\\u` needs `{{HEX}}` in {quoted}"))?;
                rest = tail;
                char::from_u32(u32::from_str_radix(code, 16)?).ok_or_else(|| anyhow!("`{code}` is no character"))?
            }
            other => bail!("unknown escape `\\{other}` in {quoted}"),
        });
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comment_lines_round_trip() {
        let expectation = Expectation {
            args: vec!["a".into(), "b".into()],
            stdin: "one\ntwo".into(),
            stdout: Some("x\n\ttab\ntrailing \n\nno end".into()),
            stderr: vec!["panic".into()],
            status: 101,
            counts: Some(Counts { allocations: 3, frees: 2 }),
            ways: vec!["jit".into()],
            remarks: vec![" a remark".into()],
        };
        for mark in [MIR, KEA] {
            let text = format!("kea-mir 1.0\nend\n\n{}", expectation.write(mark));
            assert_eq!(split(&text, mark).0, "kea-mir 1.0\nend\n");
            assert_eq!(Expectation::read(&text, mark).expect("what was written"), expectation);
        }
    }

    #[test]
    fn nothing_is_expected_silently() {
        assert_eq!(Expectation::read("kea-mir 1.0\n", MIR).expect("no expectations").stdout, None);
        let empty = Expectation::read("kea-mir 1.0\n; stdout: empty\n", MIR).expect("an expectation");
        assert_eq!(empty.stdout.as_deref(), Some(""));
    }
}
