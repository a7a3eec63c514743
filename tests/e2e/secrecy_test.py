"""What must not be found: content in logs and metrics, and content and keys in memory after a session."""

import re

from programs import *

PROMPT = "prompt-marker-Qm7xWz41"
ANSWER = "answer-marker-Tk9rLp83"


def memory_of(pid):
    """All that the process has in memory and that can be read."""
    found = bytearray()
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            match = re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line)
            if not match or "[vvar" in line or "[vsyscall" in line:
                continue
            start, end = (int(bound, 16) for bound in match.groups())
            try:
                memory.seek(start)
                while start < end:
                    piece = memory.read(min(end - start, 1 << 24))
                    if not piece:
                        break
                    found += piece
                    start += len(piece)
            except OSError:
                continue
    return bytes(found)


def memory_is_readable():
    """Whether this user may read the memory of a process that forbids dumps, as minionsd does."""
    program = "import ctypes, sys; ctypes.CDLL(None).prctl(4, 0); print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        try:
            memory_of(process.pid)
            return True
        except OSError:
            return False
        finally:
            process.stdin.close()


def places(memory, secret):
    return memory.count(secret)


class Secrecy(ProgramsTest):
    def test_logs_and_metrics_hold_no_content(self):
        file = self.directory / "keys.txt"
        made = subprocess.run([BIN / "minionsd", "key", "new", "key-owner-marker", "--api-keys", file],
                              capture_output=True, text=True, timeout=PATIENCE_S)
        key = self.write("key", made.stdout)
        upstream = ModelServer(self, pieces=(ANSWER,))
        server = Minionsd(self, "--log-level", "debug", "--api-keys", file, model=upstream.model())
        document = self.write("document-name-marker.txt", PROMPT)
        run = self.minions("ask", PROMPT, "-f", document, *server.trust(), "--api-key-file", key)
        self.assert_exit(run, 0)
        self.assertIn(ANSWER, run.stdout)
        self.assertTrue(upstream.bodies)
        self.assert_exit(self.minions("ask", PROMPT, *server.trust()), 5)
        metrics = fetch(server.admin_url + "/metrics").decode()
        self.assertIn("minionsd_streams_total", metrics)
        upstream.close()
        self.assertNotEqual(self.minions("ask", PROMPT, *server.trust(), "--api-key-file", key).returncode, 0)
        server.signal(signal.SIGTERM)
        server.process.wait(PATIENCE_S)
        log = server.stderr.text() + server.stdout.text()
        self.assertIn("stopped", log)
        for secret in (PROMPT, ANSWER, "document-name-marker", made.stdout.strip()):
            self.assertNotIn(secret, log)
            self.assertNotIn(secret, metrics)
        self.assertNotIn("key-owner-marker", metrics)

    @unittest.skipUnless(memory_is_readable(), "the memory of other processes cannot be read")
    def test_memory_holds_nothing_of_a_session_that_has_ended(self):
        upstream = ModelServer(self, pieces=(ANSWER, "end"), hold_after=1)
        server = Minionsd(self, "--padding", "off", model=upstream.model())
        log = self.directory / "log.json"
        asking = self.start_minions("ask", PROMPT, *server.trust(), "-o", "jsonl", "--log", log)
        self.assertEqual(next_token(asking), ANSWER)
        during = memory_of(server.process.pid)
        upstream.go_on.set()
        out, err = asking.communicate(timeout=PATIENCE_S)
        self.assertEqual(asking.returncode, 0, err)
        self.assertIs(json.loads(out.splitlines()[-1])["complete"], True)
        binding = from_b64u(json.loads(log.read_text(encoding="utf-8"))["h"])
        self.assertGreater(places(during, ANSWER.encode()) + places(during, PROMPT.encode()), 0)
        # h lies beside the session's keys and is erased with them. Found while the session lives, or nothing is shown.
        self.assertGreater(places(during, binding), 0)
        wait_until(lambda: server.metric("minionsd_streams_running") == 0 and server.metric("minionsd_sessions") == 0,
                   "the end of the session")
        after = memory_of(server.process.pid)
        for name, secret in (("prompt", PROMPT.encode()), ("answer", ANSWER.encode()), ("channel binding", binding)):
            self.assertEqual(places(after, secret), 0, f"the {name} is still in memory")
        self.assertGreater(len(after), 1 << 20)

    @unittest.skipUnless(memory_is_readable(), "the memory of other processes cannot be read")
    def test_memory_holds_no_document_that_the_embedded_engine_read(self):
        server = Minionsd(self)
        text = "".join(f"Line {n} of {PROMPT}: the pump of {ANSWER} runs for {n} minutes.\n" for n in range(300))
        document = self.write("document.txt", text)
        run = self.minions("ask", f"How long does the pump of {ANSWER} run in line 7?", "-f", document, *server.trust())
        self.assert_exit(run, 0)
        self.assertIn(ANSWER, run.stdout)
        wait_until(lambda: server.metric("minionsd_sessions") == 0, "the end of the session")
        after = memory_of(server.process.pid)
        for secret in (PROMPT, ANSWER):
            self.assertEqual(places(after, secret.encode()), 0)

    def test_no_core_is_dumped(self):
        server = Minionsd(self)
        with open(f"/proc/{server.process.pid}/limits", encoding="ascii") as limits:
            core = next(line for line in limits if line.startswith("Max core file size"))
        self.assertEqual(core.split()[4:6], ["0", "0"])


if __name__ == "__main__":
    main()
