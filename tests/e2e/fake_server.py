#!/usr/bin/env python3
"""An inference server without a model, as minionsd starts one: OpenAI's API, GET /health, and what a child can do wrong.

usage: fake_server.py STATE [--host ADDRESS] --port PORT [--healthy-after SECONDS] [FURTHER...]
Writes facts about itself to STATE/PID.json. A question that holds "die now" kills it within its answer.
"""

import argparse
import http.server
import json
import os
import pathlib
import signal
import sys
import time


def facts():
    descriptors = []
    for number in os.listdir("/proc/self/fd"):
        try:
            descriptors.append((int(number), os.readlink(f"/proc/self/fd/{number}")))
        except OSError:
            pass  # the listing's own
    return {"pid": os.getpid(), "group": os.getpgid(0), "arguments": sys.argv[1:], "environment": dict(os.environ),
            "descriptors": descriptors, "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, []))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("state", type=pathlib.Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--healthy-after", type=float, default=0)
    options, _ = parser.parse_known_args()
    known = facts()
    unfinished = options.state / f".{os.getpid()}"
    unfinished.write_text(json.dumps(known), encoding="utf-8")
    unfinished.rename(options.state / f"{os.getpid()}.json")
    healthy_at = time.monotonic() + options.healthy_after

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, form, *arguments):
            print(form % arguments, flush=True)  # paths, as servers do; never a body

        def do_GET(self):
            if self.path == "/health":
                self.reply(200 if time.monotonic() >= healthy_at else 503, {})
            elif self.path == "/v1/models":
                self.reply(200, {"object": "list", "data": [{"id": "fake", "object": "model"}]})
            else:
                self.reply(404, {"error": {"message": "no such path"}})

        def reply(self, status, value):
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.event({"choices": [{"index": 0, "delta": {"content": f"process {os.getpid()}"}}]})
            if b"die now" in body:
                os.kill(os.getpid(), signal.SIGKILL)
            self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            self.chunk(b"data: [DONE]\n\n")
            self.chunk(b"")

        def event(self, value):
            self.chunk(b"data: " + json.dumps(value).encode() + b"\n\n")

        def chunk(self, data):
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

    def told_to_stop(*_):
        (options.state / f"{os.getpid()}.terminated").touch()
        os._exit(0)

    signal.signal(signal.SIGTERM, told_to_stop)
    server = http.server.ThreadingHTTPServer((options.host, options.port), Handler)
    print("fake server listens", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
