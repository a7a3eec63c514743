"""Everything else that can go wrong for a user, each with its exit code."""

from programs import *


class Failure(ProgramsTest):
    def test_wrong_usage_is_2(self):
        for arguments in ([], ["frobnicate"], ["ask"], ["ask", "q"], ["ask", "", "--server", "http://127.0.0.1:1"],
                          ["ask", " \n", "--server", "http://127.0.0.1:1"], ["ask", "q", "--server", "ftp://x"],
                          ["ask", "q", "--server", "http://127.0.0.1:1", "-o", "xml"],
                          ["ask", "q", "--server", "http://127.0.0.1:1", "--no-such-flag"],
                          ["ask", "q", "--server", "http://127.0.0.1:1", "--policy", "absent.toml"],
                          ["chat", "--history"], ["attest", "extra", "--server", "http://127.0.0.1:1"]):
            run = self.minions(*arguments)
            self.assert_exit(run, 2)
            self.assertIn("minions: error: ", run.stderr)
            self.assertEqual(run.stdout, "")

    def test_minionsds_wrong_usage_is_2(self):
        keys = ["--attestation-key-path", str(self.directory / "keys")]
        engine = ["--engine", "extractive"]
        simulated = ["--attest", "simulated"]
        for arguments in ([], engine, [*engine, *simulated], [*simulated, *keys], [*engine, *keys],
                          [*engine, *simulated, *keys, "--upstream", "http://127.0.0.1:1"],
                          ["--engine", "other", *simulated, *keys], [*engine, "--attest", "other", *keys],
                          [*engine, *simulated, *keys, "--listen", "0.0.0.0:0"],
                          [*engine, *simulated, *keys, "--padding", "some"],
                          [*engine, *simulated, *keys, "--tls-spki", "x"],
                          [*engine, *simulated, *keys, "--tls-cert", "x"],
                          [*engine, *simulated, *keys, "--epoch-s", "1"]):
            run = subprocess.run([BIN / "minionsd", *arguments], capture_output=True, text=True, timeout=PATIENCE_S)
            self.assert_exit(run, 2)
            self.assertIn("minionsd: error: ", run.stderr)

    def test_auto_without_hardware_says_what_it_looked_for(self):
        if any(pathlib.Path(device).exists() for device in ("/dev/sev-guest", "/dev/tdx_guest", "/dev/tpmrm0")):
            self.skipTest("this machine may have hardware to attest with")
        run = subprocess.run([BIN / "minionsd", "--engine", "extractive", "--attest", "auto", "--attestation-key-path",
                              self.directory / "keys"], capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("/dev/sev-guest", run.stderr)
        self.assertFalse((self.directory / "keys").exists(), "keys were made on an unsound platform")

    def test_no_server_is_4(self):
        run = self.minions("ask", "q", "--server", f"http://127.0.0.1:{free_port()}", "--allow-simulated")
        self.assert_exit(run, 4)

    def test_a_missing_or_wrong_api_key_is_5(self):
        file = self.directory / "keys.txt"
        made = subprocess.run([BIN / "minionsd", "key", "new", "alice", "--api-keys", file], capture_output=True,
                              text=True, timeout=PATIENCE_S)
        self.assert_exit(made, 0)
        server = Minionsd(self, "--api-keys", file)
        self.assert_exit(self.minions("ask", "q", *server.trust()), 5)
        wrong = self.write("wrong", "A" * 43 + "\n")
        self.assert_exit(self.minions("ask", "q", *server.trust(), "--api-key-file", wrong), 5)
        right = self.write("right", made.stdout)
        self.assert_exit(self.minions("ask", "q", *server.trust(), "--api-key-file", right), 0)

    def test_a_damaged_document_is_7_and_dials_nobody(self):
        server = f"http://127.0.0.1:{free_port()}"  # would be exit 4
        damaged = self.directory / "damaged.pdf"
        damaged.write_bytes(HANDBOOK.read_bytes()[:300])
        binary = self.directory / "binary.txt"
        binary.write_bytes(bytes(range(256)) * 8)
        for file in (damaged, binary, self.directory / "absent.txt", self.directory):
            run = self.minions("ask", "q", "-f", file, "--server", server, *self.sandbox())
            self.assert_exit(run, 7)

    def test_with_json_each_failure_is_an_object(self):
        server = Minionsd(self)
        for code, arguments in ((7, ["-f", "absent.md", *server.trust()]), (2, ["--param", "x=}", *server.trust()]),
                                (2, ["--server", server.url, "--policy", "absent.toml"]),
                                (4, ["--server", f"http://127.0.0.1:{free_port()}", "--allow-simulated"])):
            run = self.minions("ask", "q", *arguments, "-o", "json")
            with self.subTest(arguments[:2]):
                self.assert_exit(run, code)
                result = json.loads(run.stdout)
                self.assertEqual((result["error"]["exit_code"], result["ending"], result["answer"]), (code, None, ""))

    def test_a_failing_model_is_6(self):
        class Unwell(ModelServer):
            def stream(self, chunk):
                chunk(b'data: {"choices":[{"index":0,"delta":{"content":"half"}}]}\n\n')
                raise OSError("breaks off")

        upstream = Unwell(self)
        server = Minionsd(self, model=upstream.model())
        run = self.minions("ask", "q", *server.trust(), "-o", "json", "--no-retry")
        self.assert_exit(run, 6)
        result = json.loads(run.stdout)
        self.assertIs(result["complete"], False)
        self.assertEqual(result["error"]["alert"], {"code": "backend_failed", "processed": True})
        self.assertIsNone(result["receipt"])

    def test_a_killed_server_never_makes_a_complete_answer(self):
        upstream = ModelServer(self, hold_after=1)
        server = Minionsd(self, "--padding", "off", model=upstream.model())
        asking = self.start_minions("ask", "q", *server.trust(), "-o", "jsonl")
        self.assertEqual(next_token(asking), "one ")
        server.signal(signal.SIGKILL)
        out, err = asking.communicate(timeout=PATIENCE_S)
        self.assertIn(asking.returncode, (4, 9), err)
        result = json.loads(out.splitlines()[-1])
        self.assertEqual(result["type"], "result")
        self.assertIs(result["complete"], False)
        self.assertIsNone(result["receipt"])
        self.assertIn("incomplete", err)
        self.assertEqual(len(upstream.bodies), 1, "asked a second time after a reply had begun")

    def test_an_interrupted_client_stops_the_model(self):
        upstream = ModelServer(self, hold_after=1)
        server = Minionsd(self, "--padding", "off", model=upstream.model())
        asking = self.start_minions("ask", "q", *server.trust(), "-o", "jsonl")
        self.assertEqual(next_token(asking), "one ")
        asking.send_signal(signal.SIGINT)
        asking.communicate(timeout=PATIENCE_S)
        self.assertEqual(asking.returncode, 130)
        self.assertTrue(upstream.broken_off.wait(5), "the model's work goes on")


if __name__ == "__main__":
    main()
