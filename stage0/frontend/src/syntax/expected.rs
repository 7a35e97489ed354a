//! What could have stood in a place, in words.

/// Tokens of the grammar that have one word together.
struct Group {
    word: &'static str,
    /// The group is expected where all of these are,
    with: &'static [&'static str],
    /// and none of these.
    without: &'static [&'static str],
    /// The tokens that the word covers; and names.
    tokens: &'static [&'static str],
}

/// What begins an expression, or a pattern.
const OPERAND: &[&str] = &[
    "0", "0.0", "''", "\"\"", "\"{", "true", "false", "[", "'(", "(", "&-", "not", "_", "`", "if", "case", "|", "fail",
    "resume", "for", "catch", "while", "cond", "handle",
];
/// What begins a declaration.
const DECLARATION: &[&str] =
    &["fn", "type", "struct", "enum", "const", "trait", "effect", "test", "use", "@", "pub", "(", "{"];

const GROUPS: [Group; 6] = [
    Group { word: "an expression", with: &["0", "[", "`"], without: &[], tokens: OPERAND },
    Group { word: "an expression", with: &["0", "["], without: &["_", "`"], tokens: OPERAND },
    Group { word: "an expression", with: &["handle"], without: &[], tokens: OPERAND },
    Group { word: "a pattern", with: &["0", "_"], without: &["`"], tokens: OPERAND },
    Group { word: "a declaration", with: &["struct"], without: &[], tokens: DECLARATION },
    Group { word: "a type", with: &["(", "{", "A"], without: &["0", "struct"], tokens: &["(", "{", "fn"] },
];

/// What may follow a finished expression, pattern or type, and beginnings of longer texts. It is worth no word.
const CONTINUATION: &[&str] =
    &["&", "&::", "&..", "'", "'.", "'(", "(", "{", "|", "as", ":=", ".", "`", "_", "a :", "a :="];

/// What ends an item: worth a word where nothing else was expected.
const ENDS: [(&str, &str); 3] =
    [("\u{1E}", "a new line"), ("\u{3}", "the end of the block"), ("BUILTIN_RULE", "the end of the line")];

/// What was expected at a place: the texts that pest has tried there, without the spaces behind them.
pub struct Expected {
    tokens: Vec<String>,
}

impl Expected {
    /// Takes what pest has noted.
    pub fn new(tokens: impl IntoIterator<Item = String>) -> Expected {
        Expected { tokens: tokens.into_iter().map(|token| token.trim_end_matches(' ').to_string()).collect() }
    }

    fn has(&self, token: &str) -> bool {
        self.tokens.iter().any(|other| other == token)
    }

    /// Whether an operand is expected, and no expression that reaches as far right as it can.
    pub fn is_operand(&self) -> bool {
        self.has("0") && self.has("[") && !self.has("`") && !self.has("_")
    }

    /// All of it, in words; nothing where only an operator could have stood there.
    pub fn words(&self) -> Vec<String> {
        let applies = |group: &&Group| {
            group.with.iter().all(|token| self.has(token)) && !group.without.iter().any(|token| self.has(token))
        };
        let groups: Vec<&Group> = GROUPS.iter().filter(applies).collect();
        let mut words: Vec<String> = groups.iter().map(|group| group.word.to_string()).collect();
        if self.has("\u{2}") {
            words.push("an indented block".to_string());
        }
        if groups.is_empty() {
            words.extend(self.name().map(str::to_string));
        }
        let is_known = |token: &str| {
            CONTINUATION.contains(&token)
                || matches!(token, "\u{2}" | "a" | "A")
                || ENDS.iter().any(|(end, _)| *end == token)
                || groups.iter().any(|group| group.tokens.contains(&token))
        };
        words.extend(self.tokens.iter().filter(|token| !is_known(token)).map(|token| quoted(token)));
        words.dedup();
        if words.is_empty() {
            words.extend(ENDS.iter().filter(|(end, _)| self.has(end)).map(|(_, word)| word.to_string()));
        }
        words
    }

    fn name(&self) -> Option<&'static str> {
        match (self.has("a"), self.has("A")) {
            (true, true) => Some("a name"),
            (true, false) => Some("a lower-case name"),
            (false, true) => Some("a capitalised name"),
            (false, false) => None,
        }
    }
}

/// A token of the grammar as a person writes it.
fn quoted(token: &str) -> String {
    match token.strip_prefix(['`', '\'', '&']).unwrap_or(token) {
        "0" | "0.0" => "a number".to_string(),
        "\"\"" => "a string".to_string(),
        "}{" | "}\"" => "`}`".to_string(),
        plain => format!("`{plain}`"),
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
