"""What each flag of minionsd does, seen from outside: the rows of flag_table.MINIONSD that no other test covers."""

import re
import ssl

from gpu_machine import *
from minion_peers import *

FAKE_SERVER = pathlib.Path(__file__).with_name("fake_server.py")
QUESTION = "Where is the office?"


class TwoPieces(ModelServer):
    """Gives a piece, a second a moment later, and then nothing until it is closed."""

    def stream(self, chunk):
        for piece in ("one ", "two "):
            chunk(b"data: " + json.dumps({"choices": [{"index": 0, "delta": {"content": piece}}]}).encode() + b"\n\n")
            time.sleep(0.1)
        while not self.go_on.wait(0.05):
            chunk(b": waiting\n\n")


class ServerEffects(GpuMachineTest):
    def ask(self, server, *options):
        return self.minions("ask", QUESTION, "-o", "json", *server.trust(), *options)

    def bare_start(self, *options, **environment):
        """minionsd with these options alone, which has to end by itself."""
        return subprocess.run([BIN / "minionsd", *options], capture_output=True, text=True, timeout=PATIENCE_S,
                              env={**os.environ, **environment})

    def started(self, *options):
        """minionsd with these options alone; its ready line and its log so far."""
        process = subprocess.Popen([BIN / "minionsd", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait, PATIENCE_S)
        self.addCleanup(process.kill)
        out, log = Lines(process.stdout), Lines(process.stderr)
        ready = out.next()
        self.assertIsNotNone(ready, log.text() if ready is None else "")
        return ready, log, process

    def simple(self, name="keys"):
        return ["--engine", "extractive", "--attest", "simulated", "--attestation-key-path", self.directory / name]

    # ---- where it listens ----

    def listen(self):
        port = free_port()
        ready, _, _ = self.started(*self.simple(), "--listen", f"127.0.0.1:{port}")
        self.assertEqual(ready, f"ready http://127.0.0.1:{port}\n")

    def host_and_port(self):
        port = free_port()
        ready, _, _ = self.started(*self.simple(), "--host", "127.0.0.2", "--port", str(port))
        self.assertEqual(ready, f"ready http://127.0.0.2:{port}\n")

    def admin_listen(self):
        _, log, _ = self.started(*self.simple(), "--listen", "127.0.0.1:0")
        server = Minionsd(self)  # which has --admin-listen
        self.assertIn(b"minionsd_", fetch(server.admin_url + "/metrics"))
        self.assertFalse(any("admin url=" in line for line in log.all))

    def open(self):
        certificate, key, _ = self.certificate("open")
        elsewhere = [*self.simple(), "--tls-cert", certificate, "--tls-key", key, "--listen", "192.0.2.1:0"]  # nobody's
        self.assertIn("--open", self.bare_start(*elsewhere).stderr)
        self.assertNotIn("--open", self.bare_start(*elsewhere, "--open").stderr)

    def attestation_key_path(self):
        self.assertEqual(self.bare_start("--engine", "extractive", "--attest", "simulated").returncode, 2)
        self.started(*self.simple("made"), "--listen", "127.0.0.1:0")
        self.assertTrue((self.directory / "made/attestation_public.pem").exists())

    def threads(self):
        def count(*options):
            server = Minionsd(self, *options)
            return len(os.listdir(f"/proc/{server.process.pid}/task"))
        self.assertGreaterEqual(count("--threads", "7") - count("--threads", "2"), 5)

    def compute(self):
        refused = self.bare_start(*self.simple(), "--compute", "cpu")
        self.assert_exit(refused, 2)
        self.assertIn("--compute goes with --upstream", refused.stderr)
        upstream = ScriptedSupervisor(self, ["x"])
        for options, word in ((["--compute", "cpu"], "cpu"), (["--compute", "gpu"], "gpu"), ([], None)):
            server = Minionsd(self, *options, model=upstream.model())
            document = json.loads(fetch(server.url + "/v2/attestation"))
            model, = json.loads(from_b64u(document["statement"]))["models"]
            self.assertEqual(model.get("compute"), word)

    def config(self):
        options = self.write("minionsd.toml", f'engine = "extractive"\nattest = "simulated"\nlisten = "127.0.0.1:0"\n'
                                              f'attestation-key-path = "{self.directory / "of-config"}"\n')
        self.started("--config", options)
        self.assertEqual(self.bare_start().returncode, 2)
        for line, name in (('api_keys = "keys.txt"', "api_keys"), ('api-keys = ""', "api-keys"), ("this is no toml at all", "this is no toml"), ("max-sesions = 5", "max-sesions")):
            bad = self.write("bad.toml", options.read_text() + line + "\n")
            run = self.bare_start("--config", bad)
            self.assertEqual(run.returncode, 2, line)
            self.assertIn(name, run.stderr)

    def log_format(self):
        def first_line(*options):
            _, log, _ = self.started(*self.simple(), "--listen", "127.0.0.1:0", *options)
            return wait_until(lambda: log.all, "a line in the log")[0]
        json.loads(first_line("--log-format", "json"))
        with self.assertRaises(ValueError):
            json.loads(first_line())

    # ---- sessions and limits ----

    def limits_shown(self, *options):
        server = Minionsd(self, *options)
        run = self.minions("chat", *server.trust(), stdin=f"{QUESTION}\n/verify\n")
        self.assert_exit(run, 0)
        return re.search(r"idle limit (\d+) s, at most (\d+) s", run.stdout).groups()

    def idle_and_max(self):
        self.assertEqual(self.limits_shown("--idle-s", "70", "--max-s", "90"), ("70", "90"))
        self.assertEqual(self.limits_shown(), ("900", "3600"))

    def max_sessions(self):
        def held(*options):
            server = Minionsd(self, *options)
            chats = []
            for _ in range(3):
                chat = subprocess.Popen([BIN / "minions", "chat", *server.trust()], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=self.environment)
                self.addCleanup(chat.communicate)
                self.addCleanup(chat.kill)
                chat.stdin.write(QUESTION + "\n")
                chat.stdin.flush()
                chat.stdout.readline()
                chats.append(chat)
            return lambda: server.metric("minionsd_sessions") + server.metric("minionsd_sessions_unproven")
        few, many = held("--max-sessions", "2"), held()
        wait_until(lambda: many() == 3, "three sessions")
        wait_until(lambda: few() == 2, "two sessions")

    def max_request(self):
        large = self.write("large.txt", "The office is in Ulm.\n" * 2000)
        self.assert_exit(self.ask(Minionsd(self), "-f", large), 0)
        self.assertNotEqual(self.ask(Minionsd(self, "--max-request", "20000"), "-f", large).returncode, 0)

    def with_key(self, *options, model):
        keys = self.directory / f"{free_port()}.keys"
        made = subprocess.run([BIN / "minionsd", "key", "new", "alice", "--api-keys", keys], capture_output=True, text=True,
                              timeout=PATIENCE_S, check=True)
        server = Minionsd(self, "--api-keys", keys, "--padding", "off", *options, model=model)
        return server, ["--api-key-file", self.write(f"{keys.name}.alice", made.stdout)]

    def key_requests_per_minute(self):
        for options, code in (([], 0), (["--key-requests-per-minute", "1"], 6)):
            server, key = self.with_key(*options, model=("--engine", "extractive"))
            model = ["--model", "extractive"]
            self.assert_exit(self.ask(server, *key, *model), 0)
            self.assert_exit(self.ask(server, *key, *model, "--no-retry"), code)

    def key_concurrent_requests(self):
        for limit, refused in (("1", True), ("2", False)):
            upstream = ModelServer(self, hold_after=1)
            server, key = self.with_key("--key-concurrent-requests", limit, model=upstream.model())
            asking = ["ask", QUESTION, *server.trust(), *key, "--model", "stub", "-o", "jsonl", "--no-retry"]
            self.assertEqual(next_token(self.start_minions(*asking)), "one ")
            second = self.start_minions(*asking)
            self.assertEqual(json.loads(second.stdout.readline())["type"], "result" if refused else "token")
            upstream.close()

    def time_to_second_token(self, *options):
        """The first goes at once, the second with the next tick; the answer goes on."""
        upstream = TwoPieces(self)
        server = Minionsd(self, "--tick-ms", "1500", *options, model=upstream.model())
        asking = self.start_minions("ask", QUESTION, *server.trust(), "--model", "stub", "-o", "jsonl")
        next_token(asking)
        start = time.monotonic()
        next_token(asking)
        return time.monotonic() - start

    def padding_and_tick(self):
        self.assertGreater(self.time_to_second_token("--padding", "tick"), 0.7)
        wait_until(lambda: self.time_to_second_token("--padding", "off") < 0.7, "a token that waits for no tick")

    # ---- the model ----

    def upstream_ca_file(self):
        certificate, key, _ = self.certificate("upstream")
        upstream = ModelServer(self)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        upstream._server.socket = context.wrap_socket(upstream._server.socket, server_side=True)
        model = ["--upstream", upstream.url.replace("http:", "https:")]
        self.assertNotEqual(self.ask(Minionsd(self, model=model), "--model", "stub", "--no-retry").returncode, 0)
        trusting = Minionsd(self, "--upstream-ca-file", certificate, model=model)
        self.assert_exit(self.ask(trusting, "--model", "stub", "--no-retry"), 0)

    def server_arg(self):
        for place, options in enumerate(([], ["--server-arg", "further"])):
            state = self.directory / f"state-{place}"
            state.mkdir()
            Minionsd(self, *options, model=["--server-command", f"{sys.executable} {FAKE_SERVER} {state}"])
            child = json.loads(next(state.glob("*.json")).read_text())
            self.assertEqual("further" in child["arguments"], bool(options))

    def gpu_layers(self):
        """Layers go nowhere without a GPU: here only that they are taken for a model and nothing else."""
        run = self.bare_start(*self.simple(), "--gpu-layers", "3")
        self.assert_exit(run, 2)
        self.assertIn("--gpu-layers goes with --model", run.stderr)

    # ---- the platform ----

    def types(self, server):
        return [item["type"] for item in self.document(server)["evidence"]]

    def nras(self):
        self.assertEqual(self.types(self.serve_machine()), ["sev-snp", "nvidia-gpu"])
        self.assertEqual(self.types(self.serve_machine(nras=Nras(self))), ["sev-snp", "nvidia-gpu", "nvidia-nras"])

    def gpu(self):
        self.assertEqual(self.types(self.serve_machine("--gpu", "off")), ["sev-snp"])
        self.assertEqual(self.types(self.serve_machine()), ["sev-snp", "nvidia-gpu"])

    def allow_debug_guest(self):
        machine = {"LD_PRELOAD": str(FAKE_TSM), "FAKE_TSM_ROOT": str(self.root), "FAKE_TSM_DEBUG": "1"}
        options = ["--listen", "127.0.0.1:0", "--engine", "extractive", "--attestation-key-path", self.directory / "debug",
                   "--attest", "sev-snp", "--gpu", "off", "--tsm-root", self.root, "--collateral", "off"]
        refused = self.bare_start(*options, **machine)
        self.assert_exit(refused, 1)
        self.assertIn("debug", refused.stderr)
        Minionsd(self, "--allow-debug-guest", attest=("sev-snp", "--gpu", "off", "--tsm-root", self.root),
                 environment=machine)

    def collateral(self):
        address, asked = list_service(self)
        source = ["--collateral-url", address]
        cache = ["--collateral-cache", self.directory / "cache"]
        machine = {"LD_PRELOAD": str(FAKE_TSM), "FAKE_TSM_ROOT": str(self.root)}
        attest = ("sev-snp", "--gpu", "off", "--tsm-root", self.root, *source, *cache)
        Minionsd(self, attest=attest, environment=machine)
        self.assertGreater(len(asked), 0)
        self.assertGreater(len(list((self.directory / "cache").iterdir())), 0)
        asked.clear()
        Minionsd(self, attest=attest[:5], environment=machine)  # with --collateral off
        self.assertEqual(asked, [])
        refused = self.bare_start(*self.simple(), "--collateral", "off", *source)
        self.assert_exit(refused, 2)
        self.assertIn("--collateral auto", refused.stderr)
