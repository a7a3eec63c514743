"""Servers that the client must refuse with exit 3, the failed check by name, and nothing sent."""

from programs import *


class SignedDocuments:
    """Serves attestation documents of its own making, signed with the operator's key, as docs/protocol.md section 3 has
    them: an attester written a second time, to say what minionsd never would. Counts what else is asked of it."""

    def __init__(self, test, key_directory, statement):
        self.statement = statement
        self.key_directory = key_directory
        self.other_requests = []
        self.attested = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                query = dict(pair.split("=") for pair in self.path.partition("?")[2].split("&"))
                body = json.dumps(outer.document(query["nonce"])).encode()
                outer.attested += 1
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                outer.other_requests.append(self.path)
                self.send_error(500)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        test.addCleanup(self._close)

    def _close(self):
        self._server.shutdown()
        self._server.server_close()

    def document(self, nonce):
        statement = json.dumps(self.statement).encode()
        digest = hashlib.sha256(statement).digest()
        leaf = hashlib.sha256(b"\0" + from_b64u(nonce)).digest()
        signed = b"smp2 attestor" + digest + bytes(32) + bytes(32) + leaf
        private = self.key_directory / "attestation_private.pem"
        signature = subprocess.run(["openssl", "dgst", "-sha384", "-sign", private], input=signed, check=True,
                                   capture_output=True).stdout
        return {"smp": 2, "statement": b64u(statement), "nonce": nonce, "nonce_proof": [],
                "evidence": [{"type": "simulated", "data": {}}], "endorsements": {},
                "attestor": {"public_key_pem": (self.key_directory / "attestation_public.pem").read_text(),
                             "signature": b64u(signature)}}


class Refusal(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.server = Minionsd(self)
        self.document = self.write("secret.txt", "confidential")

    def assert_refused(self, run, check):
        self.assert_exit(run, 3)
        self.assertIn(f"error: attestation: ", run.stderr)
        self.assertIn(check, run.stderr.split("error: attestation: ")[1].splitlines()[0])

    def assert_nothing_sent(self):
        self.assertEqual(self.server.metric("minionsd_handshakes_total"), 0)
        self.assertEqual(self.server.metric('minionsd_streams_total{outcome="complete"}'), 0)

    def ask(self, *options):
        run = self.minions("ask", "question", "-f", self.document, *options)
        self.assertEqual(run.stdout, "")
        return run

    def test_simulated_evidence_that_the_policy_does_not_allow(self):
        pinned = ["--server", self.server.url, "--trusted-attestation-pem", self.server.attestation_pem]
        policy = self.write("policy.toml", "[simulated]\nallow = false\n")
        self.assert_refused(self.ask(*pinned, "--policy", policy), "simulated.allowed")
        self.assert_refused(self.ask(*pinned), "simulated.allowed")
        self.assert_nothing_sent()
        allowing = self.write("allowing.toml", "[simulated]\nallow = true\n")
        self.assert_exit(self.minions("ask", "question", *pinned, "--policy", allowing), 0)

    def test_an_attestor_other_than_the_pinned_one(self):
        other = Minionsd(self, keys=self.directory / "other")
        run = self.ask("--server", self.server.url, "--allow-simulated", "--trusted-attestation-pem",
                       other.attestation_pem)
        self.assert_refused(run, "attestor.key")
        self.assert_nothing_sent()

    def test_simulated_evidence_without_a_pin(self):
        self.assert_refused(self.ask("--server", self.server.url, "--allow-simulated"), "attestor.key")
        self.assert_nothing_sent()

    def test_an_expired_statement(self):
        statement = json.loads(from_b64u(json.loads(fetch(self.server.url + "/v2/attestation"))["statement"]))
        served = SignedDocuments(self, self.server.keys, statement)
        trust = ["--server", served.url, "--allow-simulated", "--trusted-attestation-pem", self.server.attestation_pem]
        self.assert_exit(self.minions("attest", *trust), 0)  # as served by minionsd all is well

        now = int(time.time())
        served.statement = dict(statement, not_before=now - 901, not_after=now - 1)
        self.assert_refused(self.ask(*trust), "statement.window")
        served.statement = dict(statement, not_before=now + 3600, not_after=now + 4500)
        self.assert_refused(self.ask(*trust), "statement.window")
        served.statement = dict(statement, not_before=now, not_after=now + 100_000)
        self.assert_refused(self.ask(*trust), "statement.window")
        self.assertEqual(served.attested, 4)
        self.assertEqual(served.other_requests, [])

    def test_a_statement_changed_after_it_was_signed(self):
        statement = json.loads(from_b64u(json.loads(fetch(self.server.url + "/v2/attestation"))["statement"]))
        served = SignedDocuments(self, self.server.keys, statement)
        honest = served.document

        def changed(nonce):
            document = honest(nonce)
            altered = dict(statement, epoch=statement["epoch"] + 1)
            return dict(document, statement=b64u(json.dumps(altered).encode()))

        served.document = changed
        trust = ["--server", served.url, "--allow-simulated", "--trusted-attestation-pem", self.server.attestation_pem]
        self.assert_refused(self.ask(*trust), "attestor.signature")
        self.assertEqual(served.other_requests, [])

    def test_a_document_over_another_nonce(self):
        statement = json.loads(from_b64u(json.loads(fetch(self.server.url + "/v2/attestation"))["statement"]))
        served = SignedDocuments(self, self.server.keys, statement)
        recorded = served.document(b64u(bytes(32)))
        served.document = lambda nonce: recorded
        trust = ["--server", served.url, "--allow-simulated", "--trusted-attestation-pem", self.server.attestation_pem]
        self.assert_refused(self.ask(*trust), "nonce")
        self.assertEqual(served.other_requests, [])

    def test_attest_refuses_with_the_same_code(self):
        run = self.minions("attest", "--server", self.server.url, "-o", "json")
        self.assert_exit(run, 3)
        self.assertEqual(json.loads(run.stdout)["verdict"], "refused")

    def test_plain_http_is_for_loopback_alone(self):
        run = self.ask("--server", "http://192.0.2.1:1", "--allow-simulated")
        self.assertIn(run.returncode, (2, 3))
        self.assertNotIn("timed out", run.stderr)


if __name__ == "__main__":
    main()
