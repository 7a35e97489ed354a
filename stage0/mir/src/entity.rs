//! Indices of the things that a module and a function's body hold.

macro_rules! entity {
    ($(#[$doc:meta] $name:ident)*) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            /// The entity at that index of its table.
            pub fn new(index: usize) -> $name {
                $name(u32::try_from(index).expect("a table of a module stays below 2^32 rows"))
            }

            /// The index in its table.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

entity! {
    /// A value of a function's body, `v0` and on in canonical text.
    Value
    /// A block of a function's body, `b0` and on in canonical text.
    Block
    /// An instruction of a function's body.
    InstId
    /// A layout of a module.
    LayoutId
    /// A named signature of a module.
    SignatureId
    /// An effect that handlers handle.
    EffectId
    /// An effect that the runtime performs (`IO`, `Clock`, …).
    CapabilityId
    /// A function of a module, with a body or without.
    FuncId
    /// A global of a module.
    GlobalId
    /// Static data of a module.
    DataId
    /// A string literal of a module.
    TextId
}
