"""The limits of one sender, each by its flag: what is over it is refused and counted under its name, and no other is."""

import http.client

from programs import *
from sealed_session import Session

CLIENT = "203.0.113.9"  # as a trusted proxy names it; the loopback itself has no limits by address


class NamingProxy:
    """A proxy that names its client as CLIENT. It reads a request whole before it passes it on, and keeps the last byte of
    a large one back for a while, so that two overlap."""

    def __init__(self, test, server, kept_back_s=1.5):
        host, port = server.url.split("//")[1].split(":")
        self.attestation_pem = server.attestation_pem

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE_S)
                try:
                    connection.putrequest(self.command, self.path)
                    for name, value in {**headers, "X-Forwarded-For": CLIENT}.items():
                        connection.putheader(name, value)
                    connection.endheaders()
                    large = len(body) > 100_000
                    connection.send(body[:-1] if large else body)
                    if large:
                        time.sleep(kept_back_s)
                        connection.send(body[-1:])
                except OSError:
                    pass  # answered and closed before the body was there: the answer says why
                reply = connection.getresponse()
                content = reply.read()
                self.send_response(reply.status)
                for name, value in reply.getheaders():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
                connection.close()

            do_GET = do_POST = do_DELETE = pass_on

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass  # a client that went

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        test.addCleanup(self._server.server_close)
        test.addCleanup(self._server.shutdown)


class Limits(ProgramsTest):
    def serve(self, *options):
        return Minionsd(self, "--trusted-proxy", "127.0.0.1", *options)

    def reached(self, server, limit):
        return server.metric(f'minionsd_limits_reached_total{{limit="{limit}"}}')

    def connect(self, server):
        host, port = server.url.split("//")[1].split(":")
        connection = socket.create_connection((host, int(port)), PATIENCE_S)
        self.addCleanup(connection.close)
        return connection

    def begin(self, server, line, length=0):
        """A request whose body does not come."""
        connection = self.connect(server)
        head = f"{line} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {CLIENT}\r\n"
        connection.sendall((head + (f"Content-Length: {length}\r\n" if length else "") + "\r\n").encode())
        return connection

    def wait_reached(self, server, limit):
        deadline = time.monotonic() + PATIENCE_S
        while self.reached(server, limit) == 0:
            self.assertLess(time.monotonic(), deadline, f"{limit} was never reached")
            time.sleep(0.05)

    def assert_refused(self, connection, limit):
        connection.settimeout(PATIENCE_S)
        reply = connection.recv(4096)
        self.assertIn(b" 429 ", reply)
        self.assertIn(f'"limit":"{limit}"'.encode(), reply)

    def test_connections_in_all(self):
        server = self.serve("--max-connections", "2")
        self.held = [self.connect(server) for _ in range(3)]
        self.wait_reached(server, "connections")

    def test_uploads_and_exchanges_of_an_address(self):
        for options, limit in ((("--address-uploads", "1"), "address_uploads"),
                               (("--address-connections", "1"), "address_connections")):
            server = self.serve(*options)
            first = self.begin(server, "POST /v2/session", 200)
            time.sleep(0.2)
            self.assert_refused(self.begin(server, "POST /v2/session", 200), limit)
            first.close()
        server = self.serve()
        self.held = [self.begin(server, "POST /v2/session", 200) for _ in range(3)]
        time.sleep(0.2)
        self.assertEqual(self.reached(server, "address_uploads") + self.reached(server, "address_connections"), 0)

    def test_nonces_of_an_address(self):
        def ask_at_once(server):
            connections = [self.connect(server) for _ in range(50)]
            for number, connection in enumerate(connections):
                connection.sendall(f"GET /v2/attestation?nonce={b64u(bytes([number]) * 32)} HTTP/1.1\r\nHost: x\r\n"
                                   f"X-Forwarded-For: {CLIENT}\r\n\r\n".encode())
            for connection in connections:
                connection.settimeout(PATIENCE_S)
                connection.recv(1)
            return self.reached(server, "address_nonces")
        self.assertGreater(ask_at_once(self.serve("--address-nonces", "1")), 0)
        self.assertEqual(ask_at_once(self.serve()), 0)

    def ask(self, server, *options):
        file = self.directory / "large.txt"
        if not file.exists():
            self.write(file.name, "The office is in Ulm. " * 40_000)  # 880 kB
        return self.minions("ask", "Where is the office?", "-f", file, "--server", NamingProxy(self, server).url,
                            "--allow-simulated", "--trusted-attestation-pem", server.attestation_pem, "--no-retry", *options)

    def ask_two(self, server, *options):
        """How two questions at once end, over a file that is there."""
        codes = []
        self.write("large.txt", "The office is in Ulm. " * 40_000)
        threads = [threading.Thread(target=lambda: codes.append(self.ask(server, *options).returncode)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return codes

    def start_chat(self, *arguments):
        chat = subprocess.Popen([BIN / "minions", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True, env=self.environment)
        self.addCleanup(chat.communicate)
        self.addCleanup(chat.kill)
        return chat

    def test_sessions_of_an_address(self):
        server = self.serve("--address-sessions", "1")
        self.assert_exit(self.ask(server), 0)
        held = self.start_chat("chat", "--server", NamingProxy(self, server).url, "--allow-simulated",
                                  "--trusted-attestation-pem", server.attestation_pem)
        held.stdin.write("Hello?\n")
        held.stdin.flush()
        held.stdout.readline()
        self.assertNotEqual(self.ask(server).returncode, 0)
        self.assertGreater(self.reached(server, "address_sessions"), 0)
        held.kill()

    def new_key(self, name):
        made = subprocess.run([BIN / "minionsd", "key", "new", name, "--api-keys", self.directory / "keys.txt"],
                              capture_output=True, text=True, check=True)
        return self.write(f"{name}.key", made.stdout.split()[-1] + "\n")

    def hold_session(self, server, key):
        chat = self.start_chat("chat", *server.trust(), "--api-key-file", key)
        chat.stdin.write("Hello?\n")
        chat.stdin.flush()
        self.assertNotEqual(chat.stdout.readline(), "")

    def ask_with(self, server, key):
        return self.minions("ask", "Hello?", *server.trust(), "--api-key-file", key, "--no-retry")

    def test_sessions_of_a_key(self):
        alice, bob = self.new_key("alice"), self.new_key("bob")
        keys = ["--api-keys", self.directory / "keys.txt"]
        few, many = self.serve(*keys, "--key-sessions", "1"), self.serve(*keys)
        for server, held in ((few, 1), (many, 3)):
            for _ in range(3):
                self.hold_session(server, alice)
            wait_until(lambda: server.metric("minionsd_sessions") == held, f"{held} sessions of alice")
            self.assertEqual(self.reached(server, "key_sessions"), 3 - held)
            self.hold_session(server, bob)
            wait_until(lambda: server.metric("minionsd_sessions") == held + 1, "bob's session beside them")

    def test_a_session_in_which_a_request_runs_does_not_end_for_another(self):
        alice, upstream = self.new_key("alice"), ModelServer(self, hold_after=1)
        server = Minionsd(self, "--padding", "off", "--api-keys", self.directory / "keys.txt", "--key-sessions", "1",
                          model=upstream.model())
        asking = ["ask", "Hello?", *server.trust(), "--api-key-file", alice, "--model", "stub", "-o", "jsonl", "--no-retry"]
        self.assertEqual(next_token(self.start_minions(*asking)), "one ")
        refused = self.minions(*asking)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("--key-sessions", refused.stdout + refused.stderr)
        self.assertGreater(self.reached(server, "key_sessions"), 0)

    def test_one_key_does_not_fill_the_table_of_sessions(self):
        alice, bob = self.new_key("alice"), self.new_key("bob")
        server = self.serve("--api-keys", self.directory / "keys.txt", "--max-sessions", "4")
        for _ in range(6):
            self.hold_session(server, alice)
        self.assert_exit(self.ask_with(server, bob), 0)
        self.assertEqual(self.reached(server, "sessions"), 0)

    def test_limits_that_leave_nothing_are_told_at_the_start(self):
        self.serve("--max-sessions", "4", "--address-sessions", "4").wait_logged("limit_without_effect")
        self.assertNotIn("limit_without_effect", " ".join(self.serve("--max-sessions", "4").stderr.all))

    @needs_noise_model
    def test_requests_whose_end_does_not_come_leave_an_embedded_model_to_others(self):
        server = Minionsd(self, "--trusted-proxy", "127.0.0.1", "--address-uploads", "200",
                          model=["--model", NOISE_MODEL, "--ctx", "512", "--model-threads", "1"])
        self.assertNotIn("limit_without_effect", " ".join(server.stderr.all))
        proxy = NamingProxy(self, server, kept_back_s=20)
        long = [{"role": "user", "content": "word " * 30_000}]
        for _ in range(2):
            Session(self, proxy).begin("/v1/chat/completions", {"messages": long}, at_once=64)
        wait_until(lambda: server.metric("minionsd_streams_running") == 128, "128 requests under way")
        Session(self, server).chat("Hello?", max_tokens=2)  # is answered
        self.assertEqual(server.metric("minionsd_streams_running"), 128, "they ended too early")

    def test_bytes_of_an_address_of_a_key_and_in_all(self):
        keys, key = self.directory / "keys.txt", self.new_key("alice")
        for flag, limit, options in (("--address-bytes", "address_bytes", []),
                                     ("--key-bytes", "key_bytes", ["--api-key-file", key]),
                                     ("--max-unfinished", "unfinished_bytes", [])):
            with self.subTest(flag):
                access = ["--api-keys", keys] if options else []
                bound = ["--max-request", "1048576"]
                server = self.serve(*bound, flag, "1048576", *access)
                self.assertNotEqual(self.ask_two(server, *options), [0, 0])  # each may be in the other's way
                self.assertEqual(self.ask(server, *options).returncode, 0)
                self.assertGreater(self.reached(server, limit), 0)
                server = self.serve(*bound, *access)
                self.assertEqual(self.ask_two(server, *options), [0, 0])
                self.assertEqual(self.reached(server, limit), 0)


if __name__ == "__main__":
    main()
