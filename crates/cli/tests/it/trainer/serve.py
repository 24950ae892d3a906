"""Stands in for a server on a checkpoint: hands everything to another server, under the name that this one knows.

serve.py MODEL NAME PORT UPSTREAM UPSTREAM_NAME LOG [DIE_AFTER]: notes its starts in LOG; the first of them ends after so many
replies.
"""

import http.server
import json
import os
import pathlib
import sys
import threading
import urllib.error
import urllib.request

model, name, port, upstream, upstream_name, log = sys.argv[1:7]
die_after = int(sys.argv[7]) if len(sys.argv) > 7 else 0
assert (pathlib.Path(model) / "config.json").is_file(), model
first = not pathlib.Path(log).exists()
with open(log, "a", encoding="utf-8") as file:
    file.write(json.dumps({"model": pathlib.Path(model).name, "pid": os.getpid(), "port": int(port)}) + "\n")
replies = 0
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, json.dumps({"object": "list", "data": [{"id": name}]}).encode())

    def do_POST(self):
        global replies
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert body["model"] == name, body["model"]
        body["model"] = upstream_name
        if "prompt" in body:
            # A program ends where the turn does.
            assert "<|im_end|>" in body["stop"], body
        path = self.path.removeprefix("/v1")
        request = urllib.request.Request(
            upstream + path, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request) as reply:
                status, content = reply.status, reply.read()
        except urllib.error.HTTPError as error:
            status, content = error.code, error.read()
        with lock:
            replies += 1
            if first and die_after and replies > die_after:
                os._exit(9)
        self.answer(status, content)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


Server(("127.0.0.1", int(port)), Handler).serve_forever()
