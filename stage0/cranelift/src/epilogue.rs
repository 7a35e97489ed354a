//! The end of functions on x86-64.
//!
//! Cranelift ends a function by `add rsp, N`, `mov rsp, rbp`, `pop rbp`, `ret`. The `mov` changes nothing, as the `add`
//! has brought the stack pointer to where the frame pointer is, but it makes every return wait for the frame pointer
//! that the return before it has loaded: a chain of loads through memory that takes a third of the time of code that
//! mostly calls. So it becomes an instruction that does nothing.
//!
//! Lowering gives each return a source location of its own ([`crate::lower::is_return`]), whose range of code
//! ends exactly behind the return, so that no other bytes are mistaken for these.

/// `mov rsp, rbp` and `pop rbp`.
const RESTORE: [u8; 4] = [0x48, 0x89, 0xec, 0x5d];
/// `nop`, three bytes long.
const NOTHING: [u8; 3] = [0x0f, 0x1f, 0x00];

/// What may stand behind them, by the bytes that it begins with and its size: `ret`, `ret N`, `jmp` by a relative
/// address, `jmp` by a register.
const EXITS: [(&[u8], usize); 5] = [(&[0xc3], 1), (&[0xc2], 3), (&[0xe9], 5), (&[0xff], 2), (&[0x41, 0xff], 3)];

/// Takes the needless instruction out of the code of a return, which ends with it.
pub fn simplify(code: &mut [u8]) {
    for (exit, size) in EXITS {
        let Some(end) = code.len().checked_sub(size) else { continue };
        if code[end..].starts_with(exit) && code[..end].ends_with(&RESTORE) {
            let start = end - RESTORE.len();
            code[start..start + NOTHING.len()].copy_from_slice(&NOTHING);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::simplify;

    fn simplified(code: &[u8]) -> Vec<u8> {
        let mut code = code.to_vec();
        simplify(&mut code);
        code
    }

    #[test]
    fn every_way_out_is_found() {
        for exit in [&[0xc3][..], &[0xc2, 16, 0], &[0xe9, 1, 2, 3, 4], &[0xff, 0xe0], &[0x41, 0xff, 0xe3]] {
            let code = [&[0x90, 0x48, 0x89, 0xec, 0x5d], exit].concat();
            assert_eq!(simplified(&code), [&[0x90, 0x0f, 0x1f, 0x00, 0x5d], exit].concat());
        }
    }

    #[test]
    fn anything_else_stays() {
        for code in [&[][..], &[0xc3], &[0x48, 0x89, 0xec, 0x5d, 0xc3, 0x90], &[0x5d, 0xc3]] {
            assert_eq!(simplified(code), code);
        }
    }
}
