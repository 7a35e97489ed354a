//! Digests.

use crate::context::Context;
use crate::object::Object;
use crate::string;

/// The BLAKE3 digest of the bytes: 32 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kea_digest_blake3(context: &mut Context, bytes: Object) -> Object {
    let digest = blake3::hash(unsafe { bytes.bytes() });
    string::new(context, digest.as_bytes())
}
