#!/usr/bin/env bash
# One configuration closes the loop with programs that were not written here: TRL trains the program writer and two students, and
# llama.cpp serves each of them while it is asked. On the processor alone; about ten minutes on two idle cores.
#   CACO_TRAINER_PYTHON=/path/to/python scripts/outside-trainer.sh [ARGUMENT OF `caco run`...]
# CACO_TRAINER_PYTHON names a Python with torch and trl (`pip install trl`, some gigabytes). Installs llama.cpp's server below
# target/, and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."

: "${CACO_TRAINER_PYTHON:?name a Python that has torch and trl}"
# Builds the tool that writes GGUF files and installs the server, which the run then starts by itself.
scripts/real-server.sh true
cargo build --quiet --release --workspace
root="$PWD/target/ci-llama"
bin="${CARGO_TARGET_DIR:-$PWD/target}/release"
command="[python3, '$PWD/scripts/serve_checkpoint.py', '$root/packages', '$bin/examples/gguf', '{model}', '{name}', '{port}']"
export HF_HUB_OFFLINE=1
exec "$bin/caco" run examples/outside-trainer.yaml \
  --set "trainer.python=$CACO_TRAINER_PYTHON" --set "serve.command=$command" "$@"
