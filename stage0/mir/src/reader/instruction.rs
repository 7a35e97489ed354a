//! Instructions: their items as the contract's table lists them, and their results.

use super::body::BodyReader;
use super::cursor::shorten;
use super::names::{find, no_member, qualified};
use super::{NAME, NUMBER, Read, SYNTAX, TYPE, VERSION_RULE};
use crate::contract::{FormItem, MNEMONICS, Mnemonic, MnemonicInfo, Opcode};
use crate::diagnostic::Diagnostic;
use crate::entity::{FuncId, LayoutId, Value};
use crate::infer::ResultData;
use crate::module::{Immediate, Inst, Label, Location, Target, ValueData};
use crate::types::{Ownership, Scalar, Stored, Type};
use smallvec::{SmallVec, smallvec};
use std::sync::LazyLock;

/// For every mnemonic its results, where the table alone says what they are: scalars.
static SCALAR_RESULTS: LazyLock<Vec<Option<ResultData>>> =
    LazyLock::new(|| MNEMONICS.iter().map(scalar_results).collect());

fn scalar_results(row: &MnemonicInfo) -> Option<ResultData> {
    let scalar_of = |category: &str| match category {
        "T" => row.scalar,
        "T2" => row.scalar2,
        name => Scalar::from_name(name),
    };
    let plain = |scalar: Scalar| ValueData { ty: scalar.into(), ownership: Ownership::Plain };
    row.opcode.info().results.iter().map(|category| scalar_of(category).map(plain)).collect()
}

impl<'t> BodyReader<'_, 't> {
    /// `[vA, vB = ] MNEMONIC ITEMS [!LOC]`
    pub(super) fn instruction(&mut self) -> Read<()> {
        self.result_names()?;
        let mnemonic = self.mnemonic()?;
        // It is built in its place: moving what was just written in small parts would wait for memory.
        self.inst = self.body.insts.len();
        self.body.lines.push(self.reader.cursor.line());
        self.body.insts.push(Inst {
            mnemonic,
            result_count: 0,
            first_result: Value::new(self.body.values.len()),
            location: Location::default(),
            immediate: Immediate::None,
            args: SmallVec::new(),
            targets: Vec::new(),
        });
        for item in mnemonic.info().opcode.info().form {
            self.item(*item)?;
        }
        self.location()?;
        self.reader.cursor.end_of_line()?;
        self.results(mnemonic)
    }

    /// The instruction that is being read.
    #[inline]
    fn inst(&mut self) -> &mut Inst {
        &mut self.body.insts[self.inst]
    }

    /// `vA, vB =`, where it stands.
    #[inline]
    fn result_names(&mut self) -> Read<()> {
        let cursor = &mut self.reader.cursor;
        self.result_names.clear();
        if cursor.peek() != b'v' || !cursor.peek_at(1).is_ascii_digit() {
            return Ok(());
        }
        loop {
            self.result_names.push(cursor.value_number()?);
            if !cursor.eat(b',') {
                cursor.expect(b'=')?;
                cursor.blanks();
                return Ok(());
            }
        }
    }

    #[inline]
    fn mnemonic(&mut self) -> Read<Mnemonic> {
        let text = self.reader.cursor.name();
        let Some(mnemonic) = Mnemonic::from_text(text) else { return Err(self.unknown_mnemonic(text)) };
        let since = mnemonic.info().opcode.info().since;
        if since > self.reader.module.version {
            let message = format!("`{text}` needs kea-mir {since}, and this module is {}", self.reader.module.version);
            return Err(self.error(VERSION_RULE, message));
        }
        Ok(mnemonic)
    }

    /// Says what is wrong with a word that should begin an instruction.
    #[cold]
    fn unknown_mnemonic(&self, text: &str) -> Box<Diagnostic> {
        if text.is_empty() {
            return self.reader.cursor.expected("an instruction");
        }
        let opcode = crate::contract::OPS
            .iter()
            .find(|op| text == op.name || text.strip_prefix(op.name).is_some_and(|suffix| suffix.starts_with('.')));
        let forms = opcode.map(|op| MNEMONICS.iter().filter(|row| row.opcode == op.opcode).map(|row| row.text));
        match forms {
            Some(forms) => {
                let forms = forms.map(|form| format!("`{form}`")).collect::<Vec<_>>().join(", ");
                self.error(NAME, format!("there is no instruction `{}`: its forms are {forms}", shorten(text)))
            }
            None => self.error(NAME, format!("there is no instruction `{}`", shorten(text))),
        }
    }

    /// `[!FILE:LINE:COLUMN]`
    #[inline]
    fn location(&mut self) -> Read<()> {
        if !self.reader.cursor.eat(b'!') {
            return Ok(());
        }
        let location = self.reader.cursor.location()?;
        if location.file != self.file {
            if !self.reader.module.files.contains_key(&location.file) {
                return Err(self.error(NAME, format!("there is no file {}", location.file)));
            }
            self.file = location.file;
        }
        self.inst().location = location;
        Ok(())
    }

    /// One item of the form.
    fn item(&mut self, item: FormItem) -> Read<()> {
        let immediate = match item {
            FormItem::Operand(..) => return self.push_operand(),
            FormItem::List(..) => return self.operands(),
            FormItem::Word(word) => return self.reader.cursor.expect_word(word),
            FormItem::Optional(word, ..) => return self.optional(word),
            FormItem::Target => return self.target(Label::Normal),
            FormItem::FailTarget => return self.target(Label::Fail),
            FormItem::CasesInt | FormItem::CasesTag | FormItem::CasesFail => return self.cases(item),
            FormItem::Field => self.field()?,
            FormItem::Case => self.case()?,
            FormItem::Literal => {
                let scalar = self.inst().scalar();
                self.reader.cursor.literal(scalar)?
            }
            FormItem::Text => Immediate::Text(self.reader.text_id()?),
            FormItem::Index => Immediate::Index(self.reader.cursor.natural("a number")?),
            FormItem::Variant => self.variant()?,
            FormItem::Func => self.func()?,
            FormItem::Funcs => self.clauses()?,
            FormItem::Layout
            | FormItem::Type
            | FormItem::Sig
            | FormItem::Global
            | FormItem::Data
            | FormItem::Operation
            | FormItem::Effect => self.named(item)?,
        };
        self.inst().immediate = immediate;
        Ok(())
    }

    #[inline]
    fn push_operand(&mut self) -> Read<()> {
        let value = self.operand()?;
        self.inst().args.push(value);
        Ok(())
    }

    /// Something that is known by its name.
    fn named(&mut self, item: FormItem) -> Read<Immediate> {
        let names = &self.reader.names;
        let cursor = &mut self.reader.cursor;
        Ok(match item {
            FormItem::Type => Immediate::Type(names.stored(cursor)?),
            FormItem::Operation => {
                let (effect, operation) = names.operation(cursor)?;
                Immediate::Operation(effect, operation)
            }
            FormItem::Global => {
                let name = cursor.expect_symbol("a global (`@NAME`)")?;
                Immediate::Global(find(&names.globals, name, cursor, "global", name)?)
            }
            FormItem::Data => {
                let name = cursor.expect_symbol("data (`@NAME`)")?;
                Immediate::Data(find(&names.data, name, cursor, "data", name)?)
            }
            FormItem::Sig => {
                let name = cursor.expect_name("a signature's name")?;
                // The function follows.
                Immediate::Closure(find(&names.signatures, name, cursor, "signature", name)?, FuncId(0))
            }
            FormItem::Effect => {
                let name = cursor.expect_name("an effect's name")?;
                // The clauses follow.
                Immediate::Evidence(find(&names.effects, name, cursor, "effect", name)?, Box::default())
            }
            _ => {
                let name = cursor.expect_name("a layout's name")?;
                Immediate::Layout(find(&names.layouts, name, cursor, "layout", name)?)
            }
        })
    }

    /// `(vA, vB, …)`; in `new`, the word `hole` may stand in place of one.
    fn operands(&mut self) -> Read<()> {
        let is_new = self.inst().opcode() == Opcode::New;
        let mut first = true;
        self.reader.cursor.expect(b'(')?;
        while self.reader.cursor.list_goes_on(b')', &mut first)? {
            self.reader.cursor.blanks();
            if is_new && self.reader.cursor.peek() == b'h' && self.reader.cursor.eat_word("hole") {
                self.open_field()?;
            } else {
                self.push_operand()?;
            }
        }
        Ok(())
    }

    /// Notes that the next field of a `new` stays open.
    fn open_field(&mut self) -> Read<()> {
        let inst = &mut self.body.insts[self.inst];
        let index = inst.args.len();
        let Immediate::New { layout, variant, hole, .. } = &mut inst.immediate else { return Ok(()) };
        let fields = self.reader.module.layout(*layout).variants()[*variant as usize].fields.len();
        if hole.is_some() {
            return Err(self.error(TYPE, "only one field stays open"));
        }
        if index >= fields {
            return Err(self.error(TYPE, format!("the variant has {fields} fields: there is none for this hole")));
        }
        *hole = Some(index as u32);
        Ok(())
    }

    /// `[WORD vA]`
    fn optional(&mut self, word: &str) -> Read<()> {
        if self.reader.cursor.at_end_of_line() || !self.reader.cursor.eat_word(word) {
            return Ok(());
        }
        self.push_operand()?;
        if let Immediate::New { reuse, .. } = &mut self.inst().immediate {
            *reuse = true;
        }
        Ok(())
    }

    /// `LAYOUT.VARIANT`
    fn variant(&mut self) -> Read<Immediate> {
        let (layout, variant) = self.reader.names.variant(&mut self.reader.cursor)?;
        Ok(match self.inst().opcode() {
            Opcode::New => Immediate::New { layout, variant, hole: None, reuse: false },
            _ => Immediate::Variant(layout, variant),
        })
    }

    /// `@FUNCTION`, behind a signature or alone.
    fn func(&mut self) -> Read<Immediate> {
        let function = self.function_name()?;
        Ok(match &self.inst().immediate {
            Immediate::Closure(signature, _) => Immediate::Closure(*signature, function),
            _ => Immediate::Func(function),
        })
    }

    fn function_name(&mut self) -> Read<FuncId> {
        let name = self.reader.cursor.expect_symbol("a function (`@NAME`)")?;
        find(&self.reader.names.functions, name, &self.reader.cursor, "function", name)
    }

    /// `[@CLAUSE, …]`, behind an effect.
    fn clauses(&mut self) -> Read<Immediate> {
        let Immediate::Evidence(effect, _) = self.inst().immediate else {
            return Err(self.error(SYNTAX, "clauses stand behind an effect"));
        };
        let mut clauses = Vec::new();
        let mut first = true;
        self.reader.cursor.expect(b'[')?;
        while self.reader.cursor.list_goes_on(b']', &mut first)? {
            clauses.push(self.function_name()?);
        }
        Ok(Immediate::Evidence(effect, clauses.into()))
    }

    /// The layout of the first operand.
    fn operand_layout(&self) -> Read<LayoutId> {
        let inst = &self.body.insts[self.inst];
        match inst.args.first().map(|value| self.body.ty(*value)) {
            Some(Type::Stored(Stored::Ref(layout) | Stored::Flat(layout))) => Ok(layout),
            Some(ty) => {
                let name = self.reader.module.type_name(ty);
                let text = inst.mnemonic.info().text;
                Err(self.error(TYPE, format!("the operand of `{text}` is of type `{name}`, which has no variants")))
            }
            None => Err(self.error(SYNTAX, "a variant stands behind the operand that it belongs to")),
        }
    }

    /// A variant of the operand's layout.
    fn case(&mut self) -> Read<Immediate> {
        let layout = self.operand_layout()?;
        let name = self.reader.cursor.expect_name("a variant's name")?;
        Ok(Immediate::Variant(layout, self.variant_of(layout, name)?))
    }

    /// `VARIANT.FIELD` of the operand's layout.
    fn field(&mut self) -> Read<Immediate> {
        let layout = self.operand_layout()?;
        let (variant_name, name) = qualified(&mut self.reader.cursor, "`VARIANT.FIELD`")?;
        let variant = self.variant_of(layout, variant_name)?;
        match self.reader.names.fields.get(&(layout, variant, name)) {
            Some(field) => Ok(Immediate::Field { layout, variant, field: *field }),
            None => Err(no_member(&self.reader.cursor, "variant", variant_name, "field", name)),
        }
    }

    fn variant_of(&self, layout: LayoutId, name: &'t str) -> Read<u32> {
        let owner = &self.reader.module.layout(layout).name;
        self.reader.names.variant_of(&self.reader.cursor, layout, owner, name)
    }

    /// `bN [(vA, …)]`
    fn target(&mut self, label: Label) -> Read<()> {
        let block = self.block()?;
        let inst = self.inst();
        if inst.targets.capacity() == 0 {
            inst.targets.reserve_exact(listed_targets(inst));
        }
        inst.targets.push(Target { label, block, args: SmallVec::new() });
        if self.reader.cursor.eat(b'(') {
            let mut first = true;
            while self.reader.cursor.list_goes_on(b')', &mut first)? {
                let value = self.operand()?;
                self.inst().targets.last_mut().into_iter().for_each(|target| target.args.push(value));
            }
        }
        Ok(())
    }

    /// `[LABEL: TARGET, …]`
    fn cases(&mut self, item: FormItem) -> Read<()> {
        let mut first = true;
        let scalar = self.inst().scalar();
        self.reader.cursor.expect(b'[')?;
        while self.reader.cursor.list_goes_on(b']', &mut first)? {
            let label = self.label(item, scalar)?;
            self.reader.cursor.expect(b':')?;
            self.target(label)?;
        }
        Ok(())
    }

    fn label(&mut self, item: FormItem, scalar: Scalar) -> Read<Label> {
        if self.reader.cursor.eat_word("else") {
            return Ok(Label::Else);
        }
        match item {
            FormItem::CasesInt => self.reader.cursor.integer_literal(scalar).map(Label::Int),
            FormItem::CasesTag => self.reader.cursor.natural("a variant's number or `else`").map(Label::Variant),
            _ if self.reader.cursor.eat_word("escape") => Ok(Label::Escape(self.operand()?)),
            _ => {
                let (effect, operation) = self.reader.names.operation(&mut self.reader.cursor)?;
                Ok(Label::Operation(effect, operation))
            }
        }
    }

    /// Infers the results and defines them.
    fn results(&mut self, mnemonic: Mnemonic) -> Read<()> {
        let inferred;
        let results: &[ValueData] = match &SCALAR_RESULTS[mnemonic.0 as usize] {
            Some(results) => results,
            None => {
                inferred = self.infer(&self.body.insts[self.inst])?;
                &inferred
            }
        };
        if results.len() != self.result_names.len() {
            return Err(self.result_count_error(mnemonic, results.len()));
        }
        let Ok(result_count) = u16::try_from(results.len()) else {
            return Err(self.error(NUMBER, "an instruction has at most 65535 results"));
        };
        self.inst().result_count = result_count;
        for (index, data) in results.iter().enumerate() {
            self.define(self.result_names[index], *data)?;
        }
        Ok(())
    }

    #[cold]
    fn result_count_error(&self, mnemonic: Mnemonic, results: usize) -> Box<Diagnostic> {
        let (text, names) = (mnemonic.info().text, self.result_names.len());
        let stand = if names == 1 { "stands" } else { "stand" };
        let message =
            format!("`{text}` gives {}, but {} {stand} on the left", count(results, "result"), count(names, "name"));
        self.error(TYPE, message)
    }

    fn infer(&self, inst: &Inst) -> Read<ResultData> {
        let module = &self.reader.module;
        let inferred = match (inst.opcode(), &inst.immediate) {
            (Opcode::String, _) => self
                .string_layout
                .map(|layout| smallvec![module.borrowed(Stored::Ref(layout))])
                .ok_or_else(|| "`string` needs `layout String array i8`".into()),
            (Opcode::Capture, Immediate::Index(index)) => {
                let captures = &module.function(self.function).captures;
                module.infer_capture(captures, *index).map(|data| smallvec![data])
            }
            _ => module.infer_results(&self.body, inst),
        };
        inferred.map_err(|message| self.error(TYPE, message))
    }
}

/// How many targets the form lists one by one; more for a list of cases.
fn listed_targets(inst: &Inst) -> usize {
    let form = inst.opcode().info().form;
    form.iter().filter(|item| !matches!(item, FormItem::Operand(..) | FormItem::List(..) | FormItem::Word(_))).count()
}

/// `1 result`, `2 results`
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
