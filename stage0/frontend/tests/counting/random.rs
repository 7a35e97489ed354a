//! Random programs that use values freely: branches, loops, failures, closures, arrays and calls over texts, lists, pairs and arrays.

use std::fmt::Write;

/// What every program has.
const PRELUDE: &str = "\
kea-mir 1.0
target x86_64-unknown-linux-gnu

layout String array i8
layout Names array ref String
layout List
  variant 0 Nil immediate
  variant 1 Cons size 24 align 8
    field head ref Pair @8
    field tail ref List @16
end
layout Pair
  variant 0 Pair size 24 align 8
    field first ref String @8
    field second ref String @16
end

sig Code (own ref String) -> own ref String pure

effect Fail
  op fail (own ref String) -> never zero
end

extern @kea_string_from_i64 (i64) -> own ref String pure
extern @kea_string_append (own ref String, borrow ref String) -> own ref String pure
extern @kea_io_stdout (borrow ref String) -> () effect IO

entry @main

func @code (v0: env, v1: own ref String) -> own ref String captures (ref String, ref List) pure
b0:
  v2 = capture v0 0
  v3 = call @kea_string_append (v1, v2)
  v4 = capture v0 1
  switch_tag v4 [0: b1, 1: b2]
b1:
  return (v3)
b2:
  v5 = field v4 Cons.head
  v6 = field v5 Pair.second
  v7 = call @kea_string_append (v6, v3)
  return (v7)
end
";

/// Kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    List,
    Pair,
    Names,
    Closure,
}

const KINDS: [Kind; 5] = [Kind::Text, Kind::List, Kind::Pair, Kind::Names, Kind::Closure];

impl Kind {
    fn ty(self) -> &'static str {
        match self {
            Kind::Text => "own ref String",
            Kind::List => "own ref List",
            Kind::Pair => "own ref Pair",
            Kind::Names => "own ref Names",
            Kind::Closure => "own fn Code",
        }
    }
}

/// Pseudo-random numbers: splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) % bound as u64) as usize
    }
}

/// A function that exists already.
#[derive(Clone)]
struct Callee {
    name: String,
    params: Vec<Kind>,
    fails: bool,
}

/// A program's text.
pub fn program(seed: u64) -> String {
    let mut random = Random(seed);
    let mut text = PRELUDE.to_string();
    let mut callees: Vec<Callee> = Vec::new();
    for number in 0..1 + random.below(4) {
        let params = (0..random.below(4)).map(|_| KINDS[random.below(KINDS.len())]).collect();
        let callee = Callee { name: format!("f{number}"), params, fails: random.below(3) == 0 };
        text.push_str(&Writer::new(&mut random, &callees, callee.fails).function(&callee));
        callees.push(callee);
    }
    text.push_str(&Writer::new(&mut random, &callees, false).main());
    text
}

/// A block behind a branch: what it begins with, and the names that this gives.
struct Arm {
    block: usize,
    code: String,
    names: Vec<(usize, Kind)>,
}

impl Arm {
    fn of(block: usize) -> Arm {
        Arm { block, code: String::new(), names: Vec::new() }
    }
}

/// A function in the making. Every value in scope may be used anywhere, any number of times.
struct Writer<'a> {
    random: &'a mut Random,
    callees: &'a [Callee],
    fails: bool,
    out: String,
    values: usize,
    blocks: usize,
    depth: usize,
    scope: Vec<(usize, Kind)>,
}

impl<'a> Writer<'a> {
    fn new(random: &'a mut Random, callees: &'a [Callee], fails: bool) -> Writer<'a> {
        Writer { random, callees, fails, out: String::new(), values: 0, blocks: 1, depth: 0, scope: Vec::new() }
    }

    fn function(mut self, callee: &Callee) -> String {
        let params: Vec<String> = callee
            .params
            .iter()
            .map(|kind| {
                let value = self.name(*kind);
                format!("v{value}: {}", kind.ty())
            })
            .collect();
        let fails = if callee.fails { " fails Fail" } else { "" };
        let _ =
            writeln!(self.out, "\nfunc @{} ({}) -> own ref String{fails} pure\nb0:", callee.name, params.join(", "));
        self.statements();
        self.leave();
        self.out + "end\n"
    }

    fn main(mut self) -> String {
        self.out.push_str("\nfunc @main () -> () performs IO\nb0:\n");
        for index in 0..self.callees.len() {
            let value = self.call(index);
            self.line(format_args!("perform.capability @kea_io_stdout (v{value})"));
        }
        self.out + "  return ()\nend\n"
    }

    fn line(&mut self, text: std::fmt::Arguments) {
        let _ = writeln!(self.out, "  {text}");
    }

    fn number(&mut self) -> usize {
        self.values += 1;
        self.values - 1
    }

    fn name(&mut self, kind: Kind) -> usize {
        let value = self.number();
        self.scope.push((value, kind));
        value
    }

    fn define(&mut self, kind: Kind, text: std::fmt::Arguments) -> usize {
        let value = self.name(kind);
        let _ = writeln!(self.out, "  v{value} = {text}");
        value
    }

    fn scalar(&mut self, text: std::fmt::Arguments) -> usize {
        let value = self.number();
        let _ = writeln!(self.out, "  v{value} = {text}");
        value
    }

    fn new_block(&mut self) -> usize {
        self.blocks += 1;
        self.blocks - 1
    }

    fn start(&mut self, block: usize, params: &str) {
        let _ = writeln!(self.out, "b{block}{params}:");
    }

    /// A value of the kind: one in scope, or a new one.
    fn some(&mut self, kind: Kind) -> usize {
        let fitting: Vec<usize> =
            self.scope.iter().filter(|(_, other)| *other == kind).map(|(value, _)| *value).collect();
        if !fitting.is_empty() && self.random.below(6) != 0 {
            return fitting[self.random.below(fitting.len())];
        }
        self.made(kind)
    }

    fn made(&mut self, kind: Kind) -> usize {
        match kind {
            Kind::Text if self.random.below(3) == 0 => self.define(kind, format_args!("string \"s\"")),
            Kind::Text => {
                let number = self.random.below(100);
                let number = self.scalar(format_args!("const.i64 {number}"));
                self.define(kind, format_args!("call @kea_string_from_i64 (v{number})"))
            }
            Kind::List if self.random.below(2) == 0 => self.define(kind, format_args!("immediate List.Nil")),
            Kind::List => {
                let (head, tail) = (self.some(Kind::Pair), self.some(Kind::List));
                self.define(kind, format_args!("new List.Cons (v{head}, v{tail})"))
            }
            Kind::Pair => {
                let (first, second) = (self.some(Kind::Text), self.some(Kind::Text));
                self.define(kind, format_args!("new Pair.Pair (v{first}, v{second})"))
            }
            Kind::Names => {
                let capacity = self.scalar(format_args!("const.i64 0"));
                self.define(kind, format_args!("array_new Names v{capacity}"))
            }
            Kind::Closure => {
                let (text, list) = (self.some(Kind::Text), self.some(Kind::List));
                self.define(kind, format_args!("closure Code @code (v{text}, v{list})"))
            }
        }
    }

    fn statements(&mut self) {
        for _ in 0..1 + self.random.below(5) {
            self.statement();
        }
    }

    fn statement(&mut self) {
        match self.random.below(12) {
            0 => {
                let kind = KINDS[self.random.below(KINDS.len())];
                self.made(kind);
            }
            1 | 2 => {
                let (text, more) = (self.some(Kind::Text), self.some(Kind::Text));
                self.define(Kind::Text, format_args!("call @kea_string_append (v{text}, v{more})"));
            }
            3 | 4 => {
                let pair = self.some(Kind::Pair);
                let field = ["first", "second"][self.random.below(2)];
                self.define(Kind::Text, format_args!("field v{pair} Pair.{field}"));
            }
            5 => self.push(),
            6 => {
                let (closure, text) = (self.some(Kind::Closure), self.some(Kind::Text));
                self.define(Kind::Text, format_args!("call_closure v{closure} (v{text})"));
            }
            7 if !self.callees.is_empty() => {
                let callee = self.random.below(self.callees.len());
                self.call(callee);
            }
            _ if self.depth == 3 => {
                self.made(Kind::Pair);
            }
            8 => self.branch(),
            9 => self.repeat(),
            10 => self.element(),
            _ => self.take_apart(),
        }
    }

    fn push(&mut self) {
        let (names, text) = (self.some(Kind::Names), self.some(Kind::Text));
        let one = self.scalar(format_args!("const.i64 1"));
        let (only, roomy) = (self.number(), self.number());
        self.line(format_args!("v{only} = array_unshare v{names}"));
        self.line(format_args!("v{roomy} = array_reserve v{only} v{one}"));
        self.define(Kind::Names, format_args!("array_push v{roomy} v{text}"));
    }

    /// A call, whose failure gives its payload.
    fn call(&mut self, index: usize) -> usize {
        let callee = self.callees[index].clone();
        let args: Vec<String> = callee.params.iter().map(|kind| format!("v{}", self.some(*kind))).collect();
        let args = args.join(", ");
        if !callee.fails {
            return self.define(Kind::Text, format_args!("call @{} ({args})", callee.name));
        }
        let (normal, failed, join) = (self.new_block(), self.new_block(), self.new_block());
        self.line(format_args!("try_call @{} ({args}) b{normal} fail b{failed}", callee.name));
        let (result, failure, joined) = (self.number(), self.number(), self.number());
        self.start(normal, &format!(" (v{result}: own ref String)"));
        self.line(format_args!("jump b{join} (v{result})"));
        self.start(failed, &format!(" (v{failure}: own fail)"));
        if self.fails && self.random.below(2) == 0 {
            self.line(format_args!("refail v{failure}"));
        } else {
            let (handler, payload) = (self.new_block(), self.number());
            self.line(format_args!("switch_fail v{failure} [Fail.fail: b{handler}]"));
            self.start(handler, &format!(" (v{payload}: own ref String)"));
            self.line(format_args!("jump b{join} (v{payload})"));
        }
        self.start(join, &format!(" (v{joined}: own ref String)"));
        self.scope.push((joined, Kind::Text));
        joined
    }

    fn condition(&mut self) -> usize {
        let names = self.some(Kind::Names);
        let length = self.scalar(format_args!("array_length v{names}"));
        let bound = self.random.below(3);
        let bound = self.scalar(format_args!("const.i64 {bound}"));
        self.scalar(format_args!("lt.i64.signed v{bound} v{length}"))
    }

    fn branch(&mut self) {
        let condition = self.condition();
        let (yes, no) = (self.new_block(), self.new_block());
        self.line(format_args!("branch v{condition} b{yes} b{no}"));
        self.join(&[Arm::of(yes), Arm::of(no)]);
    }

    /// A list's cell is taken apart, or there is none.
    fn take_apart(&mut self) {
        let list = self.some(Kind::List);
        let (nil, cons) = (self.new_block(), self.new_block());
        self.line(format_args!("switch_tag v{list} [0: b{nil}, 1: b{cons}]"));
        let (head, tail) = (self.number(), self.number());
        let fields = format!("  v{head} = field v{list} Cons.head\n  v{tail} = field v{list} Cons.tail\n");
        let names = vec![(head, Kind::Pair), (tail, Kind::List)];
        self.join(&[Arm::of(nil), Arm { block: cons, code: fields, names }]);
    }

    /// The first element of an array, where there is one.
    fn element(&mut self) {
        let names = self.some(Kind::Names);
        let length = self.scalar(format_args!("array_length v{names}"));
        let zero = self.scalar(format_args!("const.i64 0"));
        let condition = self.scalar(format_args!("lt.i64.signed v{zero} v{length}"));
        let (yes, no) = (self.new_block(), self.new_block());
        self.line(format_args!("branch v{condition} b{yes} b{no}"));
        let element = self.number();
        let read = format!("  v{element} = elem v{names} v{zero}\n");
        let names = vec![(element, Kind::Text)];
        self.join(&[Arm { block: yes, code: read, names }, Arm::of(no)]);
    }

    /// Blocks that come together with values, unless they leave.
    fn join(&mut self, arms: &[Arm]) {
        let kinds: Vec<Kind> = (0..self.random.below(3)).map(|_| KINDS[self.random.below(KINDS.len())]).collect();
        let join = self.new_block();
        self.depth += 1;
        for (number, Arm { block, code, names }) in arms.iter().enumerate() {
            let outer = self.scope.len();
            self.start(*block, "");
            self.out.push_str(code);
            self.scope.extend(names);
            self.statements();
            if number == 0 && self.random.below(6) == 0 {
                self.leave();
            } else {
                let args: Vec<String> = kinds.iter().map(|kind| format!("v{}", self.some(*kind))).collect();
                let args = if args.is_empty() { String::new() } else { format!(" ({})", args.join(", ")) };
                self.line(format_args!("jump b{join}{args}"));
            }
            self.scope.truncate(outer);
        }
        self.depth -= 1;
        let params = self.params(&kinds, None);
        self.start(join, &params);
    }

    /// Names for block parameters, behind a counter where there is one.
    fn params(&mut self, kinds: &[Kind], counter: Option<usize>) -> String {
        let mut params: Vec<String> = counter.into_iter().map(|counter| format!("v{counter}: i64")).collect();
        for kind in kinds {
            let value = self.name(*kind);
            params.push(format!("v{value}: {}", kind.ty()));
        }
        if params.is_empty() { String::new() } else { format!(" ({})", params.join(", ")) }
    }

    /// A loop of a few turns that carries values.
    fn repeat(&mut self) {
        let kinds: Vec<Kind> = (0..self.random.below(4)).map(|_| KINDS[self.random.below(KINDS.len())]).collect();
        let start = self.scalar(format_args!("const.i64 0"));
        let (head, body, exit) = (self.new_block(), self.new_block(), self.new_block());
        let args: Vec<String> = kinds.iter().map(|kind| format!(", v{}", self.some(*kind))).collect();
        self.line(format_args!("jump b{head} (v{start}{})", args.concat()));
        let counter = self.number();
        let params = self.params(&kinds, Some(counter));
        self.start(head, &params);
        let limit = 1 + self.random.below(3);
        let limit = self.scalar(format_args!("const.i64 {limit}"));
        let goes_on = self.scalar(format_args!("lt.i64.signed v{counter} v{limit}"));
        self.line(format_args!("branch v{goes_on} b{body} b{exit}"));
        self.start(body, "");
        let outer = self.scope.len();
        self.depth += 1;
        self.statements();
        self.depth -= 1;
        let one = self.scalar(format_args!("const.i64 1"));
        let next = self.scalar(format_args!("add.i64.wrapping v{counter} v{one}"));
        let args: Vec<String> = kinds.iter().map(|kind| format!(", v{}", self.some(*kind))).collect();
        self.line(format_args!("jump b{head} (v{next}{})", args.concat()));
        self.scope.truncate(outer);
        self.start(exit, "");
    }

    /// A return, a failure or a tail call.
    fn leave(&mut self) {
        let tail: Vec<Callee> = self.callees.iter().filter(|callee| callee.fails == self.fails).cloned().collect();
        match self.random.below(4) {
            0 if self.fails => {
                let text = self.some(Kind::Text);
                self.line(format_args!("perform.fail Fail.fail (v{text})"));
            }
            1 if !tail.is_empty() => {
                let callee = &tail[self.random.below(tail.len())];
                let args: Vec<String> = callee.params.iter().map(|kind| format!("v{}", self.some(*kind))).collect();
                self.line(format_args!("tail_call @{} ({})", callee.name, args.join(", ")));
            }
            _ => {
                let text = self.some(Kind::Text);
                self.line(format_args!("return (v{text})"));
            }
        }
    }
}
