"""`minions policy` and `minions verify` over what a real server gave: policies, documents, logs."""

import re

from programs import *

QUESTION = "How long can a sample stay in Wren?"
NOTE = "A sample can stay in Wren for 17 minutes.\n"


class Policy(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.server = Minionsd(self)

    def init(self, *options):
        return self.minions("policy", "init", "--from", self.server.url, *options)

    def test_a_written_policy_accepts_the_server_and_no_other(self):
        run = self.init("-o", "written.toml")
        self.assert_exit(run, 0)
        self.assertIn("TRUST ON FIRST USE", run.stderr)
        self.assertIn("NOT CONFIDENTIAL", run.stderr)
        text = (self.directory / "written.toml").read_text()
        self.assertIn("TRUST ON FIRST USE", text)
        self.assert_exit(self.minions("attest", "--server", self.server.url, "--policy", "written.toml"), 0)
        other = Minionsd(self, keys=self.directory / "other")
        refused = self.minions("attest", "--server", other.url, "--policy", "written.toml")
        self.assert_exit(refused, 3)
        self.assertIn("attestor.key", refused.stderr)

    def test_a_policy_goes_to_standard_output_and_never_over_a_file(self):
        run = self.init()
        self.assert_exit(run, 0)
        self.assertIn("[simulated]", run.stdout)
        kept = self.write("kept.toml", "kept")
        run = self.init("-o", kept)
        self.assert_exit(run, 2)
        self.assertIn("never overwritten", run.stderr)
        self.assertEqual(kept.read_text(), "kept")

    def test_check_lists_rules_with_their_sources_and_warns(self):
        run = self.minions("policy", "check", self.write("p.toml", "[snp]\nallow_debug = true\n"))
        self.assert_exit(run, 0)
        self.assertIn("[snp] allow_debug = true  # policy line 2\n", run.stdout)
        self.assertIn("[snp] max_vmpl = 0  # built-in\n", run.stdout)
        self.assertIn("[snp] measurements = not set\n", run.stdout)
        self.assertIn("[models] projectors = not set\n", run.stdout)
        self.assertIn("may debug the guest", run.stderr)
        wrong = self.minions("policy", "check", self.write("w.toml", "[snp]\nmax_vlmp = 0\n"))
        self.assert_exit(wrong, 2)
        self.assertIn("w.toml line 2", wrong.stderr)
        self.assert_exit(self.minions("policy", "check", "absent.toml"), 2)

    def readers(self, policy):
        run = self.minions("attest", "--server", self.server.url, "--policy", policy, "-o", "json")
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        self.assertEqual(result["class"], "simulated")
        self.assertEqual(result["ar4si"]["runtime-opaque"], 96)
        return "\n".join(result["readers"])

    def test_first_use_is_named_among_the_readers_until_it_is_confirmed(self):
        self.assert_exit(self.init("-o", "p.toml"), 0)
        policy = self.directory / "p.toml"
        written = policy.read_text()
        self.assertRegex(written, r'origin = "first-use \d{4}-\d\d-\d\d"')
        self.assertIn('[verdict]\n', written)
        self.assertIn('require = "simulated"', written)
        self.assertIn("whoever runs the server's machine", self.readers(policy))
        unasked = self.minions("policy", "confirm", policy)
        self.assert_exit(unasked, 2)
        self.assertIn("[attestor] spki_sha256", unasked.stderr)
        self.assertEqual(policy.read_text(), written)
        self.assert_exit(self.minions("policy", "confirm", policy, "--yes"), 0)
        confirmed = policy.read_text()
        self.assertNotIn('"first-use', confirmed)
        self.assertRegex(confirmed, r'origin = "confirmed \d{4}-\d\d-\d\d"')
        self.assert_exit(self.minions("attest", "--server", self.server.url, "--policy", policy), 0)
        self.assert_exit(self.minions("policy", "confirm", policy, "--yes"), 2)  # nothing is left

    def test_confirm_compares_with_a_file_of_the_operators(self):
        self.assert_exit(self.init("-o", "p.toml"), 0)
        policy = self.directory / "p.toml"
        written = policy.read_text()
        spki, = re.findall(r'spki_sha256 = "([0-9a-f]{64})"', written)
        wrong = self.write("wrong.toml", written.replace(spki, "0" * 64))
        run = self.minions("policy", "confirm", policy, "--against", wrong)
        self.assert_exit(run, 3)
        self.assertIn("[attestor] spki_sha256", run.stderr)
        self.assertEqual(policy.read_text(), written)
        again = self.minions("policy", "confirm", policy, "--against", self.write("copy.toml", written))
        self.assert_exit(again, 3)
        self.assertIn("copy.toml has it by first use itself", again.stderr)
        self.assertEqual(policy.read_text(), written)
        right = self.write("right.toml", written.replace("first-use", "built"))
        self.assert_exit(self.minions("policy", "confirm", policy, "--against", right), 0)
        self.assertNotIn('"first-use', policy.read_text())

    def test_confirm_compares_what_is_built_in_here_and_written_by_the_operator(self):
        snp = f'[snp]\norigin = "{{}}"\nmeasurements = "{"ab" * 48}"\n'
        gpu = '[gpu]\norigin = "{}"\ncount = 1\n'
        for table, line, agrees in ((snp, "allow_smt = false", False), (snp, "allow_smt = true", True),
                                    (snp, 'crl = "require"', False), (snp, 'crl = "if-available"', True),
                                    (gpu, 'nras = "require"', False), (gpu, 'nras = "if-present"', True)):
            with self.subTest(line):
                mine = self.write("mine.toml", table.format("first-use 2026-01-01"))
                run = self.minions("policy", "confirm", mine, "--against",
                                   self.write("theirs.toml", table.format("built 2026-01-01") + line + "\n"))
                self.assert_exit(run, 0 if agrees else 3)
                self.assertEqual("first-use" in mine.read_text(), not agrees)
                self.assertEqual(line.split()[0] in run.stderr, not agrees)

    def test_confirm_changes_the_origin_and_nothing_that_reads_like_it(self):
        origin = "first-use 2026-11-29"
        quoted = f'"{origin}"'
        for text in (  # @: the origin
                f'models = {{ ids = [{quoted}], origin = "@" }}  # origin = {quoted}\n',
                f'models = {{ origin = "@", weights = {{ {quoted} = "{"a" * 64}" }} }}\n',
                f'models = {{ weights = {{ {quoted} = "{"a" * 64}" }}, origin = "@" }}\n',
                f"models = {{ ids = ['{origin}', 'origin = {quoted}'], origin = '@' }}\n",
                f'[models]\nids = {quoted}\norigin = "@"\n[gpu]\norigin = "@"\n',
                f'[gpu]\norigin = "@"\n'):
            with self.subTest(text):
                policy = self.write("p.toml", text.replace("@", origin))
                self.assert_exit(self.minions("policy", "confirm", policy, "--yes"), 0)
                today = time.strftime("%Y-%m-%d", time.gmtime())
                self.assertEqual(policy.read_text(), text.replace("@", f"confirmed {today}"))

    def test_confirm_refuses_an_origin_that_it_cannot_tell_and_says_what_to_do(self):
        text = '[models]\nids = "m"\norigin = "first\\u002duse 2026-11-29"\n'
        policy = self.write("p.toml", text)
        run = self.minions("policy", "confirm", policy, "--yes")
        self.assert_exit(run, 2)
        self.assertIn('line 3: [models] origin', run.stderr)
        self.assertIn('write origin = "first-use 2026-11-29" on a line of its own', run.stderr)
        self.assertEqual(policy.read_text(), text)

    def test_check_says_who_could_read_on_each_kind_and_what_is_missing(self):
        text = f'[snp]\nmeasurements = "{"a" * 96}"\n[attestor]\nspki_sha256 = "{"b" * 64}"\n'
        run = self.minions("policy", "check", self.write("p.toml", text))
        self.assert_exit(run, 0)
        self.assertIn("\n# sev-snp: operator-trusted, refused: [verdict] require is confidential", run.stdout)
        self.assertIn("no server can meet this policy", run.stderr)
        self.assertIn("#   reads  whoever holds the operator's attestation key", run.stdout)
        self.assertIn('#   gap    ', run.stdout)
        self.assertIn('add [snp] covers = "root"', run.stdout)
        self.assertNotIn("# tdx:", run.stdout)  # closed
        whole = text.replace("[attestor]", 'covers = "root"\nmin_tcb = { snp = 1 }\n[gpu]\nnone = true\n[attestor]')
        run = self.minions("policy", "check", self.write("whole.toml", whole))
        self.assertIn("\n# sev-snp: confidential\n", run.stdout)
        self.assertNotIn("no server can meet", run.stderr)
        self.assertNotIn("gap ", run.stdout)

    def test_check_takes_what_is_allowed_as_a_condition(self):
        whole = (f'[snp]\nmeasurements = "{"a" * 96}"\ncovers = "root"\n[gpu]\nnone = true\n')
        for allowed, reader in (("[models]\nallow_remote = true\n", "if one computes outside the confidential VM"),
                                ("[attestor]\nallow_overrides = true\n", "if any are replaced for a test")):
            with self.subTest(allowed):
                run = self.minions("policy", "check", self.write("p.toml", whole + allowed))
                self.assert_exit(run, 0)
                self.assertIn("\n# sev-snp: confidential\n", run.stdout)
                self.assertRegex(run.stdout, f"#   reads  whoever .*{reader}\n")
                self.assertRegex(run.stdout, "#   gap    if .* the class is operator-trusted at best, which .* refuses: remove")
                self.assertNotIn("no server can meet", run.stderr)

    def test_a_projector_that_the_policy_names_must_be_stated(self):
        policy = self.write("p.toml", f'[models.projectors]\n"extractive" = "{"a" * 64}"\n')
        trust = self.server.trust()
        run = self.minions("attest", *trust, "--policy", policy, "-o", "json")
        self.assert_exit(run, 3)
        check, = (each for each in json.loads(run.stdout)["checks"] if each["outcome"] == "fail")
        self.assertEqual(check, {"id": "models.projectors", "outcome": "fail", "expected": f'"extractive" {"a" * 64}',
                                 "found": "no projector in the statement", "source": "policy line 2"})
        shown = self.minions("policy", "check", policy)
        self.assertIn(f'[models] projectors.extractive = "{"a" * 64}"  # policy line 2\n', shown.stdout)

    def test_diff_shows_what_differs_alone(self):
        a = self.write("a.toml", "[gpu]\ncount = 8\n[tls]\nmode = \"off\"\n")
        b = self.write("b.toml", "\n\n[tls]\nmode = \"off\"\n[gpu]\ncount = 4\nmodels = \"GH100\"\n")
        run = self.minions("policy", "diff", a, b)
        self.assert_exit(run, 0)
        self.assertEqual(run.stdout, "- [gpu] count = 8\n+ [gpu] count = 4\n"
                                     "- [gpu] models = not set\n+ [gpu] models = [\"GH100\"]\n")
        self.assertEqual(self.minions("policy", "diff", a, a).stdout, "")


class Verify(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.server = Minionsd(self)
        self.trust = ["--allow-simulated", "--trusted-attestation-pem", self.server.attestation_pem]

    def log(self, count=1):
        note = self.write("note.txt", NOTE)
        for _ in range(count):
            run = self.minions("ask", QUESTION, "-f", note, "--log", "conversation.log", *self.server.trust())
            self.assert_exit(run, 0)
        return self.directory / "conversation.log"

    def verify(self, target, *options):
        return self.minions("verify", target, *self.trust, *options)

    def altered(self, log, change):
        line = json.loads(log.read_text())
        change(line)
        return self.write("altered.log", json.dumps(line))

    def test_a_log_is_found_good_without_a_word_of_it(self):
        run = self.verify(self.log())
        self.assert_exit(run, 0)
        self.assertRegex(run.stdout, r"document at \S+: accepted, SIMULATED, NOT CONFIDENTIAL")
        self.assertRegex(run.stdout, r"exchange \d+: ok: receipt good, signed at ")
        for word in ("Wren", "17 minutes"):
            self.assertNotIn(word, run.stdout + run.stderr)

    def test_an_altered_log_ends_with_9(self):
        log = self.log()

        def data(line):
            line["exchanges"][-1]["data"] = b64u(b"something else")

        run = self.verify(self.altered(log, data))
        self.assert_exit(run, 9)
        self.assertRegex(run.stdout, r"altered: receipt: it is for another request")
        self.assertNotIn("something else", run.stdout + run.stderr)
        cut = self.write("cut.log", log.read_text()[:-20])
        self.assert_exit(self.verify(cut), 9)

    def test_a_refused_document_ends_with_3(self):
        log = self.log()
        self.assert_exit(self.minions("verify", log), 3)
        self.assert_exit(self.verify(log, "--as-of", "2020-01-01T00:00:00Z"), 3)
        self.assert_exit(self.verify(log, "--as-of", "yesterday"), 2)

    def test_json_tells_the_same(self):
        run = self.verify(self.log(), "-o", "json")
        self.assert_exit(run, 0)
        session = json.loads(run.stdout)
        self.assertEqual(session["attestation"]["verdict"], "accepted")
        self.assertTrue(all(exchange["state"] == "ok" for exchange in session["exchanges"]))

    def test_a_document_is_appraised_as_of_its_time(self):
        document = json.loads(fetch(self.server.url + "/v2/attestation?nonce=" + b64u(bytes(32))))
        statement = json.loads(from_b64u(document["statement"]))
        saved = self.write("document.json", json.dumps(document))
        self.assert_exit(self.verify(saved), 0)
        later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(statement["not_after"] + 1))
        run = self.verify(saved, "--as-of", later)
        self.assert_exit(run, 3)
        self.assertIn("statement.window", run.stderr)
        document["attestor"]["signature"] = document["attestor"]["signature"][:-4] + "AAAA"
        self.assert_exit(self.verify(self.write("altered.json", json.dumps(document))), 3)

    def test_an_address_is_attested_and_nothing_is_sent(self):
        run = self.verify(self.server.url)
        self.assert_exit(run, 0)
        self.assertIn("accepted", run.stdout)
        self.assert_exit(self.minions("verify", self.server.url), 3)

    def test_what_is_nothing_known_is_said_to_be(self):
        run = self.verify(self.write("hello.txt", "hello\n"))
        self.assert_exit(run, 2)
        self.assertIn("no attestation document, log or evidence", run.stderr)
        self.assert_exit(self.verify("absent"), 2)


class Genuine(ProgramsTest):
    """Single pieces of evidence, by their content."""

    EVIDENCE = SOURCE.parent / "shared/evidence"
    LAX = ("tdx.require_sept_ve_disable = false\n[gpu]\ncount = 0\nrim = \"if-present\"\nocsp = \"off\"\n"
           "[jwt]\nmaa_issuer = \"https://sharedeus2.eus2.attest.azure.net\"\n")

    def setUp(self):
        super().setUp()
        if not (self.EVIDENCE / "MANIFEST.json").exists():
            self.skipTest("the genuine evidence is not beside the project")
        self.policy = self.write("lax.toml", self.LAX)

    def values_of(self, name):
        """A kernel, or on Azure what booted, as the genuine evidence of that name has it."""
        source = self.EVIDENCE / name
        if name.startswith("az-"):
            return {"snp.pcrs.4": json.loads((source / "pcrs.json").read_text())[4]}
        if name.startswith("snp-"):
            return {"snp.measurements": (source / "report.bin").read_bytes()[0x90:0xc0].hex(), "snp.covers": "kernel"}
        quote = (source / "quote.bin").read_bytes()
        body = quote[54 if quote[0] == 5 else 48:]
        registers = {"measurements": 136, "rtmr1": 376, "rtmr2": 424}
        return {"tdx.covers": "kernel"} | {f"tdx.{key}": body[at:at + 48].hex() for key, at in registers.items()}

    def machine_policy(self, *names):
        """Of machines, which alone have a class. Its first lines may follow others of the same form."""
        values = {key: value for name in names for key, value in self.values_of(name).items()}
        kinds = ["azure-snp-vtpm" if name.startswith("az-") else "sev-snp" if name.startswith("snp-") else "tdx"
                 for name in names]
        values |= {"platform.kinds": kinds, "verdict.require": "operator-trusted"}
        return self.write("machine.toml", "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items()) + self.LAX)

    def policy_for(self, folder):
        whole = any(path.read_bytes().startswith(b"\xffTCG") for path in folder.iterdir())
        half = folder.name.endswith("-hcl") or (folder.name.startswith("az-") and not whole)
        of_no_machine = half or folder.name.startswith(("gpu-", "nras-", "maa-"))
        return self.policy if of_no_machine else self.machine_policy(folder.name)

    def folder(self, name, *companions):
        """A copy under names that say nothing, with its companions."""
        folder = self.directory / name
        folder.mkdir()
        files = sorted((self.EVIDENCE / name).iterdir())
        for number, path in enumerate(files + [self.EVIDENCE / "roots" / each for each in companions]):
            suffix = ".sig" if path.suffix == ".sig" else ""
            (folder / f"{number:02}{suffix}").write_bytes(path.read_bytes())
        return folder

    def verify(self, target, time_text):
        folder = target if target.is_dir() else target.parent
        keys = [f"--jwks={service}={self.EVIDENCE / folder.name / name}"
                for service, name in (("maa", "jwks.json"), ("nras", "nras_jwks.json"))
                if (self.EVIDENCE / folder.name / name).exists()]
        return self.minions("verify", target, "--policy", self.policy_for(folder), "--as-of", time_text, *keys)

    def test_each_kind_is_known_by_its_content(self):
        milan, genoa = ("amd_milan_ask.pem", "amd_milan_ark.pem"), ("amd_genoa_ask.pem", "amd_genoa_ark.pem")
        for name, companions, time_text, words in (
                ("snp-milan-v2", milan, "2023-06-01T00:00:00Z", "sev-snp signature snp report"),
                ("snp-genoa-v5", genoa, "2026-03-01T00:00:00Z", "sev-snp signature snp report"),
                ("az-snp-milan", milan, "2025-06-01T00:00:00Z", "azure-snp-vtpm binding pcr digest"),
                ("tdx-v5-emr", (), "2026-02-10T00:00:00Z", "tdx signature quote"),
                ("az-tdx-emr-hcl", (), "2026-01-20T00:00:00Z", "azure-tdx-hcl binding td report"),
                ("gpu-h100-full-rim", (), "2024-06-01T00:00:00Z", "nvidia-gpu rim driver"),
                ("nras-8gpu-ok", (), "2026-06-29T02:07:34Z", "nvidia-nras binding digest"),
                ("maa-snp-2025", (), "2025-12-15T20:00:00Z", "azure-maa policy confidential")):
            with self.subTest(name):
                run = self.verify(self.folder(name, *companions), time_text)
                self.assert_exit(run, 0)
                self.assertIn(words, run.stdout)
                self.assertIn("bound to nothing", run.stdout)

    def test_a_policy_of_a_folder_takes_the_genuine_machines_and_no_forged_one(self):
        milan, genoa = ("amd_milan_ask.pem", "amd_milan_ark.pem"), ("amd_genoa_ask.pem", "amd_genoa_ark.pem")
        for name, companions, time_text in (("az-snp-milan", milan, "2025-06-01T00:00:00Z"),
                                            ("az-snp-genoa", genoa, "2025-06-01T00:00:00Z"),
                                            ("az-snp-milan-v2report", milan, "2023-12-01T00:00:00Z")):
            with self.subTest(name):
                folder = self.folder(name, *companions)
                policy = self.directory / f"{name}.toml"
                run = self.minions("policy", "init", "--from", folder, "--as-of", time_text, "-o", policy)
                self.assert_exit(run, 0)
                self.assertIn('require = "operator-trusted"', policy.read_text())
                self.assertIn("PCR 11", policy.read_text())
                judged = self.minions("verify", folder, "--policy", policy, "--as-of", time_text, "--offline", "-o", "json")
                self.assert_exit(judged, 0)
                self.assertEqual(json.loads(judged.stdout)["class"], "operator-trusted")
                # Somebody else's paravisor: the same policy without Microsoft's key.
                forged = self.write("forged.toml", re.sub(r'id_key_digests = "[0-9a-f]+"', f'id_key_digests = "{"ab" * 48}"',
                                                          policy.read_text()))
                refused = self.minions("verify", folder, "--policy", forged, "--as-of", time_text, "--offline")
                self.assert_exit(refused, 3)
                self.assertIn("paravisor", refused.stdout)
        late = self.minions("policy", "init", "--from", self.directory / "az-snp-milan", "--as-of", "2040-01-01T00:00:00Z")
        self.assert_exit(late, 3)

    def test_a_rule_that_nothing_in_the_folder_is_held_against_is_a_failure(self):
        milan = ("amd_milan_ask.pem", "amd_milan_ark.pem")
        for name, companions, time_text, without, rules in (
                ("az-snp-milan", milan, "2025-06-01T00:00:00Z", ("tpm", "pcrs", "message"), {"snp.pcrs.4": "ab" * 32}),
                ("maa-snp-2025", (), "2025-12-15T20:00:00Z", (), {"snp.host_data": "ab" * 32, "snp.min_guest_svn": 99}),
                ("snp-milan-v2", milan, "2023-06-01T00:00:00Z", (), {"snp.pcrs.4": "ab" * 32}),
                ("gpu-h100-full-rim", (), "2024-06-01T00:00:00Z", (), {"snp.measurements": "ab" * 48})):
            with self.subTest(name):
                folder = self.folder(name, *companions)
                originals = sorted((self.EVIDENCE / name).iterdir())
                for number, path in enumerate(originals):
                    if any(word in path.name for word in without):
                        next(folder.glob(f"{number:02}*")).unlink()
                self.assert_exit(self.verify(folder, time_text), 0)
                lines = self.policy_for(folder).read_text()
                text = "".join(f'{key} = {json.dumps(value)}\n' for key, value in rules.items()) + lines
                run = self.minions("verify", folder, "--policy", self.write("rules.toml", text), "--as-of", time_text,
                                   "--offline", "-o", "json")
                self.assert_exit(run, 3)
                failed = [check for check in json.loads(run.stdout)["checks"] if check["outcome"] == "fail"]
                unjudged = [check for check in failed if check["found"] == "nothing in this evidence is held against it"]
                self.assertEqual({check["source"] for check in unjudged}, {f"policy line {n + 1}" for n in range(len(rules))})

    def test_two_machines_stand_each_for_itself(self):
        folder = self.folder("snp-milan-v2", "amd_milan_ask.pem", "amd_milan_ark.pem")
        for number, path in enumerate(sorted((self.EVIDENCE / "tdx-v5-emr").iterdir())):
            (folder / f"t{number:02}").write_bytes(path.read_bytes())
        run = self.minions("verify", folder, "--policy", self.machine_policy("snp-milan-v2", "tdx-v5-emr"), "--as-of",
                           "2026-02-10T00:00:00Z", "--offline", "-o", "json")
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        self.assertEqual(result["class"], "operator-trusted")
        for hardware in ("AMD SEV-SNP", "Intel TDX"):
            self.assertIn(f"the program that answers, on genuine {hardware} hardware", result["readers"])
        # The rule of [tdx] is judged on one of them, and is of no other kind than the folder's.
        self.assertNotIn("of machines of another kind", run.stdout)

    def test_a_token_speaks_for_no_machine_beside_it(self):
        folder = self.folder("snp-milan-v2", "amd_milan_ask.pem", "amd_milan_ark.pem")
        rules = self.write("rules.toml", "snp.require_secure_boot = true\n" + self.policy_for(folder).read_text())
        judge = lambda: self.minions("verify", folder, "--policy", rules, "--as-of", "2023-06-01T00:00:00Z", "--offline")
        self.assertIn("policy.snp", judge().stderr + judge().stdout)
        (folder / "token.jwt").write_bytes((self.EVIDENCE / "maa-snp-2025/token.jwt").read_bytes())
        run = judge()
        self.assert_exit(run, 3)
        self.assertRegex(run.stdout, r"fail +policy snp|fail +policy\.snp")

    def test_a_machine_without_a_vtpm_has_no_token_and_no_certificate_of_one(self):
        folder = self.folder("tdx-v5-emr")
        judge = lambda *keys: self.minions("verify", folder, "--policy", self.policy_for(folder), "--as-of", "2026-02-10T00:00:00Z",
                                           "--offline", *keys)
        self.assert_exit(judge(), 0)
        (folder / "token.jwt").write_bytes((self.EVIDENCE / "maa-snp-2025/token.jwt").read_bytes())
        run = judge("--jwks", f"maa={self.EVIDENCE / 'maa-snp-2025/jwks.json'}")
        self.assert_exit(run, 3)
        self.assertIn("tdx evidence, which no token of MAA is about", run.stdout)

    def test_a_certificate_of_another_key_does_not_lie_beside_a_quote(self):
        folder = self.directory / "maa-and-quote"  # of no machine
        folder.mkdir()
        for name in ("tpm-quote-azure-rsa/ak_pub.pem", "tpm-quote-azure-rsa/pcrs.json", "tpm-quote-azure-rsa/tpm_quote.msg",
                     "tpm-quote-azure-rsa/tpm_quote.sig", "az-ak-certificate/ak_cert.der",
                     *(f"roots/{path.name}" for path in (self.EVIDENCE / "roots").glob("azure_tpm_*.pem"))):
            (folder / name.split("/")[1]).write_bytes((self.EVIDENCE / name).read_bytes())
        run = self.verify(folder, "2025-11-15T12:00:00Z")
        self.assert_exit(run, 3)
        self.assertRegex(run.stdout, "fail +azure-ak-cert binding attestation key")

    def test_what_is_of_one_machine_does_not_lie_beside_two(self):
        folder = self.folder("snp-milan-v2", "amd_milan_ask.pem", "amd_milan_ark.pem")
        for source in ("tdx-v5-emr", "gpu-h100-full-rim"):
            for number, path in enumerate(sorted((self.EVIDENCE / source).iterdir())):
                (folder / f"{source}{number:02}").write_bytes(path.read_bytes())
        policy = self.machine_policy("snp-milan-v2", "tdx-v5-emr")
        run = self.minions("verify", folder, "--policy", policy, "--as-of", "2026-02-10T00:00:00Z", "--offline")
        self.assert_exit(run, 3)
        self.assertRegex(run.stdout, "files.machines: .*2 machines, and nvidia-gpu: verify each machine with its own")

    def test_a_token_does_not_lie_beside_half_a_machine(self):
        for half, time_text in (("az-tdx-emr-hcl", "2026-01-20T00:00:00Z"), ("tpm-quote-azure-rsa", "2025-12-15T20:00:00Z")):
            with self.subTest(half):
                folder = self.folder(half)
                (folder / "token.jwt").write_bytes((self.EVIDENCE / "maa-snp-2025/token.jwt").read_bytes())
                run = self.minions("verify", folder, "--policy", self.policy, "--as-of", time_text, "--jwks",
                                   f"maa={self.EVIDENCE / 'maa-snp-2025/jwks.json'}")
                self.assert_exit(run, 3)
                self.assertRegex(run.stdout, "fail +files.machines: .*half a machine, and azure-maa: verify each by itself")

    def test_a_folder_that_names_nothing_of_the_machine_has_no_class(self):
        folder = self.folder("snp-milan-v2", "amd_milan_ask.pem", "amd_milan_ark.pem")
        lax = self.write("anybody.toml", self.LAX + '[verdict]\nrequire = "operator-trusted"\n')
        run = self.minions("verify", folder, "--policy", lax, "--as-of", "2023-06-01T00:00:00Z", "--offline", "-o", "json")
        self.assert_exit(run, 3)
        self.assertIsNone(json.loads(run.stdout)["class"])
        self.assertIn("no class", run.stderr)

    def test_deep_files_are_not_followed(self):
        deep = "[" * 160_000 + "]" * 160_000
        folder = self.folder("snp-milan-v2", "amd_milan_ask.pem", "amd_milan_ark.pem")
        self.assert_exit(self.minions("verify", self.write("deep.json", deep)), 2)
        (folder / "deep.json").write_text(deep)
        self.assert_exit(self.verify(folder, "2023-06-01T00:00:00Z"), 3)
        self.assert_exit(self.verify(folder / "00", "2023-06-01T00:00:00Z"), 0)
        log = self.write("log.json", '{"minion_log":1,"conversation":[{"user":"supervisor","receipt":' + deep + "}]}")
        self.assert_exit(self.minions("verify", log), 2)

    def test_one_file_is_judged_with_what_lies_beside_it(self):
        folder = self.folder("snp-milan-v2", "amd_milan_ask.pem", "amd_milan_ark.pem")
        run = self.verify(folder / "00", "2023-06-01T00:00:00Z")
        self.assert_exit(run, 0)
        self.assertNotIn("files.unused", run.stdout)
        whole = (self.EVIDENCE / "roots/amd_milan_crl.der").read_bytes()
        (folder / "list.der").write_bytes(whole[:200])
        run = self.verify(folder / "00", "2023-06-01T00:00:00Z")
        self.assertRegex(run.stdout, 'waived +files.unused: nothing that is known: "list.der"')
        late = self.verify(folder / "00", "2040-06-01T00:00:00Z")
        self.assert_exit(late, 3)
        self.assertIn("sev-snp chain path", late.stderr)
        self.assertIn("expired", late.stderr)

    def test_an_out_of_date_platform_is_refused_with_its_status(self):
        run = self.verify(self.folder("tdx-gcp-spr-outofdate"), "2025-07-15T00:00:00Z")
        self.assert_exit(run, 3)
        self.assertRegex(run.stderr, r"tdx tcb: want UpToDate \(built-in\), found OutOfDate: .*INTEL-SA-00960")


if __name__ == "__main__":
    main()
