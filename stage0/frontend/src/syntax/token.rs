//! Tokens: what the lexer reads and the layout pass arranges.

/// What a token is. Marks of the layout pass are tokens too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum TokenKind {
    /// A block begins.
    Open,
    /// An item ends and another one begins.
    Next,
    /// A block ends.
    Close,
    /// A line of documentation.
    Doc,
    /// A name that begins with a small letter.
    Lower,
    /// A name that begins with a capital letter.
    Upper,
    /// An integer literal.
    Integer,
    /// A float literal.
    Float,
    /// A character literal.
    Char,
    /// A string without holes.
    String,
    /// A string up to its first hole.
    StringStart,
    /// The text between two holes.
    StringMiddle,
    /// The text behind the last hole.
    StringEnd,
    /// The bar before a lambda's parameters.
    BarOpen,
    /// The bar behind a lambda's parameters.
    BarClose,

    And,
    As,
    Borrow,
    Case,
    Catch,
    Cond,
    Const,
    Documentation,
    Effect,
    Else,
    Enum,
    Fail,
    False,
    Fn,
    For,
    Handle,
    If,
    In,
    Let,
    Not,
    Or,
    Pub,
    Resume,
    Struct,
    Test,
    Then,
    Trait,
    True,
    Type,
    Unsafe,
    Use,
    Var,
    When,
    Where,
    While,
    With,

    RoundOpen,
    RoundClose,
    SquareOpen,
    SquareClose,
    BraceOpen,
    BraceClose,
    /// `#{`
    RecordOpen,
    /// `%{`
    MapOpen,
    /// `~{`
    UpdateOpen,
    /// `-[`
    RowOpen,
    /// `]>`
    RowClose,
    Comma,
    Colon,
    Dot,
    DotDot,
    DotDotEqual,
    Arrow,
    LeftArrow,
    FatArrow,
    Assign,
    Equals,
    Equal,
    NotEqual,
    Less,
    Greater,
    LessEqual,
    GreaterEqual,
    Plus,
    PlusPlus,
    Combine,
    Minus,
    Star,
    Slash,
    Percent,
    ColonColon,
    Question,
    Pipe,
    /// `||` where no lambda can stand; an error.
    PipePipe,
    At,
    Dollar,
    Underscore,
}

use TokenKind::*;

/// The keywords, those with the same first letter side by side. After `fn`, `.` and `@` they are ordinary names.
const KEYWORDS: [(TokenKind, &str); 37] = [
    (And, "and"),
    (As, "as"),
    (Borrow, "borrow"),
    (Case, "case"),
    (Catch, "catch"),
    (Cond, "cond"),
    (Const, "const"),
    (Documentation, "doc"),
    (Effect, "effect"),
    (Else, "else"),
    (Enum, "enum"),
    (Fail, "fail"),
    (False, "false"),
    (Fn, "fn"),
    (For, "for"),
    (Handle, "handle"),
    (If, "if"),
    (In, "in"),
    (Let, "let"),
    (Not, "not"),
    (Or, "or"),
    (Pub, "pub"),
    (Resume, "resume"),
    (Struct, "struct"),
    (Test, "test"),
    (Then, "then"),
    (Trait, "trait"),
    (True, "true"),
    (Type, "type"),
    (Unsafe, "unsafe"),
    (Use, "use"),
    (Var, "var"),
    (When, "when"),
    (Where, "where"),
    (While, "while"),
    (With, "with"),
    (Underscore, "_"),
];

/// The symbols, those with the same first byte side by side, each before those that it begins with. Only `]>` stands behind `]`: the
/// lexer finds it where it closes `-[`.
const SYMBOLS: [(TokenKind, &str); 40] = [
    (DotDotEqual, "..="),
    (DotDot, ".."),
    (Dot, "."),
    (RecordOpen, "#{"),
    (MapOpen, "%{"),
    (Percent, "%"),
    (UpdateOpen, "~{"),
    (RowOpen, "-["),
    (Arrow, "->"),
    (Minus, "-"),
    (LeftArrow, "<-"),
    (LessEqual, "<="),
    (Combine, "<>"),
    (Less, "<"),
    (FatArrow, "=>"),
    (Equal, "=="),
    (Equals, "="),
    (Assign, ":="),
    (ColonColon, "::"),
    (Colon, ":"),
    (NotEqual, "!="),
    (GreaterEqual, ">="),
    (Greater, ">"),
    (PlusPlus, "++"),
    (Plus, "+"),
    (PipePipe, "||"),
    (Pipe, "|"),
    (RoundOpen, "("),
    (RoundClose, ")"),
    (SquareOpen, "["),
    (SquareClose, "]"),
    (RowClose, "]>"),
    (BraceOpen, "{"),
    (BraceClose, "}"),
    (Comma, ","),
    (Star, "*"),
    (Slash, "/"),
    (Question, "?"),
    (At, "@"),
    (Dollar, "$"),
];

/// [`KEYWORDS`] and [`SYMBOLS`] by kind.
static SPELLINGS: [&str; 128] = {
    let mut table = [""; 128];
    let mut index = 0;
    while index < KEYWORDS.len() {
        table[KEYWORDS[index].0 as usize] = KEYWORDS[index].1;
        index += 1;
    }
    index = 0;
    while index < SYMBOLS.len() {
        table[SYMBOLS[index].0 as usize] = SYMBOLS[index].1;
        index += 1;
    }
    table
};

/// Where the spellings with a first byte begin in a table that has them side by side; 255 where there are none.
const fn index_by_first_byte<const N: usize>(table: &[(TokenKind, &str); N]) -> [u8; 128] {
    let mut starts = [u8::MAX; 128];
    let mut index = N;
    while index > 0 {
        index -= 1;
        starts[table[index].1.as_bytes()[0] as usize] = index as u8;
    }
    starts
}

static KEYWORD_STARTS: [u8; 128] = index_by_first_byte(&KEYWORDS);
static SYMBOL_STARTS: [u8; 128] = index_by_first_byte(&SYMBOLS);

/// The spellings of a table that begin with a byte.
fn beginning_with(
    first: u8,
    table: &'static [(TokenKind, &'static str)],
    starts: &[u8; 128],
) -> impl Iterator<Item = &'static (TokenKind, &'static str)> {
    let start = starts.get(usize::from(first)).copied().unwrap_or(u8::MAX);
    let rest = table.get(usize::from(start)..).unwrap_or(&[]);
    rest.iter().take_while(move |(_, text)| text.as_bytes()[0] == first)
}

impl TokenKind {
    /// The keyword that a word is, if it is one.
    pub fn keyword(word: &str) -> Option<TokenKind> {
        let first = *word.as_bytes().first()?;
        beginning_with(first, &KEYWORDS, &KEYWORD_STARTS).find(|(_, text)| *text == word).map(|&(kind, _)| kind)
    }

    /// The symbol that a text begins with, and its length.
    pub fn symbol(text: &[u8]) -> Option<(TokenKind, usize)> {
        let first = *text.first()?;
        let mut symbols = beginning_with(first, &SYMBOLS, &SYMBOL_STARTS);
        let found = symbols.find(|(_, symbol)| text.starts_with(symbol.as_bytes()));
        found.map(|&(kind, symbol)| (kind, symbol.len()))
    }

    /// How keywords and symbols are written; empty for the other kinds.
    pub fn spelling(self) -> &'static str {
        SPELLINGS[self as usize]
    }

    /// Its name in a dump.
    pub fn class(self) -> &'static str {
        match self {
            Open => "open",
            Next => "next",
            Close => "close",
            Doc => "doc",
            Lower => "lower",
            Upper => "upper",
            Integer => "integer",
            Float => "float",
            Char => "char",
            String => "string",
            StringStart => "string-start",
            StringMiddle => "string-middle",
            StringEnd => "string-end",
            BarOpen => "bar-open",
            BarClose => "bar-close",
            kind if (And as u8..=With as u8).contains(&(kind as u8)) => "keyword",
            _ => "symbol",
        }
    }

    /// Whether it is a mark of the layout pass.
    pub fn is_mark(self) -> bool {
        matches!(self, Open | Next | Close)
    }

    /// Whether it opens a bracket.
    pub fn opens_bracket(self) -> bool {
        matches!(self, RoundOpen | SquareOpen | BraceOpen | RecordOpen | MapOpen | UpdateOpen | RowOpen | StringStart)
    }

    /// Whether it closes a bracket.
    pub fn closes_bracket(self) -> bool {
        matches!(self, RoundClose | SquareClose | BraceClose | RowClose | StringEnd)
    }

    /// Whether it stands between two operands (or alternatives of a pattern, or elements), so that a line that it ends
    /// goes on in the next one.
    pub fn is_infix(self) -> bool {
        self == Minus
            || self == Pipe
            || self == Comma
            || self.continues_line() && !matches!(self, Else | Then | Where | Arrow | RowOpen | Dot)
    }

    /// Whether a line that begins with it continues the line before.
    pub fn continues_line(self) -> bool {
        matches!(
            self,
            Else | Then
                | Where
                | Arrow
                | RowOpen
                | Dot
                | And
                | Or
                | DotDot
                | DotDotEqual
                | Equal
                | NotEqual
                | Less
                | Greater
                | LessEqual
                | GreaterEqual
                | Plus
                | PlusPlus
                | Combine
                | Star
                | Slash
                | Percent
                | ColonColon
        )
    }

    /// Whether it opens a block where it ends a line.
    pub fn opens_block(self) -> bool {
        matches!(self, Arrow | Equals | Assign | Then | Else | Catch | Cond | Unsafe | BarClose)
    }

    /// Whether an operand ends with it, so that a bar behind it separates alternatives.
    pub fn ends_operand(self) -> bool {
        matches!(
            self,
            Lower
                | Upper
                | Integer
                | Float
                | Char
                | String
                | StringEnd
                | RoundClose
                | SquareClose
                | BraceClose
                | RowClose
                | Question
                | True
                | False
                | Underscore
                | Dollar
                | Close
        )
    }
}

/// A token.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Whether it follows the token before it directly.
    pub tight: bool,
    /// Its column, from 1 on, where it is the first of its line; 0 elsewhere.
    pub column: u32,
    /// Its first byte in the file; of a mark, that of the token behind it.
    pub start: u32,
    /// Behind its last byte; of a mark, that of the token before it.
    pub end: u32,
    /// The number of its value: the text of strings, characters and documentation, escapes resolved.
    pub value: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_found() {
        for (kind, text) in KEYWORDS {
            assert_eq!(TokenKind::keyword(text), Some(kind));
        }
        assert_eq!(TokenKind::keyword("letter"), None);
    }

    #[test]
    fn symbols_are_found_longest_first() {
        for (position, (kind, text)) in SYMBOLS.iter().enumerate() {
            if *kind != RowClose {
                assert_eq!(TokenKind::symbol(text.as_bytes()), Some((*kind, text.len())), "{position}");
            }
        }
    }
}
