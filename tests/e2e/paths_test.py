"""One appraiser for all paths: one server's evidence, which needs a key set beside it, by each way that a document takes."""

import re

from gpu_machine import *

QUESTION = "Where is the office?"

# Checks that are not the same on each path by their nature, and why.
BY_PATH = {
    "tls.spki": "a file has no connection",
}
# What stands in a check and is of one document alone: the client's own nonce in the report, and the clock.
OF_ONE_DOCUMENT = {
    "nonce": r"\d+ steps",
    "evidence.sev-snp.binding.report_data": r"[0-9a-f]{128}",
    "statement.window": r"our clock says \S+",
    "evidence.sev-snp.chain.path": r"valid at \S+",
    "evidence.sev-snp.chain.revocation": r"current at \S+",
    "evidence.nvidia-gpu.policy.ocsp": r"current at \S+",
}
# Subcommands that judge no document. A new one must be here or have a path below.
WITHOUT_DOCUMENT = {
    "disclosed": "reads a log that `verify` judges",
    "help": "text alone",
    "policy": "writes and compares policies; `policy init` takes its document by the path of attest",
}


def normal(checks):
    out = {}
    for check in checks:
        if check["id"] in BY_PATH:
            continue
        mask = OF_ONE_DOCUMENT.get(check["id"], r"(?!)")
        found = [re.sub(mask, "...", check[name]) for name in ("expected", "found")]
        out.setdefault(check["id"], []).append((check["outcome"], *found))
    return out


def as_text(check):
    """As Check::to_text has it: what `chat` shows."""
    title = check["id"].removeprefix("evidence.")
    if title != check["id"]:
        title = title.replace(".", " ").replace("_", " ")
    told = {"pass": check["found"], "waived": check["source"],
            "fail": f"want {check['expected']} ({check['source']}), found {check['found']}"}[check["outcome"]]
    return f"  {check['outcome']:<6}  {title}: {told}"


class Paths(GpuMachineTest):
    def setUp(self):
        super().setUp()
        self.nras = Nras(self)
        self.server = self.serve_machine(nras=self.nras)
        self.policy = self.machine_policy(self.server)
        self.facts = self.write("facts.txt", "The office is in Ulm.\n")
        self.code = 0  # what each path has to end with
        self.error = None

    def choices(self):
        return ["--policy", self.policy, "--offline", *self.keys]

    keys = ()

    def result(self, run, *error_code):
        self.assertIn(run.returncode, (self.code, *error_code), f"{run.args}\n{run.stdout}\n{run.stderr}")
        self.error = run.stderr
        return json.loads(run.stdout.splitlines()[-1]) if run.stdout.strip() else None

    # ---- paths; each gives the checks ----

    def by_ask(self, *options):
        run = self.minions("ask", QUESTION, "-f", self.facts, "--server", self.server.url, "-o", "json", *self.choices(),
                           *options)
        return self.result(run)["attestation"]["checks"]

    def by_run(self):
        run = self.minions("run", QUESTION, "-f", self.facts, "--server", self.server.url, "--worker", "extractive", "-o",
                           "json", *self.choices())
        return self.result(run)["attestation"]["checks"]

    def by_attest(self):
        return self.result(self.minions("attest", "--server", self.server.url, "-o", "json", *self.choices()))["checks"]

    def by_models(self):
        run = self.minions("models", "--server", self.server.url, "-o", "json", *self.choices())
        return self.result(run)["attestation"]["checks"]

    def by_verify_url(self):
        return self.result(self.minions("verify", self.server.url, "-o", "json", *self.choices()))["checks"]

    def by_verify_file(self):
        """The document that `ask` judged, as its log has it."""
        log = self.ask_log()
        saved = self.write("document.json", json.dumps(log["document"]))
        return self.result(self.minions("verify", saved, "-o", "json", *self.choices()))["checks"]

    def by_verify_log(self):
        self.ask_log()
        run = self.minions("verify", self.directory / "ask.log", "-o", "json", *self.choices())
        return self.result(run)["attestation"]["checks"]

    def by_verify_run_log(self):
        kept, self.keys = self.keys, ["--jwks", f"nras={self.nras.jwks}"]
        code, self.code = self.code, 0
        self.by_run()
        self.keys, self.code = kept, code
        log = sorted((self.directory / "secure_minion_logs").glob("*"))[-1]
        verdict = self.result(self.minions("verify", log, "-o", "json", *self.choices()))
        return verdict["attestations"][0]["attestation"]["checks"]

    def by_chat(self):
        """Its text, which is compared with the others' as chat prints it."""
        run = subprocess.run([BIN / "minions", "chat", "--server", self.server.url, "--model", "extractive",
                              *self.choices()], input="/verify\n", capture_output=True, text=True, timeout=PATIENCE_S,
                             env=self.environment, cwd=self.directory)
        self.assertEqual(run.returncode, self.code, run.stderr)
        self.error = run.stderr
        return run.stdout

    def by_api(self):
        keys = self.nras.jwks if self.keys else ""
        run = subprocess.run([BIN / "api_attest", self.server.url, self.policy, keys], capture_output=True, text=True,
                             timeout=PATIENCE_S, env=self.environment, cwd=self.directory)
        return self.result(run)["checks"]

    def ask_log(self):
        """Of a question that was answered: a refused one has a log, too, but this test wants a document with a session."""
        log = self.directory / "ask.log"
        if not log.exists():
            run = self.minions("ask", QUESTION, "-f", self.facts, "--server", self.server.url, "--policy", self.policy,
                               "--offline", "--jwks", f"nras={self.nras.jwks}", "--log", log)
            self.assert_exit(run, 0)
        return json.loads(log.read_text().splitlines()[0])

    PATHS = {
        "ask": [by_ask],
        "run": [by_run],
        "attest": [by_attest],
        "models": [by_models],
        "chat": [by_chat],
        "verify": [by_verify_url, by_verify_file, by_verify_log, by_verify_run_log],
        "the C++ interface": [by_api],
    }

    def compare_all(self):
        """Each path against attest; the error of each is given to the caller."""
        checks = self.by_attest()
        want = normal(checks)
        self.assertIn("evidence.nvidia-nras.signature.keys", want)
        lines = [as_text(check) for check in checks if check["id"] not in BY_PATH and check["id"] not in OF_ONE_DOCUMENT]
        for name, paths in self.PATHS.items():
            for path in paths:
                with self.subTest(name, path=path.__name__):
                    found = path(self)
                    if path.__name__ == "by_chat":
                        for line in lines:
                            self.assertIn(line, found)
                    else:
                        self.assertEqual(normal(found), want)
                    yield path.__name__, self.error

    def test_each_path_makes_the_same_checks_of_a_document_that_needs_a_key_set(self):
        self.keys = ["--jwks", f"nras={self.nras.jwks}"]
        for _ in self.compare_all():
            pass

    def test_each_path_refuses_it_without_the_key_set_in_the_same_words(self):
        self.code = 3
        for path, error in self.compare_all():
            if path in ("by_verify_log", "by_verify_run_log"):
                self.assertIn("log", error)
            words = r"attestation: nvidia-nras signature keys: want the service's key set \(built-in\), found [^;]+; " \
                    r"a vendor's service has not given this; (nothing (more )?was sent|this log is not accepted)"
            self.assertRegex(error, words)

    def test_every_subcommand_has_a_path_here_or_a_reason(self):
        help_text = self.minions("--help").stdout
        names = re.findall(r"^  ([a-z]+) ", help_text.split("Subcommands:")[1].split("example:")[0], re.M)
        self.assertGreater(len(names), 5)
        self.assertEqual(sorted(names), sorted([*WITHOUT_DOCUMENT, *(name for name in self.PATHS if " " not in name)]))

    def test_no_path_puts_its_inputs_together_by_itself(self):
        """Only attestation/core/appraise.cpp fills in an AppraisalInput; the others give what they saw and the user's choices."""
        for folder in ("src/client", "src/minion", "src/runs", "src/audit", "src/api", "src/gateway", "apps", "tools"):
            for file in (SOURCE / folder).rglob("*.cpp"):
                self.assertNotRegex(file.read_text(encoding="utf-8"), r"AppraisalInput|appraise\(\{\s*\.", str(file))

    def test_the_same_pieces_in_a_folder_get_the_same_checks(self):
        self.keys = ["--jwks", f"nras={self.nras.jwks}"]
        want = normal(self.by_attest())
        folder = self.folder_of(self.ask_log()["document"])
        run = self.minions("verify", folder, "-o", "json", *self.choices())
        self.assert_exit(run, 0)
        found = normal(json.loads(run.stdout)["checks"])
        # Nothing ties them to a statement.
        unbound = {id for id in want if id.startswith("evidence.") and ".binding." in id}
        for id in (id for id in want if id.startswith(("evidence.", "gpu.", "azure.", "policy.")) and id not in unbound):
            if id != "evidence.composition":
                self.assertEqual(found.get(id), want[id], id)

    def folder_of(self, document):
        folder = self.directory / "pieces"
        folder.mkdir()
        for place, item in enumerate(document["evidence"]):
            for part, data in item["data"].items():
                (folder / f"{place}.{part}").write_bytes(from_b64u(data))
        for name, entries in document["endorsements"].items():
            for place, data in enumerate(entries):
                (folder / f"{name}.{place}").write_bytes(from_b64u(data))
        return folder


if __name__ == "__main__":
    if not available():
        sys.exit(77)
    main()
