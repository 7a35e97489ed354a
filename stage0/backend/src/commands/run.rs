//! `run`: a module is compiled to memory and run there.
