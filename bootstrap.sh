#!/usr/bin/env bash
# Builds stage 0 with Cargo, then hands over to `stage0/bootstrap`, which builds the compiler in Kea. See --help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools="${CARGO_TARGET_DIR:-$root/target}/release"

# Nothing needs to be built to be removed.
if [ "${1-}" = clean ]; then
  rm -rf "$root/build" "$root/target"
  exit
fi
cargo build --manifest-path "$root/Cargo.toml" --release --workspace --locked
exec "$tools/kea-bootstrap" --project "$root" --tools "$tools" "$@"
