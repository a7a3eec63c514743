"""minionsd on a bare SEV-SNP guest, whose kernel interface and GPUs are the tests' own, and the client's judgement."""

from programs import *

FAKE_TSM = BIN / "libfake_tsm_preload.so"
FAKE_NVML = BIN / "libfake_nvml.so"


class Bare(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.root = self.directory / "tsm" / "report"
        self.root.mkdir(parents=True)
        self.environment_of_server = {"LD_PRELOAD": str(FAKE_TSM), "FAKE_TSM_ROOT": str(self.root)}

    def serve(self, mode="auto", *options, **environment):
        return Minionsd(self, attest=(mode, "--tsm-root", self.root, *options),
                        environment={**self.environment_of_server, **environment})

    def policy(self, roots=True, overrides=True, measurement=None):
        pins = json.loads((self.root.parent / "pins.json").read_text())
        text = f'[verdict]\nrequire = "operator-trusted"\n[snp]\nmeasurements = ["{measurement or pins["measurement"]}"]\n'
        if roots:
            text += f'[roots]\namd = ["{pins["amd"]}"]\n'
        if overrides:
            text += "[attestor]\nallow_overrides = true\n"
        return self.write("policy.toml", text)

    def attest(self, server, **policy):
        return self.minions("attest", "--offline", "--server", server.url, "--policy", self.policy(**policy),
                            "--trusted-attestation-pem", server.attestation_pem)

    def assert_refused(self, run, check):
        self.assert_exit(run, 3)
        self.assertRegex(run.stderr.split("error: attestation: ")[1].splitlines()[0], check)

    def test_a_written_policy_says_its_class_and_what_is_missing(self):
        server = self.serve()
        pins = json.loads((self.root.parent / "pins.json").read_text())
        roots = self.write("roots.toml", f'[roots]\namd = ["{pins["amd"]}"]\n')
        run = self.minions("policy", "init", "--from", server.url, "--policy", roots, "--covers", "root", "-o", "written.toml")
        self.assert_exit(run, 0)
        written = (self.directory / "written.toml").read_text()
        self.assertIn('require = "operator-trusted"', written)
        self.assertIn('kinds = ["sev-snp"]', written)
        self.assertIn('covers = "root"', written)
        self.assertIn('none = true', written)  # the extractive engine computes on the CPU
        self.assertRegex(written, 'not "confidential": parts of the machine were replaced for a test')
        run = self.minions("attest", "--offline", "--server", server.url, "--policy", "written.toml", "-o", "json")
        self.assert_exit(run, 0)
        result = json.loads(run.stdout)
        self.assertEqual(result["class"], "operator-trusted")
        self.assertEqual([gap["what"] for gap in result["missing"]], ["parts of the machine were replaced for a test"])
        ask = self.minions("ask", "--offline", "Hello?", "--server", server.url, "--policy", "written.toml")
        self.assertRegex(ask.stderr, "warning: operator-trusted: who could read: .*operator's attestation key")
        self.assertIn("hint: not confidential: ", ask.stderr)

    def test_auto_finds_the_guest_and_a_client_that_pins_its_roots_asks_it(self):
        server = self.serve()
        self.assert_exit(self.attest(server), 0)
        answer = self.minions("ask", "--offline", "Where is the office?", "-f", self.write("facts.txt", "The office is in Ulm.\n"),
                              "--server", server.url, "--policy", self.policy(),
                              "--trusted-attestation-pem", server.attestation_pem)
        self.assert_exit(answer, 0)
        self.assertIn("Ulm", answer.stdout)
        document = json.loads(fetch(server.url + "/v2/attestation"))
        self.assertEqual([item["type"] for item in document["evidence"]], ["sev-snp"])
        self.assertEqual(len(document["endorsements"]["certificates"]), 3)
        self.assertEqual(json.loads(from_b64u(document["statement"]))["overrides"], ["tsm-root"])
        self.assertEqual(list(self.root.iterdir()), [])

    def test_server_and_client_ask_the_maker_for_what_is_missing(self):
        asked = []

        class Vendor(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_):
                pass

        vendor = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
        threading.Thread(target=vendor.serve_forever, daemon=True).start()
        self.addCleanup(vendor.server_close)
        self.addCleanup(vendor.shutdown)
        source = f"amd=http://127.0.0.1:{vendor.server_port}"
        server = self.serve("sev-snp", "--collateral-cache", self.directory / "cache", "--collateral-url", source)
        self.assertRegex(asked[0], r"^/vcek/v1/(Milan|Genoa|Turin)/crl$")
        self.assertEqual(len(set(asked)), 1, "the guest's own table has the certificates")
        self.assertIn("collateral_missing", server.stderr.text())
        asked.clear()
        run = self.minions("attest", "--server", server.url, "--policy", self.policy(roots=False), "--collateral-cache",
                           self.directory / "cache", "--collateral-url", source)
        self.assert_exit(run, 3)
        self.assertRegex(run.stderr, r"hint: not available: AMD revocation list of ARK-\w+: http://127.0.0.1:\d+/.*: status 404")
        self.assertEqual(len(asked), 1)

    def test_is_refused_for_each_expectation_that_it_does_not_meet(self):
        server = self.serve("sev-snp")
        self.assert_refused(self.attest(server, roots=False), r"chain.path|sev-snp")
        self.assert_refused(self.attest(server, overrides=False), "override")
        self.assert_refused(self.attest(server, measurement="00" * 48), "measurement")

    def test_gpus_are_attested_left_out_or_required(self):
        server = self.serve("auto", "--nvml-library", FAKE_NVML, FAKE_NVML="gpus=2")
        document = json.loads(fetch(server.url + "/v2/attestation"))
        self.assertEqual([item["type"] for item in document["evidence"]], ["sev-snp", "nvidia-gpu", "nvidia-gpu"])
        self.assertEqual(json.loads(from_b64u(document["statement"]))["overrides"], ["tsm-root", "nvml-library"])
        without = self.serve("auto", "--nvml-library", FAKE_NVML, FAKE_NVML="cc=0")
        document = json.loads(fetch(without.url + "/v2/attestation"))
        self.assertEqual([item["type"] for item in document["evidence"]], ["sev-snp"])
        without.wait_logged("gpus_not_attested")
        refused = subprocess.run(
            [BIN / "minionsd", "--listen", "127.0.0.1:0", "--engine", "extractive", "--attestation-key-path",
             self.directory / "none", "--attest", "auto", "--tsm-root", self.root, "--gpu", "require",
             "--nvml-library", FAKE_NVML],
            capture_output=True, text=True, timeout=PATIENCE_S, check=False,
            env={**os.environ, **self.environment_of_server, "FAKE_NVML": "devtools=1"})
        self.assert_exit(refused, 1)
        self.assertIn("developer tools let in", refused.stderr)
        self.assertFalse((self.directory / "none").exists())  # keys are made on a sound platform only

    def test_the_doctor_finds_it_sound(self):
        run = subprocess.run([BIN / "minionsd", "doctor", "--tsm-root", self.root, "-o", "json"], capture_output=True,
                             text=True, timeout=PATIENCE_S, check=False,
                             env={**os.environ, **self.environment_of_server})
        self.assert_exit(run, 0)
        parts = {part["part"]: part for part in json.loads(run.stdout)["parts"]}
        self.assertEqual(parts["attest"]["state"], "ok")
        self.assertIn("sev-snp", parts["attest"]["found"])
        self.assertIn("provider sev_guest", parts["configfs-tsm"]["found"])


if __name__ == "__main__":
    if not FAKE_TSM.exists():
        sys.exit(77)
    main()
