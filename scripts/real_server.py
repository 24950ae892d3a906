"""Serves a GGUF file with llama.cpp's own server while a command runs.

    real_server.py PACKAGES FILE COMMAND [ARGUMENT...]

PACKAGES is the folder that has the module xllamacpp. The server listens on a free loopback port, which the command finds
in CACO_TEST_SERVER_URL. It is part of this process and ends with it; what it has to say goes to FILE.log.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

NAME = "caco-base"
# Requests answered side by side, which also bounds the choices of one request, and the tokens that each may fill.
SLOTS = 4
CONTEXT = 512
SECONDS_TO_START = 60


def settings(xllamacpp, file, name=NAME, port=0):
    params = xllamacpp.CommonParams()
    params.model.path = file
    params.model_alias = {name}
    params.port = port
    params.ui = False
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * CONTEXT
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    # A cache in 16 bits would move log-probabilities by some hundredths, enough to turn a close choice.
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    # Kept prompts of earlier requests would take gigabytes in time.
    params.cache_ram_mib = 0
    return params


def wait_until_ready(address):
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5) as reply:
                if json.load(reply)["status"] == "ok":
                    return
        except OSError:  # not listening yet, or 503 while the model loads
            pass
        time.sleep(0.05)
    sys.exit(f"the server at {address} is not ready after {SECONDS_TO_START} seconds")


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    packages, file, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    sys.path.insert(0, packages)
    import xllamacpp

    # The server writes to descriptors 1 and 2; our own words and the command keep the original ones.
    out, err = os.dup(1), os.dup(2)
    sys.stderr = os.fdopen(os.dup(err), "w", buffering=1)
    log = os.open(f"{file}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    print(f"llama.cpp's server logs to {file}.log", file=sys.stderr)
    server = xllamacpp.Server(settings(xllamacpp, file))
    wait_until_ready(server.listening_address)
    url = f"{server.listening_address}/v1"
    print(f"CACO_TEST_SERVER_URL={url}", file=sys.stderr)
    environment = {**os.environ, "CACO_TEST_SERVER_URL": url}
    child = subprocess.Popen(command, stdout=out, stderr=err, env=environment)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: child.send_signal(number))
    status = child.wait()
    # A command ended by signal N counts as 128 + N, as in a shell. The server's threads are not waited for.
    os._exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
