//! The layout pass: puts marks between tokens where blocks begin and end and where items of blocks meet, and tells the bars
//! of lambdas from those of alternatives. Section 3 of the language is its specification.

use super::lexer::Lexed;
use super::token::{Token, TokenKind};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::source::{FileId, Span};

/// How deep brackets, blocks and expressions may nest.
const NESTING_MAX: u32 = 2_000;
/// How many operators, calls and `else`s may follow one another in the expressions that surround a place. Each makes the
/// tree one level deeper.
const CHAIN_MAX: u32 = 30_000;

/// Adds the marks.
pub fn arrange(file: FileId, lexed: &Lexed<'_>) -> Outcome<Vec<Token>> {
    let module = Frame::new(FrameKind::Block { column: 1, is_handle: false });
    let mut layout = Layout {
        file,
        lexed,
        out: Vec::with_capacity(lexed.tokens.len() * 5 / 4),
        frames: vec![module],
        heads: Vec::new(),
        choices: Vec::new(),
        brackets: 0,
        indentation: 1,
        previous: None,
        behind_operand: false,
        prefixes: 0,
        depth: 0,
        chain: 0,
    };
    for &token in &lexed.tokens {
        layout.token(token)?;
    }
    layout.finish()?;
    Ok(layout.out)
}

/// What is open around a token.
struct Frame {
    kind: FrameKind,
    /// How many levels it adds. A block whose head is a level of its own adds none.
    levels: u32,
    /// Where its part of [`Layout::heads`] begins.
    heads: usize,
    /// Where its part of [`Layout::choices`] begins.
    choices: usize,
    item: Item,
    /// The first token of the current item.
    item_start: u32,
    /// How many expressions that reach as far right as they can are open in the current item.
    reach: u32,
    /// How many links of chains the current item has.
    chain: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    /// A block, whose items stand in that column.
    Block { column: u32, is_handle: bool },
    /// A bracket or the hole of a string: line ends mean nothing.
    Bracket,
    /// The parameters of a lambda.
    Bars,
}

/// How much of an item of a block has been seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Nothing,
    /// `@`, whose name follows.
    AttributeMark,
    /// Attributes only, which may be followed by a line end.
    Attributes,
    /// `pub`, behind which the declaration begins.
    Visibility,
    Begun,
}

/// The head of a block: behind it, a block opens at the end of the line.
#[derive(Clone, Copy)]
struct Head {
    kind: TokenKind,
    /// The column of the line that it stands in.
    indentation: u32,
}

struct Layout<'t, 'a> {
    file: FileId,
    lexed: &'t Lexed<'a>,
    out: Vec<Token>,
    frames: Vec<Frame>,
    /// The heads that have no block yet, of all frames.
    heads: Vec<Head>,
    /// For each `if` that may still get an `else`, of all frames: the reach outside it.
    choices: Vec<u32>,
    /// How many brackets and bars are open.
    brackets: u32,
    /// The column of the first token of the current line.
    indentation: u32,
    /// The last token of the code.
    previous: Option<Token>,
    /// Whether that, or a mark behind it, ends an operand.
    behind_operand: bool,
    /// How many prefix operators stand directly before.
    prefixes: u32,
    /// The nesting of all frames together.
    depth: u32,
    /// The links of the chains of all frames together.
    chain: u32,
}

impl Frame {
    fn new(kind: FrameKind) -> Frame {
        Frame { kind, levels: 1, heads: 0, choices: 0, item: Item::Nothing, item_start: 0, reach: 0, chain: 0 }
    }
}

impl Layout<'_, '_> {
    fn top(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn span(&self, token: Token) -> Span {
        Span { file: self.file, start: token.start, end: token.end }
    }

    /// Takes in the next token.
    fn token(&mut self, token: Token) -> Outcome<()> {
        if token.kind == TokenKind::Doc {
            self.out.push(token);
            return Ok(());
        }
        if token.column != 0 {
            self.begin_line(token)?;
            self.indentation = token.column;
        }
        if self.brackets > 0 && ends_bracketed_block(token.kind) {
            self.close_bracketed_blocks(token)?;
        }
        self.begin_item(token);
        self.measure(token)?;
        match token.kind {
            TokenKind::Pipe | TokenKind::PipePipe => return self.bars(token),
            kind if kind.opens_bracket() => self.open(FrameKind::Bracket, 1, token)?,
            kind if kind.closes_bracket() => self.close_frame(),
            TokenKind::Comma if self.brackets > 0 => self.reset_item(),
            TokenKind::StringMiddle => self.reset_item(),
            kind => self.head(kind),
        }
        self.push(token);
        Ok(())
    }

    fn push(&mut self, token: Token) {
        self.out.push(token);
        self.previous = Some(token);
        self.behind_operand = token.kind.ends_operand();
    }

    /// Adds a mark before a token.
    fn mark(&mut self, kind: TokenKind, token: Token) {
        let end = self.previous.map_or(token.start, |previous| previous.end);
        self.behind_operand = kind.ends_operand();
        self.out.push(Token { kind, tight: false, column: 0, start: token.start, end, value: 0 });
    }

    /// A line begins: blocks open or close, or the next item begins, or the line before goes on.
    fn begin_line(&mut self, token: Token) -> Outcome<()> {
        let Some(previous) = self.previous else { return self.begin_file(token) };
        if self.brackets > 0 && ends_bracketed_block(token.kind) || previous.kind.is_infix() {
            return Ok(());
        }
        if self.open_block(token, previous)? {
            return Ok(());
        }
        let continues = token.kind.continues_line();
        while let FrameKind::Block { column, is_handle } = self.top().kind {
            if token.column > column {
                return if continues { Ok(()) } else { Err(self.too_deep_a_line(token)) };
            }
            if token.column == column {
                let is_clause = is_handle && token.kind == TokenKind::Then;
                if (!continues || is_clause) && self.top().item != Item::Attributes {
                    self.mark(TokenKind::Next, token);
                    self.reset_item();
                }
                return Ok(());
            }
            self.mark(TokenKind::Close, token);
            let closed = self.top().item_start;
            self.close_frame();
            match self.top().kind {
                FrameKind::Block { column, .. } if token.column > column && !continues => {
                    return Err(self.unaligned_line(token, closed));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The first token of the file stands in the first column.
    fn begin_file(&mut self, token: Token) -> Outcome<()> {
        if token.column <= 1 {
            return Ok(());
        }
        let message = "the first line of a file is not indented";
        Err(Diagnostic::new("bad-indentation", self.span(token), message))
    }

    /// Opens a block before the first token of a line, where the line before asks for one.
    fn open_block(&mut self, token: Token, previous: Token) -> Outcome<bool> {
        let frame = &self.frames[self.frames.len() - 1];
        let block_column = match frame.kind {
            FrameKind::Block { column, .. } => Some(column),
            FrameKind::Bracket => None,
            FrameKind::Bars => return Ok(false),
        };
        let head = self.heads[frame.heads..].last().copied();
        let opener = if previous.kind.opens_block() {
            Head { kind: previous.kind, indentation: self.indentation }
        } else {
            match head {
                Some(head) if !token.kind.continues_line() => head,
                Some(head) if token.kind == TokenKind::Then && head.kind == TokenKind::Handle => head,
                _ => return Ok(false),
            }
        };
        if token.column <= block_column.unwrap_or(opener.indentation) {
            return Ok(false);
        }
        if !previous.kind.opens_block() {
            self.heads.pop();
        }
        self.mark(TokenKind::Open, token);
        let is_handle = opener.kind == TokenKind::Handle;
        let adds_level = matches!(opener.kind, TokenKind::Arrow | TokenKind::Equals | TokenKind::Assign);
        self.open(FrameKind::Block { column: token.column, is_handle }, u32::from(adds_level), token)?;
        Ok(true)
    }

    /// Opens a frame.
    fn open(&mut self, kind: FrameKind, levels: u32, token: Token) -> Outcome<()> {
        let (heads, choices) = (self.heads.len(), self.choices.len());
        self.frames.push(Frame { levels, heads, choices, item_start: token.start, ..Frame::new(kind) });
        self.brackets += u32::from(!matches!(kind, FrameKind::Block { .. }));
        self.depth += levels;
        self.check_depth(token)
    }

    /// Closes the innermost frame.
    fn close_frame(&mut self) {
        self.reset_item();
        if let Some(frame) = self.frames.pop() {
            self.brackets -= u32::from(!matches!(frame.kind, FrameKind::Block { .. }));
            self.depth -= frame.levels;
        }
    }

    /// Forgets what belongs to the current item of the innermost frame.
    fn reset_item(&mut self) {
        let last = self.frames.len() - 1;
        let frame = &mut self.frames[last];
        self.depth -= frame.reach;
        self.chain -= frame.chain;
        (frame.reach, frame.chain, frame.item) = (0, 0, Item::Nothing);
        self.heads.truncate(frame.heads);
        self.choices.truncate(frame.choices);
    }

    /// Closes the blocks in the innermost bracket.
    fn close_bracketed_blocks(&mut self, token: Token) -> Outcome<()> {
        while let FrameKind::Block { .. } = self.top().kind {
            self.mark(TokenKind::Close, token);
            self.close_frame();
        }
        if self.top().kind == FrameKind::Bars && token.kind != TokenKind::Comma {
            return Err(self.open_bars());
        }
        Ok(())
    }

    fn open_bars(&mut self) -> Box<Diagnostic> {
        let start = self.top().item_start;
        let span = Span { file: self.file, start, end: start + 1 };
        Diagnostic::new("unmatched-bracket", span, "the parameters that begin at this `|` have no closing `|`")
    }

    /// Notes what the first tokens of an item of a block say about it.
    fn begin_item(&mut self, token: Token) {
        let FrameKind::Block { .. } = self.top().kind else { return };
        let is_module = self.frames.len() == 1;
        let indentation = self.indentation;
        let frame = self.top();
        if frame.item == Item::Nothing {
            frame.item_start = token.start;
        }
        frame.item = match frame.item {
            Item::Begun => return,
            Item::AttributeMark => Item::Attributes,
            Item::Nothing | Item::Attributes if token.kind == TokenKind::At => Item::AttributeMark,
            Item::Attributes if token.kind == TokenKind::RoundOpen && token.tight => Item::Attributes,
            _ if token.kind == TokenKind::Pub => Item::Visibility,
            _ => Item::Begun,
        };
        use TokenKind::{Const, Effect, Enum, Fn, Struct, Test, Trait, Type, Use};
        let declares = match token.kind {
            Fn | Struct | Enum | Trait | Effect | Test => true,
            Use | Type | Const => false,
            _ => is_module,
        };
        if frame.item == Item::Begun && declares {
            self.heads.push(Head { kind: TokenKind::Fn, indentation });
        }
    }

    /// Counts how deep the tree gets, and refuses what is too deep.
    fn measure(&mut self, token: Token) -> Outcome<()> {
        use TokenKind::{Case, Catch, Cond, Else, Fail, Fn, For, Handle, If, Minus, Not, Resume, While};
        let previous = self.previous.map(|previous| previous.kind);
        let operand = !self.behind_operand;
        match token.kind {
            // Another `if` behind `else` stands in place of the first one.
            If if previous == Some(Else) => {
                let reach = self.top().reach;
                self.choices.push(reach.saturating_sub(1));
            }
            If => {
                let reach = self.top().reach;
                self.choices.push(reach);
                self.reach_further();
            }
            Else => self.otherwise(),
            Case | Catch | Cond | Fail | Fn | For | Handle | Resume | While => self.reach_further(),
            _ => {}
        }
        let is_prefix = token.kind == Not || (token.kind == Minus && operand);
        self.prefixes = if is_prefix { self.prefixes + 1 } else { 0 };
        let links = token.kind == Else || (!operand && links_chain(token.kind));
        if links {
            self.top().chain += 1;
            self.chain += 1;
        }
        if self.chain > CHAIN_MAX {
            let message = format!("more than {CHAIN_MAX} operators, calls and branches in one expression");
            return Err(Diagnostic::new("nesting-too-deep", self.span(token), message).hint("name parts of it"));
        }
        self.check_depth(token)
    }

    /// An expression begins that reaches as far right as it can.
    fn reach_further(&mut self) {
        self.top().reach += 1;
        self.depth += 1;
    }

    /// An `else` ends what was open in the branch before it.
    fn otherwise(&mut self) {
        let first = self.top().choices;
        if self.choices.len() > first
            && let Some(reach) = self.choices.pop()
        {
            let ended = self.top().reach.saturating_sub(reach + 1);
            self.top().reach -= ended;
            self.depth -= ended;
        }
    }

    fn check_depth(&self, token: Token) -> Outcome<()> {
        if self.depth + self.prefixes <= NESTING_MAX {
            return Ok(());
        }
        let message = format!("nested deeper than {NESTING_MAX} levels");
        Err(Diagnostic::new("nesting-too-deep", self.span(token), message))
    }

    /// Notes the heads of blocks.
    fn head(&mut self, kind: TokenKind) {
        let indentation = self.indentation;
        match kind {
            TokenKind::If | TokenKind::Case | TokenKind::Handle | TokenKind::For | TokenKind::While => {
                self.heads.push(Head { kind, indentation });
            }
            TokenKind::Then => {
                let first = self.top().heads;
                if self.heads[first..].last().is_some_and(|head| head.kind == TokenKind::If) {
                    self.heads.pop();
                }
            }
            _ => {}
        }
    }

    /// `|` or `||`: bars of a lambda, or what separates alternatives.
    fn bars(&mut self, token: Token) -> Outcome<()> {
        let is_double = token.kind == TokenKind::PipePipe;
        let single = |at: u32| Token { start: token.start + at, end: token.start + at + 1, ..token };
        let closes = self.top().kind == FrameKind::Bars;
        let begins = !self.behind_operand;
        if closes || begins {
            self.bar(single(0), closes)?;
            if is_double {
                self.bar(Token { tight: true, column: 0, ..single(1) }, !closes)?;
            }
            return Ok(());
        }
        if is_double {
            let error = Diagnostic::new("no-such-operator", self.span(token), "`||` is no operator");
            return Err(error.hint("write `or`"));
        }
        self.push(token);
        Ok(())
    }

    fn bar(&mut self, token: Token, closes: bool) -> Outcome<()> {
        if closes {
            self.close_frame();
            self.push(Token { kind: TokenKind::BarClose, ..token });
            return Ok(());
        }
        self.reach_further();
        self.open(FrameKind::Bars, 0, token)?;
        self.push(Token { kind: TokenKind::BarOpen, ..token });
        Ok(())
    }

    /// A line is deeper than the items of its block.
    fn too_deep_a_line(&mut self, token: Token) -> Box<Diagnostic> {
        let start = self.top().item_start;
        let note = Span { file: self.file, start, end: start + 1 };
        let message = "this line is indented further than its block, and nothing before it opens a new one";
        let error = Diagnostic::new("bad-indentation", self.span(token), message);
        error.note(note, "the items of the block stand in this column")
    }

    /// A line is shallower than one block and deeper than the one around it.
    fn unaligned_line(&mut self, token: Token, closed: u32) -> Box<Diagnostic> {
        let start = self.top().item_start;
        let place = |start: u32| Span { file: self.file, start, end: start + 1 };
        let error = Diagnostic::new("bad-indentation", self.span(token), "this line fits no block");
        error
            .note(place(closed), "the block before it stands in this column")
            .note(place(start), "the block around that stands in this column")
    }

    /// The file ends: so do all blocks.
    fn finish(&mut self) -> Outcome<()> {
        let end = self.lexed.text.len() as u32;
        let token = Token { kind: TokenKind::Close, tight: false, column: 0, start: end, end, value: 0 };
        while self.frames.len() > 1 {
            if self.top().kind == FrameKind::Bars {
                return Err(self.open_bars());
            }
            self.mark(TokenKind::Close, token);
            self.close_frame();
        }
        Ok(())
    }
}

/// Whether a token ends the blocks in the bracket around it.
fn ends_bracketed_block(kind: TokenKind) -> bool {
    kind.closes_bracket() || matches!(kind, TokenKind::Comma | TokenKind::StringMiddle)
}

/// Whether a token behind an operand makes the tree a level deeper without nesting in the text.
fn links_chain(kind: TokenKind) -> bool {
    use TokenKind::{As, Dot, Question, RoundOpen, UpdateOpen};
    (kind.is_infix() && !matches!(kind, TokenKind::Comma | TokenKind::Pipe))
        || matches!(kind, As | Dot | Question | RoundOpen | UpdateOpen)
}
