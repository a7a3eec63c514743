"""`minions verify FOLDER`: evidence among files, by the verifiers and roots of a document; each file is used or named."""

import shutil

from gpu_machine import *

CASES = SOURCE.parent / "shared/cases/evidence"


class Folder(GpuMachineTest):
    """The pieces of one machine's document under names that say nothing."""

    def pieces(self, server, name="pieces", keys=None):
        document = self.document(server)
        folder = self.directory / name
        folder.mkdir()
        for place, item in enumerate(document["evidence"]):
            for part, data in item["data"].items():
                (folder / f"{place}-{part[:1]}").write_bytes(from_b64u(data))
        for place, data in enumerate(document["endorsements"]["certificates"]):
            (folder / f"certificate-{place}").write_bytes(from_b64u(data))
        if keys:
            shutil.copy(keys, folder / "keys")
        return folder

    def verify(self, folder, policy, *options, network=("--offline",)):
        return self.minions("verify", folder, "--policy", policy, "-o", "json", *network, *options)

    def checks(self, run, code=0):
        self.assert_exit(run, code)
        return json.loads(run.stdout)["checks"]

    def failed(self, run):
        return [f"{check['id']}: {check['found']}" for check in self.checks(run, 3) if check["outcome"] == "fail"]

    def test_both_gpus_are_judged_each_with_its_chain(self):
        server = self.serve_machine(gpus=2)
        folder = self.pieces(server)
        policy = self.machine_policy(server, gpu="count = 2\n")
        signed = [check for check in self.checks(self.verify(folder, policy)) if check["id"] == "evidence.nvidia-gpu.signature"]
        self.assertEqual([check["outcome"] for check in signed], ["pass", "pass"])
        second = folder / "2-r"
        report = second.read_bytes()
        second.write_bytes(report[:-1] + bytes([report[-1] ^ 1]))
        self.assertIn("evidence.nvidia-gpu.signature", self.failed(self.verify(folder, policy))[0])

    def test_a_second_report_is_judged_too(self):
        server = self.serve_machine(gpus=0)
        folder = self.pieces(server)
        policy = self.machine_policy(server, gpu="")
        self.checks(self.verify(folder, policy))
        report = bytearray((folder / "0-r").read_bytes())
        report[0x1f0] ^= 1
        (folder / "other").write_bytes(report)
        self.assertIn("evidence.sev-snp.signature", self.failed(self.verify(folder, policy))[0])

    def test_what_is_not_used_is_named_and_refused(self):
        server = self.serve_machine(gpus=1)
        folder = self.pieces(server)
        policy = self.machine_policy(server, gpu="count = 1\n")
        self.checks(self.verify(folder, policy))
        unused = {"notes.txt": b"notes\n", "jwks.json": b'{"keys": []}', "tcb.json": b'{"tcbInfo": {}}',
                  "quote.msg": b"\xffTCG\x80\x18" + bytes(20), "large.bin": bytes(16 * 1024 * 1024 + 1)}
        for name, content in unused.items():
            (folder / name).write_bytes(content)
        (folder / "deeper").mkdir()
        run = self.verify(folder, policy)
        found = "\n".join(self.failed(run))
        for name in [*unused, "deeper"]:
            self.assertIn(f'files.unused: "{name}": ', found)
        self.assertRegex(run.stderr, r"error: attestation: files.unused: want .*; nothing was sent")
        text = self.minions("verify", folder, "--policy", policy, "--offline")
        self.assert_exit(text, 3)
        self.assertTrue(text.stdout.startswith("refused\n"))

    def test_a_token_is_judged_with_the_key_set_of_the_user_and_not_of_the_folder(self):
        nras = Nras(self)
        server = self.serve_machine(nras=nras)
        policy = self.machine_policy(server)
        bare = self.pieces(server, "bare")
        self.assertIn("evidence.nvidia-nras.signature.keys", self.failed(self.verify(bare, policy))[0])
        self.checks(self.verify(bare, policy, "--jwks", f"nras={nras.jwks}"))
        # Whoever made the token made the key set beside it, perhaps.
        beside = "\n".join(self.failed(self.verify(self.pieces(server, "whole", nras.jwks), policy)))
        self.assertIn("evidence.nvidia-nras.signature.keys", beside)
        self.assertRegex(beside, "files.unused: .*a key set, which says nothing of whose it is")
        # The service's own address gives them, too.
        self.checks(self.verify(bare, policy, "--collateral-url", f"nras={nras.url}", "--collateral-cache",
                                self.directory / "cache", network=()))
        other = self.pieces(server, "other", self.write("no-keys.json", '{"keys": []}'))
        replaced = self.checks(self.verify(other, policy, "--jwks", f"nras={nras.jwks}"))
        self.assertIn("--jwks nras stands in its place", [c["source"] for c in replaced if c["id"] == "files.unused"][0])

    def test_a_token_about_other_gpus_is_refused(self):
        nras = Nras(self, gpus=3)
        server = self.serve_machine(nras=nras)
        run = self.verify(self.pieces(server), self.machine_policy(server), "--jwks", f"nras={nras.jwks}")
        self.assertIn('evidence.nvidia-nras.binding.gpus: "0", "1", "2"', self.failed(run))

    def test_a_token_that_the_policy_requires_must_be_there(self):
        server = self.serve_machine()
        folder = self.pieces(server)
        self.assertIn("gpu.nras: none", self.failed(self.verify(folder, self.machine_policy(server))))

    def test_an_ocsp_answer_is_given_to_the_gpus_verifier(self):
        server = self.serve_machine()
        folder = self.pieces(server)
        policy = self.machine_policy(server, gpu="count = 1\n")
        policy.write_text(policy.read_text().replace('ocsp = "off"', 'ocsp = "require"'))
        self.assertRegex(self.failed(self.verify(folder, policy))[0], r"policy.ocsp: .*no answer about it")
        (folder / "answer").write_bytes(b"\x30\x03\x0a\x01\x06")  # unauthorized (RFC 6960 section 4.2.1)
        failed = self.failed(self.verify(folder, policy))
        self.assertRegex(failed[0], r"evidence.nvidia-gpu.parse.ocsp: ocsp\[0\]: .*unauthorized")
        self.assertNotIn("no answer about it", failed[0])
        self.assertEqual(len(failed), 1)

    def test_roots_are_those_of_the_policy(self):
        server = self.serve_machine()
        folder = self.pieces(server)
        good = self.checks(self.verify(folder, self.machine_policy(server, gpu="count = 1\n")))
        self.assertEqual([check["outcome"] for check in good if check["id"] == "policy.roots"], ["waived"])
        run = self.verify(folder, self.machine_policy(server, roots=False, gpu="count = 1\n"))
        self.assertIn("evidence.sev-snp.chain.path", self.failed(run)[0])
        other = self.write("other.toml", f'[roots]\namd = "{"ab" * 32}"\n[gpu]\nrim = "off"\nocsp = "off"\n')
        run = self.verify(folder, other)
        self.assertIn("evidence.sev-snp.chain.path", self.failed(run)[0])
        self.assertRegex(run.stderr, r"\(policy.roots, policy line 2\)")

    def test_nothing_is_fetched_offline_or_as_of_another_time(self):
        asked = []

        class Vendor(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                asked.append(self.path)
                self.send_error(404)

        source = ["--collateral-url", f"amd={serve_http(self, Vendor)}", "--collateral-cache", self.directory / "cache"]
        server = self.serve_machine(gpus=0)
        folder = self.pieces(server)
        policy = self.machine_policy(server, gpu="")
        self.verify(folder, policy, *source)
        self.assertEqual(asked, [])
        self.verify(folder, policy, *source, network=())
        self.assertGreater(len(asked), 0)
        wrong = self.verify(folder, policy, *source, "--as-of", "2026-01-01T00:00:00Z", network=())
        self.assert_exit(wrong, 2)
        self.assertIn("--collateral-url", wrong.stderr)


class Cases(ProgramsTest):
    """Cases of a review, with what is right for each."""

    def setUp(self):
        super().setUp()
        if not CASES.exists():
            self.skipTest("the cases are not beside the project")

    def verify(self, target, policy, time_text, *options):
        return self.minions("verify", target, "--policy", policy, "--as-of", time_text, *options)

    def test_an_answer_of_nras_without_its_key_set(self):
        folder, policy = CASES / "verify-nras-unjudged/nr2", CASES / "verify-nras-unjudged/nrreq.toml"
        run = self.verify(folder, policy, "2026-06-29T02:09:03Z")
        self.assert_exit(run, 3)
        self.assertIn("nvidia-nras signature keys", run.stderr)
        keys = SOURCE.parent / "shared/evidence/combined-tdx-gpu-nras/nras_jwks.json"
        run = self.verify(folder, policy, "2026-06-29T02:09:03Z", "--jwks", f"nras={keys}")
        self.assert_exit(run, 3)
        self.assertRegex(run.stdout, r"fail +nvidia-nras policy overall: .*found .false.")
        self.assertRegex(run.stdout, r"fail +nvidia-nras binding gpus")

    def test_roots_of_another_product_line(self):
        run = self.verify(CASES / "verify-roots/mil", CASES / "verify-roots/onlygenoa.toml", "2023-06-01T00:00:00Z")
        self.assert_exit(run, 3)
        self.assertIn("policy.roots", run.stdout)

    def test_an_expired_list_in_either_form_is_a_failure(self):
        source = CASES / "crl-pem-ignored/genuine-genoa"
        policy = self.write("none.toml", "")
        der = (source / "amd_genoa_crl.der").read_bytes()
        lines = base64.encodebytes(der).decode()
        forms = {"der": der, "pem": f"-----BEGIN X509 CRL-----\n{lines}-----END X509 CRL-----\n".encode()}
        for form, content in forms.items():
            folder = self.directory / form
            shutil.copytree(source, folder)
            (folder / "amd_genoa_crl.der").chmod(0o600)
            (folder / "amd_genoa_crl.der").write_bytes(content)
            with self.subTest(form):
                run = self.verify(folder, policy, "2026-02-20T00:00:00Z")
                self.assert_exit(run, 3)
                self.assertIn("chain revocation", run.stderr)
                self.assertIn("a list for", run.stderr)
        # A certificate in one file with a list is read, too.
        bundle = self.directory / "pem/genoa_ask.pem"
        bundle.chmod(0o600)
        bundle.write_bytes(forms["pem"] + bundle.read_bytes())
        run = self.verify(self.directory / "pem", policy, "2026-02-20T00:00:00Z", "-o", "json")
        found = {check["id"]: check["outcome"] for check in json.loads(run.stdout)["checks"]}
        self.assertEqual(found["evidence.sev-snp.chain.path"], "pass", run.stdout)
        self.assertEqual(found["evidence.sev-snp.chain.revocation"], "fail", run.stdout)


class Intel(ProgramsTest):
    """Of each kind of Intel's collateral that lies beside a quote all files count, whatever their names."""

    GENUINE = SOURCE.parent / "shared/evidence"

    def test_every_file_of_a_kind_is_judged(self):
        if not (self.GENUINE / "MANIFEST.json").exists():
            self.skipTest("the genuine evidence is not beside the project")
        manifest = json.loads((self.GENUINE / "MANIFEST.json").read_text())
        time, = [case["validation_time"] for case in manifest["cases"] if case["id"] == "tdx-v4-uptodate"]
        policy = self.write("p.toml", "[tdx]\nrequire_sept_ve_disable = false\n")
        for kind, place, name in (("root_ca_crl.der", -1, "chain.root_ca_crl"), ("pck_crl.der", -1, "chain.pck_crl"),
                                  ("tcb_info.json", 100, "signature.tcb_info"),
                                  ("qe_identity.json", 100, "signature.qe_identity")):
            for beside in ("a_second", "z_second"):
                folder = self.directory / f"{kind}.{beside}"
                shutil.copytree(self.GENUINE / "tdx-v4-uptodate", folder)
                second = bytearray((folder / kind).read_bytes())
                (folder / beside).write_bytes(second)
                good = [self.failed(target, policy, time) for target in (folder, folder / "quote.bin")]
                second[place] ^= 1
                (folder / beside).write_bytes(second)
                for target, before in zip((folder, folder / "quote.bin"), good):
                    with self.subTest(kind=kind, beside=beside, target=target.name):
                        self.assertEqual(before, ["verdict.class"])
                        self.assertIn("evidence.tdx." + name, self.failed(target, policy, time))

    def failed(self, target, policy, time):
        run = self.minions("verify", target, "--policy", policy, "--offline", "--as-of", time, "-o", "json")
        self.assert_exit(run, 3)
        return [check["id"] for check in json.loads(run.stdout)["checks"] if check["outcome"] == "fail"]


if __name__ == "__main__":
    if not available():
        sys.exit(77)
    main()
