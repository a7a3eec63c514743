"""What an operator does: keys, draining, reloading, rotation, metrics."""

from programs import *


class Operation(ProgramsTest):
    def make_key(self, file, name):
        return subprocess.run([BIN / "minionsd", "key", "new", name, "--api-keys", file], capture_output=True, text=True,
                              timeout=PATIENCE_S)

    def test_key_new_shows_a_key_once_and_keeps_its_hash(self):
        file = self.directory / "keys.txt"
        made = self.make_key(file, "alice")
        self.assert_exit(made, 0)
        key = made.stdout.strip()
        self.assertEqual(len(from_b64u(key)), 32)
        self.assertEqual(file.read_text(), f"alice {hashlib.sha256(key.encode()).hexdigest()}\n")
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        again = self.make_key(file, "alice")
        self.assert_exit(again, 2)
        self.assertEqual(again.stdout, "")
        self.assert_exit(self.make_key(file, "a b"), 2)
        self.assertNotEqual(self.make_key(file, "bob").stdout.strip(), key)

    def test_sighup_reads_the_keys_again(self):
        file = self.directory / "keys.txt"
        self.assert_exit(self.make_key(file, "alice"), 0)
        server = Minionsd(self, "--api-keys", file)
        later = self.write("later", self.make_key(file, "bob").stdout)
        ask = ["ask", "q", *server.trust(), "--api-key-file", later]
        self.assert_exit(self.minions(*ask), 5)
        server.signal(signal.SIGHUP)
        server.wait_logged("reloaded")
        self.assert_exit(self.minions(*ask), 0)

    def test_sigterm_lets_a_running_answer_end(self):
        upstream = ModelServer(self, hold_after=1)
        server = Minionsd(self, "--padding", "off", model=upstream.model())
        asking = self.start_minions("ask", "q", *server.trust(), "-o", "jsonl")
        self.assertEqual(next_token(asking), "one ")
        server.signal(signal.SIGTERM)
        server.wait_logged("draining")
        refused = self.minions("ask", "q", *server.trust(), "--no-retry")
        self.assert_exit(refused, 4)
        upstream.go_on.set()
        out, err = asking.communicate(timeout=PATIENCE_S)
        self.assertEqual(asking.returncode, 0, err)
        result = json.loads(out.splitlines()[-1])
        self.assertEqual(result["answer"], "one two three")
        self.assertIs(result["complete"], True)
        self.assertEqual(server.process.wait(PATIENCE_S), 0)
        self.assertIn("all_finished=true", server.stderr.text())

    def test_a_drain_that_takes_too_long_cuts_what_still_runs(self):
        upstream = ModelServer(self, hold_after=1)
        server = Minionsd(self, "--padding", "off", "--drain-s", "1", model=upstream.model())
        asking = self.start_minions("ask", "q", *server.trust(), "-o", "jsonl", "--no-retry")
        self.assertEqual(next_token(asking), "one ")
        server.signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(PATIENCE_S), 0)
        out, _ = asking.communicate(timeout=PATIENCE_S)
        self.assertIn(asking.returncode, (6, 9))
        self.assertIs(json.loads(out.splitlines()[-1])["complete"], False)
        self.assertTrue(upstream.broken_off.wait(5))

    def test_a_chat_goes_on_over_a_rotation(self):
        server = Minionsd(self, "--epoch-s", "10")
        first = json.loads(fetch(server.url + "/v2/attestation"))["statement"]
        chat = subprocess.Popen([BIN / "minions", "chat", *server.trust()], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment,
                                cwd=self.directory)
        self.addCleanup(chat.kill)
        answers = Lines(chat.stdout)
        chat.stdin.write("hello\n")
        chat.stdin.flush()
        wait_until(lambda: "".join(answers.all).strip(), "the first answer")
        wait_until(lambda: json.loads(fetch(server.url + "/v2/attestation"))["statement"] != first, "a new epoch")
        before = len("".join(answers.all))
        chat.stdin.write("hello again\n")
        chat.stdin.flush()
        wait_until(lambda: len("".join(answers.all)) > before, "the second answer")
        chat.stdin.write("/exit\n")
        chat.stdin.close()
        self.assertEqual(chat.wait(PATIENCE_S), 0)
        chat.stderr.close()
        self.assertEqual(server.metric('minionsd_streams_total{outcome="alert"}'), 0)

    def test_health_and_readiness(self):
        server = Minionsd(self)
        for base in (server.url, server.admin_url):
            for path in ("/healthz", "/readyz"):
                self.assertEqual(fetch(base + path), b"ok\n")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            fetch(server.url + "/metrics")
        self.assertEqual(refused.exception.code, 404)
        refused.exception.close()


if __name__ == "__main__":
    main()
