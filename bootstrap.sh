#!/usr/bin/env bash
# Builds the workspace and runs its tests. See --help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'TEXT'
usage: ./bootstrap.sh                       build everything in release, into build/, and test the library
       ./bootstrap.sh test [--bless] [ARG…] build, then run all tests (ARG…: a filter, or options of the harness)
       ./bootstrap.sh clean                 remove build/ and target/
       ./bootstrap.sh --help                this text

--bless rewrites the expectations of the tests in tests/ to what the programs do now; read the difference before you
commit it. Arguments behind `test` go to the harness of tests/, and then only it is run.
TEXT
}

cargo_release() {
  local command=$1
  shift
  cargo "$command" --manifest-path "$root/Cargo.toml" --release --workspace --locked "$@"
}

build() {
  cargo_release build
  local made="${CARGO_TARGET_DIR:-$root/target}/release"
  mkdir -p "$root/build/bin" "$root/build/lib"
  install -m 755 "$made/kea0" "$made/kea-backend" "$root/build/bin"
  install -m 644 "$made/libkea_runtime.a" "$root/build/lib/libkea_runtime.a"
  rm -rf "$root/build/lib/kea"
  cp -R "$root/lib" "$root/build/lib/kea"
  echo "built build/bin/kea0, build/bin/kea-backend and build/lib"
}

# The library compiles, and its tests and the examples of its documentation pass.
test_library() {
  (cd "$root" && build/bin/kea0 test lib/*.kea)
}

run_tests() {
  local arguments=()
  for argument in "$@"; do
    case $argument in
      --bless) export KEA_BLESS=1 ;;
      *) arguments+=("$argument") ;;
    esac
  done
  # The tests run the programs that were just built.
  export KEA_BACKEND="$root/build/bin/kea-backend"
  if [ ${#arguments[@]} -eq 0 ]; then
    cargo_release test
  else
    cargo test --manifest-path "$root/Cargo.toml" --release --locked -p kea-tests --test harness -- "${arguments[@]}"
  fi
}

case ${1-} in
  '') build; test_library ;;
  test) shift; build; run_tests "$@" ;;
  clean) rm -rf "$root/build" && cargo clean --manifest-path "$root/Cargo.toml" ;;
  -h | --help | help) usage ;;
  *)
    echo "bootstrap.sh: there is no command \`$1\`" >&2
    usage >&2
    exit 2
    ;;
esac
