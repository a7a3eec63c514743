"""Questions that are answered."""

from programs import *

QUESTION = "How long can a sample stay in Wren after the helium alarm sounds?"


class Ask(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.server = Minionsd(self)

    def ask(self, *options, **more):
        return self.minions("ask", QUESTION, *self.server.trust(), *options, **more)

    def test_a_pdf_is_answered_with_its_page(self):
        run = self.ask("-f", HANDBOOK, *self.sandbox())
        self.assert_exit(run, 0)
        self.assertIn("40 minutes", run.stdout)
        self.assertRegex(run.stdout, r"\[handbook\.pdf, page \d+\]")
        self.assertIn("SIMULATED, NOT CONFIDENTIAL", run.stderr)

    def test_text_comes_through_a_pipe_and_the_answer_alone_on_stdout(self):
        run = self.ask("-f", "-", stdin="After the alarm a sample can stay in Wren for 17 minutes.\n")
        self.assert_exit(run, 0)
        self.assertIn("17 minutes", run.stdout)
        self.assertNotIn("SIMULATED", run.stdout)

    def test_json_is_one_object_with_everything_about_the_answer(self):
        document = self.write("note.txt", "A sample can stay in Wren for 17 minutes.\n")
        run = self.ask("-f", document, "-o", "json")
        self.assert_exit(run, 0)
        answer = json.loads(run.stdout)
        self.assertIn("17 minutes", answer["answer"])
        self.assertIs(answer["complete"], True)
        self.assertGreater(answer["usage"]["completion_tokens"], 0)
        self.assertEqual(answer["usage"]["total_tokens"],
                         answer["usage"]["prompt_tokens"] + answer["usage"]["completion_tokens"])
        self.assertGreater(answer["timing"]["total_s"], 0)
        self.assertRegex(answer["session"], r"^[0-9a-f]{32}$")
        for hashed, size in (("request", 32), ("reply", 32), ("signature", 64)):
            self.assertEqual(len(from_b64u(answer["receipt"][hashed])), size)
        self.assert_attestation(answer["attestation"])

    def assert_attestation(self, attestation):
        self.assertEqual(attestation["verdict"], "accepted")
        self.assertIs(attestation["simulated"], True)
        outcomes = {check["id"]: check["outcome"] for check in attestation["checks"]}
        self.assertEqual(outcomes["attestor.key"], "pass")
        self.assertEqual(outcomes["nonce"], "pass")
        self.assertEqual(outcomes["simulated.allowed"], "pass")
        self.assertNotIn("fail", outcomes.values())
        for check in attestation["checks"]:
            self.assertEqual(set(check), {"id", "outcome", "expected", "found", "source"})

    def test_jsonl_gives_tokens_usage_and_the_result(self):
        upstream = ModelServer(self, pieces=("one ", "two ", "three"))
        server = Minionsd(self, "--padding", "off", model=upstream.model())
        run = self.minions("ask", "count", "-o", "jsonl", *server.trust())
        self.assert_exit(run, 0)
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        kinds = [line["type"] for line in lines]
        self.assertEqual(kinds[-2:], ["usage", "result"])
        self.assertEqual(set(kinds[:-2]), {"token"})
        self.assertEqual("".join(line["text"] for line in lines[:-2]), "one two three")
        self.assertEqual(lines[-2]["total_tokens"], 8)
        self.assertEqual(lines[-1]["answer"], "one two three")
        self.assertIs(lines[-1]["complete"], True)
        request = json.loads(upstream.bodies[0])
        self.assertEqual(request["model"], "stub")
        self.assertEqual(request["messages"][-1]["role"], "user")
        self.assertIn("count", json.dumps(request["messages"][-1]))

    def test_attest_shows_the_checks(self):
        run = self.minions("attest", *self.server.trust(), "-o", "json")
        self.assert_exit(run, 0)
        self.assert_attestation(json.loads(run.stdout))
        text = self.minions("attest", *self.server.trust())
        self.assert_exit(text, 0)
        self.assertIn("attestor.signature", text.stdout)
        self.assertIn("SIMULATED", text.stdout)

    def test_the_log_is_the_users_alone(self):
        log = self.directory / "log.json"
        self.assert_exit(self.ask("--log", log), 0)
        self.assertEqual(log.stat().st_mode & 0o777, 0o600)
        written = json.loads(log.read_text(encoding="utf-8"))
        self.assertEqual(len(from_b64u(written["h"])), 32)
        self.assertGreaterEqual(len(written["exchanges"]), 1)

    def test_the_prototypes_flags_work(self):
        run = self.minions("ask", "hello", "--supervisor_url", self.server.url, "--allow-simulated",
                           "--trusted_attesation_pem", self.server.attestation_pem, "--system_prompt", "be brief")
        self.assert_exit(run, 0)

    def test_minionsd_itself_ends_tls(self):
        certificate, key, _ = self.certificate("direct")
        server = Minionsd(self, "--tls-cert", certificate, "--tls-key", key, scheme="https")
        run = self.minions("ask", "hello", *server.trust(), "--ca-file", certificate, "-o", "json")
        self.assert_exit(run, 0)
        checks = {check["id"]: check["outcome"] for check in json.loads(run.stdout)["attestation"]["checks"]}
        self.assertEqual(checks["tls.spki"], "pass")
        self.assert_exit(self.minions("ask", "hello", *server.trust()), 4)


if __name__ == "__main__":
    main()
