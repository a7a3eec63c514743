"""minionsd doctor, and --attest on a machine without the hardware."""

from programs import *

FAKE_NVML = BIN / "libfake_nvml.so"


class Doctor(ProgramsTest):
    def setUp(self):
        super().setUp()
        # Nothing of the machine that runs the test.
        none = self.directory / "none"
        self.nowhere = ["--tsm-root", none, "--sev-guest-device", none, "--nvml-library", none, "--tpm-tcti",
                        f"device:{none}"]

    def run_minionsd(self, *arguments, **environment):
        return subprocess.run([BIN / "minionsd", *arguments], capture_output=True, text=True, timeout=PATIENCE_S,
                              check=False, env={**os.environ, **environment})

    def doctor(self, *options, **environment):
        """Exit code, and the parts by name."""
        run = self.run_minionsd("doctor", *options, "-o", "json", **environment)
        report = json.loads(run.stdout)
        self.assertEqual(report["would_attest"], run.returncode == 0)
        self.assertEqual(run.stderr, "")
        return run.returncode, {part["part"]: part for part in report["parts"]}

    def test_says_what_is_missing_and_how_to_mend_it(self):
        code, parts = self.doctor(*self.nowhere)
        self.assertEqual(code, 3)
        self.assertEqual(parts["attest"]["state"], "bad")
        for part in ("configfs-tsm", "SEV-SNP guest device", "vTPM", "nvml"):
            self.assertEqual(parts[part]["state"], "absent", parts[part])
            self.assertIn(str(self.directory / "none"), parts[part]["found"])
            self.assertTrue(parts[part]["fix"])
        for part in ("cpu", "TDX guest device", "locked memory", "core dumps", "swap", "clock"):
            self.assertIn(part, parts)
        self.assertEqual(parts["locked memory"]["state"], "ok")

    def test_text_is_for_people(self):
        run = self.run_minionsd("doctor", *self.nowhere)
        self.assert_exit(run, 3)
        self.assertRegex(run.stdout, r"(?m)^absent  configfs-tsm: .*not found$")
        self.assertRegex(run.stdout, r"(?m)^        fix: Linux 6\.7")
        self.assertTrue(run.stdout.endswith("minionsd would not start, or not attest, here\n"))

    def test_what_serving_needs_besides_is_looked_at_where_it_is_named(self):
        certificate, key, _ = self.certificate("tls")
        keys = self.directory / "keys"
        model = ModelServer(self)
        code, parts = self.doctor("--attest", "simulated", "--tls-cert", certificate, "--tls-key", key,
                                  "--attestation-key-path", keys, *model.model())
        self.assertEqual(code, 0, parts)
        self.assertEqual(parts["attest"]["state"], "note")
        self.assertIn("SIMULATED, NOT CONFIDENTIAL", parts["attest"]["found"])
        for part in ("tls", "attestation key", "upstream"):
            self.assertEqual(parts[part]["state"], "ok", parts[part])
        self.assertFalse(keys.exists())  # the doctor makes nothing

        keys.mkdir(mode=0o700)
        keys.chmod(0o777)
        model.close()
        code, parts = self.doctor("--attest", "simulated", "--tls-cert", key, "--tls-key", key,
                                  "--attestation-key-path", keys, *model.model())
        self.assertEqual(code, 3)
        for part in ("tls", "attestation key", "upstream"):
            self.assertEqual(parts[part]["state"], "bad", parts[part])
            self.assertTrue(parts[part]["fix"])

    def test_address_api_keys_and_model_file_are_looked_at(self):
        keys = self.write("keys.txt", "")
        model = self.write("model.gguf", "no model")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            listen = f"127.0.0.1:{taken.getsockname()[1]}"
            code, parts = self.doctor("--attest", "simulated", "--listen", listen, "--api-keys", keys, "--model", model)
        self.assertEqual(code, 3)
        self.assertEqual([parts[part]["state"] for part in ("listen", "api keys", "model")], ["note", "bad", "bad"], parts)
        for named in (("--listen", "192.0.2.1:80"), ("--host", "192.0.2.1", "--port", "80")):
            code, parts = self.doctor("--attest", "simulated", *named)
            self.assertEqual((code, parts["listen"]["state"]), (3, "bad"), parts)

        self.assert_exit(self.run_minionsd("key", "new", "alice", "--api-keys", keys), 0)
        model.write_bytes(b"GGUF" + bytes(60))
        code, parts = self.doctor("--attest", "simulated", "--listen", "127.0.0.1:0", "--api-keys", keys, "--model", model)
        self.assertEqual(code, 0, parts)
        self.assertEqual([parts[part]["state"] for part in ("listen", "api keys", "model")], ["ok"] * 3, parts)

    def test_gpus_are_told_one_by_one(self):
        library = ["--nvml-library", FAKE_NVML]
        others = self.nowhere[:4] + self.nowhere[6:]
        _, parts = self.doctor(*others, *library, FAKE_NVML="gpus=2")
        self.assertEqual(parts["gpu 0"]["state"], "ok")
        self.assertIn("mode on", parts["gpu 1"]["found"])
        self.assertIn("driver 550", parts["gpu 1"]["found"])
        _, parts = self.doctor(*others, *library, FAKE_NVML="devtools=1")
        self.assertEqual(parts["gpu 0"]["state"], "note")
        self.assertIn("mode devtools", parts["gpu 0"]["found"])
        _, parts = self.doctor(*others, *library, "--gpu", "require", FAKE_NVML="cc=0")
        self.assertEqual(parts["gpu 0"]["state"], "bad")

    def test_usage_is_checked(self):
        for options in (["-o", "yaml"], ["--attest", "sgx"], ["--gpu", "all"], ["--tls-cert", "x"],
                        ["--attest", "simulated", "--imds", "http://x"], ["--attest", "simulated", "--gpu", "require"],
                        ["--attest", "tdx", "--maa", "https://x"]):
            self.assert_exit(self.run_minionsd("doctor", *options), 2)

    def test_serving_without_hardware_ends_with_what_was_looked_for(self):
        keys = self.directory / "keys"
        for mode, looked_for in (("auto", ("configfs-tsm", "SEV-SNP guest device", "TDX guest device", "vTPM")),
                                 ("sev-snp", ("configfs-tsm", "SEV-SNP guest device")),
                                 ("tdx", ("configfs-tsm", "TDX guest device"))):
            run = self.run_minionsd("--listen", "127.0.0.1:0", "--engine", "extractive", "--attestation-key-path", keys,
                                    "--attest", mode, *self.nowhere)
            self.assert_exit(run, 1)
            for what in looked_for:
                self.assertIn(what, run.stderr)
            self.assertFalse(keys.exists())


if __name__ == "__main__":
    main()
