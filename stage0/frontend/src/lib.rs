//! Stage 0: a minimal Kea front end. It takes source text to MIR text in five steps, each of which knows only those before it:
//!
//! 1. `syntax`: text to tokens with layout marks, to the tree of [`ast`];
//! 2. `resolve`: loads modules, declares their items, binds names;
//! 3. `infer`: types, effect rows and instances: the tree of [`hir`];
//! 4. `lower`: compiles what `main` reaches, for the types it is used at, to functions without counts ([`draft`]);
//! 5. `counting`: gives every owned value exactly one consumer: MIR.

pub mod ast;
pub mod counting;
pub mod diagnostic;
pub mod draft;
pub mod hir;
pub mod infer;
pub mod lower;
pub mod matching;
mod nearest;
pub mod pipeline;
pub mod resolve;
pub mod source;
pub mod syntax;
