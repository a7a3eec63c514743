"""What one user sends must not reach another at the model server, nor be guessed there."""

from programs import *
from sealed_session import Session, text_of


class Upstream:
    """An OpenAI-compatible server by a common HTTP library, which reads no body of a GET. It keeps what prompts begin
    with by their salt, as vLLM does, and says of each answer how much of its prompt it had read before."""

    def __init__(self, test, salted, port=0):
        self.salted = salted
        self.seen = []    # method, path, body
        self.prompts = {}  # salt -> texts
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.seen.append(("GET", self.path, b""))
                if self.path == "/openapi.json":
                    known = {"cache_salt": {"type": "string"}} if outer.salted else {}
                    self.reply({"components": {"schemas": {"ChatCompletionRequest": {"properties": known}}}})
                else:
                    self.reply({"object": "list", "data": [{"id": "stub", "object": "model"}]})

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.seen.append(("POST", self.path, body))
                request = json.loads(body)
                text = request["messages"][-1]["content"]
                known = outer.prompts.setdefault(request.get("cache_salt") if outer.salted else None, [])
                cached = max((len(os.path.commonprefix([text, each])) for each in known), default=0)
                known.append(text)
                self.reply({"choices": [{"index": 0, "message": {"role": "assistant", "content": "about " + text},
                                         "finish_reason": "stop"}],
                            "usage": {"prompt_tokens": len(text), "completion_tokens": 1, "total_tokens": len(text) + 1,
                                      "prompt_tokens_details": {"cached_tokens": cached}}})

            def reply(self, value):
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        test.addCleanup(self._server.server_close)
        test.addCleanup(self._server.shutdown)

    def model(self):
        return ["--upstream", self.url]


def cached(answer):
    return answer["usage"]["prompt_tokens_details"]["cached_tokens"]


class Tenants(ProgramsTest):
    def start(self, upstream, *options):
        # One thread: all sessions would take the same kept connections.
        return Minionsd(self, "--threads", "1", *options, model=upstream.model())

    def stated(self, server):
        """The models of the statement."""
        statement = json.loads(fetch(server.url + "/v2/attestation"))["statement"]
        return json.loads(from_b64u(statement))["models"]

    def test_a_get_with_data_asks_nothing_in_anybodys_name(self):
        upstream = Upstream(self, salted=True)
        server = self.start(upstream)
        attacker, victim = Session(self, server), Session(self, server)
        victim.chat("first")
        attacker.chat("warm up")
        planted = json.dumps({"messages": [{"role": "user", "content": "planted"}]})
        smuggled = ("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(planted)}\r\n\r\n{planted}")
        before = len(upstream.seen)
        for path in ("/v1/models", "/v1/models/stub"):
            refused = attacker.request(path, raw=smuggled, method="GET")
            self.assertEqual(refused["status"], 0, refused)
            self.assertIn("a GET request has no data", refused["error"])
        self.assertEqual(upstream.seen[before:], [])
        for question in ("mine", "mine again"):
            self.assertEqual(text_of(victim.chat(question)), "about " + question)
        self.assertNotIn("planted", str(upstream.seen))

    def test_a_cache_that_knows_salts_is_divided(self):
        upstream = Upstream(self, salted=True)
        server = self.start(upstream)
        self.assertEqual([entry["prompt_cache"] for entry in self.stated(server)], ["session"])
        alice, bob = Session(self, server), Session(self, server)
        alice.chat("my diagnosis is gout")
        self.assertEqual(cached(bob.chat("my diagnosis is a cold")), 0)
        self.assertEqual(cached(alice.chat("my diagnosis is gout, still")), len("my diagnosis is gout"))
        salts = {json.loads(body)["cache_salt"] for method, _, body in upstream.seen if method == "POST"}
        self.assertEqual(len(salts), 2)
        # Whoever knows a salt, as the operator of the model server does, gets nothing by it.
        stolen = json.loads(next(body for method, _, body in upstream.seen if method == "POST"))["cache_salt"]
        for name in ("cache_salt", "cache\u005fsalt", "\u0063ache_salt"):
            body = f'{{"model":"stub","messages":[{{"role":"user","content":"my diagnosis is gout"}}],"{name}":"{stolen}"}}'
            mallory = Session(self, server)
            reply = mallory.request("/v1/chat/completions", raw=body, method="POST")
            self.assertEqual(reply["status"], 200, reply)
            self.assertEqual(cached(json.loads(reply["text"])), 0, name)

    def test_a_cache_that_is_shared_is_stated_and_tells_no_counts(self):
        upstream = Upstream(self, salted=False)
        server = self.start(upstream)
        server.wait_logged("prompt_cache_shared")
        self.assertEqual([entry["prompt_cache"] for entry in self.stated(server)], ["shared"])
        listed = self.minions("models", *server.trust())
        self.assertIn("prompt cache shared", listed.stdout)
        listed = json.loads(self.minions("models", *server.trust(), "-o", "json").stdout)
        self.assertEqual(listed["models"][0]["prompt_cache"], "shared")
        alice, bob = Session(self, server), Session(self, server)
        alice.chat("my diagnosis is gout")
        self.assertNotIn("prompt_tokens_details", bob.chat("my diagnosis is gout")["usage"])
        self.assertNotIn(b"cache_salt", upstream.seen[-1][2])

    def test_a_cache_that_is_divided_less_than_stated_is_not_used(self):
        upstream = Upstream(self, salted=True)
        server = self.start(upstream)
        alice = Session(self, server)
        alice.chat("hello")
        upstream.salted = False  # another server in its place
        wait_until(lambda: [entry["prompt_cache"] for entry in self.stated(server)] == ["shared"], "a new statement")
        before = len(upstream.seen)
        question = '{"model":"stub","messages":[{"role":"user","content":"my diagnosis is gout"}]}'
        refused = alice.request("/v1/chat/completions", raw=question, method="POST")
        self.assertEqual(refused["status"], 503, refused)
        self.assertEqual(json.loads(refused["text"])["error"]["code"], "cache_not_stated")
        self.assertNotIn("POST", [method for method, _, _ in upstream.seen[before:]])
        self.assertEqual(text_of(Session(self, server).chat("hello")), "about hello")

    def test_the_operators_word_counts(self):
        upstream = Upstream(self, salted=False)
        for word, stated in (("salt", "session"), ("off", "none"), ("shared", "shared")):
            server = self.start(upstream, "--upstream-cache", word)
            self.assertEqual([entry["prompt_cache"] for entry in self.stated(server)], [stated])
            Session(self, server).chat("hello")
            self.assertEqual(b"cache_salt" in upstream.seen[-1][2], word == "salt")
            self.assertEqual(b'"cache_prompt":false' in upstream.seen[-1][2], word == "off")
        for model in (["--upstream", upstream.url, "--upstream-cache", "on"],
                      ["--engine", "extractive", "--upstream-cache", "off"]):
            run = subprocess.run([BIN / "minionsd", "--listen", "127.0.0.1:0", *model, "--attest", "simulated",
                                  "--attestation-key-path", self.directory / "keys"], capture_output=True, text=True,
                                 timeout=PATIENCE_S)
            self.assert_exit(run, 2)
            self.assertIn("--upstream-cache", run.stderr)

    @needs_llama_server
    def test_a_real_llama_server_keeps_nothing_of_anybody(self):
        upstream = LlamaServer(self)
        server = Minionsd(self, model=upstream.model())
        self.assertEqual([entry["prompt_cache"] for entry in self.stated(server)], ["none"])
        for session in (Session(self, server), Session(self, server)):
            answer = session.chat("the same question of two people", max_tokens=2)
            self.assertEqual(answer["usage"].get("prompt_tokens_details", {}).get("cached_tokens", 0), 0)
            self.assertEqual(answer.get("timings", {}).get("cache_n", 0), 0)

    def test_models_that_come_later_are_stated(self):
        port = free_port()
        server = Minionsd(self, model=["--upstream", f"http://127.0.0.1:{port}"])
        server.wait_logged("models_unknown")
        self.assertEqual(self.stated(server), [])
        upstream = Upstream(self, salted=True, port=port)
        wait_until(lambda: self.stated(server), "the models in the statement")
        self.assertEqual([(entry["id"], entry["prompt_cache"]) for entry in self.stated(server)], [("stub", "session")])
        self.assertEqual(text_of(Session(self, server).chat("hello")), "about hello")
        self.assertIn(("POST", "/v1/chat/completions"), [(method, path) for method, path, _ in upstream.seen])

    def test_a_session_serves_the_models_that_its_statement_lists(self):
        upstream = ModelServer(self)
        server = Minionsd(self, model=upstream.model())
        session = Session(self, server)

        def ask(body, path="/v1/chat/completions"):
            reply = session.request(path, raw=body, method="POST")
            self.assertIsNone(reply["error"], reply)
            return reply["status"], json.loads(reply["text"])["error"] if reply["status"] != 200 else None

        messages = '"messages":[{"role":"user","content":"a secret"}]'
        large = f'"messages":[{{"role":"user","content":"{"a secret " * 500_000}"}}]'
        refused = {
            "another": ('{"model":"other",%s}' % messages, 404, "model_not_stated"),
            "another, escaped": (r'{"mod\u0065l":"other",%s}' % messages, 404, "model_not_stated"),
            "another at the end": ('{%s,"model":"other"}' % large, 404, "model_not_stated"),
            "another case": ('{%s,"Model":"other"}' % messages, 400, "model_unclear"),
            "two": ('{"model":"stub","model":"other",%s}' % messages, 400, "model_unclear"),
            "two, escaped": (r'{"model":"stub",%s,"\u006dodel":"other"}' % messages, 400, "model_unclear"),
            "two, far apart": ('{"model":"stub",%s,"model":"other"}' % large, 400, "model_unclear"),
            "none": ('{%s}' % messages, 400, "model_missing"),
        }
        for name, (body, status, code) in refused.items():
            with self.subTest(name):
                found, error = ask(body)
                self.assertEqual((found, error and error["code"]), (status, code), error)
        for path in ("/v1/completions", "/v1/embeddings", "/v1/responses"):
            self.assertEqual(ask('{"model":"other"}', path)[0], 404, path)
        error = ask(refused["another"][0])[1]
        self.assertIn('"other"', error["message"])
        self.assertIn("lists 1 model,", error["message"])
        self.assertIn("connect again", error["message"])
        # The one with two names far apart had begun, and never ended.
        self.assertEqual([body for body in upstream.bodies if body.endswith(b"}")], [])
        upstream.bodies.clear()
        served = ['{"model":"stub",%s}' % messages, r'{"\u006dodel":"st\u0075b",%s}' % messages,
                  '{%s,"model":"stub"}' % large]
        for body in served:
            self.assertEqual(ask(body)[0], 200)
        self.assertEqual(len(upstream.bodies), len(served))

    def test_while_the_statement_lists_no_model_nothing_is_generated(self):
        upstream = ModelServer(self)
        upstream.model_id = None
        server = Minionsd(self, model=upstream.model())
        self.assertEqual(self.stated(server), [])
        session = Session(self, server)
        question = {"model": "stub", "messages": [{"role": "user", "content": "a secret"}]}
        reply = session.request("/v1/chat/completions", question)
        self.assertEqual((reply["status"], json.loads(reply["text"])["error"]["code"]), (503, "no_models"))
        upstream.model_id = "stub"
        wait_until(lambda: self.stated(server), "the models in the statement")
        # What the session's client verified lists none still.
        self.assertEqual(session.request("/v1/chat/completions", question)["status"], 503)
        self.assertEqual(upstream.bodies, [])
        self.assertEqual(Session(self, server).request("/v1/chat/completions", question)["status"], 200)


if __name__ == "__main__":
    main()
