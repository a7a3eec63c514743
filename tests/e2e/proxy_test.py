"""The configurations of deploy/ in front of real servers: nginx and HAProxy, ending TLS."""

import collections
import http.client
import itertools
import re
import shutil
import ssl

from programs import *


# Of requests in a row: over 200, which one address has, by more than the 10 that it gets back in each of some seconds.
BURSTS = 900


class Proxy(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.certificate_file, self.key_file, self.spki = self.certificate("proxy")

    def start(self, command, port):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True)
        output = Lines(process.stdout)

        def end():
            process.terminate()
            process.wait(PATIENCE_S)

        self.addCleanup(end)

        def listening():
            if process.poll() is not None:
                raise AssertionError(f"{command[0]} ended: " + output.text())
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        wait_until(listening, f"{command[0]} on port {port}")
        return f"https://127.0.0.1:{port}"

    def ask(self, url, server, *options, authority=None):
        return self.minions("ask", "hello", "--server", url, "--allow-simulated", "--trusted-attestation-pem",
                            server.attestation_pem, "--ca-file", authority or self.certificate_file, *options)

    def statuses(self, url, count, headers=lambda: []):
        """How often which status came, of requests for documents on one connection; headers: lines that the client adds."""
        port = int(url.rsplit(":", 1)[1])
        statuses = collections.Counter()
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as plain:
            connection = plain
            if url.startswith("https:"):
                context = ssl.create_default_context(cafile=self.certificate_file)
                connection = context.wrap_socket(plain, server_hostname="127.0.0.1")
            replies = connection.makefile("rb")
            for _ in range(count):
                lines = ["GET /v2/attestation HTTP/1.1", "Host: minionsd", *headers()]
                connection.sendall("\r\n".join(lines + ["", ""]).encode())
                statuses[int(replies.readline().split()[1])] += 1
                length = 0
                while (line := replies.readline().strip().lower()):
                    if line.startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                replies.read(length)
            replies.close()
            connection.close()
        return statuses

    def assert_limited(self, statuses):
        """200 go at once, and 10 a second more."""
        self.assertEqual(set(statuses), {200, 429}, statuses)
        self.assertGreaterEqual(statuses[200], 200)

    def assert_own_field_changes_nothing(self, url):
        """More go by than the burst of one address; a client that names itself anew each time is limited like any other."""
        numbers = iter(range(1_000_000))
        self.assert_limited(self.statuses(url, BURSTS))
        for field in ("X-Forwarded-For: 10.{}.{}.7", "X-Forwarded-For: 203.0.113.9, 10.{}.{}.7", "x-forwarded-for:10.{}.{}.7:80",
                      "X-Forwarded-For: 127.0.0.1, 10.{}.{}.7, 127.0.0.1"):
            def named(field=field):
                number = next(numbers)
                return [field.format(number // 250, number % 250)]

            statuses = self.statuses(url, BURSTS, named)
            self.assertGreater(statuses[429], 0, f"{field}: {statuses}")

    def replicas(self, *options):
        """Two of one operator: they share the attestation key."""
        keys = self.directory / "attestation"
        return [Minionsd(self, "--replica", name, "--tls-spki", self.spki, "--trusted-proxy", "127.0.0.1", *options,
                         keys=keys) for name in ("r1", "r2")]

    def served_by(self, url, cookie=None):
        """The instance whose document comes, and the cookies that came with it."""
        port = int(url.rsplit(":", 1)[1])
        context = ssl.create_default_context(cafile=self.certificate_file)
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE_S, context=context)
        connection.request("GET", "/v2/attestation", headers={"Cookie": cookie} if cookie else {})
        reply = connection.getresponse()
        document = json.loads(reply.read())
        cookies = [set_cookie.split(";")[0] for set_cookie in reply.headers.get_all("Set-Cookie", [])]
        connection.close()
        statement = json.loads(from_b64u(document["statement"]))
        return statement["instance"], "; ".join(cookies)

    def assert_affinity(self, url, servers):
        without = {self.served_by(url)[0] for _ in range(8)}
        self.assertEqual(len(without), 2, "the balancer does not balance: nothing is shown")
        instance, cookie = self.served_by(url)
        for _ in range(8):
            self.assertEqual(self.served_by(url, cookie)[0], instance)
        for number in range(6):
            run = self.ask(url, servers[0], "--no-retry")
            self.assert_exit(run, 0)
        handshakes = [server.metric("minionsd_handshakes_total") for server in servers]
        self.assertEqual(sum(handshakes), 6, "a handshake went to the wrong replica first")
        for server in servers:
            self.assertEqual(server.metric('minionsd_plain_errors_total{status="404"}'), 0)
            self.assertEqual(server.metric('minionsd_plain_errors_total{status="421"}'), 0)


@unittest.skipUnless(shutil.which("nginx", path="/usr/sbin:" + os.environ["PATH"]), "nginx is not here")
class Nginx(Proxy):
    def start_nginx(self, first, second, certificate=None, key=None):
        """deploy/nginx/minionsd.conf with this test's addresses and files, and plain connections to the replicas."""
        text = (SOURCE / "deploy/nginx/minionsd.conf").read_text(encoding="utf-8")
        port = free_port()
        replaced = [(r"10\.0\.0\.11:8443", f"127.0.0.1:{first.port}"), (r"10\.0\.0\.12:8443", f"127.0.0.1:{second.port}"),
                    (r"listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"), (r"listen \[::\]:443 ssl;", ""),
                    (r"(ssl_certificate +)\S+;", rf"\g<1>{certificate or self.certificate_file};"),
                    (r"(ssl_certificate_key +)\S+;", rf"\g<1>{key or self.key_file};"),
                    (r"\n *proxy_ssl_[^;]*;", ""), (r"https://\$smp2_upstream", "http://$smp2_upstream")]
        for pattern, replacement in replaced:
            text, count = re.subn(pattern, replacement, text)
            self.assertGreater(count, 0, f"deploy/nginx/minionsd.conf has no {pattern}")
        folders = "\n".join(f"{kind}_temp_path {self.directory}/{kind};"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        # A worker of another user could not reach the directory of the test.
        user = "user root;\n" if os.geteuid() == 0 else ""
        conf = self.write(f"nginx-{port}.conf",
                          f"{user}daemon off;\npid {self.directory}/nginx-{port}.pid;\nerror_log stderr;\nevents {{}}\n"
                          f"http {{\naccess_log off;\n{folders}\n{text}\n}}\n")
        nginx = shutil.which("nginx", path="/usr/sbin:" + os.environ["PATH"])
        return self.start([nginx, "-c", conf, "-e", "stderr"], port)

    def test_the_proxys_key_is_pinned_by_the_statement(self):
        server = self.replicas()[0]
        url = self.start_nginx(server, server)
        policy = self.write("policy.toml", '[tls]\nmode = "require"\n')
        run = self.ask(url, server, "--policy", policy, "-o", "json")
        self.assert_exit(run, 0)
        checks = {check["id"]: check["outcome"] for check in json.loads(run.stdout)["attestation"]["checks"]}
        self.assertEqual(checks["tls.spki"], "pass")

    def test_another_key_is_refused_though_its_certificate_is_trusted(self):
        server = self.replicas()[0]
        certificate, key, _ = self.certificate("intruder")
        url = self.start_nginx(server, server, certificate, key)
        run = self.ask(url, server, authority=certificate)
        self.assert_exit(run, 3)
        self.assertIn("tls.spki", run.stderr)
        self.assertEqual(server.metric("minionsd_handshakes_total"), 0)

    def test_a_certificate_of_nobody_is_a_network_error(self):
        server = self.replicas()[0]
        certificate, _, _ = self.certificate("unrelated")
        url = self.start_nginx(server, server)
        self.assert_exit(self.ask(url, server, authority=certificate), 4)

    def test_the_replicas_cookie_keeps_a_client_with_its_replica(self):
        servers = self.replicas()
        self.assert_affinity(self.start_nginx(*servers), servers)

    def test_a_clients_own_forwarded_for_changes_nothing(self):
        server = self.replicas()[0]
        self.assert_own_field_changes_nothing(self.start_nginx(server, server))

    def test_tokens_pass_without_waiting_for_the_end(self):
        upstream = ModelServer(self, hold_after=1)
        server = Minionsd(self, "--replica", "r1", "--tls-spki", self.spki, model=upstream.model())
        url = self.start_nginx(server, server)
        asking = self.start_minions("ask", "q", "--server", url, "--allow-simulated", "--trusted-attestation-pem",
                                    server.attestation_pem, "--ca-file", self.certificate_file, "-o", "jsonl")
        self.assertEqual(next_token(asking), "one ")
        upstream.go_on.set()
        out, err = asking.communicate(timeout=PATIENCE_S)
        self.assertEqual(asking.returncode, 0, err)
        self.assertIs(json.loads(out.splitlines()[-1])["complete"], True)

    def test_only_the_protocols_paths_are_reachable(self):
        server = self.replicas()[0]
        url = self.start_nginx(server, server)
        context = ssl.create_default_context(cafile=self.certificate_file)
        for path in ("/metrics", "/healthz", "/readyz", "/v1/models", "/"):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(url + path, timeout=PATIENCE_S, context=context)
            self.assertEqual(refused.exception.code, 404)
            refused.exception.close()

    def test_a_large_document_passes(self):
        server = self.replicas()[0]
        url = self.start_nginx(server, server)
        document = self.write("large.txt", "A line of a large document about pumps.\n" * 200_000)
        self.assert_exit(self.ask(url, server, "-f", document), 0)


@unittest.skipUnless(shutil.which("haproxy", path="/usr/sbin:" + os.environ["PATH"]), "haproxy is not here")
class Haproxy(Proxy):
    def start_haproxy(self, first, second, forwarding=None):
        """deploy/haproxy/minionsd.cfg with this test's addresses and files, and plain connections to the replicas."""
        text = (SOURCE / "deploy/haproxy/minionsd.cfg").read_text(encoding="utf-8")
        port = free_port()
        chain = self.write("haproxy.pem", self.certificate_file.read_text() + self.key_file.read_text())
        replaced = [(r"10\.0\.0\.11:8443", f"127.0.0.1:{first.port}"), (r"10\.0\.0\.12:8443", f"127.0.0.1:{second.port}"),
                    (r"bind :443 ssl crt \S+", f"bind 127.0.0.1:{port} ssl crt {chain}"),
                    (r"default-server ssl verify.* check", "default-server check"), (r"log /dev/log local0", ""),
                    (r"log global", ""), (r"option httplog", ""), (r"maxconn 20000", "maxconn 100")]
        for pattern, replacement in replaced:
            text, count = re.subn(pattern, replacement, text)
            self.assertGreater(count, 0, f"deploy/haproxy/minionsd.cfg has no {pattern}")
        if forwarding:
            text, count = re.subn(r"http-request set-header X-Forwarded-For .*", forwarding, text)
            self.assertEqual(count, 1)
        haproxy = shutil.which("haproxy", path="/usr/sbin:" + os.environ["PATH"])
        return self.start([haproxy, "-db", "-f", self.write("haproxy.cfg", text)], port)

    def test_its_cookie_keeps_a_client_with_its_replica(self):
        servers = self.replicas()
        self.assert_affinity(self.start_haproxy(*servers), servers)

    def test_a_clients_own_forwarded_for_changes_nothing(self):
        server = self.replicas()[0]
        self.assert_own_field_changes_nothing(self.start_haproxy(server, server))

    def test_a_line_that_is_added_behind_the_clients_counts(self):
        # `option forwardfor` leaves the client's line and adds one of its own.
        server = self.replicas()[0]
        self.assert_own_field_changes_nothing(self.start_haproxy(server, server, "option forwardfor"))

    def test_ports_and_brackets_are_read(self):
        # As Azure's Application Gateway writes it.
        server = self.replicas()[0]
        forwarding = "http-request add-header X-Forwarded-For %[src]:%[src_port]"
        url = self.start_haproxy(server, server, forwarding)
        statuses = collections.Counter()
        for _ in range(10):  # each time from another port
            statuses += self.statuses(url, BURSTS // 10)
        self.assert_limited(statuses)

    def test_the_proxys_key_is_pinned_by_the_statement(self):
        server = self.replicas()[0]
        url = self.start_haproxy(server, server)
        run = self.ask(url, server, "-o", "json")
        self.assert_exit(run, 0)
        checks = {check["id"]: check["outcome"] for check in json.loads(run.stdout)["attestation"]["checks"]}
        self.assertEqual(checks["tls.spki"], "pass")


class TrustedProxy(Proxy):
    """The test itself is the proxy."""

    def server(self):
        return Minionsd(self, "--trusted-proxy", "127.0.0.1", "--trusted-proxy", "10.1.0.0/16")

    def test_spellings_of_an_address_are_one(self):
        server = self.server()
        for spellings in (["2001:db8::21", "2001:DB8::21", "2001:db8:0:0:0:0:0:21", "[2001:db8::21]:443", "2001:db8::ffff"],
                          ["203.0.113.20:1024", "203.0.113.20", "::ffff:203.0.113.20", "198.51.100.1, 203.0.113.20:80"],
                          ["203.0.113.21", "203.0.113.21, 10.1.2.3", "8.8.8.8, 203.0.113.21, 10.1.2.3:99"]):
            turns = itertools.cycle(spellings)
            self.assert_limited(self.statuses(server.url, BURSTS, lambda: [f"X-Forwarded-For: {next(turns)}"]))
        self.assertEqual(self.statuses(server.url, 100, lambda: ["X-Forwarded-For: 203.0.113.22"]), {200: 100})

    def test_the_last_line_counts(self):
        server = self.server()
        numbers = itertools.count()
        self.assert_limited(self.statuses(server.url, BURSTS, lambda: [f"X-Forwarded-For: 10.9.0.{next(numbers) % 250}",
                                                                       "X-Forwarded-For: 203.0.113.77"]))

    def test_what_cannot_be_read_counts_as_the_proxy_and_is_logged_once(self):
        server = self.server()
        numbers = itertools.count()
        self.assert_limited(self.statuses(server.url, BURSTS, lambda: [f"X-Forwarded-For: secret-{next(numbers)}"]))
        server.wait_logged("forwarded_for_unreadable")
        server.kill()
        log = server.stderr.text()
        self.assertEqual(log.count("forwarded_for_unreadable"), 1, log)
        self.assertNotIn("secret-", log)
        self.assertEqual(log.count('limit=address_attestations'), 1, log)

    def test_a_limit_says_its_name(self):
        server = self.server()
        for _ in range(BURSTS):
            try:
                request = urllib.request.Request(server.url + "/v2/attestation", headers={"X-Forwarded-For": "203.0.113.1"})
                urllib.request.urlopen(request, timeout=PATIENCE_S).close()
            except urllib.error.HTTPError as refused:
                with refused:
                    self.assertEqual(json.load(refused), {"error": {"code": "busy", "limit": "address_attestations"}})
                break
        else:
            self.fail("nothing was limited")
        self.assertGreater(server.metric('minionsd_limits_reached_total{limit="address_attestations"}'), 0)

    def test_a_proxy_that_is_no_address_is_refused_at_the_start(self):
        for wrong in ("proxy.example.org", "10.0.0.0/33", ""):
            run = subprocess.run([BIN / "minionsd", "--engine", "extractive", "--attest", "simulated", "--attestation-key-path",
                                  self.directory / "keys", "--trusted-proxy", wrong], capture_output=True, text=True,
                                 timeout=PATIENCE_S)
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertIn("--trusted-proxy: want an IP address or ADDR/BITS, found" if "/" not in wrong else "want 0 to 32 bits",
                          run.stderr)


if __name__ == "__main__":
    main()
