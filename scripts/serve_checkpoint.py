"""Serves a model folder with llama.cpp's own server until it is told to stop: a program for `serve.command`.

    serve_checkpoint.py PACKAGES GGUF MODEL NAME PORT

PACKAGES is the folder that has the module xllamacpp, GGUF the program that writes a model folder as one GGUF file (the example
`gguf` of crates/model). MODEL is served as NAME on that port of the loopback address.
"""

import signal
import subprocess
import sys
import tempfile

import real_server


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    packages, gguf, model, name, port = sys.argv[1:]
    sys.path.insert(0, packages)
    import xllamacpp

    # Ends the process by an exception, so that the temporary file goes.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with tempfile.NamedTemporaryFile(suffix=".gguf") as file:
        subprocess.run([gguf, model, file.name], check=True)
        server = xllamacpp.Server(real_server.settings(xllamacpp, file.name, name, int(port)))
        real_server.wait_until_ready(server.listening_address)
        print(f"{name} is served at {server.listening_address}", flush=True)
        signal.pause()


main()
