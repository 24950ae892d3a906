#!/usr/bin/env bash
# Runs a command while llama.cpp's server serves the base model of the repository on a free port of this machine:
#   scripts/real-server.sh [COMMAND ARGUMENT...]
# The command finds the server in CACO_TEST_SERVER_URL; without a command, the tests that need a server are run. The
# server ends with the command, whose exit status is passed on. `scripts/real-server.sh sleep infinity` keeps it running.
# Needs cargo and a python3 from 3.10 on with pip. Installs nothing outside target/ci-llama, which is kept between runs.
set -euo pipefail
cd "$(dirname "$0")/.."

# llama.cpp's server as a Python module, already compiled.
server='xllamacpp==2026.10.11549'
root=target/ci-llama

if [ "$(cat "$root/ready" 2>/dev/null || true)" != "$server" ]; then
  rm -rf "$root"
  mkdir -p "$root"
  PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check \
    --no-deps --only-binary :all: --target "$root/packages" "$server"
  printf '%s\n' "$server" >"$root/ready"
fi

cargo build --quiet --release --workspace --example gguf
"${CARGO_TARGET_DIR:-target}/release/examples/gguf" models/base "$root/base.gguf" >&2

if [ $# -eq 0 ]; then
  set -- bash -euc '
    cargo test --release --workspace --test llama_server
    cargo test --release --workspace --test it real_server
  '
fi
exec python3 scripts/real_server.py "$root/packages" "$root/base.gguf" "$@"
