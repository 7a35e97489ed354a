//! The MIR contract.
