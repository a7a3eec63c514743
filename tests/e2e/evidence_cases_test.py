"""`evidence-cases`: over the genuine evidence where it is at hand, and over a manifest of the test's own."""

from programs import *

GENUINE = SOURCE.parent / "shared/evidence/MANIFEST.json"
TIME = 1790000000
TIME_TEXT = "2026-09-21T14:13:20Z"


def replay(manifest):
    return subprocess.run([BIN / "evidence-cases", manifest], capture_output=True, text=True, timeout=PATIENCE_S)


class Genuine(ProgramsTest):
    def test_a_clone_verifies_genuine_hardware(self):
        self.check(SOURCE / "tests/vectors/evidence/MANIFEST.json")

    def test_every_case_and_mutation_gets_its_verdict_for_the_right_reason(self):
        if not GENUINE.exists():
            self.skipTest("the genuine evidence is not beside the project")
        self.check(GENUINE)

    def check(self, file):
        run = replay(file)
        self.assert_exit(run, 0)
        lines = run.stdout.splitlines()
        manifest = json.loads(file.read_text())
        ids = [entry["id"] for entry in manifest["cases"] + manifest["mutations"]]
        self.assertEqual(lines[:-1], [f"ok {id}" for id in ids])
        self.assertEqual(lines[-1], f"{len(ids)} passed, 0 failed")


class Own(ProgramsTest):
    """Tokens of a service whose key this test makes."""

    def setUp(self):
        super().setUp()
        self.key = self.directory / "key.pem"
        subprocess.run(["openssl", "genrsa", "-out", self.key, "2048"], check=True, capture_output=True)
        modulus = subprocess.run(["openssl", "rsa", "-in", self.key, "-noout", "-modulus"], check=True,
                                 capture_output=True, text=True).stdout.strip().split("=")[1]
        self.write("jwks.json", json.dumps({"keys": [{"kty": "RSA", "kid": "k", "e": "AQAB",
                                                      "n": b64u(bytes.fromhex(modulus))}]}))

    def token(self, name, **tee):
        claims = {"iss": "https://instance.example", "nbf": TIME - 10, "exp": TIME + 10, "secureboot": True,
                  "x-ms-attestation-type": "azurevm",
                  "x-ms-isolation-tee": {"x-ms-attestation-type": "sevsnpvm",
                                         "x-ms-compliance-status": "azure-compliant-cvm",
                                         "x-ms-sevsnpvm-is-debuggable": False,
                                         "x-ms-sevsnpvm-migration-allowed": False, "x-ms-sevsnpvm-vmpl": 0, **tee}}
        signed = ".".join(b64u(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "k"}, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=signed.encode(),
                                   check=True, capture_output=True).stdout
        folder = self.directory / name
        folder.mkdir()
        (folder / "token.jwt").write_text(signed + "." + b64u(signature))

    def case(self, name, verdict, **more):
        return {"id": name, "kind": "azure-maa-jwt", "verdict": verdict, "validation_time": TIME_TEXT,
                "companions": [], "files": [{"file": f"{name}/token.jwt", "role": "evidence"},
                                            {"file": "jwks.json", "role": "keys"}], **more}

    def verify(self, cases, mutations=(), **more):
        manifest = {"format": "evidence-fixtures/1", "cases": cases, "mutations": list(mutations),
                    "default_policy": {"snp": {"allow_debug": False, "max_vmpl": 0}, "jwt": {"leeway_s": 0}}, **more}
        return replay(self.write("MANIFEST.json", json.dumps(manifest)))

    def test_verdicts_are_compared_with_their_reasons(self):
        self.token("good")
        self.token("debug", **{"x-ms-sevsnpvm-is-debuggable": True})
        run = self.verify([self.case("good", "accept"), self.case("debug", "reject", check=["policy"])],
                          [{"id": "good#1", "base": "good", "file": "token.jwt", "op": "alg-none", "check": ["signature"]},
                           {"id": "good#2", "base": "good", "file": "token.jwt", "op": "truncate", "length": 20},
                           {"id": "good#3", "base": "good", "file": "token.jwt", "op": "xor", "offset": -3, "value": 2,
                            "check": ["signature", "parse"]}])
        self.assert_exit(run, 0)
        self.assertEqual(run.stdout, "ok good\nok debug\nok good#1\nok good#2\nok good#3\n5 passed, 0 failed\n")

    def test_a_wrong_verdict_or_reason_fails(self):
        self.token("good")
        self.token("debug", **{"x-ms-sevsnpvm-is-debuggable": True})
        run = self.verify([self.case("good", "reject"), self.case("debug", "reject", check=["signature"])])
        self.assert_exit(run, 3)
        lines = run.stdout.splitlines()
        self.assertEqual(lines[0], "FAIL good: expected reject, got accept")
        self.assertRegex(lines[1], "^FAIL debug: expected reject by signature, got reject by .*policy.debug")
        self.assertEqual(lines[2], "0 passed, 2 failed")

    def test_the_cases_policy_counts(self):
        self.token("level", **{"x-ms-sevsnpvm-vmpl": 1})
        self.assert_exit(self.verify([self.case("level", "accept")]), 3)
        self.assert_exit(self.verify([self.case("level", "accept", policy={"max_vmpl": 1})]), 0)

    def test_files_are_known_by_what_they_hold(self):
        self.token("good")
        (self.directory / "good" / "token.jwt").rename(self.directory / "good" / "a.bin")
        (self.directory / "jwks.json").rename(self.directory / "b.bin")
        case = {"id": "plain", "kind": "azure-maa-jwt", "verdict": "accept", "validation_time": TIME_TEXT,
                "files": [{"file": "b.bin"}, {"file": "good/a.bin"}]}
        mutations = [{"id": f"plain#{number}", "base": "plain", "file": "a.bin", **change} for number, change in
                     enumerate(({"op": "append", "bytes": "41"}, {"op": "insert", "offset": 5, "bytes": "4141"},
                                {"op": "delete", "offset": -9, "length": 4}, {"op": "set", "offset": 0, "bytes": "2e2e"}))]
        run = self.verify([case], mutations)
        self.assert_exit(run, 0)
        self.assertEqual(run.stdout.splitlines()[-1], "5 passed, 0 failed")

    def test_a_case_may_have_every_key_of_a_policy(self):
        self.token("good")
        issuer = {"jwt": {"maa_issuer": "https://other.example"}}
        self.assert_exit(self.verify([self.case("good", "reject", policy=issuer, check=["chain"])]), 0)
        self.assert_exit(self.verify([self.case("good", "accept", policy={"min_tcb": {"microcode": 255}})]), 0)
        self.assert_exit(self.verify([self.case("good", "accept", policy={"tls": {"mode": "off"}})]), 0)
        wrong = self.verify([self.case("good", "accept", policy={"snp": {"max_vmpl": "none"}})])
        self.assert_exit(wrong, 3)

    def test_what_cannot_be_read_is_a_failure_that_says_why(self):
        self.token("good")
        for change, words in (({"kind": "unheard-of"}, "no verifier for the kind"),
                              ({"validation_time": "yesterday"}, "validation_time"),
                              ({"policy": {"max_vlmp": 1}}, "unknown rule"),
                              ({"companions": ["../../etc/passwd"]}, "not within the manifest's folder"),
                              ({"companions": ["absent.pem"]}, "absent.pem: cannot be read")):
            run = self.verify([{**self.case("good", "accept"), **change}])
            self.assert_exit(run, 3)
            self.assertRegex(run.stdout, rf"^FAIL good: .*{words}")
        self.assert_exit(self.verify([]), 3)
        self.assert_exit(self.verify([self.case("good", "accept")], format="other"), 2)
        self.assert_exit(replay(self.directory / "absent.json"), 2)
        self.assert_exit(self.minions("verify"), 2)


if __name__ == "__main__":
    main()
