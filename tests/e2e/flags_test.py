"""Each flag that a program takes does something: run with and without it, a difference is seen."""

import re
import shutil

from flag_table import MINIONS, MINIONSD
from gpu_machine import *
from minion_peers import *
from png import noise_png, red_png
from server_effects import ServerEffects

HERE = pathlib.Path(__file__).parent
QUESTION = "Where is the office?"
FACT = "The office is in Ulm.\n"


def flags_of(help_text):
    """The long name of each option, the first where it has several."""
    names = []
    for line in help_text.splitlines():
        option = re.match(r"\s{2,8}((?:-\w,)?--[\w-]+)", line)
        if option:
            names.append(option.group(1).split(",")[-1])
    return [name for name in names if name not in ("--help", "--version")]


class CuttingProxy:
    """Passes bytes on, and loses the first connection that carries a sealed request once its answer begins."""

    def __init__(self, test, port):
        self.port, self.cut = port, False
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()
        test.addCleanup(self._listener.close)

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client):
        server = socket.create_connection(("127.0.0.1", self.port))
        state = {"sealed": False}

        def up():
            while data := self._read(client):
                state["sealed"] = state["sealed"] or b"POST /v2/stream" in data
                server.sendall(data)
            self._end(server)

        threading.Thread(target=up, daemon=True).start()
        while data := self._read(server):
            with self._lock:
                cut = state["sealed"] and not self.cut
                self.cut = self.cut or cut
            if cut:
                break
            client.sendall(data)
        self._end(client)
        self._end(server)

    @staticmethod
    def _read(side):
        try:
            return side.recv(65536)
        except OSError:
            return b""

    @staticmethod
    def _end(side):
        try:
            side.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Effects(GpuMachineTest):
    """A method for each row of the table. What they share is made once a test."""

    def setUp(self):
        super().setUp()
        self.facts = self.write("facts.txt", FACT)
        self._shared = {}

    def shared(self, name, make):
        if name not in self._shared:
            self._shared[name] = make()
        return self._shared[name]

    def simulated(self):
        return self.shared("simulated", lambda: Minionsd(self))

    def scripted(self, *texts):
        """minionsd before a supervisor that asks once and answers; the supervisor, which begins anew."""
        def make():
            upstream = ScriptedSupervisor(self, [""])
            return Minionsd(self, "--padding", "off", model=upstream.model()), upstream
        server, upstream = self.shared("scripted", make)
        upstream.texts = list(texts) or [asks("Where?"), answers("Ulm")]
        upstream.bodies.clear()
        return server, upstream

    def machine(self):
        return self.shared("machine", lambda: self.serve_machine(gpus=0))

    def trust(self, server):
        return ["--allow-simulated", "--trusted-attestation-pem", server.attestation_pem]

    def call(self, sub, *options, url=None, worker=("--worker", "extractive"), file=True):
        """The subcommand, as it succeeds with a server that is trusted."""
        address = [] if url is None else [url] if sub == "verify" else ["--server", url]
        start = {"ask": ["ask", QUESTION], "chat": ["chat"], "run": ["run", QUESTION, *worker]}.get(sub, [sub])
        if sub == "run" and file:
            start += ["-f", self.facts]
        return self.minions(*start, *address, *options, stdin=QUESTION + "\n" if sub == "chat" else "")

    @staticmethod
    def outcome(run):
        errors = [line for line in run.stderr.splitlines() if "error:" in line]
        return run.returncode, [re.sub(r"[0-9a-f]{16,}|\d{4}-\d\d-\d\dT\S+|:\d+", "...", line) for line in errors]

    def assert_ends(self, run, code, words=""):
        self.assert_exit(run, code)
        self.assertIn(words, run.stderr)

    # ---- the server and what it must show ----

    def server(self, sub):
        options = self.trust(self.simulated())
        self.assert_ends(self.call(sub, *options), 2, "no server")
        self.assert_ends(self.call(sub, *options, url=self.simulated().url), 0)

    def profile(self, sub):
        folder = self.directory / ".config/minions"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "settings.toml").write_text(f'[profiles.work]\nserver = "{self.simulated().url}"\n')
        self.assert_ends(self.call(sub, *self.trust(self.simulated())), 2, "no server")
        self.assert_ends(self.call(sub, *self.trust(self.simulated()), "--profile", "work"), 0)

    def policy(self, sub):
        key = subprocess.run(["openssl", "pkey", "-pubin", "-in", self.simulated().attestation_pem, "-outform", "DER"],
                             check=True, capture_output=True).stdout
        policy = self.write("simulated.toml", f'[simulated]\nallow = true\n[attestor]\nspki_sha256 = '
                                              f'["{hashlib.sha256(key).hexdigest()}"]\n')
        self.assert_ends(self.call(sub, url=self.simulated().url), 3)
        self.assert_ends(self.call(sub, "--policy", policy, url=self.simulated().url), 0)

    def trusted_pem(self, sub):
        url, options = self.simulated().url, self.trust(self.simulated())
        self.assert_ends(self.call(sub, options[0], url=url), 3, "attestor.key")
        self.assert_ends(self.call(sub, *options, url=url), 0)

    def allow_simulated(self, sub):
        url, options = self.simulated().url, self.trust(self.simulated())
        self.assert_ends(self.call(sub, *options[1:], url=url), 3, "simulated.allowed")
        self.assert_ends(self.call(sub, *options, url=url), 0)

    def bare_policy(self):
        """Of the machine without GPUs; names no measurement, and so wants a pinned attestor."""
        pins = self.pins(self.machine())
        return self.write("bare.toml", f'[attestor]\nallow_overrides = true\n[roots]\namd = ["{pins["amd"]}"]\n')

    def machine_options(self):
        return ["--policy", self.bare_policy(), "--trusted-attestation-pem", self.machine().attestation_pem]

    def launch_measurement(self, sub):
        options = [*self.machine_options(), "--offline"]
        other = self.write("other.hex", "00" * 48 + "\n")
        without = self.call(sub, *options, url=self.machine().url)
        found = self.call(sub, *options, "--vm-launch-measurement", other, url=self.machine().url)
        self.assert_ends(found, 3, "measurement")
        self.assertNotEqual(self.outcome(found), self.outcome(without))

    def tls_server(self):
        def make():
            certificate, key, _ = self.certificate("server")
            return Minionsd(self, "--tls-cert", certificate, "--tls-key", key, scheme="https"), certificate
        return self.shared("tls", make)

    def ca_file(self, sub):
        server, certificate = self.tls_server()
        self.assert_ends(self.call(sub, *self.trust(server), url=server.url), 4, "certificate")
        self.assert_ends(self.call(sub, *self.trust(server), "--ca-file", certificate, url=server.url), 0)

    def vendor(self):
        return list_service(self)

    def fresh_cache(self):
        return ["--collateral-cache", tempfile.mkdtemp(dir=self.directory)]

    def offline(self, sub):
        address, asked = self.vendor()
        options = [*self.machine_options(), "--collateral-url", address]
        self.call(sub, *options, *self.fresh_cache(), url=self.machine().url)
        self.assertGreater(len(asked), 0)
        asked.clear()
        self.call(sub, *options, *self.fresh_cache(), "--offline", url=self.machine().url)
        self.assertEqual(asked, [])

    def collateral_url(self, sub):
        (one, asked_one), (two, asked_two) = self.vendor(), self.vendor()
        for address in (one, two):
            self.call(sub, *self.machine_options(), *self.fresh_cache(), "--collateral-url", address,
                      url=self.machine().url)
        self.assertGreater(len(asked_one), 0)
        self.assertEqual(asked_one, asked_two)

    def collateral_cache(self, sub):
        address, _ = self.vendor()
        cache = self.directory / f"cache-{sub}"
        options = [*self.machine_options(), "--collateral-url", address]
        self.call(sub, *options, url=self.machine().url)
        self.assertFalse(cache.exists())
        self.call(sub, *options, "--collateral-cache", cache, url=self.machine().url)
        self.assertGreater(len(list(cache.iterdir())), 0)

    def jwks(self, sub):
        def make():
            nras = Nras(self)
            server = self.serve_machine(nras=nras)
            return server, nras, self.machine_policy(server)
        server, nras, policy = self.shared("nras", make)
        options = ["--offline", "--policy", policy]
        self.assert_ends(self.call(sub, *options, url=server.url), 3, "key set")
        self.assert_ends(self.call(sub, *options, "--jwks", f"nras={nras.jwks}", url=server.url), 0)

    # ---- the model behind it ----

    def model(self, sub):
        options = self.trust(self.simulated())
        self.assert_ends(self.call(sub, *options, url=self.simulated().url), 0)
        self.assert_ends(self.call(sub, *options, "--model", "absent", url=self.simulated().url), 3)

    def system_prompt(self, sub):
        for options in ([], ["--system-prompt", "BE VERY BRIEF"]):
            server, upstream = self.scripted()
            self.assert_ends(self.call(sub, *self.trust(server), *options, url=server.url), 0)
            self.assertEqual(any(b"BE VERY BRIEF" in body for body in upstream.bodies), bool(options))

    def api_key_file(self, sub):
        def make():
            keys = self.directory / "keys.txt"
            made = subprocess.run([BIN / "minionsd", "key", "new", "alice", "--api-keys", keys], capture_output=True,
                                  text=True, timeout=PATIENCE_S, check=True)
            return Minionsd(self, "--api-keys", keys), self.write("alice.key", made.stdout)
        server, key = self.shared("keys", make)
        self.assert_ends(self.call(sub, *self.trust(server), url=server.url), 5)
        self.assert_ends(self.call(sub, *self.trust(server), "--api-key-file", key, url=server.url), 0)

    def no_retry(self, sub):
        server, _ = self.scripted(asks("Where?"), asks("Where?"), answers("Ulm"))  # the first is lost
        options = [*self.trust(server), "--model", "stub"]
        self.assert_ends(self.call(sub, *options, url=CuttingProxy(self, server.port).url), 0)
        run = self.call(sub, *options, "--no-retry", url=CuttingProxy(self, server.port).url)
        self.assertNotEqual(run.returncode, 0, run.stderr)

    # ---- documents ----

    def file(self, sub):
        options = self.trust(self.simulated())
        without = self.call(sub, *options, url=self.simulated().url, file=False)
        self.assertNotIn("Ulm", without.stdout)
        found = self.call(sub, *options, "-f", self.facts, url=self.simulated().url, file=False)
        self.assert_ends(found, 0)
        self.assertIn("Ulm", found.stdout)

    def no_sandbox(self, sub):
        """A helper that writes down how it is started."""
        folder = self.directory / f"program-{sub}"
        folder.mkdir()
        shutil.copy(BIN / "minions", folder / "minions")
        started = folder / "started"
        (folder / "minions-extract").write_text(f'#!/bin/sh\necho "$@" >> {started}\nexec {BIN / "minions-extract"} "$@"\n')
        (folder / "minions-extract").chmod(0o700)
        seen = []
        for options in ([], ["--unsafe-no-sandbox"]):
            started.write_text("")
            arguments = {"ask": [QUESTION], "chat": [], "run": [QUESTION, "--worker", "extractive"]}[sub]
            subprocess.run([folder / "minions", sub, *arguments, "-f", HANDBOOK, "--no-document-cache", *options,
                            "--server", self.simulated().url, *self.trust(self.simulated())], input="", text=True,
                           capture_output=True, timeout=PATIENCE_S, env=self.environment, cwd=self.directory)
            seen.append(started.read_text())
        self.assertNotEqual(seen[0], "")
        self.assertNotEqual(seen[0], seen[1])

    def ocr(self, sub):
        picture = self.directory / "picture.png"
        picture.write_bytes(red_png(40))
        options = [*self.trust(self.simulated()), "-f", picture, *self.sandbox()]
        without = self.call(sub, *options, url=self.simulated().url, file=False)
        found = self.call(sub, *options, "--ocr", url=self.simulated().url, file=False)
        told = r"read by OCR|tesseract"  # or why it cannot be
        self.assertNotRegex(without.stderr, told)
        if sub == "run":  # where a picture has no other way than --image
            self.assertIn("picture.png: is a picture", without.stderr)
        self.assertRegex(found.stderr, told)

    def encoding(self, sub):
        old = self.directory / "old.txt"
        old.write_bytes("東京の事務所はウルムにあります。\n".encode("shift_jis"))
        options = [*self.trust(self.simulated()), "-f", old, *self.sandbox()]
        without = self.call(sub, *options, url=self.simulated().url, file=False)
        self.assertIn("read as", without.stderr)
        found = self.call(sub, *options, "--encoding", "Shift_JIS", url=self.simulated().url, file=False)
        self.assert_ends(found, 0)
        self.assertNotIn("read as", found.stderr)
        wrong = self.call(sub, *options, "--encoding", "utf-9", url=self.simulated().url, file=False)
        self.assert_ends(wrong, 2, "utf-9")

    def hidden(self, sub):
        folder = self.directory / f"hidden-{sub}"
        folder.mkdir()
        (folder / "facts.txt").write_text(FACT)
        (folder / ".env").write_text("KEY=1\n")
        options = [*self.trust(self.simulated()), "-f", folder]
        without = self.call(sub, *options, url=self.simulated().url, file=False)
        self.assertIn("1 hidden file (--hidden reads it)", without.stderr)
        found = self.call(sub, *options, "--hidden", url=self.simulated().url, file=False)
        self.assert_ends(found, 0, "reads 1 file of passwords")

    def document_cache(self, sub):
        cache = self.directory / ".cache/minions/documents"
        shutil.rmtree(cache, ignore_errors=True)
        options = [*self.trust(self.simulated()), "-f", HANDBOOK, *self.sandbox()]
        self.assert_ends(self.call(sub, *options, "--no-document-cache", url=self.simulated().url, file=False), 0)
        self.assertFalse(cache.exists())
        self.assert_ends(self.call(sub, *options, url=self.simulated().url, file=False), 0)
        self.assertGreater(len(list(cache.iterdir())), 1)

    # ---- what comes out ----

    def output(self, sub):
        options = self.trust(self.simulated())
        text = self.call(sub, *options, url=self.simulated().url)
        self.assert_ends(text, 0)
        with self.assertRaises(ValueError):
            json.loads(text.stdout)
        json.loads(self.call(sub, *options, "-o", "json", url=self.simulated().url).stdout)

    def log(self, sub):
        log = self.directory / f"{sub}.log"
        options = self.trust(self.simulated())
        self.assert_ends(self.call(sub, *options, url=self.simulated().url), 0)
        self.assertFalse(log.exists())
        self.assert_ends(self.call(sub, *options, "--log", log, url=self.simulated().url), 0)
        self.assertIn("smp2_log", log.read_text())

    def as_of_of_attest(self, sub):
        options = self.trust(self.simulated())
        self.assert_ends(self.call(sub, *options, url=self.simulated().url), 0)
        late = self.call(sub, *options, "--as-of", "2040-01-01T00:00:00Z", url=self.simulated().url)
        self.assert_ends(late, 3, "statement.window")

    # ---- runs ----

    def run_with(self, supervisor, worker, *options, **more):
        upstream = ScriptedSupervisor(self, supervisor)
        server = Minionsd(self, "--padding", "off", model=upstream.model())
        ollama = Ollama(self, worker, **more)
        run = self.call("run", *self.trust(server), *options, url=server.url, worker=("--worker", ollama.worker))
        return run, upstream, ollama

    def worker(self, sub):
        options = self.trust(self.simulated())
        self.assert_ends(self.call(sub, *options, url=self.simulated().url), 0)
        self.environment["OLLAMA_HOST"] = f"http://127.0.0.1:{free_port()}"
        self.assert_ends(self.call(sub, *options, url=self.simulated().url, worker=()), 4, "worker: ")

    def worker_context(self, sub):
        script = [asks("Where?"), answers("Ulm")], ["In Ulm."]
        _, _, without = self.run_with(*script)
        _, _, found = self.run_with(*script, "--worker-context", "5000")
        sizes = [{body["options"]["num_ctx"] for body in ollama.bodies} for ollama in (without, found)]
        self.assertNotEqual(*sizes)

    def worker_key(self, sub):
        keys = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                self.do_POST()

            def do_POST(self):
                keys.append(self.headers["Authorization"])
                self.send_error(500)

        worker = ("--worker", f"openai:{serve_http(self, Handler)}/v1#m")
        server = self.scripted_asking()
        for options in ([], ["--worker-key-file", self.write("worker.key", "abcdef\n")]):
            self.call(sub, *self.trust(server), *options, url=server.url, worker=worker)
        self.assertNotIn("Bearer abcdef", keys[:1])
        self.assertEqual(keys[-1], "Bearer abcdef")

    def scripted_asking(self):
        upstream = ScriptedSupervisor(self, [asks("Where?"), answers("Ulm")])
        return Minionsd(self, "--padding", "off", model=upstream.model())

    def remote_worker(self, sub):
        script = [asks("Where?"), answers("Ulm")], ["In Ulm."]
        elsewhere = {"remote_host": "https://ollama.com:443", "model_info": {"llama.context_length": 131072}}
        run, _, _ = self.run_with(*script, show=elsewhere)
        self.assert_ends(run, 3, "elsewhere")
        run, _, _ = self.run_with(*script, "--allow-remote-worker", show=elsewhere)
        self.assert_ends(run, 0)

    def max_rounds(self, sub):
        script = [asks("Where?"), asks_more("And where?")], ["In Ulm."]
        _, without, _ = self.run_with(*script)
        _, found, _ = self.run_with(*script, "--max-rounds", "1")
        self.assertLess(len(found.bodies), len(without.bodies))

    def metadata(self, sub):
        for options in ([], ["--metadata", "LETTERS OF 1987"]):
            server, upstream = self.scripted()
            self.assert_ends(self.call(sub, *self.trust(server), *options, url=server.url), 0)
            self.assertEqual(any(b"LETTERS OF 1987" in body for body in upstream.bodies), bool(options))

    def worker_picture(self, sub):
        script = [asks("Where?"), answers("Ulm")], ["In Ulm."]
        picture = self.directory / "large.png"
        picture.write_bytes(noise_png(200, 100, 1))
        _, _, without = self.run_with(*script)
        run, _, whole = self.run_with(*script, "--image", picture)
        self.assertNotIn("reduced from", run.stderr)
        run, _, small = self.run_with(*script, "--image", picture, "--max-image-pixels", "5000", *self.sandbox())
        self.assertIn("reduced from 200 x 100", run.stderr)
        shown = [json.dumps(ollama.bodies) for ollama in (without, whole, small)]
        self.assertNotIn('"images"', shown[0])
        self.assertIn('"images"', shown[1])
        self.assertNotEqual(shown[1], shown[2])

    def log_dir(self, sub):
        folder = self.directory / "elsewhere"
        options = self.trust(self.simulated())
        self.assert_ends(self.call(sub, *options, url=self.simulated().url), 0)
        self.assertFalse(folder.exists())
        self.assert_ends(self.call(sub, *options, "--log-dir", folder, url=self.simulated().url), 0)
        self.assertEqual(len(list(folder.iterdir())), 1)

    def logging_id(self, sub):
        file = self.directory / "secure_minion_logs/seven_secure_minion.json"
        options = self.trust(self.simulated())
        self.assert_ends(self.call(sub, *options, url=self.simulated().url), 0)
        self.assertFalse(file.exists())
        self.assert_ends(self.call(sub, *options, "--logging-id", "seven", url=self.simulated().url), 0)
        self.assertTrue(file.exists())

    # ---- policies ----

    def init_policy(self, _):
        init = ["policy", "init", "--from", self.machine().url]
        without = self.minions(*init)
        found = self.minions(*init, "--policy", self.bare_policy())
        self.assertNotEqual(self.outcome(found), self.outcome(without))

    def init_ca_file(self, _):
        server, certificate = self.tls_server()
        init = ["policy", "init", "--from", server.url]
        self.assert_ends(self.minions(*init), 4, "certificate")
        self.assertNotEqual(self.minions(*init, "--ca-file", certificate).returncode, 4)


class Flags(Effects, ServerEffects):
    def help_of(self, program, sub):
        run = subprocess.run([BIN / program, *sub.split(), "--help"], capture_output=True, text=True, timeout=PATIENCE_S)
        self.assert_exit(run, 0)
        return run.stdout

    def subcommands(self, program, above=""):
        """All of them, those of subcommands too."""
        listed = self.help_of(program, above).split("Subcommands:")
        names = re.findall(r"^  ([a-z]+) ", re.split("(?i)example:", listed[1])[0], re.M) if len(listed) > 1 else []
        found = [f"{above} {name}".strip() for name in names]
        return found + [deeper for name in found for deeper in self.subcommands(program, name)]

    def test_each_flag_of_minions_has_a_row_and_each_row_a_flag(self):
        self.assertEqual(sorted(MINIONS), sorted(self.subcommands("minions")))
        for sub, rows in MINIONS.items():
            with self.subTest(sub):
                self.assertEqual(sorted(rows), sorted(flags_of(self.help_of("minions", sub))))

    def test_each_flag_of_minionsd_has_a_row_and_each_row_a_flag(self):
        found = flags_of(self.help_of("minionsd", ""))
        for sub in self.subcommands("minionsd"):
            found += [flag for flag in flags_of(self.help_of("minionsd", sub)) if flag not in found]
        self.assertEqual(sorted(MINIONSD), sorted(found))

    def test_rows_name_tests_that_use_the_flag(self):
        for sub, rows in {**MINIONS, "minionsd": MINIONSD}.items():
            for flag, test in rows.items():
                with self.subTest(f"{sub} {flag}"):
                    file, _, name = test.rpartition(":")
                    if not file:
                        self.assertTrue(callable(getattr(ServerEffects if sub == "minionsd" else Effects, name, None)), name)
                        continue
                    text = (HERE / file).read_text(encoding="utf-8")
                    self.assertRegex(text, rf"\n    def {name}\(")
                    short = {"--output": "-o", "--file": "-f"}.get(flag, flag)
                    self.assertTrue(f'"{flag}"' in text or f'"{short}"' in text, f"{file} does not use {flag}")


def effect_test(sub):
    def test(self):
        for flag, name in MINIONS[sub].items():
            if ":" not in name:
                with self.subTest(f"{sub} {flag}"):
                    getattr(Effects, name)(self, sub)
    return test


def server_test(name):
    return lambda self: getattr(ServerEffects, name)(self)


for each in sorted(set(MINIONSD.values())):
    if ":" not in each:
        setattr(Flags, f"test_flags_of_minionsd_{each}", server_test(each))
for each in MINIONS:
    if any(":" not in name for name in MINIONS[each].values()):
        setattr(Flags, f"test_flags_of_{each.replace(' ', '_')}", effect_test(each))


if __name__ == "__main__":
    if not available():
        sys.exit(77)
    main()
