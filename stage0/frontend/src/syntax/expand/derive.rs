//! `@derive(…)`: implementations whose size is linear in the size of the type.

use super::synthesis::Synthesis;
use crate::ast::{
    Attribute, AttributeArgument, BinaryOperator, Bound, Expr, ExprKind, Field, Implementation, Item, ItemKind, Module,
    Name, Pattern, PatternKind, StringPart, Type, TypeKind,
};
use crate::diagnostic::Outcome;
use bumpalo::Bump;

/// Puts the implementations that `@derive` asks for behind their types.
pub fn derive<'a>(arena: &'a Bump, module: Module<'a>) -> Outcome<Module<'a>> {
    let is_derive = |attribute: &Attribute<'a>| attribute.name.text == "derive";
    if !module.items.iter().any(|item| item.attributes.iter().any(is_derive)) {
        return Ok(module);
    }
    let mut items = Vec::with_capacity(module.items.len() * 2);
    for &item in module.items {
        let others: Vec<Attribute<'a>> = item.attributes.iter().copied().filter(|other| !is_derive(other)).collect();
        items.push(Item { attributes: arena.alloc_slice_copy(&others), ..item });
        let Some(shape) = Shape::of(&item) else { continue };
        let mut needs_tag = false;
        for attribute in item.attributes.iter().filter(|attribute| is_derive(attribute)) {
            for argument in attribute.arguments {
                let AttributeArgument::Name(name) = argument else { continue };
                needs_tag |= shape.uses_tag(name.text);
                items.extend(
                    Derivation { make: Synthesis { arena, span: name.span }, shape: &shape }.implement(name.text),
                );
            }
        }
        if needs_tag {
            items.push(Derivation { make: Synthesis { arena, span: shape.name.span }, shape: &shape }.tag());
        }
    }
    Ok(Module { items: arena.alloc_slice_copy(&items), ..module })
}

/// A type as derivations see it.
struct Shape<'a> {
    name: Name<'a>,
    parameters: &'a [Name<'a>],
    is_struct: bool,
    /// The constructors with their fields; of a struct, itself.
    constructors: Vec<(Name<'a>, &'a [Field<'a>])>,
}

impl<'a> Shape<'a> {
    fn of(item: &Item<'a>) -> Option<Shape<'a>> {
        match item.kind {
            ItemKind::Struct(ty) => Some(Shape {
                name: ty.name,
                parameters: ty.parameters,
                is_struct: true,
                constructors: vec![(ty.name, ty.fields)],
            }),
            ItemKind::Enum(ty) => Some(Shape {
                name: ty.name,
                parameters: ty.parameters,
                is_struct: false,
                constructors: ty
                    .constructors
                    .iter()
                    .map(|constructor| (constructor.name, constructor.fields))
                    .collect(),
            }),
            _ => None,
        }
    }

    /// Whether no constructor has fields, so that a value is its tag.
    fn is_enumeration(&self) -> bool {
        !self.is_struct && self.constructors.iter().all(|(_, fields)| fields.is_empty())
    }

    /// Whether the implementation of a trait asks for the number of a constructor.
    fn uses_tag(&self, name: &str) -> bool {
        self.constructors.len() > 1 && (name == "Ord" || (self.is_enumeration() && matches!(name, "Eq" | "Hash")))
    }
}

/// One implementation.
struct Derivation<'a, 's> {
    make: Synthesis<'a>,
    shape: &'s Shape<'a>,
}

impl<'a> Derivation<'a, '_> {
    /// The implementation of a trait; none where it is no trait that can be derived.
    fn implement(&self, name: &str) -> Option<Item<'a>> {
        let make = self.make;
        let target = self.target();
        let this = make.name("self");
        let (left, right) = (make.name("left"), make.name("right"));
        let (path, function) = match name {
            "Eq" => ("$Eq", make.function(make.name("eq"), &[(left, target), (right, target)], "$Bool", self.eq())),
            "Ord" => {
                let parameters = [(left, target), (right, target)];
                ("$Ord", make.function(make.name("compare"), &parameters, "$Ordering", self.compare()))
            }
            "Show" => ("$Show", make.function(make.name("show"), &[(this, target)], "$String", self.show())),
            "Hash" => ("$Hash", make.function(make.name("hash"), &[(this, target)], "$Int", self.hash())),
            _ => return None,
        };
        let trait_path = make.path(&[path]);
        let bounds: Vec<Bound<'a>> =
            self.shape.parameters.iter().map(|&subject| Bound { subject, trait_path }).collect();
        let functions = make.slice(&[make.item(ItemKind::Function(function), &[])]);
        let target = &*make.arena.alloc(target);
        let implementation = Implementation { target, trait_path, bounds: make.slice(&bounds), functions };
        Some(make.item(ItemKind::Implementation(implementation), &[]))
    }

    /// The type with its parameters.
    fn target(&self) -> Type<'a> {
        let make = self.make;
        let argument = |&name: &Name<'a>| match name.text.starts_with(|c: char| c.is_ascii_uppercase()) {
            true => make.ty(name.text),
            false => Type { kind: TypeKind::Variable(name), span: make.span },
        };
        let arguments: Vec<Type<'a>> = self.shape.parameters.iter().map(argument).collect();
        let path = make.path(&[self.shape.name.text]);
        Type { kind: TypeKind::Named { path, arguments: make.slice(&arguments) }, span: make.span }
    }

    fn tag_name(&self) -> Name<'a> {
        self.make.fresh(&format!("$tag_{}", self.shape.name.text))
    }

    /// The function that gives the number of a value's constructor.
    fn tag(&self) -> Item<'a> {
        let make = self.make;
        let value = make.name("value");
        let arms = self.shape.constructors.iter().enumerate().map(|(number, &(name, fields))| {
            let path = make.path(&[self.shape.name.text, name.text]);
            let kind = PatternKind::Constructor { path, fields: &[], rest: !fields.is_empty() };
            (make.pattern(kind), make.int(number))
        });
        let arms: Vec<(Pattern<'a>, Expr<'a>)> = arms.collect();
        let body = make.case(make.variable(value), &arms);
        make.item(ItemKind::Function(make.function(self.tag_name(), &[(value, self.target())], "$Int", body)), &[])
    }

    /// The number of the constructor of a variable's value.
    fn tag_of(&self, variable: &'a str) -> Expr<'a> {
        let make = self.make;
        make.call(make.variable(self.tag_name()), &[make.variable(make.name(variable))])
    }

    /// Names for the fields of a constructor.
    fn binders(&self, prefix: &str, fields: &[Field<'a>]) -> Vec<Name<'a>> {
        (0..fields.len()).map(|number| self.make.fresh(&format!("${prefix}{number}"))).collect()
    }

    /// A pattern for a value of a constructor.
    fn pattern(&self, constructor: Name<'a>, binders: &[Name<'a>]) -> Pattern<'a> {
        self.make.constructor_pattern(&[self.shape.name.text, constructor.text], binders)
    }

    /// `case (left, right)` with an arm for each constructor that has fields (or all of them), and one for the rest.
    fn pairwise(&self, all: bool, body: impl Fn(&[(Expr<'a>, Expr<'a>)]) -> Expr<'a>, rest: Expr<'a>) -> Expr<'a> {
        let make = self.make;
        let mut arms = Vec::new();
        for &(name, fields) in &self.shape.constructors {
            if fields.is_empty() && !all {
                continue;
            }
            let (left, right) = (self.binders("left", fields), self.binders("right", fields));
            let pair = [self.pattern(name, &left), self.pattern(name, &right)];
            let parts = left.iter().zip(&right).map(|(&left, &right)| (make.variable(left), make.variable(right)));
            let parts: Vec<(Expr<'a>, Expr<'a>)> = parts.collect();
            arms.push((make.pattern(PatternKind::Tuple(make.slice(&pair))), body(&parts)));
        }
        if self.shape.constructors.len() != 1 {
            arms.push((make.pattern(PatternKind::Wildcard), rest));
        }
        let pair = [make.variable(make.name("left")), make.variable(make.name("right"))];
        make.case(make.expr(ExprKind::Tuple(make.slice(&pair))), &arms)
    }

    /// The fields of `left` and `right`, which are structs.
    fn struct_parts(&self) -> Vec<(Expr<'a>, Expr<'a>)> {
        let make = self.make;
        let names = self.shape.constructors.iter().flat_map(|(_, fields)| *fields).filter_map(|field| field.name);
        let both = names.map(|name| (make.field(make.name("left"), name), make.field(make.name("right"), name)));
        both.collect()
    }

    fn eq(&self) -> Expr<'a> {
        let make = self.make;
        if self.shape.is_struct {
            return self.all_equal(&self.struct_parts());
        }
        if self.shape.uses_tag("Eq") {
            return make.binary(BinaryOperator::Equal, self.tag_of("left"), self.tag_of("right"));
        }
        if self.shape.constructors.is_empty() {
            return make.expr(ExprKind::Bool(true));
        }
        self.pairwise(true, |parts| self.all_equal(parts), make.expr(ExprKind::Bool(false)))
    }

    /// Whether the parts are equal, each pair.
    fn all_equal(&self, parts: &[(Expr<'a>, Expr<'a>)]) -> Expr<'a> {
        let make = self.make;
        let equal = parts.iter().map(|&(left, right)| make.binary(BinaryOperator::Equal, left, right));
        let all = equal.reduce(|all, equal| make.binary(BinaryOperator::And, all, equal));
        all.unwrap_or(make.expr(ExprKind::Bool(true)))
    }

    fn compare(&self) -> Expr<'a> {
        let make = self.make;
        if self.shape.is_struct {
            return self.lexicographic(&self.struct_parts());
        }
        if self.shape.constructors.is_empty() {
            return make.constructor(&["$Order", "Equal"]);
        }
        let by_tag = || make.call_qualified("$Ord", "compare", &[self.tag_of("left"), self.tag_of("right")]);
        if self.shape.is_enumeration() && self.shape.constructors.len() > 1 {
            return by_tag();
        }
        let all = self.shape.constructors.len() == 1;
        self.pairwise(all, |parts| self.lexicographic(parts), by_tag())
    }

    /// The order of the first pair of parts that differ.
    fn lexicographic(&self, parts: &[(Expr<'a>, Expr<'a>)]) -> Expr<'a> {
        let make = self.make;
        let equal = ["$Order", "Equal"];
        let mut order = None;
        for &(left, right) in parts.iter().rev() {
            let first = make.call_qualified("$Ord", "compare", &[left, right]);
            order = Some(match order {
                None => first,
                Some(rest) => {
                    let unequal = make.name("$unequal");
                    let binding = make.pattern(PatternKind::Name(unequal));
                    let arms = [(make.constructor_pattern(&equal, &[]), rest), (binding, make.variable(unequal))];
                    make.case(first, &arms)
                }
            });
        }
        order.unwrap_or(make.constructor(&equal))
    }

    fn show(&self) -> Expr<'a> {
        if self.shape.is_struct {
            return self.show_struct();
        }
        self.by_constructor(ExprKind::String(&[]), |name, fields, binders, _| {
            let make = self.make;
            let mut parts = Parts { make, parts: Vec::new(), text: name.text.to_string() };
            for (number, (field, &binder)) in fields.iter().zip(binders).enumerate() {
                parts.text.push_str(if number == 0 { "(" } else { ", " });
                if let Some(name) = field.name {
                    parts.text.push_str(name.text);
                    parts.text.push_str(": ");
                }
                parts.hole(make.variable(binder));
            }
            parts.text.push_str(if fields.is_empty() { "" } else { ")" });
            parts.finish()
        })
    }

    /// `Point { x: 1, y: 2 }`
    fn show_struct(&self) -> Expr<'a> {
        let make = self.make;
        let mut parts = Parts { make, parts: Vec::new(), text: format!("{} {{", self.shape.name.text) };
        let fields = self.shape.constructors.iter().flat_map(|(_, fields)| *fields).filter_map(|field| field.name);
        for (number, name) in fields.enumerate() {
            parts.text.push_str(if number == 0 { " " } else { ", " });
            parts.text.push_str(name.text);
            parts.text.push_str(": ");
            parts.hole(make.field(make.name("self"), name));
        }
        parts.text.push_str(if parts.parts.is_empty() { "}" } else { " }" });
        parts.finish()
    }

    fn hash(&self) -> Expr<'a> {
        let make = self.make;
        if self.shape.is_struct {
            let names = self.shape.constructors.iter().flat_map(|(_, fields)| *fields).filter_map(|field| field.name);
            return self.combined(names.map(|name| self.hash_part(make.field(make.name("self"), name))));
        }
        if self.shape.uses_tag("Hash") {
            return make.call_qualified("$Hash", "mix", &[self.tag_of("self")]);
        }
        self.by_constructor(ExprKind::Int(0), |_, _, binders, number| {
            let tag = make.call_qualified("$Hash", "mix", &[make.int(number)]);
            let parts = binders.iter().map(|&binder| self.hash_part(make.variable(binder)));
            self.combined(std::iter::once(tag).chain(parts))
        })
    }

    fn hash_part(&self, part: Expr<'a>) -> Expr<'a> {
        self.make.call_qualified("$Hash", "hash", &[part])
    }

    /// Hashes, combined from the left.
    fn combined(&self, hashes: impl Iterator<Item = Expr<'a>>) -> Expr<'a> {
        let make = self.make;
        let all = hashes.reduce(|state, next| make.call_qualified("$Hash", "combine", &[state, next]));
        all.unwrap_or(make.int(0))
    }

    /// `case self` with an arm for each constructor; something else where there is none.
    fn by_constructor(
        &self,
        nothing: ExprKind<'a>,
        body: impl Fn(Name<'a>, &[Field<'a>], &[Name<'a>], usize) -> Expr<'a>,
    ) -> Expr<'a> {
        let make = self.make;
        let arms = self.shape.constructors.iter().enumerate().map(|(number, &(name, fields))| {
            let binders = self.binders("field", fields);
            (self.pattern(name, &binders), body(name, fields, &binders, number))
        });
        let arms: Vec<(Pattern<'a>, Expr<'a>)> = arms.collect();
        if arms.is_empty() { make.expr(nothing) } else { make.case(make.variable(make.name("self")), &arms) }
    }
}

/// A string in the making.
struct Parts<'a> {
    make: Synthesis<'a>,
    parts: Vec<StringPart<'a>>,
    /// The text behind the last part.
    text: String,
}

impl<'a> Parts<'a> {
    fn hole(&mut self, value: Expr<'a>) {
        self.flush();
        self.parts.push(StringPart::Hole(self.make.arena.alloc(value)));
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(StringPart::Text(self.make.arena.alloc_str(&self.text)));
            self.text.clear();
        }
    }

    fn finish(mut self) -> Expr<'a> {
        self.flush();
        self.make.expr(ExprKind::String(self.make.slice(&self.parts)))
    }
}
