//! Types and rows as written to types and rows as meant: names bound, aliases expanded, variables numbered.

use super::TypeVariables;
use super::environment::{AliasMeaning, Environment};
use super::scope::TypeItem;
use super::substitution::{self, Substitution};
use super::unknown;
use crate::ast::{self, Name, TypeKind};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{EffectUse, ModuleId, Row, RowTail, Ty, Type};
use crate::source::Span;
use smallvec::SmallVec;

/// Variables' names; the place is the number.
type Names<'a> = SmallVec<[&'a str; 8]>;

/// Reads the types of one declaration, or of annotations in its body.
pub(super) struct TypeReader<'e, 'a> {
    environment: &'e Environment<'a>,
    module: ModuleId,
    types: Names<'a>,
    rows: Names<'a>,
    self_ty: Option<Ty<'a>>,
    new_variables: NewVariables,
}

/// What becomes of a variable that is not known.
#[derive(Clone, Copy)]
enum NewVariables {
    /// It is quantified: functions' signatures and targets of implementations.
    Quantified,
    /// It is an error; the text says which variables there are.
    Refused(&'static str),
}

impl<'e, 'a> TypeReader<'e, 'a> {
    /// For a signature, which has the variables of what is around it and adds its own.
    pub fn signature(environment: &'e Environment<'a>, module: ModuleId, outer: &TypeVariables<'a>) -> Self {
        TypeReader::with(environment, module, outer, NewVariables::Quantified)
    }

    /// For an annotation in the body of a function.
    pub fn annotation(environment: &'e Environment<'a>, module: ModuleId, outer: &TypeVariables<'a>) -> Self {
        let known = "the variables of a body are those of the function's signature";
        TypeReader::with(environment, module, outer, NewVariables::Refused(known))
    }

    /// For a declaration that names its parameters; `known` says which variables may stand in it.
    pub fn declaration(
        environment: &'e Environment<'a>,
        module: ModuleId,
        parameters: &[Name<'a>],
        known: &'static str,
    ) -> Self {
        let outer = TypeVariables::default();
        let mut reader = TypeReader::with(environment, module, &outer, NewVariables::Refused(known));
        reader.types.extend(parameters.iter().map(|name| name.text));
        reader
    }

    fn with(
        environment: &'e Environment<'a>,
        module: ModuleId,
        outer: &TypeVariables<'a>,
        new_variables: NewVariables,
    ) -> Self {
        let (types, rows) = (outer.types.iter().copied().collect(), outer.rows.iter().copied().collect());
        TypeReader { environment, module, types, rows, self_ty: outer.self_ty, new_variables }
    }

    /// The variables met so far.
    pub fn variables(&self) -> &'a TypeVariables<'a> {
        let arena = self.environment.arena;
        let types = arena.alloc_slice_copy(&self.types);
        arena.alloc(TypeVariables { types, rows: arena.alloc_slice_copy(&self.rows), self_ty: self.self_ty })
    }

    /// The number of the type variable of that name, of those met so far.
    pub fn type_parameter(&self, name: &str) -> Option<u32> {
        self.types.iter().position(|&known| known == name).map(|index| index as u32)
    }

    /// A type.
    pub fn ty(&mut self, ty: &ast::Type<'a>) -> Outcome<Ty<'a>> {
        let arena = self.environment.arena;
        match ty.kind {
            TypeKind::Variable(name) => self.variable(name),
            TypeKind::Named { path: &[name], arguments: [] } if self.is_variable(name) => self.variable(name),
            TypeKind::Named { path: &[name], arguments: [] } if name.text == "Self" => self.self_ty.ok_or_else(|| {
                Diagnostic::new("unknown-type", name.span, "`Self` stands for no type here")
                    .hint("it stands in traits, implementations and functions of structs")
            }),
            TypeKind::Named { path, arguments } => self.named(ty.span, path, arguments),
            TypeKind::Tuple(elements) => Ok(arena.alloc(Type::Tuple(self.types(elements)?))),
            TypeKind::Function { parameters, row, result } => {
                let parameters = self.types(parameters)?;
                let row = row.as_ref().map_or(Ok(Row::default()), |row| self.row(row))?;
                Ok(arena.alloc(Type::Function(parameters, row, self.ty(result)?)))
            }
        }
    }

    fn types(&mut self, types: &[ast::Type<'a>]) -> Outcome<&'a [Ty<'a>]> {
        let types: Outcome<SmallVec<[Ty<'a>; 8]>> = types.iter().map(|ty| self.ty(ty)).collect();
        Ok(self.environment.arena.alloc_slice_copy(&types?))
    }

    /// Whether an upper-case name is a variable: a declared parameter, or a single letter that no type has as its name.
    fn is_variable(&self, name: Name<'a>) -> bool {
        name.text.len() == 1
            && (self.types.contains(&name.text) || self.environment.bare_type(self.module, name.text).is_none())
    }

    fn variable(&mut self, name: Name<'a>) -> Outcome<Ty<'a>> {
        let number = match self.type_parameter(name.text) {
            Some(number) => number,
            None if self.rows.contains(&name.text) => return Err(two_kinds(name)),
            None => add(&mut self.types, name, self.new_variables)?,
        };
        Ok(self.environment.arena.alloc(Type::Parameter(number)))
    }

    fn row_variable(&mut self, name: Name<'a>) -> Outcome<RowTail> {
        let known = self.rows.iter().position(|&known| known == name.text);
        let number = match known {
            Some(number) => number as u32,
            None if self.types.contains(&name.text) => return Err(two_kinds(name)),
            None => add(&mut self.rows, name, self.new_variables)?,
        };
        Ok(RowTail::Parameter(number))
    }

    fn named(&mut self, span: Span, path: &[Name<'a>], arguments: &[ast::Type<'a>]) -> Outcome<Ty<'a>> {
        let environment = self.environment;
        let item = environment.type_item(self.module, path)?;
        let name = path.last().map_or("", |name| name.text);
        let check = |expected: usize| {
            if expected == arguments.len() {
                Ok(())
            } else {
                Err(unknown::arity(span, name, expected, arguments.len()))
            }
        };
        match item {
            TypeItem::Primitive(ty) => check(0).map(|()| ty),
            TypeItem::Vector => {
                check(1)?;
                Ok(environment.arena.alloc(Type::Vector(self.ty(&arguments[0])?)))
            }
            TypeItem::Data(data) => {
                check(environment.data[data.index()].parameters.len())?;
                Ok(environment.arena.alloc(Type::Data(data, self.types(arguments)?)))
            }
            TypeItem::Alias(alias) => {
                check(environment.aliases[alias].ast.parameters.len())?;
                let AliasMeaning::Type(ty) = alias_meaning(environment, alias)? else {
                    return Err(Diagnostic::new("not-a-type", span, format!("`{name}` is an effect row, not a type")));
                };
                let arguments = self.types(arguments)?;
                if arguments.is_empty() {
                    return Ok(ty);
                }
                let mut substitution = Substitution::new(environment.arena, arguments);
                substitution.as_mut().and_then(|substitution| substitution.ty(ty)).ok_or_else(|| too_large(span))
            }
            TypeItem::Trait(_) | TypeItem::Effect(_) => Err(unknown::other_kind(environment, path, item, "type")),
        }
    }

    /// A row.
    pub fn row(&mut self, row: &ast::Row<'a>) -> Outcome<Row<'a>> {
        let mut effects: SmallVec<[(EffectUse<'a>, Span, bool); 8]> = SmallVec::new();
        for used in row.effects {
            self.effect(used, &mut effects)?;
        }
        effects.sort_by_key(|(used, ..)| used.effect);
        let mut merged: SmallVec<[EffectUse<'a>; 8]> = SmallVec::new();
        let mut previous = None;
        for &(used, span, aliased) in &effects {
            match previous.replace((used, span, aliased)) {
                // An alias may hold what stands beside it.
                Some((known, _, known_aliased)) if known == used && (aliased || known_aliased) => {}
                Some((known, known_span, _)) if known.effect == used.effect => {
                    return Err(self.duplicate_effect(used, span.max(known_span), span.min(known_span)));
                }
                _ => merged.push(used),
            }
        }
        let tail = row.variable.map(|name| self.row_variable(name)).transpose()?;
        Ok(Row { effects: self.environment.arena.alloc_slice_copy(&merged), tail })
    }

    /// An effect of a row, or those of an alias; the flag says which.
    fn effect(
        &mut self,
        used: &ast::EffectUse<'a>,
        effects: &mut SmallVec<[(EffectUse<'a>, Span, bool); 8]>,
    ) -> Outcome<()> {
        let environment = self.environment;
        let name = used.path.last().map_or("", |name| name.text);
        let check = |expected: usize| match used.arguments.len() {
            given if given == expected => Ok(()),
            given => Err(unknown::arity(used.span, name, expected, given)),
        };
        match environment.type_item(self.module, used.path).map_err(as_effect)? {
            TypeItem::Effect(effect) => {
                check(environment.effects[effect.index()].parameters as usize)?;
                effects.push((EffectUse { effect, arguments: self.types(used.arguments)? }, used.span, false));
            }
            item @ TypeItem::Alias(alias) => {
                check(environment.aliases[alias].ast.parameters.len())?;
                let AliasMeaning::Row(row) = alias_meaning(environment, alias)? else {
                    return Err(unknown::other_kind(environment, used.path, item, "effect"));
                };
                let arguments = self.types(used.arguments)?;
                let mut substitution = Substitution::new(environment.arena, arguments);
                let row = substitution.as_mut().and_then(|substitution| substitution.row(row));
                let row = row.ok_or_else(|| too_large(used.span))?;
                effects.extend(row.effects.iter().map(|&effect| (effect, used.span, true)));
            }
            item => return Err(unknown::other_kind(environment, used.path, item, "effect")),
        }
        Ok(())
    }

    fn duplicate_effect(&self, used: EffectUse<'a>, span: Span, first: Span) -> Box<Diagnostic> {
        let name = self.environment.effects[used.effect.index()].name;
        Diagnostic::new("duplicate-effect", span, format!("a row holds `{name}` once"))
            .note(first, "it stands here, too")
    }
}

/// What an alias stands for, read when it is first needed.
pub(super) fn alias_meaning<'a>(environment: &Environment<'a>, alias: usize) -> Outcome<AliasMeaning<'a>> {
    let known = &environment.aliases[alias];
    let name = known.ast.name;
    match known.meaning.get() {
        AliasMeaning::Unread => {}
        AliasMeaning::Reading => {
            let message = format!("`{}` stands for itself", name.text);
            return Err(Diagnostic::new("recursive-alias", name.span, message)
                .hint("a `struct` or an `enum` may refer to itself"));
        }
        meaning => return Ok(meaning),
    }
    known.meaning.set(AliasMeaning::Reading);
    let variables = "the variables of an alias stand behind its name";
    let mut reader = TypeReader::declaration(environment, known.module, known.ast.parameters, variables);
    let meaning = match &known.ast.value {
        ast::AliasValue::Type(ty) => match reader.ty(ty)? {
            meant if substitution::fits(meant) => AliasMeaning::Type(meant),
            _ => return Err(too_large(ty.span)),
        },
        ast::AliasValue::Row(row) => AliasMeaning::Row(reader.row(row)?),
    };
    known.meaning.set(meaning);
    Ok(meaning)
}

/// Gives a variable the next number, where new ones are allowed.
fn add<'a>(variables: &mut Names<'a>, name: Name<'a>, new_variables: NewVariables) -> Outcome<u32> {
    match new_variables {
        NewVariables::Refused(known) => Err(unknown::variable(name, known)),
        NewVariables::Quantified => {
            variables.push(name.text);
            Ok(variables.len() as u32 - 1)
        }
    }
}

/// In a row, a name that means nothing is no effect.
fn as_effect(mut error: Box<Diagnostic>) -> Box<Diagnostic> {
    if error.code == "unknown-type" {
        error.code = "unknown-effect";
        error.message = error.message.replace("unknown type", "unknown effect");
    }
    error
}

fn two_kinds(name: Name<'_>) -> Box<Diagnostic> {
    let message = format!("`{}` stands for a type and for effects in one signature", name.text);
    Diagnostic::new("variable-of-two-kinds", name.span, message).hint("give one of them another name")
}

fn too_large(span: Span) -> Box<Diagnostic> {
    Diagnostic::new("type-too-large", span, "the type has more than 10,000 parts when its aliases are written out")
}
