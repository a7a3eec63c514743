"""Inference servers as children of minionsd: started, watched, started again and stopped."""

from programs import *

FAKE = pathlib.Path(__file__).resolve().parent / "fake_server.py"


def runs(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie has ended: nobody of ours is left to reap it where minionsd was killed.
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


class ModelServerChild(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.state = self.directory / "state"
        self.state.mkdir()

    def command(self, *further):
        return ["--server-command", " ".join([sys.executable, str(FAKE), str(self.state), *further])]

    def children(self):
        """Facts of every child there was, the oldest first."""
        files = sorted(self.state.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        return [json.loads(file.read_text()) for file in files]

    def ask(self, server, question="who are you?"):
        run = self.minions("ask", question, *server.trust(), "-o", "json", "--no-retry")
        return run, json.loads(run.stdout)

    def readiness(self, server):
        try:
            with urllib.request.urlopen(server.admin_url + "/readyz", timeout=PATIENCE_S) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code

    def test_is_started_confined_asked_and_stopped(self):
        secrets = {"OPENAI_API_KEY": "sk-1", "HF_TOKEN": "hf_1", "MY_PASSWORD": "p", "AWS_SECRET_ACCESS_KEY": "a"}
        kept = {"CUDA_VISIBLE_DEVICES": "0", "KEPT_TOKEN": "k"}
        for name, value in {**secrets, **kept}.items():
            os.environ[name] = value
            self.addCleanup(os.environ.pop, name)
        log = self.directory / "server.log"
        server = Minionsd(self, "--server-log", log, "--server-env", "KEPT_TOKEN", "--server-arg=--further", "--",
                          "--last", "word", model=self.command())
        run, answer = self.ask(server, "a question that stays secret")
        self.assert_exit(run, 0)
        child = self.children()[0]
        self.assertEqual(answer["answer"], f"process {child['pid']}")
        self.assertEqual(answer["model"], "fake")
        self.assertEqual(child["group"], child["pid"])
        self.assertEqual(child["blocked"], [])
        self.assertEqual(child["arguments"][:2], [str(self.state), "--host"])
        self.assertEqual(child["arguments"][5:], ["--further", "--last", "word"])
        for name in secrets:
            self.assertNotIn(name, child["environment"])
        for name, value in kept.items():
            self.assertEqual(child["environment"][name], value)
        opened = {number: path for number, path in child["descriptors"] if not path.endswith("/fd")}
        self.assertEqual(opened, {0: "/dev/null", 1: str(log), 2: str(log)})
        self.assertEqual(log.stat().st_mode & 0o777, 0o600)
        self.assertIn("fake server listens", log.read_text())
        self.assertNotIn("stays secret", log.read_text())
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(PATIENCE_S), 0)
        self.assertFalse(runs(child["pid"]))
        self.assertTrue((self.state / f"{child['pid']}.terminated").exists(), "was not asked to stop")

    def test_minionsd_serves_only_once_the_server_is_healthy(self):
        server = Minionsd(self, model=self.command("--healthy-after", "1.5"))
        self.assertEqual(self.readiness(server), 200)
        server.wait_logged("model_server_ready")
        self.assertEqual(len(self.children()), 1)

    def test_a_killed_child_is_started_again_and_the_next_request_succeeds(self):
        server = Minionsd(self, model=self.command())
        run, answer = self.ask(server)
        self.assert_exit(run, 0)
        first = self.children()[0]["pid"]
        self.assertEqual(answer["answer"], f"process {first}")
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: self.readiness(server) == 503, "readiness that shows the loss")
        wait_until(lambda: self.readiness(server) == 200, "readiness again")
        run, answer = self.ask(server)
        self.assert_exit(run, 0)
        second = self.children()[-1]["pid"]
        self.assertNotEqual(first, second)
        self.assertEqual(answer["answer"], f"process {second}")

    def test_death_within_an_answer_is_an_alert_and_never_an_end(self):
        server = Minionsd(self, model=self.command())
        run, answer = self.ask(server, "die now")
        self.assert_exit(run, 6)
        self.assertIs(answer["complete"], False)
        self.assertEqual(answer["error"]["alert"], {"code": "backend_failed", "processed": True})
        self.assertIsNone(answer["receipt"])
        wait_until(lambda: len(self.children()) == 2 and self.readiness(server) == 200, "the second child")
        self.assert_exit(self.ask(server)[0], 0)

    def test_dies_with_a_killed_minionsd(self):
        server = Minionsd(self, model=self.command())
        child = self.children()[0]["pid"]
        server.signal(signal.SIGKILL)
        wait_until(lambda: not runs(child), "the end of the child")

    def test_sigterm_while_it_starts_ends_both(self):
        process = subprocess.Popen(
            [BIN / "minionsd", "--listen", "127.0.0.1:0", *self.command("--healthy-after", "600"), "--attest",
             "simulated", "--attestation-key-path", self.directory / "keys"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        self.addCleanup(process.stdout.close)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        child = wait_until(self.children, "the child")[0]["pid"]
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE_S), 0)
        self.assertEqual(process.stdout.read(), b"", "it said that it serves")
        self.assertFalse(runs(child))

    def fails(self, code, *model):
        run = subprocess.run([BIN / "minionsd", "--listen", "127.0.0.1:0", *model, "--attest", "simulated",
                              "--attestation-key-path", self.directory / "keys"], capture_output=True, text=True,
                             timeout=PATIENCE_S)
        self.assert_exit(run, code)
        self.assertIn("minionsd: error: ", run.stderr)
        return run.stderr

    def test_one_that_never_serves_is_an_error_with_its_reason(self):
        self.assertIn("status 1", self.fails(1, "--server-command", "false"))
        self.assertIn("no-such-program", self.fails(1, "--server-command", "no-such-program"))
        self.assertIn("not healthy within 1 s",
                      self.fails(1, *self.command("--healthy-after", "600"), "--server-start-s", "1"))
        log = self.write("log", "")
        log.chmod(0o644)
        self.assertIn("0600", self.fails(2, *self.command(), "--server-log", log))

    def test_wrong_usage_is_2(self):
        for model in (["--sglang-model", "a", "--vllm-model", "b"], ["--sglang-model", "a", "--upstream", "http://x"],
                      ["--sglang-model", "a", "--vllm-endpoint", "http://127.0.0.1:1"],
                      ["--engine", "extractive", "--server-log", "x"], ["--engine", "extractive", "stray"],
                      ["--sglang-model", "a", "--", "--log-requests"],
                      ["--vllm-model", "a", "--server-arg=--enable-log-requests"],
                      ["--sglang-model", "a", "--sglang-endpoint", "ftp://x"]):
            self.fails(2, *model)

    def test_an_endpoint_that_answers_is_used(self):
        upstream = ModelServer(self)
        server = Minionsd(self, model=["--sglang-model", "any/model", "--sglang-endpoint", upstream.url, "--streaming",
                                       "--server-command", "false"])
        run, answer = self.ask(server)
        self.assert_exit(run, 0)
        self.assertEqual(answer["answer"], "one two three")
        server.wait_logged("model_server_found")

    def test_an_endpoint_that_does_not_answer_is_where_it_is_started(self):
        port = free_port()
        server = Minionsd(self, model=["--vllm-model", "any/model", "--vllm-endpoint", f"http://127.0.0.1:{port}",
                                       *self.command("--model", "{model}")])
        self.assert_exit(self.ask(server)[0], 0)
        arguments = self.children()[0]["arguments"]
        self.assertIn("any/model", arguments)
        self.assertIn(str(port), arguments)
        listed = json.loads(self.minions("models", *server.trust(), "-o", "json").stdout)
        self.assertEqual(listed["models"][0]["engine"], "vllm")
        self.assertEqual(listed["models"][0]["where"], "loopback")

    @needs_llama_server
    def test_a_real_llama_server_is_started_killed_and_started_again(self):
        log = self.directory / "server.log"
        words = [word.replace("PORT", "{port}") for word in map(str, llama_server_command("PORT"))]
        server = Minionsd(self, "--server-log", log, model=["--server-command", " ".join(words)])
        question = "an unmistakable question about marmalade"
        run = self.minions("ask", question, *server.trust(), "-o", "json")
        self.assert_answered(run)
        self.assertGreater(json.loads(run.stdout)["usage"]["completion_tokens"], 0)
        self.assertNotIn("marmalade", log.read_text(errors="replace"))
        child = int(next(line for line in server.stderr.all if "model_server_started" in line).split("process=")[1].split()[0])
        os.kill(child, signal.SIGKILL)
        wait_until(lambda: self.readiness(server) == 503, "readiness that shows the loss")
        wait_until(lambda: self.readiness(server) == 200, "readiness again")
        self.assert_answered(self.minions("ask", question, *server.trust()))

    @needs_llama_server
    def test_a_real_llama_server_that_dies_as_an_upstream_is_an_alert(self):
        upstream = LlamaServer(self)
        server = Minionsd(self, "--padding", "off", model=upstream.model())
        asking = self.start_minions("ask", "tell me everything", *server.trust(), "-o", "jsonl", "--no-retry")
        next_token(asking)
        upstream.process.kill()
        out, err = asking.communicate(timeout=PATIENCE_S)
        self.assertEqual(asking.returncode, 6, err)
        result = json.loads(out.splitlines()[-1])
        self.assertIs(result["complete"], False)
        self.assertEqual(result["error"]["alert"], {"code": "backend_failed", "processed": True})
        self.assertIsNone(result["receipt"])


if __name__ == "__main__":
    main()
