"""What a server offers, as minions models lists it."""

from programs import *


class Models(ProgramsTest):
    def test_lists_ids_with_what_the_statement_says(self):
        server = Minionsd(self)
        run = self.minions("models", *server.trust())
        self.assert_exit(run, 0)
        self.assertEqual(run.stdout, "extractive\textractive\tin-process\t-\n")
        self.assertIn("SIMULATED, NOT CONFIDENTIAL", run.stderr)
        run = self.minions("models", *server.trust(), "-o", "json")
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        self.assertEqual(result["models"], [{"id": "extractive", "engine": "extractive", "where": "in-process",
                                             "weights_sha256": None, "projector_sha256": None, "prompt_cache": "none",
                                             "context_tokens": None}])
        self.assertEqual(result["attestation"]["verdict"], "accepted")

    def test_a_model_that_came_later_is_not_in_the_statement(self):
        upstream = ModelServer(self)
        server = Minionsd(self, model=upstream.model())
        upstream.model_id = "late\u001b[31m"
        run = self.minions("models", *server.trust())
        self.assert_exit(run, 0)
        self.assertEqual(run.stdout, "late?[31m\tnot in the statement\n")

    def test_attests_first_and_asks_nobody_who_is_refused(self):
        server = Minionsd(self)
        run = self.minions("models", "--server", server.url)
        self.assert_exit(run, 3)
        self.assertEqual(run.stdout, "")
        self.assert_exit(self.minions("models", "--server", f"http://127.0.0.1:{free_port()}"), 4)
        self.assert_exit(self.minions("models", *server.trust(), "-o", "jsonl"), 2)


if __name__ == "__main__":
    main()
