"""What an answer says that its documents do not: told by ask, chat and run, in words, JSON and log, to user and supervisor."""

from minion_peers import *
from programs import *

REPORT = ("Patient: Maria Keller. Blood was taken on 2026-03-04. AAT was 34 U/l, weight 71.4 kg. Dr. Bergmann wrote: "
          "\"No further treatment is needed.\"\n")
TRUE = "Keller weighs about 71 kg; on 4 March 2026 Bergmann noted that “no further treatment is needed”."
INVENTED = "Keller has blood type AB2, as Dr. Hoffmann noted on 5 March 2026."
LISTED = ["AB2", "Hoffmann", "5 March 2026"]
WORDS = "not in the documents: AB2, Hoffmann, 5 March 2026"


class Findings(ProgramsTest):
    def serve(self, answer):
        self.model = ModelServer(self, pieces=[answer])
        self.server = Minionsd(self, model=self.model.model())
        self.report = self.write("report.txt", REPORT)

    def ask(self, *options):
        return self.minions("ask", "What does the report say?", *self.server.trust(), *options)

    def test_ask_lists_what_stands_nowhere(self):
        self.serve(INVENTED)
        run = self.ask("-f", self.report)
        self.assert_exit(run, 0)
        self.assertEqual(run.stdout, INVENTED + "\n")
        self.assertIn(WORDS, run.stderr)
        value = json.loads(self.ask("-f", self.report, "-o", "json").stdout)
        self.assertEqual((value["not_in_documents"], value["computed_or_invented"], value["unsupported"]), (LISTED, [], False))
        without = self.ask("-o", "json")
        self.assertNotIn("not_in_documents", json.loads(without.stdout))
        self.assertNotIn("not in the documents", without.stderr)

    def test_a_true_paraphrase_is_not_marked(self):
        self.serve(TRUE)
        run = self.ask("-f", self.report, "-o", "json")
        value = json.loads(run.stdout)
        self.assertEqual((value["not_in_documents"], value["computed_or_invented"], value["unsupported"]), ([], [], False))
        self.assertNotIn("not in the documents", run.stderr)

    def test_an_answer_about_something_else_is_unsupported(self):
        self.serve("The orchestra rehearses symphonies in winter and the musicians travel by train.")
        run = self.ask("-f", self.report, "-o", "json")
        self.assertTrue(json.loads(run.stdout)["unsupported"])
        self.assertIn("none of the answer's words of weight", run.stderr)

    def test_chat_remembers_the_documents_of_the_conversation(self):
        self.serve(INVENTED)
        run = self.minions("chat", *self.server.trust(), "-f", self.report, stdin="What is it?\nAnd then?\n")
        self.assertEqual(run.stderr.count(WORDS), 2)
        cleared = self.minions("chat", *self.server.trust(), "-f", self.report, stdin="What is it?\n/clear\nAnd then?\n")
        self.assertEqual(cleared.stderr.count(WORDS), 1)

    def run_task(self, worker_says, supervisor_says, *options, worker=None):
        supervisor = ScriptedSupervisor(self, [asks("Which blood type?"), answers(supervisor_says)])
        worker = worker or f"openai:{ModelServer(self, pieces=[worker_says]).url}/v1#stub"
        server = Minionsd(self, model=supervisor.model())
        run = self.minions("run", "Which blood type has she?", "-f", self.write("report.txt", REPORT), *server.trust(),
                           "--worker", worker, "-o", "json", "--log-dir", self.directory / "logs",
                           *options)
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        verified = self.minions("verify", result["log_file"], "--allow-simulated", "--trusted-attestation-pem",
                                server.attestation_pem)
        self.assert_exit(verified, 0)
        return run, result, supervisor, json.loads(pathlib.Path(result["log_file"]).read_text())

    def test_run_tells_user_and_supervisor_what_the_worker_invented(self):
        run, result, supervisor, log = self.run_task(INVENTED, "Type AB2.")
        self.assertIn(f"({WORDS})", json.loads(supervisor.bodies[-1])["messages"][-1]["content"])
        self.assertIn("the worker's answer of round 1: " + WORDS, run.stderr)
        self.assertEqual(log["conversation"][1]["not_in_documents"], LISTED)
        self.assertEqual((result["not_in_documents"], log["not_in_documents"]), (["AB2"], ["AB2"]))
        self.assertIn("the answer: not in the documents: AB2", run.stderr)

    def test_privacy_tells_the_supervisor_only_how_many(self):
        invented = "Keller has blood type AB2; write to k.hoffmann@praxis.example by 5 March 2026."
        run, result, supervisor, log = self.run_task(invented, "Type AB2.", "--privacy",
                                                      worker=Ollama(self, [invented], names=["Keller"]).worker)
        said = json.loads(supervisor.bodies[-1])["messages"][-1]["content"]
        self.assertRegex(said, r"\(\d details of this answer are not in the documents\)")
        self.assertNotIn("not in the documents:", said)
        for body in supervisor.bodies:
            self.assertNotIn(b"hoffmann@", body)
        self.assertTrue(any("AB2" in turn.get("not_in_documents", []) for turn in log["conversation"]))
        self.assertIn("AB2", run.stderr)

    def test_an_answer_too_long_to_look_up_is_said(self):
        self.serve(INVENTED + " She rests well and all is fine." * 3000)
        run = self.ask("-f", self.report, "-o", "json")
        value = json.loads(run.stdout)
        self.assertEqual((value["not_in_documents"], value["looked_up_in_part"]), (LISTED, True))
        self.assertIn("too long to be looked up", self.ask("-f", self.report).stderr)

    def test_run_leaves_true_answers_alone(self):
        run, result, supervisor, log = self.run_task(TRUE, "About 71 kg.")
        self.assertNotIn("not in the documents", run.stderr)
        self.assertEqual((result["not_in_documents"], log["conversation"][1]["not_in_documents"]), ([], []))
        self.assertNotIn("not in the documents", json.loads(supervisor.bodies[-1])["messages"][-1]["content"])


if __name__ == "__main__":
    main()
