"""Tasks over documents that stay on this machine: minions run, and its log."""

import pty
import random

from minion_peers import *
from png import noise_png
from programs import *

FACT = "The turbine at Falkenau reached an output of 412 megawatts in the spring of 1987."
TASK = "What output did the turbine at Falkenau reach?"
FACT_PAGE = 63
PERSONAL = ["ada.lovelace@example.org", "Ada Lovelace", "Lovelace", "+49 30 90182011", "4111 1111 1111 1111",
            "DE89 3704 0044 0532 0130 00", "219-09-9999", "192.168.17.4", "12 March 1970", "Linus Pauling", "Pauling"]


def filler(page):
    words = ["committee", "procedure", "winter", "harbour", "ledger", "railway", "meeting", "garden", "report", "village",
             "machine", "letter", "council", "harvest", "window", "season"]
    chance = random.Random(page)
    return [" ".join(["The", *chance.choices(words, k=11)]) + "." for _ in range(30)]


def make_pdf(path, pages):
    """One line of text after the other in a standard font: what any PDF reader takes."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>",
               f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{4 + 2 * i} 0 R' for i in range(len(pages)))}] >>",
               "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    for i, lines in enumerate(pages):
        text = "BT /F1 10 Tf 12 TL 50 780 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * i} 0 R "
                       "/Resources << /Font << /F1 3 0 R >> >> >>")
        objects.append(f"<< /Length {len(text)} >>\nstream\n{text}\nendstream")
    body, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(f"{place:010} 00000 n \n" for place in places)
    path.write_text(body + table + f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n")
    return path


class Minion(ProgramsTest):
    def logs(self):
        return sorted((self.directory / "secure_minion_logs").glob("*"))

    def log(self):
        self.assertEqual(len(self.logs()), 1)
        return json.loads(self.logs()[0].read_text(encoding="utf-8"))

    def judged(self, server, log, *options):
        return self.minions("verify", log, "--allow-simulated", "--trusted-attestation-pem", server.attestation_pem, *options)

    def assert_incomplete(self, run, server):
        """The run's log is named, private, and verifies as one of a run that failed. The log."""
        path = self.logs()[-1]
        self.assertIn(f"log secure_minion_logs/{path.name}", run.stderr)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        verified = self.judged(server, path)
        self.assert_exit(verified, 0)
        self.assertIn("the log of an incomplete run holds", verified.stdout)
        log = json.loads(path.read_text(encoding="utf-8"))
        self.assertIs(log["answered"], False)
        return log

    def with_models(self, supervisor, worker, **more):
        """minionsd before a scripted supervisor, and the options for it and the worker."""
        self.upstream = ScriptedSupervisor(self, supervisor)
        self.server = Minionsd(self, "--padding", "off", model=self.upstream.model())
        self.ollama = Ollama(self, worker, **more)
        return [*self.server.trust(), "--worker", self.ollama.worker]


class Extractive(Minion):
    def setUp(self):
        super().setUp()
        self.server = Minionsd(self)
        self.trust = [*self.server.trust(), "--worker", "extractive"]

    def long_document(self):
        pages = [filler(page) for page in range(1, 101)]
        pages[FACT_PAGE - 1][12] = FACT
        return make_pdf(self.directory / "annals.pdf", pages), sum(len(line) for page in pages for line in page)

    def test_a_planted_fact_is_found_cited_and_accounted_for(self):
        document, size = self.long_document()
        run = self.minions("run", TASK, "-f", document, *self.trust, "-o", "json", *self.sandbox())
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        self.assertIs(result["answered"], True)
        self.assertIn("412 megawatts", result["final_answer"])
        self.assertIn(f"[annals.pdf, page {FACT_PAGE}]", result["final_answer"])
        self.assertEqual([citation["state"] for citation in result["citations"]], ["verified"])
        self.assertRegex(result["session_id"], r"^[0-9a-f]{32}$")

        # What the sealed client itself sent, as its own record has it, against the ledger.
        log = json.loads((self.directory / result["log_file"]).read_text(encoding="utf-8"))
        sent = sum(len(from_b64u(exchange["data"])) for session in log["sealed"] for exchange in session["exchanges"])
        self.assertEqual(sum(entry["wire_bytes"] for entry in result["disclosed"]), sent)
        for entry in result["disclosed"]:
            self.assertEqual(entry["text_bytes"], len(entry["text"].encode()))
        self.assertEqual(result["disclosed"][1]["passages"][0]["page"], FACT_PAGE)
        self.assertLess(result["disclosed"][-1]["share_disclosed"], 0.01)

        # The engine counts four bytes a token; the document whole would be that many.
        whole = size / 4
        self.assertGreater(whole, 40_000)
        self.assertLessEqual(result["remote_usage"]["total_tokens"], 0.05 * whole)

    def test_the_documents_never_reach_the_server(self):
        document, _ = self.long_document()
        self.assert_exit(self.minions("run", TASK, "-f", document, *self.trust, *self.sandbox()), 0)
        log = self.log()
        for session in log["sealed"]:
            for exchange in session["exchanges"]:
                self.assertNotIn(filler(1)[0].encode(), from_b64u(exchange["data"]))
        self.assertIn(filler(1)[0], log["context"])

    def test_the_log_is_private_verifies_and_tells_what_left(self):
        note = self.write("note.txt", FACT)
        run = self.minions("run", TASK, "-f", note, *self.trust)
        self.assert_exit(run, 0)
        self.assertIn("412 megawatts", run.stdout)
        path = self.logs()[0]
        self.assertIn(f"log secure_minion_logs/{path.name}", run.stderr)
        self.assertIn("session ", run.stderr)
        self.assertRegex(path.name, r"^\d{8}_\d{6}_What_output_did_secure\.json$")
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        verified = self.judged(self.server, path)
        self.assert_exit(verified, 0)
        self.assertIn("3 receipts good", verified.stdout)
        # Who could read is told as of a document.
        self.assertRegex(verified.stdout, r"document at \S+: accepted, SIMULATED, NOT CONFIDENTIAL\n  class   simulated\n  reads ")
        self.assertIn("SIMULATED, NOT CONFIDENTIAL", verified.stderr)
        self.assertIn("nothing signs the rest", verified.stdout)
        # Without the key that was pinned nothing is accepted.
        refused = self.minions("verify", path, "--allow-simulated")
        self.assert_exit(refused, 3)
        self.assertIn("the log's server is refused", refused.stdout)
        self.assertIn("hint: pin the operator's key with --trusted-attestation-pem FILE", refused.stderr)
        for sub in ("verify", "disclosed"):
            other = self.minions(sub, self.write("other.json", '{"minion_log":2}'))
            self.assert_exit(other, 2)
            self.assertIn("other.json: log: is not the log of a run", other.stderr)
        told = self.minions("disclosed", path)
        self.assert_exit(told, 0)
        self.assertIn("quotes", told.stdout)
        self.assertIn(TASK, told.stdout)

    def test_a_changed_log_does_not_verify(self):
        self.assert_exit(self.minions("run", TASK, "-f", self.write("note.txt", FACT), *self.trust), 0)
        path, log = self.logs()[0], self.log()

        def refused(change):
            altered = json.loads(json.dumps(log))
            change(altered)
            file = self.write("altered.json", json.dumps(altered))
            run = self.judged(self.server, file)
            self.assert_exit(run, 9)
            self.assertIn("DOES NOT HOLD", run.stdout)

        def set_answer(altered):
            altered["generated_final_answer"] = "413 megawatts"

        def set_output(altered):
            altered["conversation"][2]["output"] = answers("413 megawatts")

        def set_prompt(altered):
            altered["conversation"][0]["prompt"] += " "

        def set_data(altered):
            exchange = altered["sealed"][0]["exchanges"][1]
            exchange["data"] = b64u(from_b64u(exchange["data"]).replace(b"output", b"outpuT", 1))

        def set_usage(altered):
            exchange = altered["sealed"][0]["exchanges"][1]
            exchange["usage"] = exchange["usage"].replace(":", ": ", 1)

        def set_time(altered):
            altered["sealed"][0]["exchanges"][1]["receipt"]["time"] += 1

        def set_h(altered):
            altered["sealed"][0]["h"] = b64u(bytes(32))

        def set_wire_bytes(altered):
            altered["disclosed"][1]["wire_bytes"] -= 1

        def set_text(altered):
            altered["disclosed"][1]["text"] = "nothing"

        for change in (set_answer, set_output, set_prompt, set_data, set_usage, set_time, set_h, set_wire_bytes, set_text):
            with self.subTest(change.__name__):
                refused(change)
        self.assert_exit(self.judged(self.server, path), 0)

    def test_an_encrypted_log_needs_its_key(self):
        key = self.write("key", "0123456789abcdef" * 4 + "\n")
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *self.trust, "--log-key-file", key)
        self.assert_exit(run, 0)
        path = self.logs()[0]
        self.assertNotIn(b"Falkenau", path.read_bytes())
        self.assert_exit(self.judged(self.server, path), 2)
        self.assert_exit(self.judged(self.server, path, "--log-key-file", key), 0)
        other = self.write("other", "fedcba9876543210" * 4 + "\n")
        self.assert_exit(self.judged(self.server, path, "--log-key-file", other), 9)
        self.assertIn(TASK, self.minions("disclosed", path, "--log-key-file", key).stdout)

    def test_no_log_is_written_where_none_is_wanted(self):
        self.assert_exit(self.minions("run", TASK, "-f", self.write("note.txt", FACT), *self.trust, "--no-log"), 0)
        self.assertEqual(self.logs(), [])

    def test_an_api_key_is_not_in_the_log_and_verifies_with_it(self):
        keys = self.directory / "keys.txt"
        made = subprocess.run([BIN / "minionsd", "key", "new", "alice", "--api-keys", keys], capture_output=True, text=True, check=True)
        secret = next(word for word in made.stdout.split() if len(word) > 20)
        server = Minionsd(self, "--api-keys", keys)
        key = self.write("alice.key", secret)
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), *server.trust(), "--worker", "extractive", "--api-key-file", key)
        self.assert_exit(run, 0)
        path = self.logs()[0]
        self.assertNotIn(secret, path.read_text())
        without = self.judged(server, path)  # nothing is judged then
        self.assert_exit(without, 2)
        self.assertIn("0 receipts good", without.stdout)
        self.assertIn("its head had an API key, which has to be given", without.stdout)
        self.assertIn("--api-key-file", without.stderr)
        whole = self.judged(server, path, "--api-key-file", key)
        self.assert_exit(whole, 0)
        self.assertIn("3 receipts good", whole.stdout)

    def test_the_prototypes_flags_work(self):
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), "--supervisor_url", self.server.url, "--allow-simulated",
                           "--trusted_attestation_pem", self.server.attestation_pem, "--local_client_type", "extractive", "--local_model",
                           "none", "--max_rounds", "2", "--system_prompt", "be brief")
        self.assert_exit(run, 0)
        self.assertIn("412 megawatts", run.stdout)

    def test_a_folder_is_read_with_what_is_skipped(self):
        folder = self.directory / "papers"
        (folder / "deep").mkdir(parents=True)
        (folder / "deep/note.txt").write_text(FACT)
        (folder / "other.md").write_text("# Nothing\n")
        (folder / "program").write_bytes(b"\x7fELF\0\0\0\0")
        (folder / ".hidden").write_text("hidden")
        (folder / "loop").symlink_to(folder)
        run = self.minions("run", TASK, "-f", folder, *self.trust, "-o", "json")
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        self.assertIn("[deep/note.txt, page 1]", result["final_answer"])
        notes = "\n".join(result["notes"])
        self.assertIn("program: is a program", notes)
        self.assertIn("skipped loop: a symbolic link", notes)

    def test_tasks_can_be_typed_in_one_after_the_other(self):
        note = self.write("note.txt", FACT)
        run = self.minions("run", "-f", note, *self.trust, stdin=f"{TASK}\n\nWhen did the turbine at Falkenau reach it?\nexit\n")
        self.assert_exit(run, 0)
        self.assertEqual(run.stdout.count("412 megawatts"), 2)
        self.assertEqual(len(self.logs()), 2)
        for path in self.logs():
            self.assert_exit(self.judged(self.server, path), 0)

    def test_the_example_program_does_the_same(self):
        run = subprocess.run([BIN / "minion_example", self.server.url, self.server.attestation_pem, "extractive",
                              self.write("note.txt", FACT), TASK], capture_output=True, text=True, timeout=PATIENCE_S,
                             env=self.environment, cwd=self.directory)
        self.assert_exit(run, 0)
        self.assertIn("412 megawatts", run.stdout)
        self.assert_exit(self.judged(self.server, self.logs()[0]), 0)

    def test_nothing_is_sent_where_a_document_cannot_be_read(self):
        run = self.minions("run", TASK, "-f", "missing.pdf", *self.trust)
        self.assert_exit(run, 7)
        self.assertIn("missing.pdf", run.stderr)
        self.assertEqual(self.log()["sealed"], [])

    def test_nothing_is_sent_to_a_server_that_is_refused(self):
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), "--server", self.server.url, "--worker", "extractive")
        self.assert_exit(run, 3)
        log = self.assert_incomplete(run, self.server)
        self.assertEqual(log["error"]["code"], "refused")
        self.assertEqual(log["disclosed"], [])
        # What it showed is kept; no session was opened.
        self.assertEqual([session["exchanges"] for session in log["sealed"]], [[]])
        self.assertEqual(log["attestation"]["verdict"], "refused")

    def test_a_server_that_is_not_there_leaves_a_log(self):
        run = self.minions("run", TASK, "-f", self.write("note.txt", FACT), "--server", f"http://127.0.0.1:{free_port()}", "--worker",
                           "extractive")
        self.assert_exit(run, 4)
        self.assertEqual(self.assert_incomplete(run, self.server)["disclosed"], [])

    def test_progress_is_shown_on_a_terminal_and_not_in_a_pipe(self):
        command = ["run", TASK, "-f", self.write("note.txt", FACT), *self.trust]
        self.assertNotIn("round 1", self.minions(*command).stderr)
        master, terminal = pty.openpty()
        run = subprocess.run([BIN / "minions", *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=terminal,
                             timeout=PATIENCE_S, env=self.environment, cwd=self.directory)
        os.close(terminal)
        shown = os.read(master, 65536).decode()
        os.close(master)
        self.assertEqual(run.returncode, 0)
        self.assertIn("read note.txt: 1 page", shown)
        self.assertRegex(shown, r"round 1 of 3: the worker thinks; [1-9]\d* bytes sent, [1-9]\d* remote tokens")

    def test_usage_that_makes_no_sense_is_told(self):
        note = self.write("note.txt", FACT)
        for options in (["--worker", "nobody:x"], ["--max-disclosed", "many"], ["--max-rounds", "0"], ["--log-key-file", note],
                        ["-o", "jsonl"]):
            run = self.minions("run", TASK, "-f", note, *self.trust[:-2], "--worker", "extractive", *options)
            self.assert_exit(run, 2)


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
                self.assertIn("the supervisor's first reply of round 0 is unusable after one repair: ", run.stderr)
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
                         ["the supervisor's reply of round 0 has no JSON: its text was taken as the question",
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
