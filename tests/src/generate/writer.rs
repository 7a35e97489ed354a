//! The code of a random function.

use super::Choices;
use std::fmt::{self, Write};

/// How many statements a block of statements has at most.
const STATEMENTS_MAX: usize = 8;
/// How deep branches and loops nest.
const DEPTH_MAX: usize = 2;

/// A value's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name(usize);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

/// What an owned value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    List,
    Box,
    Vec,
    Pair,
    Closure,
}

/// A function in the making. The owned values are those that the statements being written may consume; values of
/// statements around them are owned, too, and left alone.
pub(super) struct Writer<'a, 'b> {
    choices: &'a mut Choices<'b>,
    pub(super) out: String,
    number: usize,
    values: usize,
    blocks: usize,
    depth: usize,
    pub(super) integers: Vec<Name>,
    floats: Vec<Name>,
    bools: Vec<Name>,
    pub(super) owned: Vec<(Name, Kind)>,
    /// Those that are known to be the only reference, and must be frozen before there is another one.
    unique: Vec<Name>,
    borrowed: Vec<Name>,
}

impl<'a, 'b> Writer<'a, 'b> {
    pub(super) fn new(choices: &'a mut Choices<'b>, number: usize) -> Writer<'a, 'b> {
        Writer {
            choices,
            out: String::new(),
            number,
            values: 0,
            blocks: 1,
            depth: 0,
            integers: Vec::new(),
            floats: Vec::new(),
            bools: Vec::new(),
            owned: Vec::new(),
            unique: Vec::new(),
            borrowed: Vec::new(),
        }
    }

    pub(super) fn function(mut self) -> String {
        let (a, b, list, lent) = (self.name(), self.name(), self.name(), self.name());
        let header = format!(
            "local func @f{} ({a}: i64, {b}: i64, {list}: own ref List, {lent}: borrow ref List) -> (i64, own ref List) pure !1:{}:1\nb0:",
            self.number,
            self.number + 1
        );
        self.open(&header);
        self.integers = vec![a, b];
        self.borrowed = vec![lent];
        let (integer, list) = self.nested(vec![(list, Kind::List)]);
        self.line(format_args!("return ({integer}, {list})"));
        self.out + "end\n"
    }

    pub(super) fn open(&mut self, header: &str) {
        self.out.push('\n');
        self.out.push_str(header);
        self.out.push('\n');
    }

    pub(super) fn line(&mut self, line: impl fmt::Display) {
        // Writing to a string does not fail.
        let _ = writeln!(self.out, "  {line}");
    }

    fn name(&mut self) -> Name {
        self.values += 1;
        Name(self.values - 1)
    }

    fn block(&mut self) -> usize {
        self.blocks += 1;
        self.blocks - 1
    }

    fn begin(&mut self, block: usize, params: &str) {
        let params = if params.is_empty() { String::new() } else { format!(" ({params})") };
        let _ = writeln!(self.out, "b{block}{params}:");
    }

    pub(super) fn define(&mut self, code: impl fmt::Display) -> Name {
        let name = self.name();
        self.line(format_args!("{name} = {code}"));
        name
    }

    /// An integer that is there, or a constant.
    fn integer(&mut self) -> Name {
        match self.choices.below(self.integers.len() + 1) {
            0 => {
                let number = self.choices.integer();
                self.define(format_args!("const.i64 {number}"))
            }
            index => self.integers[self.integers.len() - index],
        }
    }

    fn float(&mut self) -> Name {
        match self.choices.below(self.floats.len() + 1) {
            0 => {
                let literal = self.choices.one_of(&["0.0", "1.5", "-2.25", "1e300", "inf", "nan"]);
                self.define(format_args!("const.f64 {literal}"))
            }
            index => self.floats[self.floats.len() - index],
        }
    }

    fn condition(&mut self) -> Name {
        match self.bools.last() {
            Some(name) if self.choices.below(2) == 1 => *name,
            _ => {
                let (a, b) = (self.integer(), self.integer());
                let mnemonic = self.choices.one_of(&["lt.i64.signed", "eq.i64", "ge.i64.unsigned", "ne.i64"]);
                self.define(format_args!("{mnemonic} {a} {b}"))
            }
        }
    }

    /// Takes an owned value of the kind out of those that may be consumed.
    fn take_owned(&mut self, kind: Kind) -> Option<Name> {
        let index = self.owned.iter().rposition(|(_, other)| *other == kind)?;
        Some(self.owned.remove(index).0)
    }

    /// An owned list: one that is there, or the empty one.
    fn list(&mut self) -> Name {
        match self.take_owned(Kind::List) {
            Some(list) => list,
            None => self.define("immediate List.Nil"),
        }
    }

    /// Statements that own `locals` and nothing else. Gives an integer and an owned list; consumes everything else.
    fn nested(&mut self, locals: Vec<(Name, Kind)>) -> (Name, Name) {
        let around = std::mem::replace(&mut self.owned, locals);
        let seen = (self.integers.len(), self.floats.len(), self.bools.len());
        self.depth += 1;
        for _ in 0..self.choices.below(STATEMENTS_MAX + 1) {
            self.statement();
        }
        self.depth -= 1;
        let (integer, list) = (self.integer(), self.list());
        for (value, _) in std::mem::replace(&mut self.owned, around) {
            self.line(format_args!("release {value}"));
        }
        self.integers.truncate(seen.0);
        self.floats.truncate(seen.1);
        self.bools.truncate(seen.2);
        (integer, list)
    }

    fn statement(&mut self) {
        match self.choices.below(18) {
            0 => self.arithmetic(),
            1 => self.narrow_arithmetic(),
            2 => self.float_arithmetic(),
            3 => self.comparison(),
            4 => self.checked_arithmetic(),
            5 | 6 => self.cons(),
            7 => self.retain(),
            8 => self.head(),
            9 => self.uncons(),
            10 => self.new_box(),
            11 => self.update_box(),
            12 => self.vector(),
            13 => self.pair(),
            14 => self.closure(),
            15 if self.depth <= DEPTH_MAX => self.branch(),
            16 if self.depth <= DEPTH_MAX => self.repeat(),
            17 if self.number > 0 => {
                let callee = self.choices.below(self.number);
                self.call(callee);
            }
            _ => self.arithmetic(),
        }
    }

    fn arithmetic(&mut self) {
        let (a, b) = (self.integer(), self.integer());
        let mnemonic = self.choices.one_of(&[
            "add.i64.wrapping",
            "sub.i64.wrapping",
            "mul.i64.wrapping",
            "and.i64",
            "or.i64",
            "xor.i64",
            "mul_high.i64.signed",
            "mul_high.i64.unsigned",
            "shift_left.i64.masked",
            "shift_right_signed.i64.masked",
            "shift_right_unsigned.i64.masked",
            "rotate_left.i64",
        ]);
        let result = self.define(format_args!("{mnemonic} {a} {b}"));
        self.integers.push(result);
    }

    fn narrow_arithmetic(&mut self) {
        let (a, b) = (self.integer(), self.integer());
        let ty = self.choices.one_of(&["i8", "i16", "i32"]);
        let a = self.define(format_args!("truncate.i64->{ty} {a}"));
        let b = self.define(format_args!("truncate.i64->{ty} {b}"));
        let sum = match self.choices.below(3) {
            0 => self.define(format_args!("add.{ty}.wrapping {a} {b}")),
            1 => self.define(format_args!("mul.{ty}.wrapping {a} {b}")),
            _ => {
                let mode = self.choices.one_of(&["signed", "unsigned"]);
                let (sum, overflow) = (self.name(), self.name());
                self.line(format_args!("{sum}, {overflow} = add_overflow.{ty}.{mode} {a} {b}"));
                self.bools.push(overflow);
                sum
            }
        };
        let extend = self.choices.one_of(&["extend_signed", "extend_unsigned"]);
        let result = self.define(format_args!("{extend}.{ty}->i64 {sum}"));
        self.integers.push(result);
    }

    fn float_arithmetic(&mut self) {
        let integer = self.integer();
        let a = self.define(format_args!("int_to_float.i64->f64.signed {integer}"));
        let b = self.float();
        let mnemonic = self.choices.one_of(&["add.f64", "sub.f64", "mul.f64", "div.f64", "min.f64", "max.f64"]);
        let result = self.define(format_args!("{mnemonic} {a} {b}"));
        let root = self.define(format_args!("sqrt.f64 {result}"));
        // The bits of a NaN are the machine's business: programs look at numbers only.
        let integer = self.define(format_args!("float_to_int.f64->i64.signed {result}"));
        self.floats.push(root);
        self.integers.push(integer);
    }

    fn comparison(&mut self) {
        let result = if self.choices.below(2) == 0 {
            let condition = self.condition();
            let (a, b) = (self.integer(), self.integer());
            let chosen = self.define(format_args!("select.i64 {condition} {a} {b}"));
            self.integers.push(chosen);
            condition
        } else {
            let (a, b) = (self.float(), self.float());
            let mnemonic = self.choices.one_of(&["lt.f64", "eq.f64", "ne.f64", "ge.f64"]);
            self.define(format_args!("{mnemonic} {a} {b}"))
        };
        self.bools.push(result);
    }

    /// May end the program by a panic.
    fn checked_arithmetic(&mut self) {
        let (a, b) = (self.integer(), self.integer());
        let mnemonic = self.choices.one_of(&[
            "add.i64.checked",
            "sub.i64.checked",
            "mul.i64.checked",
            "div.i64.checked",
            "rem.i64.checked",
            "add.i64.checked_unsigned",
        ]);
        let result = self.define(format_args!("{mnemonic} {a} {b}"));
        let line = self.values;
        // The location of a check tells which one panicked.
        self.out.truncate(self.out.trim_end().len());
        let _ = writeln!(self.out, " !1:{line}:3");
        self.integers.push(result);
    }

    fn cons(&mut self) {
        let (head, tail) = (self.integer(), self.list());
        let list = self.define(format_args!("new List.Cons ({head}, {tail})"));
        self.owned.push((list, Kind::List));
        self.unique.push(list);
    }

    fn retain(&mut self) {
        let borrowed = self.borrowed.iter().map(|name| (*name, Kind::List));
        let candidates: Vec<(Name, Kind)> = self.owned.iter().copied().chain(borrowed).collect();
        let Some((value, kind)) = candidates.get(self.choices.below(candidates.len().max(1))).copied() else { return };
        let value = if self.unique.contains(&value) { self.freeze(value) } else { value };
        let copy = self.define(format_args!("retain {value}"));
        self.owned.push((copy, kind));
    }

    fn freeze(&mut self, value: Name) -> Name {
        let frozen = self.define(format_args!("freeze {value}"));
        for (name, _) in self.owned.iter_mut().filter(|(name, _)| *name == value) {
            *name = frozen;
        }
        frozen
    }

    /// Reads the head of a list, without consuming it.
    fn head(&mut self) {
        let owned = self.owned.iter().filter(|(_, kind)| *kind == Kind::List).map(|(name, _)| *name);
        let lists: Vec<Name> = self.borrowed.iter().copied().chain(owned).collect();
        let Some(list) = lists.get(self.choices.below(lists.len().max(1))).copied() else { return };
        let (nil, cons, join) = (self.block(), self.block(), self.block());
        self.line(format_args!("switch_tag {list} [0: b{nil}, 1: b{cons}]"));
        self.begin(nil, "");
        let number = self.choices.integer();
        let absent = self.define(format_args!("const.i64 {number}"));
        self.line(format_args!("jump b{join} ({absent})"));
        self.begin(cons, "");
        let head = self.define(format_args!("field {list} Cons.head"));
        self.line(format_args!("jump b{join} ({head})"));
        let result = self.name();
        self.begin(join, &format!("{result}: i64"));
        self.integers.push(result);
    }

    /// Takes a list apart and builds another one in its memory, or frees it.
    fn uncons(&mut self) {
        let Some(list) = self.take_owned(Kind::List) else { return };
        let (nil, cons, join) = (self.block(), self.block(), self.block());
        self.line(format_args!("switch_tag {list} [1: b{cons}, else: b{nil}]"));
        self.begin(nil, "");
        let zero = self.define("const.i64 0");
        self.line(format_args!("jump b{join} ({zero}, {list})"));
        self.begin(cons, "");
        let (head, tail, token) = (self.name(), self.name(), self.name());
        self.line(format_args!("{head}, {tail}, {token} = take {list} Cons"));
        let rest = if self.choices.below(2) == 0 {
            let head = self.integer();
            self.define(format_args!("new List.Cons ({head}, {tail}) reuse {token}"))
        } else {
            self.line(format_args!("free_token {token}"));
            tail
        };
        self.line(format_args!("jump b{join} ({head}, {rest})"));
        self.join(join, "List", Kind::List);
    }

    /// A block that receives an integer and an owned value.
    fn join(&mut self, block: usize, layout: &str, kind: Kind) {
        let (integer, value) = (self.name(), self.name());
        self.begin(block, &format!("{integer}: i64, {value}: own ref {layout}"));
        self.integers.push(integer);
        self.owned.push((value, kind));
    }

    fn new_box(&mut self) {
        let (value, link) = (self.integer(), self.list());
        let name = self.define(format_args!("new Box.Box ({value}, {link})"));
        self.owned.push((name, Kind::Box));
        self.unique.push(name);
    }

    /// Updates a box in place where nobody else holds it.
    fn update_box(&mut self) {
        let Some(old) = self.take_owned(Kind::Box) else { return self.new_box() };
        let (value, link) = (self.integer(), self.list());
        let (unique, shared, join) = (self.block(), self.block(), self.block());
        self.line(format_args!("try_claim {old} unique b{unique} shared b{shared}"));
        let claimed = self.name();
        self.begin(unique, &format!("{claimed}: uniq ref Box"));
        let before = self.define(format_args!("field {claimed} Box.value"));
        let stored = self.define(format_args!("store {claimed} Box.value {value}"));
        let (swapped, dropped) = (self.name(), self.name());
        self.line(format_args!("{swapped}, {dropped} = swap {stored} Box.link {link}"));
        self.line(format_args!("release {dropped}"));
        self.line(format_args!("jump b{join} ({before}, {swapped})"));
        let held = self.name();
        self.begin(shared, &format!("{held}: own ref Box"));
        let (before, dropped, token) = (self.name(), self.name(), self.name());
        self.line(format_args!("{before}, {dropped}, {token} = take {held} Box"));
        self.line(format_args!("release {dropped}"));
        let built = self.define(format_args!("new Box.Box ({value}, {link}) reuse {token}"));
        self.line(format_args!("jump b{join} ({before}, {built})"));
        self.join(join, "Box", Kind::Box);
    }

    /// Adds to a vector and reads an element, perhaps out of its bounds.
    fn vector(&mut self) {
        let vector = match self.take_owned(Kind::Vec) {
            Some(shared) => self.define(format_args!("array_unshare {shared}")),
            None => {
                let capacity = self.choices.below(4);
                let capacity = self.define(format_args!("const.i64 {capacity}"));
                self.define(format_args!("array_new Vec {capacity}"))
            }
        };
        let (element, one) = (self.integer(), self.define("const.i64 1"));
        let roomy = self.define(format_args!("array_reserve {vector} {one}"));
        let pushed = self.define(format_args!("array_push {roomy} {element}"));
        let length = self.define(format_args!("array_length {pushed}"));
        let index = self.choices.below(3);
        let index = self.define(format_args!("const.i64 {index}"));
        let checked = if self.choices.below(4) == 0 {
            index
        } else {
            self.define(format_args!("rem.i64.unsigned {index} {length}"))
        };
        let line = self.values;
        self.line(format_args!("bounds {checked} {length} !1:{line}:5"));
        let read = self.define(format_args!("elem {pushed} {checked}"));
        let stored = self.define(format_args!("elem_store {pushed} {checked} {element}"));
        self.integers.extend([length, read]);
        self.owned.push((stored, Kind::Vec));
        self.unique.push(stored);
    }

    /// Packs a pair, or unpacks one.
    fn pair(&mut self) {
        match self.take_owned(Kind::Pair) {
            None => {
                let (first, second) = (self.integer(), self.list());
                let pair = self.define(format_args!("pack Pair.Pair ({first}, {second})"));
                self.owned.push((pair, Kind::Pair));
            }
            Some(pair) => {
                let (first, second) = (self.name(), self.name());
                self.line(format_args!("{first}, {second} = unpack {pair} Pair"));
                self.integers.push(first);
                self.owned.push((second, Kind::List));
            }
        }
    }

    /// Makes a closure, or calls one.
    fn closure(&mut self) {
        let integer = self.integer();
        let closure = match self.take_owned(Kind::Closure) {
            None => self.define(format_args!("closure Step @step ({integer})")),
            Some(closure) => {
                let result = self.define(format_args!("call_closure {closure} ({integer})"));
                self.integers.push(result);
                closure
            }
        };
        self.owned.push((closure, Kind::Closure));
    }

    fn branch(&mut self) {
        let condition = self.condition();
        let moved = self.take_owned(Kind::List);
        let (yes, no, join) = (self.block(), self.block(), self.block());
        self.line(format_args!("branch {condition} b{yes} b{no}"));
        for block in [yes, no] {
            self.begin(block, "");
            let (integer, list) = self.nested(moved.map(|list| (list, Kind::List)).into_iter().collect());
            self.line(format_args!("jump b{join} ({integer}, {list})"));
        }
        self.join(join, "List", Kind::List);
    }

    fn repeat(&mut self) {
        let count = self.choices.below(5);
        let limit = self.define(format_args!("const.i64 {count}"));
        let (start, sum, list) = (self.define("const.i64 0"), self.integer(), self.list());
        let (head, body, exit) = (self.block(), self.block(), self.block());
        self.line(format_args!("jump b{head} ({start}, {sum}, {list})"));
        let (index, sum, list) = (self.name(), self.name(), self.name());
        self.begin(head, &format!("{index}: i64, {sum}: i64, {list}: own ref List"));
        let more = self.define(format_args!("lt.i64.signed {index} {limit}"));
        self.line(format_args!("branch {more} b{body} b{exit}"));
        self.begin(body, "");
        let seen = self.integers.len();
        self.integers.extend([index, sum]);
        let (integer, next) = self.nested(vec![(list, Kind::List)]);
        self.integers.truncate(seen);
        let one = self.define("const.i64 1");
        let index = self.define(format_args!("add.i64.wrapping {index} {one}"));
        self.line(format_args!("jump b{head} ({index}, {integer}, {next})"));
        self.begin(exit, "");
        self.integers.push(sum);
        self.owned.push((list, Kind::List));
    }

    pub(super) fn call(&mut self, callee: usize) {
        let (a, b, list) = (self.integer(), self.integer(), self.list());
        let lent = match self.borrowed.last() {
            Some(lent) => *lent,
            None => self.define("immediate List.Nil"),
        };
        let (integer, result) = (self.name(), self.name());
        self.line(format_args!("{integer}, {result} = call @f{callee} ({a}, {b}, {list}, {lent})"));
        if self.borrowed.is_empty() {
            self.line(format_args!("release {lent}"));
        }
        self.integers.push(integer);
        self.owned.push((result, Kind::List));
    }
}
