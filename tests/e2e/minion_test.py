"""Tasks over documents that stay on this machine: minions run with the extractive models, and its log."""

import pty

from minion_runs import *
from programs import *


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

if __name__ == "__main__":
    main()
