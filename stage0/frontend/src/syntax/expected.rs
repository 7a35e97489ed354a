//! What could have stood in a place, in words.

/// What begins an expression in the marked text. Those before the gap begin operands too.
const EXPRESSION: [&str; 21] = [
    "0 ", "0.0", "''", "\"\"", "\"{", "`true", "`false", "[", "`(", "(", "- ", "`not", // other expressions
    "`if", "`case", "`|", "`fail", "`resume", "`for", "`catch", "`while", "`cond",
];
/// What else begins an expression.
const HANDLE: &str = "`handle";
/// What begins a pattern and no expression.
const WILDCARD: &str = "_ ";
/// What begins a declaration.
const DECLARATION: [&str; 9] = ["`fn", "`type", "`struct", "`enum", "`const", "`trait", "`effect", "`test", "`use"];
/// What may follow a finished expression, pattern or type. It is worth a word only where nothing else could stand.
const CONTINUATION: [&str; 37] = [
    "++", "+ ", "- ", "==", "!=", "<=", ">=", "< ", "> ", "::", "*", "/", "%", "..=", "..", "`and", "`or", ". ", "~{",
    "?", "`(", "(", "{", "| ", "`as", ":=", ".", "+", "-", "=", "<", ">", "!", ":", "`", " ", "_",
];

/// What was expected at a place.
#[derive(Default)]
pub struct Expected {
    tokens: Vec<String>,
    lower: bool,
    upper: bool,
    end: bool,
}

impl Expected {
    /// Sorts what pest has noted: texts, and the ranges of letters that names begin with.
    pub fn new(tokens: impl IntoIterator<Item = String>) -> Expected {
        let mut expected = Expected::default();
        for token in tokens {
            match token.as_str() {
                "a..z" => expected.lower = true,
                "A..Z" => expected.upper = true,
                "BUILTIN_RULE" => expected.end = true,
                _ => expected.tokens.push(token),
            }
        }
        expected
    }

    fn has(&self, token: &str) -> bool {
        self.tokens.iter().any(|other| other == token)
    }

    /// Whether an operand is expected, and no expression that reaches as far right as it can.
    pub fn is_operand(&self) -> bool {
        self.has("0 ") && self.has("[") && !self.has("`if") && !self.has(WILDCARD)
    }

    /// All of it, in words; nothing where only an operator could have stood there.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        let (mut lower, mut upper) = (self.lower, self.upper);
        let mut group = |word: &str, tokens: &[&'static str], names: bool| {
            words.push(word.to_string());
            known.extend(tokens);
            lower &= !names;
            upper &= !names;
        };
        if self.has("0 ") && self.has("[") && (self.has(HANDLE) || !self.has(WILDCARD)) {
            group("an expression", &EXPRESSION, true);
            group("an expression", &[HANDLE], true);
        }
        if self.has("0 ") && self.has(WILDCARD) && !self.has(HANDLE) {
            group("a pattern", &EXPRESSION, true);
        }
        if self.has("`struct") {
            group("a declaration", &DECLARATION, false);
            group("a declaration", &["@", "`pub", "`fn", "{"], true);
        } else if self.has("`fn") && self.upper {
            group("a type", &["`fn", "(", "{"], true);
        } else if self.upper && self.lower && self.has("(") && self.has("{") && !self.has("0 ") {
            group("a type", &["(", "{"], true);
        }
        if self.has("\u{2}") {
            group("an indented block", &["\u{2}"], false);
        }
        known.extend([WILDCARD, "\u{1E}", "\u{3}"]);
        if lower {
            words.push("a name".to_string());
        }
        if upper {
            words.push("a capital name".to_string());
        }
        let others = self.tokens.iter().map(String::as_str).filter(|token| !known.contains(token));
        words.extend(others.filter(|token| !CONTINUATION.contains(token)).map(quoted));
        words.dedup();
        if words.is_empty() || (self.has("\u{1E}") && words.iter().all(|word| word == "`->`")) {
            let ends = [("\u{1E}", "a new line"), ("\u{3}", "the end of the block")];
            words.extend(ends.into_iter().filter(|(token, _)| self.has(token)).map(|(_, word)| word.to_string()));
        }
        if words.is_empty() && self.end {
            words.push("the end of the line".to_string());
        }
        words
    }
}

/// A token of the grammar as a person writes it.
fn quoted(token: &str) -> String {
    let plain = token.trim_end();
    let plain = if plain == "`|" { "|" } else { plain.strip_prefix('`').unwrap_or(plain) };
    match plain {
        "0" | "0.0" => "a number".to_string(),
        "\"\"" => "a string".to_string(),
        "}{" | "}\"" => "`}`".to_string(),
        _ => format!("`{plain}`"),
    }
}

/// Words as a list: `a, b or c`.
pub fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}
