"""What does not fit the model's context is said before it is sent; --passages sends what is best for the question."""

from programs import *

FILLER = "The weather at the station was fair, and nobody had anything to report about it on that day.\n\n"
FACT = "The turbine at Falkenau reached an output of 412 megawatts.\n\n"
QUESTION = "Which output did the turbine at Falkenau reach?"


class Context(ProgramsTest):
    def start(self, context):
        self.upstream = ModelServer(self, pieces=("412 megawatts",))
        self.upstream.context_tokens = context
        self.server = Minionsd(self, model=self.upstream.model())
        return self.server.trust()

    def document(self, bytes_before, bytes_behind=0):
        return self.write("station.txt", FILLER * (bytes_before // len(FILLER)) + FACT + FILLER * (bytes_behind // len(FILLER)))

    def sent(self):
        return json.loads(self.upstream.bodies[-1])["messages"][-1]["content"]

    def test_more_than_the_context_is_refused_and_nothing_is_sent(self):
        trust = self.start(2048)
        large = self.document(40_000)
        for command in (("ask", QUESTION), ("chat",)):
            run = self.minions(*command, "-f", large, *trust, stdin=QUESTION + "\n")
            self.assert_exit(run, 2)
            self.assertRegex(run.stderr, r"the documents and the question have about 10\d\d\d tokens, and stub reads 2048 at once: nothing was sent")
            self.assertIn("--passages", run.stderr)
            self.assertEqual(self.upstream.bodies, [])
        run = self.minions("ask", QUESTION, "-f", large, *trust, "-o", "json")
        self.assert_exit(run, 2)
        self.assertEqual(json.loads(run.stdout)["error"]["code"], "too_large")
        run = self.minions("ask", "-", *trust, stdin=FILLER * 400)
        self.assert_exit(run, 2)
        self.assertIn("the question has about", run.stderr)
        self.assertEqual(self.upstream.bodies, [])

    def test_what_fits_is_sent_whole_and_what_may_not_fit_is_said(self):
        trust = self.start(2048)
        for options in ((), ("--passages",)):
            run = self.minions("ask", QUESTION, "-f", self.document(4_000), *trust, *options)
            self.assert_exit(run, 0)
            self.assertNotIn("tokens", run.stderr)
            self.assertIn(FACT.strip(), self.sent())
        # With room kept for the answer, which a server may cut.
        run = self.minions("ask", QUESTION, "-f", self.document(4_000), *trust, "--max-tokens", "2000")
        self.assert_exit(run, 0)
        self.assertIn(", 2000 more are kept for the answer, and stub reads 2048 at once: it may not fit", run.stderr)
        run = self.minions("ask", QUESTION, "-f", self.document(7_500), *trust)
        self.assert_exit(run, 0)
        self.assertRegex(run.stderr, r"the documents and the question have about 19\d\d tokens, and stub reads 2048 at once: it may not fit")
        self.assertIn(FACT.strip(), self.sent())

    def test_a_server_that_states_no_context_gets_everything(self):
        run = self.minions("ask", QUESTION, "-f", self.document(400_000), *self.start(None))
        self.assert_exit(run, 0)
        self.assertIn(FACT.strip(), self.sent())
        self.assertNotIn("tokens", run.stderr)

    def test_passages_are_chosen_for_the_question_and_named(self):
        trust = self.start(2048)
        large = self.document(60_000, 60_000)
        run = self.minions("ask", QUESTION, "-f", large, *trust, "--passages")
        self.assert_exit(run, 0)
        self.assertEqual(run.stdout, "412 megawatts\n")
        self.assertRegex(run.stderr, r"[1-9]\d* of [1-9]\d* passages of the documents are sent, chosen for the question: \[station.txt, page 1\]")
        self.assertIn(FACT.strip(), self.sent())
        self.assertLess(len(self.sent()), 2048 * 3)
        run = self.minions("ask", QUESTION, "-f", large, *trust, "--passages", "-o", "json")
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        self.assertEqual(result["passages"], ["[station.txt, page 1]"])
        self.assertIn("passages of the documents are sent", result["notes"][0])
        self.assertEqual(result["not_in_documents"], [], "the answer is looked up in all of the documents")

        run = self.minions("chat", "-f", large, *trust, "--passages", stdin=QUESTION + "\n" + "And the weather?\n")
        self.assert_exit(run, 0)
        self.assertIn("chosen for the question", run.stderr)
        messages = json.loads(self.upstream.bodies[-1])["messages"]
        self.assertEqual(len(messages), 3)
        self.assertEqual(messages[0]["content"], QUESTION)
        self.assertIn("The weather at the station", messages[2]["content"], "chosen anew")
        self.assertEqual(run.stderr.count("chosen for the question"), 2)

    def test_a_question_without_a_word_of_the_documents_gets_their_beginning(self):
        trust = self.start(2048)
        run = self.minions("ask", "Zusammenfassung?", "-f", self.document(0, 60_000), *trust, "--passages")
        self.assert_exit(run, 0)
        self.assertIn("from the beginning: none has a word of the question", run.stderr)
        self.assertIn(FACT.strip(), self.sent())

    def test_a_context_without_room_for_passages_is_an_error(self):
        run = self.minions("ask", QUESTION, "-f", self.document(60_000), *self.start(256), "--passages", "--max-tokens", "200")
        self.assert_exit(run, 2)
        self.assertIn("there is no room for passages: nothing was sent", run.stderr)
        self.assertEqual(self.upstream.bodies, [])

    def test_a_conversation_that_outgrows_the_context_says_so(self):
        trust = self.start(2048)
        run = self.minions("chat", *trust, stdin="".join(f"{number} {FILLER.strip()}\n" for number in range(200)))
        self.assert_exit(run, 2)
        self.assertIn("it may not fit", run.stderr)
        self.assertIn("the conversation has about", run.stderr)
        self.assertGreater(len(self.upstream.bodies), 30)
        self.assertLess(len(self.upstream.bodies), 200)

    def test_models_shows_what_each_reads(self):
        trust = self.start(2048)
        self.assertEqual(self.minions("models", *trust).stdout, "stub\topenai-compatible\tloopback\t-\tprompt cache shared by all users\treads 2048 tokens\n")
        self.assertEqual(json.loads(self.minions("models", *trust, "-o", "json").stdout)["models"][0]["context_tokens"], 2048)


if __name__ == "__main__":
    main()
