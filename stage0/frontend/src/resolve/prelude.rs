//! What needs no `use`: the modules of the prelude and the names of theirs that every module sees.

/// A module of the prelude.
pub(super) struct PreludeModule {
    /// Its name, by which every module sees it.
    pub name: &'static str,
    /// Its types, traits, effects and functions that every module sees by their bare names, enums with their constructors.
    pub names: &'static [&'static str],
}

/// The modules of the prelude: always loaded, and free to refer to each other. The module of a built-in type declares no type.
pub(super) const MODULES: &[PreludeModule] = &[
    PreludeModule { name: "Prelude", names: &["panic", "todo"] },
    PreludeModule { name: "Option", names: &["Option"] },
    PreludeModule { name: "Result", names: &["Result"] },
    PreludeModule { name: "List", names: &["List"] },
    PreludeModule { name: "Order", names: &["Ordering"] },
    PreludeModule { name: "Bool", names: &[] },
    PreludeModule { name: "Int", names: &[] },
    PreludeModule { name: "UInt8", names: &[] },
    PreludeModule { name: "Float", names: &[] },
    PreludeModule { name: "Char", names: &[] },
    PreludeModule { name: "String", names: &[] },
    PreludeModule { name: "Bytes", names: &["Bytes"] },
    PreludeModule { name: "Vector", names: &[] },
    PreludeModule { name: "Map", names: &["Map"] },
    PreludeModule { name: "Set", names: &["Set"] },
    PreludeModule { name: "Show", names: &["Show"] },
    PreludeModule { name: "Eq", names: &["Eq"] },
    PreludeModule { name: "Ord", names: &["Ord"] },
    PreludeModule { name: "Hash", names: &["Hash"] },
    PreludeModule { name: "Default", names: &["Default"] },
    PreludeModule { name: "Fail", names: &["Fail"] },
    PreludeModule { name: "IO", names: &[] },
];

/// Other names of modules of the prelude, and of the types that they are named after.
pub(super) const OTHER_NAMES: &[(&str, &str)] = &[("Text", "String")];

/// The capabilities, which are effects without operations that the runtime performs. Their ids are their places here.
pub(super) const CAPABILITIES: &[&str] = &["IO", "Clock", "Rand", "Process"];

/// Built-in types that only stage 1 has.
pub(super) const LATER_TYPES: &[&str] =
    &["Int8", "Int16", "Int32", "Int64", "UInt16", "UInt32", "UInt64", "Float32", "Ptr"];

/// Whether the prelude has a module of that name.
pub(super) fn has_module(name: &str) -> bool {
    MODULES.iter().any(|module| module.name == name)
}
