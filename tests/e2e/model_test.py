"""A model inside minionsd: a tiny one with random weights, whose text is noise and whose behaviour is that of any other."""

import concurrent.futures

import struct

from programs import *
from sealed_session import Session, text_of


def with_splitter(model, name):
    """The bytes of a GGUF file whose prompts are split as by another model's rules, of which many go by std::regex."""
    def text(value):
        return struct.pack("<Q", len(value)) + value

    source = pathlib.Path(model).read_bytes()
    key = text(b"tokenizer.ggml.pre") + struct.pack("<I", 8)
    at = source.index(key) + len(key)
    old = struct.unpack("<Q", source[at:at + 8])[0]
    metadata = source[24:at] + text(name.encode()) + source[at + 8 + old:]
    # What lies behind the metadata is aligned to 32 bytes: another entry fills the difference.
    grown = len(name) - old + len(text(b"x.padding")) + 4 + 8
    padding = text(b"x.padding") + struct.pack("<I", 8) + text(b"p" * (-grown % 32))
    entries = struct.unpack("<Q", source[16:24])[0]
    return source[:16] + struct.pack("<Q", entries + 1) + padding + metadata

@needs_noise_model
class Model(ProgramsTest):
    def start(self, *options, parallel=4):
        return Minionsd(self, "--ctx", "1024", "--parallel", str(parallel), "--model-threads", "1", "--padding", "off",
                        *options, model=["--model", NOISE_MODEL])

    def test_ask_answers_and_the_statement_has_the_weights(self):
        server = self.start()
        weights = hashlib.sha256(pathlib.Path(NOISE_MODEL).read_bytes()).hexdigest()
        name = pathlib.Path(NOISE_MODEL).stem
        right = self.write("right.toml", f'[models]\nallow_remote = false\nids = ["{name}"]\n[models.weights]\n"{name}" = "{weights}"\n')
        wrong = self.write("wrong.toml", f'[models.weights]\n"{name}" = "{"0" * 64}"\n')
        run = self.minions("attest", *server.trust(), "--policy", right, "-o", "json")
        self.assert_exit(run, 0)
        checks = {check["id"]: check for check in json.loads(run.stdout)["checks"]}
        self.assertEqual(checks["models.weights"]["outcome"], "pass")
        self.assertEqual((checks["models.projectors"]["outcome"], checks["models.projectors"]["found"]),
                         ("pass", "0 projectors of 1 models"))
        refused = self.minions("attest", *server.trust(), "--policy", wrong)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(weights, refused.stdout + refused.stderr)
        listed = json.loads(Session(self, server).request("/v1/models")["text"])
        self.assertEqual(listed["data"][0]["id"], name)

    def test_json_of_a_schema_parses_for_a_hundred_seeds(self):
        session = Session(self, self.start())
        schema = {"type": "object", "properties": {"kind": {"enum": ["a", "b"]}, "count": {"type": "integer", "minimum": 0,
                  "maximum": 9}}, "required": ["kind", "count"], "additionalProperties": False}
        wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
        seen = set()
        for seed in range(100):
            answer = session.chat("JSON, please", seed=seed, max_tokens=300, response_format=wanted)
            value = json.loads(text_of(answer))
            self.assertEqual(set(value), {"kind", "count"})
            self.assertIn(value["kind"], ("a", "b"))
            self.assertIn(value["count"], range(10))
            self.assertEqual(answer["choices"][0]["finish_reason"], "stop")
            seen.add(text_of(answer))
        self.assertGreater(len(seen), 10)

    def test_eight_turns_read_no_prompt_token_twice(self):
        session = Session(self, self.start())
        messages, known = [], 0
        for turn in range(8):
            messages.append({"role": "user", "content": f"turn {turn}"})
            answer = session.chat(messages, max_tokens=12, seed=turn)
            usage = answer["usage"]
            self.assertGreaterEqual(usage["prompt_tokens_details"]["cached_tokens"], known)
            known = usage["prompt_tokens"]
            messages.append({"role": "assistant", "content": text_of(answer)})

    def test_another_session_finds_nothing_of_it(self):
        server = self.start()
        cached = lambda: Session(self, server).chat("the same question of two people", max_tokens=2)["usage"][
            "prompt_tokens_details"]["cached_tokens"]
        self.assertEqual([cached(), cached()], [0, 0])
        server = self.start("--share-prompt-cache")
        self.assertEqual([cached(), cached()], [0, 0], "a count tells what others asked")
        listed = json.loads(self.minions("models", *server.trust(), "-o", "json").stdout)
        self.assertEqual(listed["models"][0]["prompt_cache"], "shared")

    def test_four_chats_at_once_all_end_and_none_starves(self):
        server = self.start(parallel=2)
        sessions = [Session(self, server) for _ in range(4)]
        for session in sessions:
            session.chat("warm up", max_tokens=1)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda session: session.chat("write", max_tokens=150, seed=1), sessions))
        for answer in answers:
            self.assertEqual(answer["usage"]["completion_tokens"], 150)
            self.assertEqual(answer["choices"][0]["finish_reason"], "length")
        waits = [answer["seconds"] for answer in answers]
        self.assertLess(max(waits), 2 * sum(waits) / len(waits))

    def test_breaking_off_frees_the_slot(self):
        server = self.start(parallel=1)
        session = Session(self, server)
        broken = session.request("/v1/chat/completions", {"messages": [{"role": "user", "content": "endless"}],
                                                          "stream": True, "max_tokens": 900}, stop_after=1)
        self.assertIsNotNone(broken["error"])
        self.assertNotIn("[DONE]", broken["text"])
        other = Session(self, server)
        self.assertEqual(other.chat("next", max_tokens=3)["usage"]["completion_tokens"], 3)

    def test_a_prompt_over_the_context_is_refused_by_its_name(self):
        session = Session(self, self.start())
        reply = session.request("/v1/chat/completions", {"messages": [{"role": "user", "content": "word " * 2000}]})
        self.assertEqual(reply["status"], 400)
        self.assertEqual(json.loads(reply["text"])["error"]["code"], "context_length_exceeded")
        self.assertGreater(session.chat("short", max_tokens=2)["usage"]["completion_tokens"], 0)

    def refused(self, session, path="/v1/chat/completions", **body):
        reply = session.request(path, body)
        self.assertEqual(reply["status"], 400, reply["text"])
        return json.loads(reply["text"])["error"]["message"]

    def test_no_schema_ends_or_stops_it_or_reaches_its_log(self):
        server = self.start()
        session = Session(self, server)
        chain = {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(6000)} | {"d6000": {"type": "string"}}
        secret = "gout of Mrs Smith"
        for schema in ({"$defs": chain, "$ref": "#/$defs/d0"},
                       {"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"$ref": "#/$defs/b"}}, "$ref": "#/$defs/a"},
                       {"type": "string", "minLength": 10, "maxLength": 2},
                       {"type": "array", "items": {"type": "null"}, "minItems": 9, "maxItems": 1},
                       {"type": "string", "pattern": f"^a(?=\x1b]0;{secret}\x07)$"},
                       {"type": "string", "pattern": "^((a?){1000}){1}$"},
                       {"properties": {secret: {"type": "string", "minLength": 3000}}},
                       {"properties": {secret + "]": {"type": "null"}}},
                       {"properties": {f"p{i}": {"type": "null"} for i in range(8000)}},
                       {"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}):
            with self.subTest(str(schema)[:60]):
                self.refused(session, messages=[{"role": "user", "content": "x"}], max_tokens=4,
                             response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": schema}})
                self.assertGreater(Session(self, server).chat("others", max_tokens=2)["usage"]["completion_tokens"], 0)
        self.assertNotIn("Smith", server.stderr.text())
        self.assertNotIn("\x1b", server.stderr.text())

    def test_no_run_of_one_letter_ends_it(self):
        for splitter, letter in (("tekken", "a"), ("deepseek-v3", "1"), ("falcon", "!"), ("bloom", "\u4e2d"), ("gpt-4o", " ")):
            with self.subTest(splitter):
                path = self.directory / f"{splitter}.gguf"
                path.write_bytes(with_splitter(NOISE_MODEL, splitter))
                server = Minionsd(self, "--ctx", "512", "--model-threads", "1", "--padding", "off", model=["--model", path])
                session = Session(self, server)
                for length in (30_000, 190_000, 3_000_000):  # of blanks a token takes many
                    reply = session.request("/v1/completions", {"prompt": letter * length, "max_tokens": 1})
                    self.assertIn(reply["status"], (200, 400) if letter == " " and length < 100_000 else (400,), length)
                self.assertGreater(session.chat("and now?", max_tokens=2)["usage"]["completion_tokens"], 0)
                server.signal(signal.SIGTERM)
                server.process.wait(PATIENCE_S)

    def test_the_log_holds_nothing_of_what_is_said(self):
        server = self.start("--log-level", "debug")
        answer = Session(self, server).chat("a marked secret zebra", max_tokens=20, seed=3)
        server.signal(signal.SIGTERM)
        server.process.wait(PATIENCE_S)
        logged = server.stderr.text()
        self.assertNotIn("zebra", logged)
        self.assertNotIn(text_of(answer)[:12], logged)

    @needs_llama_server
    def test_the_tokens_are_those_of_llama_server(self):
        theirs = LlamaServer(self)
        ours = Session(self, self.start())
        for question in ("hello", "a longer question, with a list: 1, 2, 3", "\u00fcber"):
            body = {"messages": [{"role": "user", "content": question}], "temperature": 0, "seed": 1, "max_tokens": 40}
            expected = theirs.post("/v1/chat/completions", body)
            found = ours.chat(**body)
            self.assertEqual(text_of(found), text_of(expected))
            for count in ("prompt_tokens", "completion_tokens"):
                self.assertEqual(found["usage"][count], expected["usage"][count])

    def test_a_file_that_is_no_model_is_refused_at_start(self):
        for name, text in (("missing.gguf", None), ("text.gguf", "no model")):
            path = self.directory / name if text is None else self.write(name, text)
            run = subprocess.run([BIN / "minionsd", "--listen", "127.0.0.1:0", "--model", path, "--attest", "simulated",
                                  "--attestation-key-path", self.directory / "keys"], capture_output=True, text=True,
                                 timeout=PATIENCE_S)
            self.assertEqual(run.returncode, 1)
            self.assertRegex(run.stderr, rf"^minionsd: error: .*{name}: ")

    def test_options_of_a_model_need_one(self):
        run = subprocess.run([BIN / "minionsd", "--engine", "extractive", "--ctx", "512", "--attest", "simulated",
                              "--attestation-key-path", self.directory / "keys"], capture_output=True, text=True,
                             timeout=PATIENCE_S)
        self.assertEqual(run.returncode, 2)
        self.assertIn("--ctx goes with --model", run.stderr)


if __name__ == "__main__":
    main()
