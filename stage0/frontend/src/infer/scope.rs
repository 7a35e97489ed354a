//! The locals of a body: their names where they can be seen, the code that they belong to, and who captures them.

use super::Checker;
use crate::ast::Name;
use crate::diagnostic::{Diagnostic, Outcome};
use crate::hir::{Local, LocalId, LocalKind, Ty};
use crate::source::Span;
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

/// The names of locals. Entering and leaving a scope costs what it declares.
#[derive(Default)]
pub(super) struct Scope<'a> {
    names: FxHashMap<&'a str, LocalId>,
    shadowed: Vec<(&'a str, Option<LocalId>)>,
}

/// What a scope is left to.
#[derive(Clone, Copy)]
pub(super) struct ScopeMark(usize);

impl<'a> Scope<'a> {
    /// Begins a scope.
    pub(super) fn enter(&self) -> ScopeMark {
        ScopeMark(self.shadowed.len())
    }

    /// Forgets what was declared since.
    pub(super) fn leave(&mut self, mark: ScopeMark) {
        for (name, before) in self.shadowed.drain(mark.0..).rev() {
            match before {
                Some(local) => self.names.insert(name, local),
                None => self.names.remove(name),
            };
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.names.clear();
        self.shadowed.clear();
    }

    /// Makes a local visible.
    pub(super) fn declare(&mut self, name: &'a str, local: LocalId) {
        self.shadowed.push((name, self.names.insert(name, local)));
    }

    /// The local of that name.
    pub(super) fn find(&self, name: &str) -> Option<LocalId> {
        self.names.get(name).copied()
    }

    /// Every name, sorted.
    pub(super) fn visible(&self) -> Vec<&'a str> {
        let mut names: Vec<_> = self.names.keys().copied().collect();
        names.sort_unstable();
        names
    }
}

/// Code that has its own frame at run time.
pub(super) struct Frame<'a> {
    /// What it is.
    pub(super) kind: FrameKind<'a>,
    /// The locals of enclosing frames that it uses, in order of first use.
    pub(super) captures: IndexSet<LocalId, FxBuildHasher>,
}

/// What a frame belongs to.
#[derive(Clone, Copy)]
pub(super) enum FrameKind<'a> {
    /// A function or a constant.
    Declaration,
    /// A lambda.
    Lambda,
    /// A clause of a handler.
    Clause {
        /// What the operation gives, and `resume` takes.
        result: Ty<'a>,
        /// Whether the operation returns: a clause of one that does not cannot resume.
        returns: bool,
    },
}

impl<'a> Checker<'a, '_> {
    /// Begins the code of a frame.
    pub(super) fn enter_frame(&mut self, kind: FrameKind<'a>) {
        self.frames.push(Frame { kind, captures: IndexSet::default() });
    }

    /// Ends the code of a frame; gives what it captures.
    pub(super) fn leave_frame(&mut self) -> &'a [LocalId] {
        let captures = self.frames.pop().map(|frame| frame.captures).unwrap_or_default();
        self.arena.alloc_slice_fill_iter(captures)
    }

    /// A new local of the current frame, not visible yet.
    pub(super) fn new_local(&mut self, name: Name<'a>, ty: Ty<'a>, kind: LocalKind) -> LocalId {
        let id = LocalId(self.locals.len() as u32);
        self.locals.push(Local { name: name.text, ty, kind, span: name.span });
        self.homes.push(self.frames.len() as u32 - 1);
        id
    }

    /// Notes that the current code uses a local: every frame between it and the local's captures it.
    pub(super) fn use_local(&mut self, id: LocalId, span: Span) -> Outcome<()> {
        let home = self.homes[id.index()] as usize;
        for depth in (home + 1..self.frames.len()).rev() {
            let local = &mut self.locals[id.index()];
            if local.kind != LocalKind::Value {
                if matches!(self.frames[depth].kind, FrameKind::Lambda) {
                    return Err(captured_variable(local, span));
                }
                local.kind = LocalKind::Cell;
            }
            if !self.frames[depth].captures.insert(id) {
                break;
            }
        }
        Ok(())
    }
}

/// A lambda uses a `var` of the code around it.
fn captured_variable(local: &Local<'_>, span: Span) -> Box<Diagnostic> {
    let name = local.name;
    Diagnostic::new(
        "captured-variable",
        span,
        format!("a lambda cannot use the variable `{name}` of the code around it"),
    )
    .note(local.span, format!("`{name}` is declared by `var` here"))
    .hint(format!("give its value a name before the lambda: `let current = {name}`"))
}
