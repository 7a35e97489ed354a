//! Loads the modules of a program: the prelude, the file that was asked for, and what they use.

use super::places::Places;
use super::{Purpose, Request, module_name, order, prelude};
use crate::ast::{self, Name};
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::ModuleId;
use crate::nearest::nearest;
use crate::source::{FileId, Sources, Span};
use crate::syntax;
use bumpalo::Bump;
use rustc_hash::FxHashMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A module that was read.
#[derive(Debug)]
pub(super) struct LoadedModule<'a> {
    /// Its full name.
    pub name: &'a str,
    /// Whether it belongs to the library.
    pub library: bool,
    /// Whether it belongs to the prelude.
    pub prelude: bool,
    /// Its file.
    pub file: FileId,
    /// What it says, derived implementations and tests' functions included.
    pub ast: ast::Module<'a>,
    /// For each of its `use`s, the module that it names.
    pub uses: Vec<ModuleId>,
}

/// The modules of a program.
#[derive(Debug)]
pub(super) struct Loaded<'a> {
    /// The modules, each behind those that it uses; those that the prelude needs come first.
    pub modules: Vec<LoadedModule<'a>>,
    /// The module of the file that was asked for.
    pub root: ModuleId,
}

/// Loads what a request needs.
pub(super) fn load<'a>(arena: &'a Bump, sources: &mut Sources, request: &Request) -> Outcome<Loaded<'a>> {
    let places = Places::find(request).map_err(|(path, error)| {
        let file = sources.add(&path, String::new());
        if path == request.library {
            missing_library(file, "there is no library here")
        } else {
            unreadable(file, None, &error)
        }
    })?;
    let mut loader = Loader { arena, sources, places, request, modules: Vec::new(), known: FxHashMap::default() };
    for module in prelude::MODULES {
        loader.library_module(module.name)?;
    }
    if request.purpose == Purpose::Test {
        loader.library_module("Test")?;
    }
    let root = loader.requested_module()?;
    let mut next = 0;
    while next < loader.modules.len() {
        loader.follow_uses(ModuleId(next as u32))?;
        next += 1;
    }
    order::order(loader.modules, root)
}

/// Which file a module is: whether below the library or the program's root, and its path from there.
type Key = (bool, PathBuf);

struct Loader<'l, 'a> {
    arena: &'a Bump,
    sources: &'l mut Sources,
    places: Places,
    request: &'l Request,
    modules: Vec<LoadedModule<'a>>,
    known: FxHashMap<Key, ModuleId>,
}

impl<'a> Loader<'_, 'a> {
    /// The module of the library that the compiler itself needs.
    fn library_module(&mut self, name: &str) -> Outcome<ModuleId> {
        let key = (true, module_name::file([name].into_iter()));
        let path = self.places.library.join(&key.1);
        match self.module(key, name, None)? {
            Some(module) => Ok(module),
            None => {
                let file = self.sources.add(&self.places.shown(&path), String::new());
                Err(missing_library(file, &format!("the library has no module `{name}`")))
            }
        }
    }

    /// The module of the file that was asked for.
    fn requested_module(&mut self) -> Outcome<ModuleId> {
        let (library, path, name) = self.requested();
        if !library && prelude::has_module(&name) {
            let file = self.sources.add(&self.request.file, String::new());
            return Err(prelude_name(at_start(file), &name));
        }
        match self.module((library, path), &name, None)? {
            Some(module) => Ok(module),
            None => {
                let file = self.sources.add(&self.request.file, String::new());
                Err(unreadable(file, None, &io::Error::from(ErrorKind::NotFound)))
            }
        }
    }

    /// Whether the file that was asked for belongs to the library, its path from there or from the program's root, and its
    /// module's name. A file elsewhere has the name that its own name gives it.
    fn requested(&self) -> (bool, PathBuf, String) {
        let folder = self.places.root.as_ref().unwrap_or(&self.places.library);
        let library = self.places.root.is_none();
        match self.places.file.strip_prefix(folder) {
            Ok(path) => (library, path.to_path_buf(), module_name::from_file(path)),
            Err(_) => {
                let own = self.places.file.file_name().map(Path::new).unwrap_or(Path::new(""));
                (library, self.places.file.clone(), module_name::from_file(own))
            }
        }
    }

    /// Loads the modules that a module uses.
    fn follow_uses(&mut self, user: ModuleId) -> Outcome<()> {
        let LoadedModule { ast, library, .. } = self.modules[user.index()];
        let mut targets = Vec::with_capacity(ast.uses.len());
        for used in ast.uses {
            targets.push(self.used_module(library, used.path)?);
        }
        self.modules[user.index()].uses = targets;
        Ok(())
    }

    /// The module that a `use` names: of the program, then of the library.
    fn used_module(&mut self, in_library: bool, path: &[Name<'a>]) -> Outcome<ModuleId> {
        let span = super::path_span(path);
        let names: Vec<&str> = path.iter().map(|name| name.text).collect();
        let name = names.join(".");
        let name = prelude::OTHER_NAMES.iter().find(|other| other.0 == name).map_or(name, |other| other.1.to_owned());
        let file = module_name::file(name.split('.'));
        if !in_library && let Some(module) = self.module((false, file.clone()), &name, Some(span))? {
            return if prelude::has_module(&name) { Err(prelude_name(span, &name)) } else { Ok(module) };
        }
        match self.module((true, file.clone()), &name, Some(span))? {
            Some(module) => Ok(module),
            None => Err(self.unknown(in_library, span, &name, &file)),
        }
    }

    /// The module in a file, which is read where it was not; none where there is no such file.
    fn module(&mut self, key: Key, name: &str, used_at: Option<Span>) -> Outcome<Option<ModuleId>> {
        if let Some(&module) = self.known.get(&key) {
            return self.same_spelling(module, name, used_at).map(|()| Some(module));
        }
        let folder = if key.0 { Some(&self.places.library) } else { self.places.root.as_ref() };
        let Some(folder) = folder else { return Ok(None) };
        let path = folder.join(&key.1);
        let requested = path == self.places.file;
        let shown = if requested { self.request.file.clone() } else { self.places.shown(&path) };
        let Some(file) = self.read(&path, &shown, used_at)? else { return Ok(None) };
        self.sources.set_name(file, compiled_name(&key));
        let ast = self.parse(file, key.0, requested)?;
        let module = ModuleId(self.modules.len() as u32);
        let prelude = key.0 && prelude::has_module(name);
        let name = self.spelling(name, requested && !prelude, &ast);
        self.modules.push(LoadedModule { name, library: key.0, prelude, file, ast, uses: Vec::new() });
        self.known.insert(key, module);
        Ok(Some(module))
    }

    /// The module's name. That of the file that was asked for follows from the file's name but for capitals: a declaration that
    /// shares the name tells them.
    fn spelling(&self, name: &str, open: bool, ast: &ast::Module<'a>) -> &'a str {
        let last = module_name::last(name);
        let stem = module_name::file_stem(last);
        let own =
            open.then(|| ast.items.iter().filter_map(declared_name).find(|own| module_name::file_stem(own) == stem));
        match own.flatten() {
            Some(own) => self.arena.alloc_str(&format!("{}{own}", &name[..name.len() - last.len()])),
            None => self.arena.alloc_str(name),
        }
    }

    /// Two names that differ in capitals alone would make two modules of one file.
    fn same_spelling(&self, module: ModuleId, name: &str, used_at: Option<Span>) -> Outcome<()> {
        let LoadedModule { name: known, file, .. } = self.modules[module.index()];
        match used_at {
            Some(span) if known != name => {
                Err(Diagnostic::new("ambiguous-module", span, format!("`{name}` and `{known}` name the same file"))
                    .note(at_start(file), format!("this file is loaded as `{known}`")))
            }
            _ => Ok(()),
        }
    }

    /// Reads a file into the sources; none where there is no such file.
    fn read(&mut self, path: &Path, shown: &Path, used_at: Option<Span>) -> Outcome<Option<FileId>> {
        if self.modules.len() >= usize::from(u16::MAX) {
            let place = used_at.unwrap_or(at_start(FileId(0)));
            return Err(Diagnostic::new("too-many-files", place, "more than 65,535 files"));
        }
        read_source(self.sources, path, shown, used_at)
    }

    /// Text to tree, with what attributes and tests stand for.
    /// Tests of the library are read only where their own file was asked for.
    fn parse(&self, file: FileId, library: bool, requested: bool) -> Outcome<ast::Module<'a>> {
        let module = if library && !requested {
            syntax::parse_without_tests(self.arena, self.sources, file)?
        } else {
            syntax::parse(self.arena, self.sources, file)?
        };
        let module = syntax::expand::derive(self.arena, module)?;
        if requested && self.request.purpose == Purpose::Test {
            let (module, _) = syntax::expand::tests(self.arena, self.sources, module)?;
            return Ok(module);
        }
        Ok(module)
    }

    /// That there is no such module: where it was looked for, and which name is near.
    fn unknown(&self, in_library: bool, span: Span, name: &str, file: &Path) -> Box<Diagnostic> {
        let root = self.places.root.as_ref().filter(|_| !in_library);
        let folders: Vec<&Path> = root.into_iter().chain([&self.places.library]).map(PathBuf::as_path).collect();
        let looked: Vec<String> =
            folders.iter().map(|folder| format!("`{}`", self.places.shown(&folder.join(file)).display())).collect();
        let beside: Vec<String> = folders.iter().flat_map(|folder| modules_beside(folder, file)).collect();
        let near = nearest(name, beside.iter().map(String::as_str));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        Diagnostic::new("unknown-module", span, format!("there is no module `{name}`"))
            .hint(format!("looked for {}{near}", looked.join(" and ")))
    }
}

/// The path of a module's file in a compiled program: from the program's root, or `lib/…`; of a file outside its own name.
fn compiled_name((library, path): &Key) -> PathBuf {
    match (library, path.is_absolute()) {
        (true, _) => Path::new("lib").join(path),
        (false, true) => PathBuf::from(path.file_name().unwrap_or_default()),
        (false, false) => path.clone(),
    }
}

/// The modules whose files lie in the folder of a file, by their names.
fn modules_beside(folder: &Path, file: &Path) -> Vec<String> {
    let parent = file.parent().unwrap_or(Path::new(""));
    let entries = std::fs::read_dir(folder.join(parent)).into_iter().flatten().filter_map(Result::ok);
    let files = entries.map(|entry| parent.join(entry.file_name()));
    let sources = files.filter(|file| file.extension().is_some_and(|extension| extension == module_name::EXTENSION));
    sources.map(|file| module_name::from_file(&file)).collect()
}

/// The name of the type, trait or effect that an item declares.
fn declared_name<'a>(item: &ast::Item<'a>) -> Option<&'a str> {
    match &item.kind {
        ast::ItemKind::Alias(alias) => Some(alias.name.text),
        ast::ItemKind::Struct(structure) => Some(structure.name.text),
        ast::ItemKind::Enum(enumeration) => Some(enumeration.name.text),
        ast::ItemKind::Trait(declared) => Some(declared.name.text),
        ast::ItemKind::Effect(effect) => Some(effect.name.text),
        _ => None,
    }
}

/// Reads a file that must be there into the sources.
pub(super) fn read(sources: &mut Sources, path: &Path) -> Outcome<FileId> {
    match read_source(sources, path, path, None)? {
        Some(file) => Ok(file),
        None => {
            let file = sources.add(path, String::new());
            Err(unreadable(file, None, &io::Error::from(ErrorKind::NotFound)))
        }
    }
}

/// Reads a file into the sources; none where there is no such file.
fn read_source(sources: &mut Sources, path: &Path, shown: &Path, used_at: Option<Span>) -> Outcome<Option<FileId>> {
    let bytes = match read_file(path) {
        Ok(bytes) => bytes,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => {
            let file = sources.add(shown, String::new());
            return Err(unreadable(file, used_at, &error));
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(sources.add(shown, text))),
        Err(error) => {
            let start = error.utf8_error().valid_up_to() as u32;
            let byte = error.as_bytes()[start as usize];
            let file = sources.add(shown, String::from_utf8_lossy(error.as_bytes()).into_owned());
            let end = start + char::REPLACEMENT_CHARACTER.len_utf8() as u32;
            Err(Diagnostic::new("not-utf8", Span { file, start, end }, format!("byte 0x{byte:02X} is not UTF-8"))
                .hint("Kea source files are UTF-8 text"))
        }
    }
}

/// The bytes of an ordinary file of a size that spans can reach.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let metadata = path.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder"));
    }
    if !metadata.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not an ordinary file"));
    }
    if metadata.len() >= u64::from(u32::MAX) {
        return Err(io::Error::new(ErrorKind::FileTooLarge, "it is larger than 4 GiB"));
    }
    std::fs::read(path)
}

/// That a file cannot be read, at the `use` that needs it where there is one.
fn unreadable(file: FileId, used_at: Option<Span>, error: &io::Error) -> Box<Diagnostic> {
    let reason = match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    let start = at_start(file);
    match used_at {
        None => Diagnostic::new("unreadable-file", start, format!("the file cannot be read: {reason}")),
        Some(span) => Diagnostic::new("unreadable-file", span, format!("the module's file cannot be read: {reason}"))
            .note(start, "this is the file"),
    }
}

/// That the library, or a part of it, is not there.
fn missing_library(file: FileId, message: &str) -> Box<Diagnostic> {
    Diagnostic::new("broken-library", at_start(file), message).hint("the library must be that of this compiler")
}

/// That a module of a program has a name of the prelude's.
fn prelude_name(span: Span, name: &str) -> Box<Diagnostic> {
    Diagnostic::new("prelude-module", span, format!("`{name}` is a module of the prelude"))
        .hint("a program's module must have another name")
}

/// A span of no length at the start of a file.
pub(super) fn at_start(file: FileId) -> Span {
    Span { file, start: 0, end: 0 }
}
