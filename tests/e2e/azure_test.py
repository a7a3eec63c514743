"""minionsd --attest azure against a software TPM that is provisioned as Azure's vTPM, and the client's judgement of it."""

import select
import shutil

from programs import *

SWTPM = shutil.which("swtpm")
SKIPPED = 77


class SoftwareTpm:
    """The real swtpm on two loopback ports in a row, with new state."""

    def __init__(self, test):
        self.state = test.directory / "swtpm"
        self.state.mkdir()
        for _ in range(20):
            port = free_port()
            if self._start(port):
                break
        else:
            raise AssertionError("swtpm does not start: no two free ports")
        self.tcti = f"swtpm:host=127.0.0.1,port={port}"
        test.addCleanup(self.stop)

    def _start(self, port):
        """As a daemon: its parent ends once it serves."""
        run = subprocess.run(
            [SWTPM, "socket", "--tpm2", "--tpmstate", f"dir={self.state}", "--server", f"type=tcp,port={port}",
             "--ctrl", f"type=tcp,port={port + 1}", "--flags", "not-need-init,startup-clear", "--log",
             f"file={self.state / 'log'}", "--daemon", "--pid", f"file={self.state / 'pid'}"],
            timeout=PATIENCE_S, check=False)
        return run.returncode == 0

    def stop(self):
        pid_file = self.state / "pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text())
        pid_file.unlink()
        descriptor = os.pidfd_open(pid)
        os.kill(pid, signal.SIGKILL)
        select.select([descriptor], [], [], PATIENCE_S)
        os.close(descriptor)


class Imds:
    """The metadata service of Azure as far as it serves certificates; throttles the first request."""

    def __init__(self, test, certification):
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.requests.append((self.path, self.headers.get("Metadata")))
                if len(outer.requests) == 1:
                    self.send_response(429)
                    self.send_header("Retry-After", "0")
                    self.end_headers()
                elif self.path == "/metadata/THIM/amd/certification" and self.headers.get("Metadata") == "true":
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(certification)
                else:
                    self.send_error(404)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        test.addCleanup(self._close)

    def _close(self):
        self._server.shutdown()
        self._server.server_close()


class Azure(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.tpm = SoftwareTpm(self)
        machine = self.directory / "machine"
        machine.mkdir()
        subprocess.run([BIN / "provision_azure", self.tpm.tcti, machine], check=True, timeout=PATIENCE_S)
        self.pins = json.loads((machine / "pins.json").read_text())
        self.imds = Imds(self, (machine / "certification.json").read_bytes())

    def serve(self):
        return Minionsd(self, attest=("azure", "--tpm-tcti", self.tpm.tcti, "--imds", self.imds.url))

    def policy(self, roots=True, overrides=True, **changes):
        pins = {**self.pins, **changes}
        text = ('[verdict]\nrequire = "operator-trusted"\n[platform]\nkinds = "azure-snp-vtpm"\n'
                f'[snp]\nmeasurements = ["{pins["measurement"]}"]\n[snp.pcrs]\n4 = ["{pins["pcr4"]}"]\n')
        if roots:
            text += f'[roots]\namd = ["{pins["amd"]}"]\n'
        if overrides:
            text += "[attestor]\nallow_overrides = true\n"
        return self.write("policy.toml", text)

    def attest(self, server, policy):
        return self.minions("attest", "--offline", "--server", server.url, "--policy", policy,
                            "--trusted-attestation-pem", server.attestation_pem)

    def assert_refused(self, run, check):
        self.assert_exit(run, 3)
        self.assertIn("error: attestation: ", run.stderr)
        self.assertRegex(run.stderr.split("error: attestation: ")[1].splitlines()[0], check)

    def test_is_accepted_by_a_policy_that_pins_the_roots_of_the_test(self):
        server = self.serve()
        policy = self.policy()
        run = self.attest(server, policy)
        self.assert_exit(run, 0)
        answer = self.minions("ask", "--offline", "Where is the office?", "-f", self.write("facts.txt", "The office is in Ulm.\n"),
                              "--server", server.url, "--policy", policy,
                            "--trusted-attestation-pem", server.attestation_pem)
        self.assert_exit(answer, 0)
        self.assertIn("Ulm", answer.stdout)
        self.assertEqual(self.imds.requests[0], ("/metadata/THIM/amd/certification", "true"))
        document = json.loads(fetch(server.url + "/v2/attestation"))
        self.assertEqual([item["type"] for item in document["evidence"]], ["azure-snp-vtpm"])
        self.assertEqual(json.loads(from_b64u(document["statement"]))["overrides"], ["tpm-tcti", "imds"])

    def test_is_refused_for_each_expectation_that_it_does_not_meet(self):
        server = self.serve()
        self.assert_refused(self.attest(server, self.policy(roots=False)), r"chain.path")
        self.assert_refused(self.attest(server, self.policy(overrides=False)), "overrides")
        self.assert_refused(self.attest(server, self.policy(pcr4="00" * 32)), r"pcr.4")
        self.assert_refused(self.attest(server, self.policy(measurement="00" * 48)), "measurement")
        self.assert_refused(self.attest(server, self.policy(amd="00" * 32)), r"chain.path")

    def test_a_tpm_that_went_away_makes_no_more_evidence(self):
        server = self.serve()
        self.tpm.stop()
        run = self.attest(server, self.policy())
        self.assertNotEqual(run.returncode, 0)
        server.wait_logged(self.tpm.tcti)

    def test_does_not_start_without_what_azure_has(self):
        command = [BIN / "minionsd", "--listen", "127.0.0.1:0", "--engine", "extractive", "--attestation-key-path",
                   self.directory / "keys", "--attest", "azure"]

        def failure(*options):
            run = subprocess.run([*command, *options], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
            self.assertNotEqual(run.returncode, 0)
            return run.stderr

        missing = "device:" + str(self.directory / "no-tpm")
        self.assertIn(missing, failure("--tpm-tcti", missing))
        self.assertFalse((self.directory / "keys").exists())  # keys are made on a sound platform only
        nowhere = f"http://127.0.0.1:{free_port()}"
        self.assertIn(nowhere, failure("--tpm-tcti", self.tpm.tcti, "--imds", nowhere))


if __name__ == "__main__":
    if SWTPM is None:
        sys.exit(SKIPPED)
    main()
