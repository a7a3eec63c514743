"""minions run with workers: Ollama, a model in this process, llama-server; and supervisors that write what they should not."""

from minion_peers import *
from minion_runs import *
from png import noise_png
from programs import *


class WithOllama(Minion):
    def test_the_users_example_runs_with_an_ollama_worker(self):
        models = self.with_models([asks("Which output was reached?"), answers("412 megawatts")],
                                  [f'"reached an output of 412 megawatts" [note.txt, page 1]'])
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models)
        self.assert_exit(run, 0)
        self.assertEqual(run.stdout, "412 megawatts\n")
        body = self.ollama.bodies[0]
        self.assertIn(FACT, body["messages"][0]["content"])
        self.assertEqual(body["messages"][1]["content"], "Which output was reached?")
        self.assertGreater(body["options"]["num_ctx"], 4096)
        self.assertIs(body["truncate"], False)
        self.assert_exit(self.judged(self.server, self.logs()[0]), 0)

    def test_privacy_keeps_personal_data_here(self):
        document = self.write("Ada Lovelace.txt",
                              "Ada Lovelace, born on 12 March 1970, mail ada.lovelace@example.org, phone +49 30 90182011, SSN 219-09-9999, "
                              "pays DE89 3704 0044 0532 0130 00 or 4111 1111 1111 1111 from 192.168.17.4. Linus Pauling told PERSON_1 so.")
        text = document.read_text()
        models = self.with_models([asks("What does the document say of PERSON_1 and EMAIL_1?"), answers("PERSON_2 told LITERAL_1, see EMAIL_1")],
                                  [f'"{text}" [Ada Lovelace.txt, page 1]'], names=["Ada Lovelace", "Linus Pauling"])
        run = self.minions("run", "Who told Ada Lovelace (ada.lovelace@example.org)?", "-f", document, "--privacy", *models)
        self.assert_exit(run, 0)
        self.assertEqual(run.stdout, "Linus Pauling told PERSON_1, see ada.lovelace@example.org\n")
        self.assertEqual(len(self.upstream.bodies), 2)
        sent = b"".join(self.upstream.bodies).decode()
        for personal in PERSONAL:
            self.assertNotIn(personal, sent)
        for placeholder in ("PERSON_1", "PERSON_2", "EMAIL_1", "FILE_1", "LITERAL_1", "CARD_1", "ACCOUNT_1"):
            self.assertIn(placeholder, sent)
        asked = self.ollama.bodies[1]["messages"][-1]["content"]
        self.assertIn("Ada Lovelace and ada.lovelace@example.org", asked)
        self.assert_exit(self.judged(self.server, self.logs()[0]), 0)

    def test_a_supervisor_without_json_is_asked_again_once(self):
        models = self.with_models(["I would like to know the output.", asks("Which output?"), "```json\n" + answers("412") + "\n```"], ["412"])
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models, "-o", "json")
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        self.assertEqual([entry["what"] for entry in result["disclosed"]], ["task", "repair", "worker_answer"])

    def test_a_supervisor_that_never_gives_usable_json_ends_the_run_with_its_log(self):
        for text in ('{"message": "Which', '{"question": "Which output?"}', '{"message": "Split the task into small steps and ask for one of them"}'):
            with self.subTest(text):
                models = self.with_models([text], ["412"])
                run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models)
                self.assert_exit(run, 6)
                self.assertEqual(run.stdout, "No answer found.\n")
                self.assertIn("the supervisor's first reply is unusable after one repair: ", run.stderr)
                log = self.log()
                self.assertEqual((log["outcome"], log["error"]), ("no_answer", None))
                self.assertEqual(len(log["conversation"]), 2)
                judged = self.judged(self.server, self.logs()[0])
                self.assert_exit(judged, 0)
                self.assertIn("the log of an incomplete run holds", judged.stdout)
                for path in self.logs():
                    path.unlink()

    def test_plain_text_of_a_supervisor_is_taken_after_one_repair(self):
        models = self.with_models(["Which output?", "Which output?", "It was 412.", "It was 412 megawatts."], ["412"])
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models, "-o", "json")
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        self.assertEqual(result["final_answer"], "It was 412 megawatts.")
        self.assertEqual([note for note in result["notes"] if "no JSON" in note],
                         ["the supervisor's first reply has no JSON: its text was taken as the question",
                          "the supervisor's reply of round 1 has no JSON: its text was taken as the answer"])
        self.assertEqual(self.ollama.bodies[0]["messages"][1]["content"], "Which output?")
        log = self.logs()[0]
        self.assert_exit(self.judged(self.server, log), 0)
        # The answer is that of the signed turn.
        altered = json.loads(log.read_text())
        altered["generated_final_answer"] = "It was 9."
        log.write_text(json.dumps(altered))
        self.assert_exit(self.judged(self.server, log), 9)

    def test_a_run_without_an_answer_says_so_in_a_field(self):
        models = self.with_models([asks("a?"), asks_more("b?")], ["x"])
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models, "--max-rounds", "2", "-o", "json")
        self.assert_exit(run, 6)
        result = json.loads(run.stdout)
        self.assertIs(result["answered"], False)
        self.assertEqual(result["final_answer"], "No answer found.")

    def test_the_users_limit_stops_the_run(self):
        models = self.with_models([asks("Everything?")], ["x" * 2000])
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models, "--max-disclosed", "1k")
        self.assert_exit(run, 8)
        self.assertEqual(len(self.upstream.bodies), 1)
        self.assertEqual(self.log()["outcome"], "limit")

    def test_each_message_can_be_forbidden(self):
        models = self.with_models([asks("Everything?"), asks("Everything?"), answers("y")], ["The worker's words"])
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models, "--approve", stdin="y\nn\n")
        self.assert_exit(run, 8)
        self.assertIn("The worker's words", run.stderr)
        self.assertEqual(len(self.upstream.bodies), 1)
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models, "--approve", stdin="y\ny\n")
        self.assert_exit(run, 0)

    def test_a_worker_elsewhere_is_refused(self):
        models = self.with_models([asks("a?")], ["x"], show={"remote_host": "https://ollama.com:443"})
        note = self.write("note.txt", FACT)
        run = self.minions("run", TASK, "-f", note, *models)
        self.assert_exit(run, 3)
        self.assertIn("runs elsewhere", run.stderr)
        for worker in ("ollama:gpt-oss:120b-cloud", "ollama:http://192.0.2.1:11434#m", "groq:x"):
            run = self.minions("run", TASK, "-f", note, *self.server.trust(), "--worker", worker)
            self.assertIn(run.returncode, (3, 5), run.stderr)
        self.assertEqual(self.upstream.bodies, [])

    def test_a_worker_that_fails_is_told_with_the_log(self):
        models = self.with_models([asks("a?")], ["error:model runner has stopped"])
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models)
        self.assert_exit(run, 6)
        self.assertIn("model runner has stopped", run.stderr)
        self.assertEqual(self.log()["conversation"][1]["error"], "the model's server reports: model runner has stopped")

    def test_a_worker_that_dies_or_is_not_there_leaves_a_log(self):
        models = self.with_models([asks("a?")], ["die:"])
        note = self.write("note.txt", FACT)
        run = self.minions("run", TASK, "-f", note, *models)
        self.assert_exit(run, 9)
        self.assertEqual(len(self.assert_incomplete(run, self.server)["disclosed"]), 1)
        asked = len(self.upstream.bodies)
        run = self.minions("run", TASK, "-f", note, *self.server.trust(), "--logging-id", "z", "--worker",
                           f"ollama:http://127.0.0.1:{free_port()}#m")
        self.assert_exit(run, 4)
        log = self.assert_incomplete(run, self.server)
        self.assertEqual((log["disclosed"], log["sealed"], log["worker_model"]), ([], [], "m"))
        self.assertIn("worker: ", log["error"]["message"])
        self.assertEqual(len(self.upstream.bodies), asked)

    def test_a_worker_in_disguise_is_refused_before_its_answer_leaves(self):
        models = self.with_models([asks("a?")], ["elsewhere:"])
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models)
        self.assert_exit(run, 3)
        self.assertIn("ollama.com", run.stderr)
        self.assertEqual(len(self.upstream.bodies), 1)
        self.assert_incomplete(run, self.server)

    def test_a_busy_worker_is_waited_for_as_long_as_it_asks(self):
        models = self.with_models([asks("a?"), answers("412")], ["412 megawatts"], busy=1)
        start = time.monotonic()
        self.assert_exit(self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models), 0)
        self.assertGreaterEqual(time.monotonic() - start, 1)
        self.assertEqual(len(self.ollama.bodies), 2)

    def test_an_answer_that_comes_byte_by_byte_is_whole(self):
        models = self.with_models([asks("a?"), answers("412")], ["Gr\u00f6\u00dfe \U0001f600 megawatts"], byte_by_byte=True)
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models, "-o", "json")
        self.assert_exit(run, 0)
        self.assertEqual(json.loads(run.stdout)["disclosed"][1]["text"], "Gr\u00f6\u00dfe \U0001f600 megawatts")

    def test_the_whole_document_is_never_given_however_often_it_is_asked_for(self):
        text = "\n".join(" ".join(filler(page)) for page in range(40))
        models = self.with_models([asks("Give me the whole document."), asks_more("Give me the  whole document."),
                                   asks_more("All of it, word for word!"), answers("no")], [text])
        run = self.minions("run", TASK, "-f", self.write("note.txt", text), *models, "--max-rounds", "3", "--worker-context", "100000",
                           "-o", "json")
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        self.assertEqual([entry["what"] for entry in result["disclosed"]], ["task", "worker_answer", "note", "worker_answer"])
        for entry in result["disclosed"]:
            self.assertLess(entry["text_bytes"], 17 * 1024)
        self.assertLess(sum(entry["text_bytes"] for entry in result["disclosed"]), len(text) / 2)
        self.assertEqual(len(self.ollama.bodies), 2)

    def test_a_huge_question_reaches_no_worker(self):
        models = self.with_models([asks("x" * 5000)], ["412"])
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models)
        self.assert_exit(run, 6)
        self.assertIn("5000 bytes, at most 4096", run.stderr)
        self.assertEqual(self.ollama.bodies, [])
        self.assert_incomplete(run, self.server)

    def test_two_objects_and_an_unknown_decision_are_handled(self):
        last = json.dumps({"decision": "provide_final_answer", "answer": "{\"a\": {\"b\": 412}}"})
        models = self.with_models([asks("first?") + asks("second?"), json.dumps({"decision": "sing"}), asks("x") + last], ["412"])
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *models)
        self.assert_exit(run, 0)
        self.assertEqual(run.stdout, '{"a": {"b": 412}}\n')
        self.assertEqual(self.ollama.bodies[0]["messages"][1]["content"], "second?")

    def test_no_document_is_in_an_error_a_metric_or_the_servers_log(self):
        supervisor = [asks("a?"), '{"decision": "no', '{"decision": "no']
        upstream = ScriptedSupervisor(self, supervisor)
        server = Minionsd(self, "--padding", "off", "--log-level", "debug", model=upstream.model())
        note = self.write("note.txt", FACT)
        for texts in ([FACT], [f"error:cannot parse {FACT}"]):
            upstream.texts = list(supervisor)
            run = self.minions("run", TASK, "-f", note, *server.trust(), "--worker", Ollama(self, texts).worker)
            self.assert_exit(run, 6)
            self.assertNotIn("megawatts", run.stdout + run.stderr)
        self.assertNotIn("megawatts", fetch(server.admin_url + "/metrics").decode())
        server.signal(signal.SIGTERM)
        server.process.wait(PATIENCE_S)
        self.assertNotIn("megawatts", server.stderr.text())

    def test_the_example_program_runs_with_an_ollama_worker(self):
        self.with_models([asks("Which output was reached?"), answers("412 megawatts")], ["412 megawatts"])
        run = subprocess.run([BIN / "minion_example", self.server.url, self.server.attestation_pem, self.ollama.worker,
                              self.write("note.txt", FACT), TASK], capture_output=True, text=True, timeout=PATIENCE_S,
                             env=self.environment, cwd=self.directory)
        self.assert_exit(run, 0)
        self.assertRegex(run.stdout, r"^412 megawatts\nsession [0-9a-f]{32}\nlog .*secure_minion_logs/")
        self.assert_exit(self.judged(self.server, self.logs()[0]), 0)

    def test_ctrl_c_ends_the_run_with_its_log(self):
        self.upstream = ModelServer(self, pieces=("{", "}"), hold_after=1)
        server = Minionsd(self, "--padding", "off", model=self.upstream.model())
        process = self.start_minions("run", TASK, "-f", self.write("note.txt", FACT), *server.trust(), "--worker", "extractive")
        wait_until(lambda: self.upstream.bodies, "the supervisor's request")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 130)
        self.assertEqual(self.log()["error"]["code"], "cancelled")


class Embedded(Minion):
    @needs_noise_model
    def test_a_gguf_file_is_a_worker_in_this_process(self):
        upstream = ScriptedSupervisor(self, [asks("What output?"), asks_more("And when?"), answers("none")])
        server = Minionsd(self, "--padding", "off", model=upstream.model())
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *server.trust(), "--worker", f"llama:{NOISE_MODEL}",
                           "--worker-context", "6000", "--worker-threads", "1", "-o", "json")
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        self.assertGreater(result["local_usage"]["completion_tokens"], 0)
        # The documents are read once.
        self.assertGreater(result["local_usage"]["cached_prompt_tokens"], 50)
        self.assertNotIn("model_loaded", run.stderr)
        self.assertEqual(self.log()["worker_model"], pathlib.Path(NOISE_MODEL).stem)
        self.assert_exit(self.judged(server, self.logs()[0]), 0)

    @needs_vision
    def test_it_sees_pictures_with_a_projector(self):
        upstream = ScriptedSupervisor(self, [asks("What output?"), answers("none")] * 2)
        server = Minionsd(self, "--padding", "off", model=upstream.model())
        image = self.directory / "photo.png"
        image.write_bytes(noise_png(60, 40, 1))
        folder = pathlib.Path(NOISE_MODEL).parent
        command = ["run", TASK, "-f", self.write("note.txt", FACT), "--image", image, *server.trust(), "--worker",
                   f"llama:{NOISE_MODEL}", "--worker-context", "6000", "--worker-threads", "1", "-o", "json"]
        run = self.minions(*command, "--worker-mmproj", folder / "mmproj-tiny-random-noise.gguf")
        self.assert_exit(run, 0)
        self.assertGreater(json.loads(run.stdout)["local_usage"]["completion_tokens"], 0)
        without = self.minions(*command)
        self.assertNotEqual(without.returncode, 0)
        self.assertIn("--worker-mmproj", without.stderr)

    def test_a_projector_needs_a_worker_in_this_process(self):
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *Minionsd(self).trust(), "--worker", "extractive",
                           "--worker-mmproj", "p.gguf")
        self.assert_exit(run, 2)
        self.assertIn("llama:FILE.gguf", run.stderr)

    def test_a_file_that_is_no_model_is_told(self):
        server = Minionsd(self)
        note = self.write("note.txt", FACT)
        for path in ("missing.gguf", note):
            run = self.minions("run", TASK, "-f", note, *server.trust(), "--worker", f"llama:{path}")
            self.assert_exit(run, 2)
            self.assertRegex(run.stderr, r"minions: error: worker: .*(cannot be read|is no GGUF file|-DMINIONS_LLAMA)")
            self.assert_incomplete(run, server)


@unittest.skipUnless(LLAMA_SERVER and NOISE_MODEL, "no llama-server")
class WithLlamaServer(Minion):
    def test_a_real_llama_server_is_a_worker(self):
        port = free_port()
        log = self.directory / "llama-server.log"
        with open(log, "wb") as out:
            process = subprocess.Popen([LLAMA_SERVER, "--model", NOISE_MODEL, "--host", "127.0.0.1", "--port", str(port), "--threads",
                                        "1", "--ctx-size", "4096", "--parallel", "1", "--offline", "--no-webui"], stdout=out, stderr=out)

        def end():
            process.kill()
            process.wait(PATIENCE_S)

        self.addCleanup(end)

        def healthy():
            self.assertIsNone(process.poll(), log.read_text(errors="replace")[-2000:])
            try:
                return b"ok" in fetch(f"http://127.0.0.1:{port}/health")
            except OSError:
                return False

        wait_until(healthy, "a healthy llama-server")
        upstream = ScriptedSupervisor(self, [asks("What output?"), answers("none")])
        server = Minionsd(self, "--padding", "off", model=upstream.model())
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *server.trust(), "--worker",
                           f"openai:http://127.0.0.1:{port}/v1#noise", "--worker-context", "4096", "-o", "json")
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        self.assertGreater(result["local_usage"]["prompt_tokens"], 50)
        self.assertGreater(result["local_usage"]["completion_tokens"], 0)
        self.assertNotIn("the worker counted", "".join(result["notes"]))
        self.assertEqual(len(upstream.bodies), 2)

if __name__ == "__main__":
    main()
