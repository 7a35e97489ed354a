//! Instructions: their items as the contract's table lists them, and their results.

use super::body::BodyReader;
use super::cursor::shorten;
use super::names::{find, no_member, qualified};
use super::{NAME, NUMBER, Read, SYNTAX, TYPE, VERSION_RULE};
use crate::contract::{FormItem, MNEMONICS, Mnemonic, MnemonicInfo, Opcode};
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
        let names = self.result_names()?;
        let mnemonic = self.mnemonic()?;
        let mut inst = Inst {
            mnemonic,
            result_count: 0,
            first_result: Value::new(self.body.values.len()),
            location: Location::default(),
            immediate: Immediate::None,
            args: SmallVec::new(),
            targets: Vec::new(),
        };
        for item in mnemonic.info().opcode.info().form {
            self.item(*item, &mut inst)?;
        }
        inst.location = self.location()?;
        self.reader.cursor.end_of_line()?;
        self.results(&mut inst, &names)?;
        self.body.insts.push(inst);
        self.body.lines.push(self.reader.cursor.line());
        Ok(())
    }

    /// `vA, vB =`, where it stands.
    #[inline]
    fn result_names(&mut self) -> Read<SmallVec<[u32; 4]>> {
        let cursor = &mut self.reader.cursor;
        let mut names = SmallVec::new();
        if cursor.peek() != b'v' || !cursor.peek_at(1).is_ascii_digit() {
            return Ok(names);
        }
        loop {
            names.push(cursor.value_number()?);
            if !cursor.eat(b',') {
                cursor.expect(b'=')?;
                cursor.blanks();
                return Ok(names);
            }
        }
    }

    #[inline]
    fn mnemonic(&mut self) -> Read<Mnemonic> {
        let start = self.reader.cursor;
        let text = self.reader.cursor.name();
        let Some(mnemonic) = Mnemonic::from_text(text) else { return Err(self.unknown_mnemonic(start.found(), text)) };
        let since = mnemonic.info().opcode.info().since;
        if since > self.reader.module.version {
            let message = format!("`{text}` needs kea-mir {since}, and this module is {}", self.reader.module.version);
            return Err(self.error(VERSION_RULE, message));
        }
        Ok(mnemonic)
    }

    /// Says what is wrong with a word that should begin an instruction.
    #[cold]
    fn unknown_mnemonic(&self, found: String, text: &str) -> Box<crate::diagnostic::Diagnostic> {
        if text.is_empty() {
            return self.error(SYNTAX, format!("expected an instruction, found {found}"));
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
    fn location(&mut self) -> Read<Location> {
        if !self.reader.cursor.eat(b'!') {
            return Ok(Location::default());
        }
        let location = self.reader.cursor.location()?;
        if location.file != self.file {
            if !self.reader.module.files.contains_key(&location.file) {
                return Err(self.error(NAME, format!("there is no file {}", location.file)));
            }
            self.file = location.file;
        }
        Ok(location)
    }

    /// One item of the form.
    fn item(&mut self, item: FormItem, inst: &mut Inst) -> Read<()> {
        match item {
            FormItem::Operand(..) => inst.args.push(self.operand()?),
            FormItem::List(..) => self.operands(inst)?,
            FormItem::Word(word) => self.reader.cursor.expect_word(word)?,
            FormItem::Optional(word, ..) => self.optional(word, inst)?,
            FormItem::Target => self.target(Label::Normal, inst)?,
            FormItem::FailTarget => self.target(Label::Fail, inst)?,
            FormItem::CasesInt | FormItem::CasesTag | FormItem::CasesFail => self.cases(item, inst)?,
            FormItem::Field => inst.immediate = self.field(inst)?,
            FormItem::Case => inst.immediate = self.case(inst)?,
            FormItem::Literal => inst.immediate = self.reader.cursor.literal(inst.scalar())?,
            FormItem::Text => inst.immediate = Immediate::Text(self.reader.text_id()?),
            FormItem::Index => inst.immediate = Immediate::Index(self.reader.cursor.natural("a number")?),
            FormItem::Variant => inst.immediate = self.variant(inst.opcode())?,
            FormItem::Func => inst.immediate = self.func(&inst.immediate)?,
            FormItem::Funcs => inst.immediate = self.clauses(&inst.immediate)?,
            FormItem::Layout
            | FormItem::Type
            | FormItem::Sig
            | FormItem::Global
            | FormItem::Data
            | FormItem::Operation
            | FormItem::Effect => inst.immediate = self.named(item)?,
        }
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
    fn operands(&mut self, inst: &mut Inst) -> Read<()> {
        let is_new = inst.opcode() == Opcode::New;
        let mut first = true;
        self.reader.cursor.expect(b'(')?;
        while self.reader.cursor.list_goes_on(b')', &mut first)? {
            self.reader.cursor.blanks();
            if is_new && self.reader.cursor.peek() == b'h' && self.reader.cursor.eat_word("hole") {
                self.open_field(inst)?;
            } else {
                inst.args.push(self.operand()?);
            }
        }
        Ok(())
    }

    /// Notes that the next field of a `new` stays open.
    fn open_field(&mut self, inst: &mut Inst) -> Read<()> {
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
    fn optional(&mut self, word: &str, inst: &mut Inst) -> Read<()> {
        if self.reader.cursor.at_end_of_line() || !self.reader.cursor.eat_word(word) {
            return Ok(());
        }
        inst.args.push(self.operand()?);
        if let Immediate::New { reuse, .. } = &mut inst.immediate {
            *reuse = true;
        }
        Ok(())
    }

    /// `LAYOUT.VARIANT`
    fn variant(&mut self, opcode: Opcode) -> Read<Immediate> {
        let (layout, variant) = self.reader.names.variant(&mut self.reader.cursor)?;
        Ok(match opcode {
            Opcode::New => Immediate::New { layout, variant, hole: None, reuse: false },
            _ => Immediate::Variant(layout, variant),
        })
    }

    /// `@FUNCTION`, behind a signature or alone.
    fn func(&mut self, before: &Immediate) -> Read<Immediate> {
        let function = self.function_name()?;
        Ok(match before {
            Immediate::Closure(signature, _) => Immediate::Closure(*signature, function),
            _ => Immediate::Func(function),
        })
    }

    fn function_name(&mut self) -> Read<FuncId> {
        let name = self.reader.cursor.expect_symbol("a function (`@NAME`)")?;
        find(&self.reader.names.functions, name, &self.reader.cursor, "function", name)
    }

    /// `[@CLAUSE, …]`, behind an effect.
    fn clauses(&mut self, before: &Immediate) -> Read<Immediate> {
        let Immediate::Evidence(effect, _) = before else {
            return Err(self.error(SYNTAX, "clauses stand behind an effect"));
        };
        let mut clauses = Vec::new();
        let mut first = true;
        self.reader.cursor.expect(b'[')?;
        while self.reader.cursor.list_goes_on(b']', &mut first)? {
            clauses.push(self.function_name()?);
        }
        Ok(Immediate::Evidence(*effect, clauses.into()))
    }

    /// The layout of the first operand.
    fn operand_layout(&mut self, inst: &Inst) -> Read<LayoutId> {
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
    fn case(&mut self, inst: &Inst) -> Read<Immediate> {
        let layout = self.operand_layout(inst)?;
        let name = self.reader.cursor.expect_name("a variant's name")?;
        Ok(Immediate::Variant(layout, self.variant_of(layout, name)?))
    }

    /// `VARIANT.FIELD` of the operand's layout.
    fn field(&mut self, inst: &Inst) -> Read<Immediate> {
        let layout = self.operand_layout(inst)?;
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
    fn target(&mut self, label: Label, inst: &mut Inst) -> Read<()> {
        let block = self.block()?;
        let mut args = SmallVec::new();
        if self.reader.cursor.eat(b'(') {
            let mut first = true;
            while self.reader.cursor.list_goes_on(b')', &mut first)? {
                args.push(self.operand()?);
            }
        }
        inst.targets.push(Target { label, block, args });
        Ok(())
    }

    /// `[LABEL: TARGET, …]`
    fn cases(&mut self, item: FormItem, inst: &mut Inst) -> Read<()> {
        let mut first = true;
        self.reader.cursor.expect(b'[')?;
        while self.reader.cursor.list_goes_on(b']', &mut first)? {
            let label = self.label(item, inst.scalar())?;
            self.reader.cursor.expect(b':')?;
            self.target(label, inst)?;
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
    fn results(&mut self, inst: &mut Inst, names: &[u32]) -> Read<()> {
        let inferred;
        let results: &[ValueData] = match &SCALAR_RESULTS[inst.mnemonic.0 as usize] {
            Some(results) => results,
            None => {
                inferred = self.infer(inst)?;
                &inferred
            }
        };
        if results.len() != names.len() {
            let text = inst.mnemonic.info().text;
            let message = format!(
                "`{text}` gives {}, but {} on the left",
                count(results.len(), "result"),
                names_stand(names.len())
            );
            return Err(self.error(TYPE, message));
        }
        let Ok(result_count) = u16::try_from(results.len()) else {
            return Err(self.error(NUMBER, "an instruction has at most 65535 results"));
        };
        inst.result_count = result_count;
        for (number, data) in names.iter().zip(results) {
            self.define(*number, *data)?;
        }
        Ok(())
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

/// `1 result`, `2 results`
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn names_stand(number: usize) -> String {
    format!("{} {}", count(number, "name"), if number == 1 { "stands" } else { "stand" })
}
