"""What servers, models, documents and file names write does not steer a terminal: on a real pseudo-terminal, and on
standard error wherever it goes. Standard output that is no terminal gets what they wrote, byte for byte."""

import pty
import re
import tty

from minion_peers import *
from programs import *

# A title, a cleared screen, a colour by a C1 control, text in another order, an isolate, DEL, a return.
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202edesrever\u2066\x7f\rend"
FOLDER_NAME = "evil\x1b]0;owned\x07\x9b31m\u202e\n.txt"

FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class Shown:
    def __init__(self, code, output):
        self.code = code
        self.bytes = output
        self.text = output.decode()  # strictly: what is no UTF-8 fails here


class TerminalTest(ProgramsTest):
    def on_terminal(self, program, *arguments):
        """A program whose standard output and standard error are a terminal, as bytes come to it."""
        master, slave = pty.openpty()
        tty.setraw(slave)  # else the terminal itself writes a return before each line end
        process = subprocess.Popen([BIN / program, *arguments], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
                                   env={**self.environment, "TERM": "xterm"}, cwd=self.directory)
        os.close(slave)
        output = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:  # the other side is closed
                break
            if not piece:
                break
            output += piece
        os.close(master)
        return Shown(process.wait(PATIENCE_S), output)

    def assert_safe(self, text, what):
        found = FORBIDDEN.search(text)
        self.assertIsNone(found, f"{what}: {found and hex(ord(found.group()))} in {text!r}")

    def check(self, code, *arguments, reveals="owned"):
        """On a terminal, and with pipes: the text is there, and nothing of it does anything. What standard output got."""
        shown = self.on_terminal("minions", *arguments)
        self.assertEqual(shown.code, code, shown.text)
        self.assert_safe(shown.text, arguments[0])
        self.assertIn(reveals, shown.text)
        piped = subprocess.run([BIN / "minions", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                               timeout=PATIENCE_S, env=self.environment, cwd=self.directory)
        self.assertEqual(piped.returncode, code, piped.stderr)
        self.assert_safe(piped.stderr.decode(), f"{arguments[0]}, standard error")
        return piped.stdout.decode()


class Servers(TerminalTest):
    def test_an_answer_and_a_model_id(self):
        model = ModelServer(self, pieces=(HOSTILE, "\nsecond line\t.\n"))
        model.model_id = "model " + HOSTILE
        server = Minionsd(self, model=model.model())
        out = self.check(0, "ask", "question", *server.trust())
        self.assertEqual(out, HOSTILE + "\nsecond line\t.\n")
        self.assertIn("owned", self.check(0, "models", *server.trust()))
        for output in ("json", "jsonl"):
            out = self.check(0, "ask", "question", *server.trust(), "-o", output)
            self.assertIn(json.dumps(HOSTILE, ensure_ascii=False)[1:-1], out)
        result = json.loads(self.check(0, "models", *server.trust(), "-o", "json"))
        self.assertEqual(result["models"][0]["id"], "model " + HOSTILE)
        self.check(0, "attest", *server.trust(), reveals="accepted")

    def test_an_error_of_the_model(self):
        class Failing(ModelServer):
            def stream(self, chunk):
                error = {"error": {"message": HOSTILE * 100, "type": HOSTILE, "code": HOSTILE}}
                chunk(b"data: " + json.dumps(error).encode() + b"\n\n")
                chunk(b"")

        server = Minionsd(self, model=Failing(self).model())
        self.check(6, "ask", "question", *server.trust())

    def test_a_conversation(self):
        model = ModelServer(self, pieces=(HOSTILE, "done"))
        model.model_id = "model " + HOSTILE
        server = Minionsd(self, model=model.model())
        # Questions through a pipe, the answer to a terminal.
        script = self.write("script", "question\n/usage\n/verify\n/attach evil\x1b[31m\n")
        master, slave = pty.openpty()
        tty.setraw(slave)
        with open(script, "rb") as questions:
            process = subprocess.Popen([BIN / "minions", "chat", *server.trust()], stdin=questions, stdout=slave,
                                       stderr=slave, env=self.environment, cwd=self.directory)
        os.close(slave)
        output = b""
        try:
            while piece := os.read(master, 65536):
                output += piece
        except OSError:
            pass
        os.close(master)
        self.assertEqual(process.wait(PATIENCE_S), 7)
        self.assert_safe(output.decode(), "chat")
        self.assertIn("owned", output.decode())
        # All of it on a terminal: the line editor has sequences of its own, and none of these.
        process_id, master = pty.fork()
        if process_id == 0:
            os.chdir(self.directory)
            os.execve(BIN / "minions", ["minions", "chat", *map(str, server.trust())], {**self.environment, "TERM": "xterm"})
        shown, asked_at, lines = b"", 0, [b"question\n", b"/verify\n", b"exit\n"]
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            shown += piece
            if lines and re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\r", b"", shown[asked_at:]).endswith(b"> "):
                asked_at = len(shown)
                os.write(master, lines.pop(0))
        os.close(master)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1]), 0)
        self.assertEqual(lines, [], shown)
        self.assertIn(b"?]0;owned?", shown)
        for sequence in (b"\x1b]0;", "\x9b".encode(), "\u202e".encode(), "\u2066".encode(), b"\x7f"):
            self.assertNotIn(sequence, shown)

    def test_a_document_that_lies(self):
        document = json.loads(fetch(Minionsd(self).url + "/v2/attestation"))
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                body = outer.body.encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=served.serve_forever, daemon=True).start()
        self.addCleanup(served.server_close)
        self.addCleanup(served.shutdown)
        address = f"http://127.0.0.1:{served.server_port}"
        evidence = [{"type": HOSTILE, "data": {HOSTILE: "AA"}}]
        bodies = [{**document, "evidence": evidence}, {**document, "endorsements": {HOSTILE: HOSTILE}},
                  {**document, "attestor": {"public_key_pem": HOSTILE, "signature": "AA"}},
                  {**document, "nonce_proof": [{"side": HOSTILE, "hash": ""}]}, {**document, HOSTILE: 1},
                  {**document, "evidence": [{"type": "simulated", "data": {HOSTILE: HOSTILE}}]}]
        texts = [json.dumps(body) for body in bodies]
        texts += [json.dumps(document)[:-1] + f',{json.dumps(HOSTILE)}:1,{json.dumps(HOSTILE)}:2}}', HOSTILE]
        for body in texts:
            self.status, self.body = 200, body
            self.check(3, "attest", "--server", address, reveals="minions: error: ")
            shown = self.on_terminal("minions", "verify", self.write("document.json", body))
            self.assertIn(shown.code, (2, 3), shown.text)
            self.assert_safe(shown.text, "verify")
        self.status, self.body = 503, json.dumps({"error": {"code": HOSTILE, "message": HOSTILE}})
        self.check(4, "attest", "--server", address, reveals="HTTP 503")

    def test_a_run_and_what_it_disclosed(self):
        (self.directory / "notes.txt").write_text("The output was 412 megawatts.\n")
        upstream = ScriptedSupervisor(self, [asks("say " + HOSTILE), answers("it is " + HOSTILE)] * 3)
        server = Minionsd(self, model=upstream.model())
        worker = Ollama(self, ["worker " + HOSTILE])
        options = ["run", "task", "-f", "notes.txt", *server.trust(), "--worker", worker.worker]
        self.check(0, *options)
        log = sorted((self.directory / "secure_minion_logs").glob("*"))[0]
        out = self.check(0, "disclosed", log)
        self.assertIn("worker " + HOSTILE, out)
        self.check(0, "verify", log, "--allow-simulated", "--trusted-attestation-pem", server.attestation_pem,
                   reveals="the log holds")
        failing = Ollama(self, ["error:" + HOSTILE])
        shown = self.on_terminal("minions", *options[:-1], failing.worker)
        self.assertNotEqual(shown.code, 0)
        self.assertIn("owned", shown.text)
        self.assert_safe(shown.text, "run")


class Files(TerminalTest):
    def test_names_of_documents(self):
        folder = self.directory / "evil\x1b[31m\x9b"
        folder.mkdir()
        (folder / FOLDER_NAME).write_bytes(bytes(range(256)) * 8)
        server = Minionsd(self)
        self.check(7, "ask", "question", "-f", folder / FOLDER_NAME, *server.trust())
        self.check(7, "ask", "question", "-f", folder, *server.trust(), reveals="evil")
        (folder / "good.txt").write_text("text")
        self.check(0, "ask", "question", "-f", folder, *server.trust(), reveals="evil")

    def test_policies_logs_and_arguments(self):
        name = json.dumps(HOSTILE).replace("\x7f", "\\u007f")
        policy = self.write("p.toml", f"[models]\nids = [{name}]\n[waive]\n\"tls.spki\" = {name}\n")
        self.check(0, "policy", "check", policy)
        self.check(0, "policy", "diff", policy, self.write("q.toml", ""))
        self.check(2, "policy", "check", self.write("r.toml", f"[{name}]\nx = 1\n"))
        self.check(2, "policy", "check", self.directory / FOLDER_NAME)
        self.check(2, "verify", self.write(FOLDER_NAME, HOSTILE))
        log = {"smp2_log": 1, "server": HOSTILE, "session": HOSTILE, "document": None, "exchanges": [], HOSTILE: 1}
        self.check(0, "verify", self.write("a.log", json.dumps(log)))
        self.check(9, "verify", self.write("b.log", '{"smp2_log":1,"server":' + json.dumps(HOSTILE) + "}"),
                   reveals="altered")
        self.check(2, HOSTILE, reveals="minions: error: ")
        self.check(2, "ask", HOSTILE, "--model", HOSTILE, "--server", HOSTILE, reveals="minions: error: ")


class Server(TerminalTest):
    def test_the_doctor_and_the_server(self):
        path = self.directory / ("keys" + FOLDER_NAME)
        shown = self.on_terminal("minionsd", "doctor", "--attest", "simulated", "--attestation-key-path", path)
        self.assertIn("owned", shown.text)
        self.assert_safe(shown.text, "doctor")
        shown = self.on_terminal("minionsd", "--attest", "simulated", "--engine", "extractive", "--attestation-key-path",
                                 self.directory / "keys", "--api-keys", path)
        self.assertNotEqual(shown.code, 0)
        self.assertIn("owned", shown.text)
        self.assert_safe(shown.text, "minionsd")


class Sources(unittest.TestCase):
    def test_the_programs_print_through_one_place(self):
        """minions writes to its streams in terminal.cpp, and where no text from outside can be."""
        apart = {"terminal.cpp", "line_editor.cpp"}
        for source in (SOURCE / "apps/minions").glob("*.cpp"):
            if source.name not in apart:
                self.assertNotRegex(source.read_text(), r"fmt::print|std::cout|std::cerr|\bf?puts\(|\bf?printf\(",
                                    f"{source.name}: print_out and print_err of terminal.h are safe on terminals")


if __name__ == "__main__":
    main()
