"""A real, small language model as server, worker and supervisor. It is often wrong, at any temperature: these tests judge
form, endings and marks, never the truth of an answer."""

import re

from minion_peers import *
from programs import *


def neural_model():
    """SmolLM2-135M in the user's cache, or nothing."""
    found = subprocess.run([SOURCE / "scripts/neural_model", "--cached"], capture_output=True, text=True)
    return found.stdout.strip() if found.returncode == 0 else ""


NEURAL_MODEL = neural_model() if NOISE_MODEL else ""
needs_neural_model = unittest.skipUnless(NEURAL_MODEL, "no language model: scripts/llama and scripts/neural_model get it")
NOTE = "The turbine at Falkenau reached an output of 412 megawatts on 3 May 2021. It is run by Grace Hopper."
INSTRUCTIONS = ("first question to the small model", "json schema", "one json object", "small steps")


@needs_neural_model
class Neural(ProgramsTest):
    def start(self, *options, context=2048):
        self.server = Minionsd(self, "--ctx", str(context), "--parallel", "1", "--model-threads", "2", *options,
                               model=["--model", NEURAL_MODEL])
        return self.server.trust()

    def run_json(self, *arguments, codes):
        # Sampling with a seed on two threads: the same text each time, as far as the arithmetic allows.
        run = self.minions(*arguments, "-o", "json")
        self.assertIn(run.returncode, codes, f"stdout: {run.stdout}\nstderr: {run.stderr}")
        return run, json.loads(run.stdout)

    def test_as_server_it_answers_and_says_how_the_answer_ended(self):
        trust = self.start()
        run, answer = self.run_json("ask", "What is the capital of France? Answer in one word.", *trust, "--temperature", "0",
                                    "--max-tokens", "60", codes=(0, 10))
        self.assertTrue(answer["answer"].strip())
        self.assertEqual(answer["ending"], "complete" if run.returncode == 0 else "length")
        self.assertGreater(answer["usage"]["completion_tokens"], 0)
        run, answer = self.run_json("ask", "Tell a long story about the sea.", *trust, "--temperature", "0", "--max-tokens", "5",
                                    codes=(10,))
        self.assertEqual((answer["ending"], answer["complete"], answer["usage"]["completion_tokens"]), ("length", False, 5))
        # Nothing is asked of the model beyond its context, and passages of a large document are.
        large = self.write("large.txt", "Nobody reported anything from the station on that fair day.\n\n" * 400 + NOTE)
        run = self.minions("ask", "Which output was reached at Falkenau?", "-f", large, *trust)
        self.assert_exit(run, 2)
        self.assertIn("reads 2048 at once: nothing was sent", run.stderr)
        run, answer = self.run_json("ask", "Which output was reached at Falkenau?", "-f", large, *trust, "--passages",
                                    "--temperature", "0", "--max-tokens", "40", codes=(0, 10))
        self.assertEqual(answer["passages"], ["[large.txt, page 1]"])
        self.assertLess(answer["usage"]["prompt_tokens"], 2048)
        self.assertIn("not_in_documents", answer)

    def test_more_than_its_context_is_its_servers_error_where_nothing_foresees_it(self):
        # Between the estimates: it is sent, and the server counts its tokens.
        trust = self.start(context=512)
        numbers = " ".join(str(number) for number in range(100_000, 100_300))
        run = self.minions("ask", "Which number is the last?", "-f", self.write("numbers.txt", numbers), *trust)
        self.assert_exit(run, 6)
        self.assertIn("it may not fit", run.stderr)
        self.assertIn("this model's context is 512 tokens", run.stderr)

    def test_an_answer_can_be_cancelled_and_the_model_is_free_again(self):
        trust = self.start()
        process = self.start_minions("ask", "Count from one to one thousand, in words.", *trust, "--temperature", "0",
                                     "--param", "min_p=0", "-o", "jsonl")
        next_token(process)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_S), 130)
        self.assertLess(time.monotonic() - began, 5)
        _, answer = self.run_json("ask", "Say yes.", *trust, "--temperature", "0", "--max-tokens", "5", codes=(0, 10))
        self.assertTrue(answer["answer"])

    def test_as_worker_its_inventions_are_marked(self):
        upstream = ScriptedSupervisor(self, [asks("Which blood type does Grace Hopper have?"), answers("Nothing is known of it.")])
        server = Minionsd(self, model=upstream.model())
        _, result = self.run_json("run", "Which blood type does Grace Hopper have?", "-f", self.write("note.txt", NOTE),
                                  *server.trust(), "--no-log", "--worker", f"llama:{NEURAL_MODEL}", "--worker-context", "4096",
                                  "--worker-temperature", "0", "--worker-max-tokens", "100", codes=(0,))
        turn = next(turn for turn in result["conversation_log"] if turn["user"] == "worker")
        self.assertIn(turn["ending"], ("complete", "length"))
        self.assertIsInstance(turn["not_in_documents"], list)
        said = re.findall(r"\b\d{3,}\b", turn["output"])
        for figure in said:
            if figure not in NOTE:
                self.assertIn(figure, " ".join(turn["not_in_documents"] + turn["computed_or_invented"]))
        self.assertGreater(turn["usage"]["completion_tokens"], 0)

    def test_as_supervisor_it_copies_no_prompt_into_an_answer(self):
        trust = self.start(context=4096)
        for seed in ("1", "2"):
            run, result = self.run_json("run", "Which output did the turbine at Falkenau reach?", "-f", self.write("note.txt", NOTE),
                                        *trust, "--worker", "extractive", "--max-rounds", "2", "--max-tokens", "150",
                                        "--temperature", "0.2", "--seed", seed, "--logging-id", seed, codes=(0, 6, 10))
            texts = [result["final_answer"]] + [message["content"] for message in result["worker_messages"]
                                                if message["role"] == "user"]
            for text in texts:
                for instruction in INSTRUCTIONS:
                    self.assertNotIn(instruction, text.lower())
            self.assertEqual(result["answered"], run.returncode != 6)
            if not result["answered"]:
                self.assertEqual(result["final_answer"], "No answer found.")
                self.assertTrue(any("supervisor" in note for note in result["notes"]), result["notes"])
            log = self.directory / "secure_minion_logs" / f"{seed}_secure_minion.json"
            judged = self.minions("verify", log, "--allow-simulated", "--trusted-attestation-pem", self.server.attestation_pem)
            self.assert_exit(judged, 0)


if __name__ == "__main__":
    main()
