"""The programs under test and what stands around them: minionsd, minions, a model server, certificates."""

import base64
import hashlib
import http.server
import json
import os
import pathlib
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

BIN = pathlib.Path(os.environ["MINIONS_BIN"])
SOURCE = pathlib.Path(os.environ["MINIONS_SOURCE"])
HANDBOOK = SOURCE / "examples/handbook.pdf"
PATIENCE_S = 60
# A real llama-server, and a tiny model with random weights whose text is noise. Empty where scripts/llama has not run.
LLAMA_SERVER = os.environ.get("MINIONS_LLAMA_SERVER", "")
NOISE_MODEL = os.environ.get("MINIONS_NOISE_MODEL", "")
needs_llama_server = unittest.skipUnless(LLAMA_SERVER and NOISE_MODEL, "no llama-server: scripts/llama gets it")
needs_noise_model = unittest.skipUnless(NOISE_MODEL, "no llama.cpp: scripts/llama gets it")
needs_vision = unittest.skipUnless(NOISE_MODEL and os.environ.get("MINIONS_VISION") == "1",
                                   "no libmtmd: scripts/llama gets it")


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def wait_until(holds, what, patience_s=PATIENCE_S):
    """Until holds() gives something; that. Fails the test after a while."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {patience_s} s")


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def fetch(url):
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as reply:
        return reply.read()


class Lines:
    """The lines that a pipe gives, read as they come, so that nobody blocks on a full pipe."""

    def __init__(self, pipe):
        self._queue = queue.Queue()
        self.all = []
        self._thread = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self._thread.start()

    def _read(self, pipe):
        for line in pipe:
            self.all.append(line)
            self._queue.put(line)
        self._queue.put(None)
        pipe.close()

    def next(self):
        """The next line, or None at the end."""
        return self._queue.get(timeout=PATIENCE_S)

    def text(self):
        """Everything, once the pipe has ended."""
        self._thread.join(PATIENCE_S)
        return "".join(self.all)


class Minionsd:
    """One minionsd on a port of its own; stopped at the end of the test."""

    def __init__(self, test, *options, model=("--engine", "extractive"), keys=None, scheme="http",
                 attest=("simulated",), environment=None, program=BIN / "minionsd"):
        self.keys = keys or test.directory / "attestation"
        if attest[0] != "simulated" and "--collateral-url" not in attest:
            options += ("--collateral", "off")  # nothing is asked beyond loopback
        self.process = subprocess.Popen(
            [program, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", *model, "--attest",
             *attest, "--attestation-key-path", self.keys, *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})})
        test.addCleanup(self.kill)
        self.stdout = Lines(self.process.stdout)
        self.stderr = Lines(self.process.stderr)
        ready = self.stdout.next()
        if ready is None:
            raise AssertionError("minionsd did not start: " + self.stderr.text())
        test.assertRegex(ready, rf"^ready {scheme}://127\.0\.0\.1:\d+\n$")
        self.url = ready.split()[1]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.admin_url = wait_until(lambda: self._logged("admin url="), "the admin address in the log")

    def _logged(self, mark):
        for line in self.stderr.all:
            if mark in line:
                return line.split(mark)[1].split()[0]
        return None

    def wait_logged(self, mark):
        wait_until(lambda: any(mark in line for line in self.stderr.all), f"'{mark}' in the log")

    @property
    def attestation_pem(self):
        return self.keys / "attestation_public.pem"

    def trust(self):
        """The options by which a client takes this server."""
        return ["--server", self.url, "--allow-simulated", "--trusted-attestation-pem", self.attestation_pem]

    def metric(self, name):
        for line in fetch(self.admin_url + "/metrics").decode().splitlines():
            if line.rsplit(" ", 1)[0] == name:
                return float(line.rsplit(" ", 1)[1])
        return 0.0

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)


class ProgramsTest(unittest.TestCase):
    """A directory for the test, and minions run in it without the user's settings."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="minions-e2e.")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.directory), "LC_ALL": "C.UTF-8"}

    def minions(self, *arguments, stdin=""):
        return subprocess.run([BIN / "minions", *arguments], input=stdin, capture_output=True, text=True,
                              timeout=PATIENCE_S, env=self.environment, cwd=self.directory)

    def start_minions(self, *arguments):
        process = subprocess.Popen([BIN / "minions", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.environment, cwd=self.directory)

        def end():
            if process.poll() is None:
                process.kill()
            process.wait(PATIENCE_S)

        self.addCleanup(end)
        return process

    def assert_answered(self, run):
        """By the noise model, which hardly ever ends by itself: 10 is an answer that was cut at its limit."""
        self.assertIn(run.returncode, (0, 10), f"stderr: {run.stderr}")

    def assert_exit(self, run, code):
        self.assertEqual(run.returncode, code, f"stdout: {run.stdout}\nstderr: {run.stderr}")

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def certificate(self, name):
        """A self-signed certificate for localhost with its key: (certificate, key, SPKI hash as b64u)."""
        certificate, key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        public = subprocess.run(["openssl", "x509", "-in", certificate, "-pubkey", "-noout"], check=True,
                                capture_output=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, check=True,
                             capture_output=True).stdout
        return certificate, key, b64u(hashlib.sha256(der).digest())

    @staticmethod
    def sandbox():
        """What minions needs to read our own sample where the machine cannot confine the PDF reader."""
        check = subprocess.run([BIN / "minions-extract", "check"], capture_output=True)
        return [] if check.returncode == 0 else ["--unsafe-no-sandbox"]


class ModelServer:
    """An OpenAI-compatible server that streams its answer and stops between two pieces until it is let go."""

    def __init__(self, test, pieces=("one ", "two ", "three"), hold_after=None):
        self.pieces = pieces
        self.hold_after = hold_after  # pieces
        self.go_on = threading.Event()
        self.bodies = []
        self.broken_off = threading.Event()
        self.closed = False
        self.model_id = "stub"
        self.context_tokens = None  # what the list says that the model reads at once
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                ids = [] if outer.model_id is None else [outer.model_id]
                facts = {} if outer.context_tokens is None else {"max_model_len": outer.context_tokens}
                self.reply_json({"object": "list", "data": [{"id": each, "object": "model", **facts} for each in ids]})

            def reply_json(self, value):
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                if outer.closed:
                    self.close_connection = True
                    return
                length = int(self.headers["Content-Length"])
                outer.bodies.append(self.rfile.read(length))
                if len(outer.bodies[-1]) < length:  # broken off
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    outer.stream(self.chunk)
                except OSError:
                    outer.broken_off.set()
                    self.close_connection = True

            def chunk(self, data):
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                self.wfile.flush()

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        test.addCleanup(self.close)

    def stream(self, chunk):
        def event(value):
            chunk(b"data: " + json.dumps(value).encode() + b"\n\n")

        for place, piece in enumerate(self.pieces):
            if place == self.hold_after:
                # Whoever broke off is noticed by writing: comments are no tokens.
                while not self.go_on.wait(0.05):
                    chunk(b": waiting\n\n")
            event({"choices": [{"index": 0, "delta": {"content": piece}}]})
        event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        event({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}})
        chunk(b"data: [DONE]\n\n")
        chunk(b"")

    def close(self):
        """Takes no more; connections that were kept are closed at their next request."""
        if self.closed:
            return
        self.closed = True
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()

    def model(self):
        """minionsd's options for it."""
        return ["--upstream", self.url]


class LlamaServer:
    """A real llama-server with the noise model on a port of its own; stopped at the end of the test."""

    def __init__(self, test, *options):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = test.directory / f"llama-server.{self.port}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(llama_server_command(self.port, *options), stdout=log, stderr=log)
        test.addCleanup(self.kill)
        wait_until(self.healthy, "a healthy llama-server")

    def healthy(self):
        if self.process.poll() is not None:
            raise AssertionError("llama-server ended: " + self.log.read_text(errors="replace")[-2000:])
        try:
            return b"ok" in fetch(self.url + "/health")
        except OSError:
            return False

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:
            return json.load(reply)

    def model(self):
        """minionsd's options for it."""
        return ["--upstream", self.url]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)


def llama_server_command(port, *options):
    """How llama-server is started: one thread, since others share the machine, and nothing of the network."""
    return [LLAMA_SERVER, "--model", NOISE_MODEL, "--host", "127.0.0.1", "--port", str(port), "--threads", "1",
            "--ctx-size", "4096", "--parallel", "1", "--offline", "--no-webui", *options]


def next_token(process):
    """The text of the next token line of `minions ask -o jsonl`."""
    line = json.loads(process.stdout.readline())
    assert line["type"] == "token", line
    return line["text"]


def main():
    """Runs the tests of the script. 77 says that every one of them was skipped."""
    program = unittest.main(module="__main__", exit=False)
    result = program.result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.testsRun > 0 and len(result.skipped) == result.testsRun else 0)


__all__ = [name for name in dir() if not name.startswith("_")]
