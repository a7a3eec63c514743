"""Models that misbehave: each has its ending, its words, its exit code and its log, in ask, chat and run, streamed and not."""

from minion_peers import *
from odd_server import *
from programs import *

FACT = "The turbine reached an output of 412 megawatts."


def whole(text, finish="stop", **message):
    """The reply in one JSON object, from a server that does not stream."""
    return (200, "application/json", json.dumps({"choices": [{"message": {"role": "assistant", "content": text, **message},
                                                              "finish_reason": finish}], "usage": USAGE}).encode())


def pieces(*texts, finish="stop"):
    return stream(*(delta(text) for text in texts), delta(finish=finish))


# What the model says in a stream and whole; how `ask` and `chat` end: exit code, ending, a word of standard error; and `run`
# with that model as its supervisor and as its worker: exit codes, a word of standard error each.
NO_ANSWER = "is unusable after one repair"
MODELS = {
    "nothing": (pieces(""), whole(""), 10, "empty", "answered nothing", (6, NO_ANSWER), (0, "answered nothing")),
    "blanks": (pieces(" \n", "\t \n"), whole(" \n\t \n"), 10, "empty", "answered nothing", (6, NO_ANSWER), (0, "answered nothing")),
    "reasoning": (stream(delta(reasoning_content="hm, hm"), delta(finish="stop")), whole(None, reasoning_content="hm, hm"),
                  10, "reasoning_only", "only reasoned", (6, NO_ANSWER), (0, "only reasoned")),
    "half": (pieces('{"message": "Which out', finish="length"), whole('{"message": "Which out', "length"), 10, "length",
             "cut", (6, NO_ANSWER), (0, "cut")),
    "prose": (pieces("Sure! ", 'Here it is: {"decision": "provide_final_answer", "message": "Which output?", "answer": "412"} ', "Bye."),
              whole('Sure! Here it is: {"decision": "provide_final_answer", "message": "Which output?", "answer": "412"} Bye.'),
              0, "complete", "", (0, ""), (0, "")),
    "prompt": (pieces("CASE:prompt ", "Which output was reached?"), whole("CASE:prompt Which output was reached?"),
               0, "complete", "only repeats the question", (6, "its answer repeats the task"), (0, "repeats what it was told")),
    "language": (pieces("\u6da1\u8f6e\u673a", "\u8fbe\u5230412\u5146\u74e6\u3002"), whole("\u6da1\u8f6e\u673a\u8fbe\u5230412\u5146\u74e6\u3002"),
                 0, "complete", "", (0, "no JSON"), (0, "")),
    "controls": (pieces("a\u001b[31m", "b\u0007\u0000c\u202e"), whole("a\u001b[31mb\u0007\u0000c\u202e"), 0, "complete", "",
                 (0, "no JSON"), (0, "")),
}


class BadModels(ProgramsTest):
    def assert_harmless(self, text):
        for control in "\u001b\u0007\u0000\u202e":
            self.assertNotIn(control, text)

    def test_ask_and_chat(self):
        for form in (0, 1):
            model = OddServer(self, {name: row[form] for name, row in MODELS.items()})
            server = Minionsd(self, model=model.model())
            for name, (*_, code, ending, words, _, _) in MODELS.items():
                with self.subTest(name, form=form):
                    question = f"CASE:{name} Which output was reached?"
                    run = self.minions("ask", question, *server.trust())
                    self.assert_exit(run, code)
                    self.assertIn(words, run.stderr)
                    told = json.loads(self.minions("ask", question, *server.trust(), "-o", "json").stdout)
                    self.assertEqual((told["ending"], told["complete"]), (ending, ending == "complete"))
                    chat = self.minions("chat", *server.trust(), stdin=question + "\n")
                    self.assert_exit(chat, code)
                    self.assertIn(words, chat.stderr)
                    self.assertEqual(chat.stdout.strip(), run.stdout.strip())

    def test_as_supervisor(self):
        for form in (0, 1):
            model = OddServer(self, {name: row[form] for name, row in MODELS.items()})
            server = Minionsd(self, model=model.model())
            for name, row in MODELS.items():
                code, words = row[5]
                with self.subTest(name, form=form):
                    run = self.minions("run", f"CASE:{name} Which output was reached?", "-f", self.write("note.txt", FACT),
                                       *server.trust(), "--worker", "extractive", "--logging-id", f"{name}{form}")
                    self.assertIn(run.returncode, (code, 10) if code == 0 else (code,), run.stderr)
                    self.assertIn(words, run.stderr)
                    self.assert_harmless(run.stderr)
                    log = self.directory / "secure_minion_logs" / f"{name}{form}_secure_minion.json"
                    written = json.loads(log.read_text(encoding="utf-8"))
                    self.assertEqual(written["answered"], code == 0)
                    judged = self.minions("verify", log, "--allow-simulated", "--trusted-attestation-pem", server.attestation_pem)
                    self.assert_exit(judged, 0)

    def test_as_worker(self):
        supervisor = ScriptedSupervisor(self, [])
        server = Minionsd(self, model=supervisor.model())
        for form in (0, 1):
            model = OddServer(self, {name: row[form] for name, row in MODELS.items()})
            for name, row in MODELS.items():
                code, words = row[6]
                with self.subTest(name, form=form):
                    supervisor.texts = [asks(f"CASE:{name} Which output was reached?"), answers("412")]
                    run = self.minions("run", "Which output was reached?", "-f", self.write("note.txt", FACT), *server.trust(),
                                       "--worker", f"openai:{model.url}/v1#stub", "--no-log")
                    self.assert_exit(run, code)
                    self.assertIn(words, run.stderr)
                    self.assert_harmless(run.stderr)
                    if words:
                        self.assertIn(words, supervisor.bodies[-1].decode(), "the supervisor is told")

    def test_a_million_tokens_are_an_answer(self):
        def many(body, handler):
            def send(chunk):
                for _ in range(1000):
                    chunk(event(delta("ab ")) * 1000)
                chunk(event(delta(finish="stop")) + b"data: [DONE]\n\n")
                chunk(b"")
            return 200, "text/event-stream", send, {}

        model = OddServer(self, {"million": many})
        server = Minionsd(self, "--padding", "off", model=model.model())
        run = self.minions("ask", "CASE:million", *server.trust())
        self.assert_exit(run, 0)
        self.assertEqual(len(run.stdout), 3_000_001)

    def test_endless_reasoning_and_silence_end_when_the_user_says_so(self):
        def endless(body, handler):
            def send(chunk):
                while True:
                    chunk(event(delta(reasoning_content="hm ")) * 100)
                    time.sleep(0.01)
            return 200, "text/event-stream", send, {}

        def silent(body, handler):
            def send(chunk):
                chunk(event(delta("one ")))
                while True:
                    chunk(b": still there\n\n")
                    time.sleep(0.05)
            return 200, "text/event-stream", send, {}

        model = OddServer(self, {"endless": endless, "silent": silent})
        server = Minionsd(self, "--padding", "off", model=model.model())
        for case in ("endless", "silent"):
            with self.subTest(case):
                model.broken_off.clear()
                process = self.start_minions("ask", f"CASE:{case}", *server.trust(), "-o", "json")
                wait_until(lambda: len(model.bodies) > 0, "the request")
                model.bodies.clear()
                time.sleep(0.5)
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(PATIENCE_S), 130)
                self.assertEqual(json.loads(process.stdout.read())["error"]["code"], "cancelled")
                self.assertTrue(model.broken_off.wait(PATIENCE_S), "the model is freed")


if __name__ == "__main__":
    main()
