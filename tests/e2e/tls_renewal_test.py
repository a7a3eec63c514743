"""A certificate with a new key, as certbot makes one: no client refuses, before, while and after it comes into use."""

import shutil
import ssl

from programs import *


class TlsRenewal(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.live, self.live_key = self.directory / "live.pem", self.directory / "live.key"
        self.authorities = self.directory / "authorities.pem"
        self.spki = {}
        for name in ("old", "new"):
            certificate, _, self.spki[name] = self.certificate(name)
            with open(self.authorities, "a", encoding="utf-8") as authorities:
                authorities.write(certificate.read_text())
        self.put("old")

    def put(self, name):
        shutil.copy(self.directory / f"{name}.pem", self.live)
        shutil.copy(self.directory / f"{name}.key", self.live_key)

    def start(self, *options):
        return Minionsd(self, "--tls-cert", self.live, "--tls-key", self.live_key, *options, scheme="https")

    def served(self, server):
        certificate = ssl.get_server_certificate(("127.0.0.1", server.port), timeout=PATIENCE_S)
        return next(name for name in self.spki if (self.directory / f"{name}.pem").read_text().strip() == certificate.strip())

    def listed(self, server):
        with urllib.request.urlopen(server.url + "/v2/attestation", timeout=PATIENCE_S,
                                    context=ssl.create_default_context(cafile=self.authorities)) as reply:
            statement = json.loads(from_b64u(json.load(reply)["statement"]))
        return [name for name in self.spki if self.spki[name] in statement["tls_spki_sha256"]]

    def ask(self, server):
        return self.minions("ask", "hello", *server.trust(), "--ca-file", self.authorities, "--no-retry")

    def test_a_new_key_is_listed_first_and_then_serves(self):
        server = self.start("--epoch-s", "10")
        self.assert_exit(self.ask(server), 0)
        self.put("new")
        server.signal(signal.SIGHUP)
        server.wait_logged("tls_waiting")
        self.assertEqual(self.served(server), "old")
        ready = fetch(server.admin_url + "/readyz").decode()
        self.assertTrue(ready.startswith("ok\n") and "a certificate with a new key waits" in ready, ready)
        self.assertEqual(server.metric("minionsd_tls_certificate_waiting"), 1)
        wait_until(lambda: self.listed(server) == ["old", "new"], "both keys in the statement")
        self.assertEqual(self.served(server), "old", "statements without the new key are about")
        end = time.monotonic() + 150
        while self.served(server) == "old":
            self.assertLess(time.monotonic(), end, "the new certificate never serves")
            self.assert_exit(self.ask(server), 0)
            time.sleep(1)
        server.wait_logged("tls_used")
        self.assert_exit(self.ask(server), 0)
        self.assertEqual(fetch(server.admin_url + "/readyz"), b"ok\n")
        self.assertEqual(server.metric("minionsd_tls_certificate_waiting"), 0)
        wait_until(lambda: self.listed(server) == ["new"], "the old key out of the statement")
        self.assert_exit(self.ask(server), 0)

    def test_files_that_cannot_be_read_keep_the_old_certificate(self):
        server = self.start()
        shutil.copy(self.directory / "new.pem", self.live)  # with the old one's key
        server.signal(signal.SIGHUP)
        server.wait_logged("tls_kept")
        self.assertIn("does not match the certificate", "".join(server.stderr.all))
        self.assertEqual(self.served(server), "old")
        self.assertIn("the old one serves", fetch(server.admin_url + "/readyz").decode())
        self.assertEqual(server.metric("minionsd_tls_reload_failed"), 1)
        self.assert_exit(self.ask(server), 0)
        self.put("old")
        server.signal(signal.SIGHUP)
        wait_until(lambda: fetch(server.admin_url + "/readyz") == b"ok\n", "readiness without a complaint")

    def make_expired(self):
        """A new key, and a certificate of it that was good until yesterday."""
        config = self.directory / "authority.conf"
        config.write_text("[ca]\ndefault_ca = a\n[a]\ndatabase = index\nserial = serial\nnew_certs_dir = .\n"
                          "default_md = sha256\npolicy = p\n[p]\ncommonName = supplied\n")
        (self.directory / "index").write_text("")
        (self.directory / "serial").write_text("01\n")
        openssl = lambda *words: subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=self.directory)
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=expired",
                "-keyout", "expired.key", "-out", "expired.csr")
        openssl("ca", "-batch", "-config", config, "-selfsign", "-keyfile", "expired.key", "-in", "expired.csr",
                "-startdate", "20200101000000Z", "-enddate", "20200102000000Z", "-notext", "-out", "expired.pem")

    def test_an_expired_certificate_keeps_the_old_one(self):
        self.make_expired()
        server = self.start()
        self.put("expired")
        server.signal(signal.SIGHUP)
        server.wait_logged("tls_kept")
        self.assertIn("has expired at 2020-01-02T00:00:00Z", "".join(server.stderr.all))
        self.assertEqual(self.served(server), "old")
        self.assertIn("is not valid, the old one serves", fetch(server.admin_url + "/readyz").decode())
        self.assertEqual(server.metric("minionsd_tls_reload_failed"), 1)

    def test_an_expired_certificate_at_the_start_is_told(self):
        self.make_expired()
        self.put("expired")
        server = self.start()
        server.wait_logged("tls_not_valid")
        self.assertIn("has expired at 2020-01-02T00:00:00Z", "".join(server.stderr.all))
        self.assertIn("clients that check it refuse it", fetch(server.admin_url + "/readyz").decode())
        self.assert_exit(self.ask(server), 4)  # this client checks

    def test_a_key_that_every_statement_lists_already_serves_at_once(self):
        server = self.start("--tls-spki", self.spki["new"])
        self.put("new")
        server.signal(signal.SIGHUP)
        server.wait_logged("tls_used")
        self.assertEqual(self.served(server), "new")
        self.assert_exit(self.ask(server), 0)


if __name__ == "__main__":
    main()
