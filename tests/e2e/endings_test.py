"""How answers end: what a model's server sends, and what ask, chat and run say of it, in words, JSON, log and exit code.
docs/endings.md lists the endings; each of its rows is tried here, for each command. Also what servers send that is odd, and
must not matter, and how errors keep their reason."""

import gzip
import select

from minion_peers import *
from odd_server import *
from programs import *

# What stands for each ending of docs/endings.md. Text before it, so that a cut can be seen.
SAYS = {
    "complete": stream(delta("Hello"), delta(" world"), delta(finish="stop")),
    "length": stream(delta("Hello"), delta(" wor"), delta(finish="length")),
    "content_filter": stream(delta("Hello"), delta(finish="content_filter")),
    "refusal": stream(delta(refusal="I cannot do that."), delta(finish="stop")),
    "reasoning_only": stream(delta(reasoning_content="hm, hm"), delta(finish="length")),
    "tool_call": stream(delta(tool_calls=[{"index": 0, "id": "t", "type": "function",
                                           "function": {"name": "f", "arguments": "{}"}}]), delta(finish="tool_calls")),
    "empty": stream(delta(" \n"), delta(finish="stop")),
    "abort": stream(delta("Hello"), delta(finish="abort")),
    "unknown": stream(delta("Hello"), delta(finish="repetition_detected")),
}
TEXTS = {"complete": "Hello world", "length": "Hello wor", "content_filter": "Hello", "abort": "Hello", "unknown": "Hello",
         "empty": " \n"}
NO_TEXT = ("refusal", "reasoning_only", "tool_call", "empty")


def rows():
    """The table of docs/endings.md: {ending: (words on standard error, exit code of ask and chat, of run)}."""
    found = {}
    for line in (SOURCE / "docs/endings.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 5 and cells[3].isdigit():
            found[cells[0].strip("`")] = (cells[2].strip("`"), int(cells[3]), int(cells[4]))
    return found


class EndingsTest(ProgramsTest):
    def serve(self, replies):
        self.model = OddServer(self, replies)
        self.server = Minionsd(self, "--padding", "off", model=self.model.model())

    def ask(self, case, *options):
        return self.minions("ask", f"CASE:{case}", *self.server.trust(), *options)


class Table(EndingsTest):
    def setUp(self):
        super().setUp()
        self.serve(SAYS)

    def test_the_table_has_every_ending(self):
        self.assertEqual(set(rows()), set(SAYS))

    def test_ask_says_each(self):
        for ending, (words, code, _) in rows().items():
            with self.subTest(ending):
                run = self.ask(ending)
                self.assert_exit(run, code)
                text = TEXTS.get(ending, "")
                self.assertEqual(run.stdout, text + ("\n" if text and not text.endswith("\n") else ""))
                self.assert_says(run.stderr, words)
                result = self.ask(ending, "-o", "json")
                self.assert_exit(result, code)
                value = json.loads(result.stdout)
                self.assertEqual((value["ending"], value["answer"], value["complete"]), (ending, text, ending == "complete"))
                self.assertNotIn("error", value)
                whole = self.ask(ending, "-o", "jsonl")
                self.assertEqual(json.loads(whole.stdout.splitlines()[-1])["ending"], ending)

    def test_chat_says_each(self):
        for ending, (words, code, _) in rows().items():
            with self.subTest(ending):
                run = self.minions("chat", *self.server.trust(), stdin=f"CASE:{ending}\n")
                self.assert_exit(run, code)
                self.assert_says(run.stderr, words)
                self.assertEqual(run.stdout.strip(), TEXTS.get(ending, "").strip())

    def assert_says(self, stderr, words):
        warnings = [line for line in stderr.splitlines() if line.startswith("minions: warning: ") and "SIMULATED" not in line
                    and "could read" not in line]
        self.assertEqual(any(words in line for line in warnings) if words else not warnings, True, stderr)

    def test_a_refusal_is_shown(self):
        self.assertIn("I cannot do that.", self.ask("refusal").stderr)
        self.assertEqual(json.loads(self.ask("refusal", "-o", "json").stdout)["refusal"], "I cannot do that.")

    def test_a_chat_goes_on_and_sends_no_empty_turn(self):
        run = self.minions("chat", *self.server.trust(), stdin="CASE:empty\nCASE:complete\n")
        self.assert_exit(run, 10)
        self.assertEqual([message["role"] for message in json.loads(self.model.bodies[-1])["messages"]], ["user"])


class Runs(ProgramsTest):
    """The same words in runs: of the supervisor's replies, and of the worker's."""

    def run_with(self, final="complete", worker="complete"):
        asked = []

        class Supervisor(ModelServer):
            def stream(self, chunk):
                asked.append(1)
                if len(asked) == 1:
                    chunk(stream(delta(asks("How long?")), delta(finish="stop"), {"choices": [], "usage": USAGE}))
                elif final in NO_TEXT:
                    chunk(SAYS[final])
                else:
                    reason = {"complete": "stop", "unknown": "something"}.get(final, final)
                    chunk(stream(delta(answers("Forty.")), delta(finish=reason)))
                chunk(b"")

        class Worker(ModelServer):
            def stream(self, chunk):
                chunk(SAYS[worker])
                chunk(b"")

        self.supervisor = Supervisor(self)
        small = Worker(self)
        server = Minionsd(self, model=self.supervisor.model())
        run = self.minions("run", "How long is it?", "-f", self.write("a.txt", "Hello world, it is forty."), *server.trust(),
                           "--worker", f"openai:{small.url}/v1#stub", "-o", "json", "--log-dir", self.directory / "logs")
        log = json.loads(next((self.directory / "logs").iterdir()).read_text())
        verified = self.minions("verify", json.loads(run.stdout)["log_file"], "--allow-simulated",
                                "--trusted-attestation-pem", server.attestation_pem)
        self.assertEqual(verified.returncode, 0 if run.returncode in (0, 10) else verified.returncode, verified.stdout)
        return run, json.loads(run.stdout), log

    def test_a_final_answer_ends_as_the_table_says(self):
        for ending, (words, _, code) in rows().items():
            with self.subTest(ending):
                run, result, log = self.run_with(final=ending)
                self.assert_exit(run, code)
                self.assertEqual((result["ending"], log["ending"]), (ending, ending))
                self.assertEqual(result["answered"], code != 6)
                self.assertIn(words, run.stderr)
                self.assertTrue(not words or any(words in note for note in result["notes"]), result["notes"])
                self.assertEqual([turn["ending"] for turn in log["conversation"]][:2], ["complete"] * 2)
                self.setUp()

    def test_user_and_supervisor_are_told_of_a_worker_that_gave_no_whole_answer(self):
        for ending in SAYS:
            with self.subTest(ending):
                run, result, log = self.run_with(worker=ending)
                self.assert_exit(run, 0)
                words = rows()[ending][0]
                self.assertEqual(log["conversation"][1]["ending"], ending)
                if words:
                    self.assertTrue(any(words in note for note in result["notes"]), result["notes"])
                    self.assertIn(words, json.loads(self.supervisor.bodies[-1])["messages"][-1]["content"])
                self.assertEqual(TEXTS.get(ending, ""), log["conversation"][1]["output"])
                self.setUp()


class Odd(EndingsTest):
    """What servers and the proxies before them add to a stream. The answer is whole all the same."""
    HEAD = [delta("", role="assistant"), delta("Hello")]
    TAIL = [delta(" world"), delta(finish="stop"), {"choices": [], "usage": USAGE}]

    def test_it_is_passed_over(self):
        head, tail = self.HEAD, self.TAIL
        cases = {
            "ping": stream(*head, b'event: ping\ndata: {"type": "ping"}\n\n', *tail),
            "comment": stream(b": PROCESSING\n\n", *head, b":\n\n", *tail),
            "emptyobject": stream(*head, "{}", *tail),
            "emptydata": stream(*head, b"data: \n\ndata:\n\n", *tail),
            "unknown": stream({"prompt_filter_results": [{"prompt_index": 0}], "id": ""}, *head, *tail),
            "stats": stream(*head, b"event: x-stats\ndata: not JSON\n\n", *tail),
            "floats": stream(*head, *tail[:2], {"choices": [], "usage": {"prompt_tokens": 7.0, "completion_tokens": 3.0}}),
            "donetrail": stream(*head, *tail, end=b"data: [DONE] \n\n"),
            "afterdone": stream(*head, *tail, end=b"data: [DONE]\n\n" + event(delta("more"))),
            "noblank": stream(*head, *tail, end=b"data: [DONE]"),
            "bom": b"\xef\xbb\xbf" + stream(*head, *tail),
            "json": (200, "application/json", json.dumps({"choices": [{"message": {"content": "Hello world"},
                                                                       "finish_reason": "stop"}], "usage": USAGE}).encode()),
            "jsonbom": (200, "application/json", b"\xef\xbb\xbf" + json.dumps(
                {"choices": [{"message": {"content": "Hello world"}, "finish_reason": "stop"}]}).encode()),
            "choicesnull": stream(*head, *tail[:2], {"choices": None, "usage": USAGE}),
            "finishobject": stream(*head, tail[0], delta(finish={"type": "stop", "matched": 2})),
            "secondchoice": stream({"choices": [{"index": 1, "delta": {"content": "no"}}, {"index": 0, "delta": {"content": "Hello"}}]},
                                   *tail),
            "reasoning": stream(delta(content=None, reasoning="thinking hard"), *head, *tail),
            "think": stream(delta("<thi"), delta("nk>\nhm"), delta("</think>\n\nHello"), *tail),
            "nousage": stream(*head, *tail[:2]),
        }
        self.serve(cases)
        for case in cases:
            with self.subTest(case):
                run = self.ask(case)
                self.assert_exit(run, 0)
                self.assertEqual(run.stdout, "Hello world\n")
        floats = json.loads(self.ask("floats", "-o", "json").stdout)
        self.assertEqual(floats["usage"]["prompt_tokens"], 7)
        self.assertIsNone(json.loads(self.ask("nousage", "-o", "json").stdout)["usage"])
        self.assertTrue(all(encoding == "identity" for encoding in self.model.encodings))

    def test_what_is_not_text_is_replaced(self):
        self.serve({"badutf8": stream(b'data: {"choices":[{"index":0,"delta":{"content":"a\xff\xfeb"}}]}\n\n',
                                      delta(finish="stop")),
                    "surrogates": stream(b'data: {"choices":[{"index":0,"delta":{"content":"a\\ud83d"}}]}\n\n',
                                         b'data: {"choices":[{"index":0,"delta":{"content":"\\ude00b"}}]}\n\n',
                                         delta(finish="stop")),
                    "negative": stream(delta("Hello world"), delta(finish="stop"),
                                       {"choices": [], "usage": {"prompt_tokens": -1, "completion_tokens": 3}})})
        for case in ("badutf8", "surrogates"):
            run = self.ask(case)
            self.assert_exit(run, 0)
            self.assertEqual(run.stdout, "a\ufffd\ufffdb\n")
        run = self.ask("negative", "-o", "json")
        self.assert_exit(run, 0)
        self.assertIsNone(json.loads(run.stdout)["usage"])

    def test_an_event_of_megabytes_is_an_event(self):
        self.serve({"long": stream(delta("x" * 5_000_000), delta(finish="stop"))})
        run = self.ask("long")
        self.assert_exit(run, 0)
        self.assertEqual(len(run.stdout), 5_000_001)

    def test_reasoning_is_shown_on_request_and_kept_out_of_the_answer(self):
        self.serve({"apart": stream(delta(reasoning="hm, hm"), delta("Yes."), delta(finish="stop")),
                    "within": stream(delta("<think>hm, hm</think>Yes."), delta(finish="stop"))})
        for case in ("apart", "within"):
            hidden, shown = self.ask(case), self.ask(case, "--reasoning")
            self.assertEqual((hidden.stdout, shown.stdout), ("Yes.\n", "Yes.\n"))
            self.assertNotIn("hm, hm", hidden.stderr)
            self.assertIn("hm, hm\n", shown.stderr)
            value = json.loads(self.ask(case, "-o", "json").stdout)
            self.assertEqual((value["answer"], value["reasoning"]), ("Yes.", "hm, hm"))
        chat = self.minions("chat", "--reasoning", *self.server.trust(), stdin="CASE:apart\n")
        self.assertIn("hm, hm\n", chat.stderr)


class Errors(EndingsTest):
    """The model server's fault is exit 6, with the reason that it gave."""

    def test_it_keeps_its_reason(self):
        def plain(status, body, kind="application/json"):
            return (status, kind, body if isinstance(body, bytes) else json.dumps(body).encode())

        self.serve({
            "vllm": plain(400, {"object": "error", "message": "context is 4096 tokens", "type": "BadRequestError", "code": 400}),
            "openai": plain(400, {"error": {"message": "context is 4096 tokens", "code": "context_length_exceeded"}}),
            "fastapi": plain(422, {"detail": [{"type": "missing", "loc": ["body", "model"], "msg": "Field required"}]}),
            "detail": plain(404, {"detail": "Model not loaded"}),
            "text": plain(500, b"Internal Server Error", "text/plain"),
            "html": plain(502, b"<html><h1>502 Bad Gateway</h1></html>", "text/html"),
            "unauthorized": plain(401, {"error": {"message": "Invalid API key"}}),
            "nothing": plain(200, b""),
            "nocontent": plain(204, b""),
            "noevents": b"",
            "notjson": stream("hello"),
            "gzip": (200, "application/json", gzip.compress(b"{}"), {"Content-Encoding": "gzip"}),
            "inside": stream(delta("Hel"), {"error": {"message": "CUDA out of memory", "code": 500}}),
            "insidevllm": stream(delta("Hel"), {"object": "error", "message": "EngineDeadError", "code": 500}),
            "insidetext": stream(delta("Hel"), {"error": "exploded"}),
            "insideevent": stream(delta("Hel"), b'event: error\ndata: {"message":"gone","code":"x"}\n\n'),
        })
        for case, reason in (("vllm", "context is 4096 tokens"), ("openai", "context_length_exceeded"),
                             ("fastapi", "body.model: Field required"), ("detail", "Model not loaded"),
                             ("text", "Internal Server Error"), ("html", "HTTP 502"), ("unauthorized", "Invalid API key"),
                             ("nothing", "empty reply"), ("nocontent", "HTTP 204"), ("noevents", "empty reply"),
                             ("notjson", "completion"), ("gzip", "gzip"), ("inside", "CUDA out of memory"),
                             ("insidevllm", "EngineDeadError"), ("insidetext", "exploded"), ("insideevent", "gone")):
            with self.subTest(case):
                run = self.ask(case)
                self.assert_exit(run, 6)
                self.assertIn(reason, run.stderr)
                result = json.loads(self.ask(case, "-o", "json").stdout)
                self.assertEqual((result["error"]["exit_code"], result["ending"]), (6, None))
                chat = self.minions("chat", *self.server.trust(), stdin=f"CASE:{case}\n")
                self.assert_exit(chat, 6)
                self.assertIn(reason, chat.stderr)

    def test_what_a_server_does_not_take_is_left_out(self):
        def refuses(field, words):
            def reply(request, handler):
                if field(request):
                    return 400, "application/json", json.dumps({"error": {"message": words}}).encode(), {}
                return 200, "text/event-stream", SAYS["complete"], {}

            return (0, "", reply)

        self.serve({"options": refuses(lambda r: "stream_options" in r, "Unknown parameter: 'stream_options'"),
                    "system": refuses(lambda r: r["messages"][0]["role"] == "system", "System role not supported"),
                    "template": (400, "application/json", b'{"error":{"message":"no chat template is defined"}}')})
        run = self.ask("options")
        self.assert_exit(run, 0)
        self.assertIn("stream_options", run.stderr)
        run = self.ask("system", "--system-prompt", "Be brief.")
        self.assert_exit(run, 0)
        self.assertIn("system prompt", run.stderr)
        self.assertEqual(json.loads(self.model.bodies[-1])["messages"],
                         [{"role": "user", "content": "Be brief.\n\nCASE:system"}])
        self.model.bodies.clear()
        run = self.ask("template")
        self.assert_exit(run, 6)
        self.assertIn("no chat template", run.stderr)
        self.assertEqual(len(self.model.bodies), 1, "no other 400 is taken for a refused part")

    def test_the_log_of_a_run_whose_parts_were_refused_holds(self):
        def reply(request, _):
            if request["messages"][0]["role"] == "system":
                return 400, "application/json", b'{"error":"System role not supported"}', {}
            if "response_format" in request:
                return 400, "application/json", b'{"error":"response_format is not supported"}', {}
            asked = any(message["role"] == "assistant" for message in request["messages"])
            text = answers("412 megawatts.") if asked else asks("Which power?")
            return 200, "text/event-stream", stream(delta(text), delta(finish="stop")), {}

        self.serve({"folded": (0, "", reply)})
        small = ModelServer(self, pieces=["It reaches 412 megawatts."])
        run = self.minions("run", "CASE:folded Which power?", "-f", self.write("note.txt", "It reaches 412 megawatts."),
                           *self.server.trust(), "--worker", f"openai:{small.url}/v1#stub", "--system-prompt", "Be\n\nbrief.",
                           "-o", "json", "--log-dir", self.directory / "logs")
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        self.assertEqual(result["final_answer"], "412 megawatts.")
        self.assertIn("system prompt", "\n".join(result["notes"]))
        verified = self.minions("verify", result["log_file"], "--allow-simulated", "--trusted-attestation-pem",
                                self.server.attestation_pem)
        self.assert_exit(verified, 0)


class Patience(EndingsTest):
    """A model may think: the server says so by records that reset the client's timer."""

    def silent_for(self, seconds, where):
        def say(chunk):
            if where == "middle":
                chunk(event(delta("Hello")))
                time.sleep(seconds)
                chunk(stream(delta(" world"), delta(finish="stop")))
            chunk(b"")

        def reply(_, handler):
            if where == "before":
                time.sleep(seconds)
                return 200, "text/event-stream", SAYS["complete"], {}
            return 200, "text/event-stream", say, {}

        return (0, "", reply)

    def test_silence_is_waited_for_with_signs(self):
        started = []
        for padding in ("off", "bucket", "tick", "constant"):
            model = OddServer(self, {where: self.silent_for(12, where) for where in ("before", "middle")})
            server = Minionsd(self, "--padding", padding, model=model.model(), keys=self.directory / padding)
            for where in ("before", "middle"):
                started.append((f"{padding}, {where}", self.start_minions("ask", f"CASE:{where}", *server.trust(), "--timeout",
                                                                          "8", "--no-retry")))
        # Where standard error is no terminal, a line a minute says it, in the middle of an answer as well.
        model = OddServer(self, {"middle": self.silent_for(61, "middle")})
        server = Minionsd(self, model=model.model(), keys=self.directory / "long")
        started.append(("a minute", self.start_minions("ask", "CASE:middle", *server.trust())))
        for name, process in started:
            with self.subTest(name):
                output, errors = process.communicate(timeout=PATIENCE_S)
                self.assertEqual((process.returncode, output), (0, "Hello world\n"), errors)
                if name == "a minute":
                    self.assertRegex(errors, r"minions: waiting, 6\d s\n")

    def test_a_client_of_less_patience_gives_up(self):
        self.serve({"silent": self.silent_for(20, "before")})
        begun = time.monotonic()
        run = self.ask("silent", "--timeout", "2", "--no-retry")
        self.assert_exit(run, 4)
        self.assertLess(time.monotonic() - begun, 8)

    def test_a_terminal_shows_that_it_waits_and_ctrl_c_ends_it(self):
        import pty
        self.serve({"silent": self.silent_for(40, "before")})
        main_end, terminal = pty.openpty()
        process = subprocess.Popen([BIN / "minions", "ask", "CASE:silent", *self.server.trust()], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=terminal, env=self.environment, cwd=self.directory)
        self.addCleanup(process.kill)
        os.close(terminal)
        shown = b""
        end = time.monotonic() + 30
        while b"waiting, " not in shown and time.monotonic() < end:
            if select.select([main_end], [], [], 1)[0]:
                shown += os.read(main_end, 4096)
        self.assertRegex(shown.decode(), r"waiting, \d+ s")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_S), 130)
        os.close(main_end)

    def test_a_terminal_shows_the_wait_behind_what_stands_there(self):
        """And the answer goes on where it stopped."""
        import pty
        self.serve({"halting": self.silent_for(12, "middle")})
        main_end, terminal = pty.openpty()
        process = subprocess.Popen([BIN / "minions", "ask", "CASE:halting", *self.server.trust()], stdin=subprocess.DEVNULL,
                                   stdout=terminal, stderr=terminal, env=self.environment, cwd=self.directory)
        self.addCleanup(process.kill)
        os.close(terminal)
        shown = b""
        try:
            while select.select([main_end], [], [], 30)[0]:
                shown += os.read(main_end, 4096)
        except OSError:  # the end, on a terminal
            pass
        os.close(main_end)
        self.assertEqual(process.wait(PATIENCE_S), 0)
        self.assertRegex(shown.decode(), r"Hello\x1b7[^\n]*\(waiting, \d+ s\)[^\n]*\x1b8\x1b\[K world\r\n$")


class Output(EndingsTest):
    """Standard output that takes nothing: a reader that left is no error, a full disk is one."""

    def setUp(self):
        super().setUp()
        self.serve(SAYS)
        self.policy = self.write("p.toml", "[simulated]\nallow = true\n")
        document = self.minions("attest", *self.server.trust(), "-o", "json")
        self.assert_exit(document, 0)

    def commands(self):
        trust = self.server.trust()
        return [["ask", "CASE:complete", *trust], ["ask", "CASE:complete", *trust, "-o", "json"],
                ["ask", "CASE:complete", *trust, "-o", "jsonl"], ["attest", *trust], ["attest", *trust, "-o", "json"],
                ["models", *trust], ["models", *trust, "-o", "json"], ["policy", "check", self.policy], ["help"], ["--help"],
                ["--version"]]

    def run_into(self, stdout, arguments):
        return subprocess.run([BIN / "minions", *arguments], stdin=subprocess.DEVNULL, stdout=stdout,
                              stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, env=self.environment, cwd=self.directory)

    def test_a_full_disk_is_an_error(self):
        for arguments in self.commands():
            with self.subTest(arguments[:3]), open("/dev/full", "w") as full:
                run = self.run_into(full, arguments)
                self.assertEqual(run.returncode, 1, run.stderr)
                self.assertIn("standard output cannot be written: No space left on device", run.stderr)

    def test_a_reader_that_left_is_quiet(self):
        for arguments in self.commands():
            with self.subTest(arguments[:3]):
                reader, writer = os.pipe()
                os.close(reader)
                try:
                    run = self.run_into(writer, arguments)
                finally:
                    os.close(writer)
                self.assertEqual(run.returncode, 141, run.stderr)
                self.assertNotIn("error", run.stderr)


class Shape(EndingsTest):
    """Sampling flags reach the model's server, those of worker and supervisor each their own."""
    GIVEN = ["--temperature", "0.25", "--top-p", "0.5", "--max-tokens", "17", "--seed", "7", "--stop", "END", "--stop", "STOP",
             "--param", "top_k=40", "--param", 'chat_template_kwargs={"enable_thinking":false}']
    GIVEN_TO_WORKER = ["--worker-temperature", "0.25", "--worker-top-p", "0.5", "--worker-max-tokens", "17", "--worker-seed", "7",
                       "--worker-stop", "END", "--worker-stop", "STOP", "--worker-param", "top_k=40",
                       "--worker-param", 'chat_template_kwargs={"enable_thinking":false}']

    def assert_given(self, body):
        request = json.loads(body)
        self.assertEqual((request["temperature"], request["top_p"], request["seed"], request["stop"]),
                         (0.25, 0.5, 7, ["END", "STOP"]))
        self.assertEqual(request.get("max_tokens", request.get("max_completion_tokens")), 17)
        self.assertEqual((request["top_k"], request["chat_template_kwargs"]), (40, {"enable_thinking": False}))

    def test_of_ask_and_chat(self):
        self.serve(SAYS)
        self.assert_exit(self.ask("complete", *self.GIVEN), 0)
        self.assert_given(self.model.bodies[-1])
        self.assert_exit(self.minions("chat", *self.server.trust(), *self.GIVEN, stdin="CASE:complete\n"), 0)
        self.assert_given(self.model.bodies[-1])
        self.assert_exit(self.ask("complete"), 0)
        self.assertEqual(set(json.loads(self.model.bodies[-1])), {"model", "messages", "stream", "stream_options"})

    def test_of_worker_and_supervisor(self):
        supervisor = ScriptedSupervisor(self, [asks("How long?"), answers("Forty.")])
        small = OddServer(self, SAYS)
        server = Minionsd(self, model=supervisor.model())
        arguments = ["run", "How long?", "-f", self.write("a.txt", "CASE:complete, forty"), *server.trust(), "--no-log",
                     "--worker", f"openai:{small.url}/v1#stub"]
        self.assert_exit(self.minions(*arguments, *self.GIVEN_TO_WORKER), 0)
        self.assert_given(small.bodies[-1])
        self.assertNotIn("seed", json.loads(supervisor.bodies[-1]))
        supervisor.texts = [asks("How long?"), answers("Forty.")]
        self.assert_exit(self.minions(*arguments, *self.GIVEN), 0)
        self.assert_given(supervisor.bodies[-1])
        self.assertNotIn("seed", json.loads(small.bodies[-1]))

    def test_those_that_an_engine_ignores_are_named(self):
        server = Minionsd(self)
        note = self.write("a.txt", "It took forty days.")
        run = self.minions("ask", "How long?", "-f", note, *server.trust(), "--temperature", "0", "--max-tokens", "50", "--param", "min_p=0.1")
        self.assert_exit(run, 0)
        self.assertIn("the server's extractive engine ignores temperature", run.stderr)
        self.assertIn("the server's extractive engine ignores min_p", run.stderr)
        self.assertNotIn("max_tokens", run.stderr)
        run = self.minions("run", "How long?", "-f", note, *server.trust(), "--no-log", "--worker", "extractive", "--worker-seed", "7")
        self.assert_exit(run, 0)
        self.assertIn("worker: the extractive engine ignores seed", run.stderr)

    def test_wrong_ones_are_usage(self):
        for flags in (["--temperature", "3"], ["--top-p", "2"], ["--max-tokens", "0"], ["--param", "x"], ["--param", "x={"],
                      ["--param", "messages=[]"], ["--stop", ""], ["--timeout", "0"]):
            run = self.minions("ask", "q", "--server", "http://127.0.0.1:1", *flags)
            self.assert_exit(run, 2)
        run = self.minions("run", "q", "--server", "http://127.0.0.1:1", "--worker", "ollama:m", "--worker-param", "num_ctx=9")
        self.assert_exit(run, 2)
        self.assertIn("worker parameter num_ctx: --worker-context states it", run.stderr)


if __name__ == "__main__":
    main()
