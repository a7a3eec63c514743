"""minionsd on a bare SEV-SNP guest with GPUs and a token service, all of the tests' own: evidence that needs key sets."""

from programs import *

FAKE_TSM = BIN / "libfake_tsm_preload.so"
FAKE_NVML = BIN / "libfake_nvml.so"
NRAS_ISSUER = "https://nras.attestation.nvidia.com"


def available():
    return FAKE_TSM.exists() and FAKE_NVML.exists()


def serve_http(test, handler):
    """A server on a port of its own; its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    test.addCleanup(server.server_close)
    test.addCleanup(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}"


def strangers_list(test):
    """A revocation list in DER, of an authority that is nobody's here: it has the form of one, and fits no chain."""
    folder = test.directory / "stranger"
    if not folder.exists():
        folder.mkdir()
        (folder / "index.txt").write_text("")
        (folder / "ca.cnf").write_text(f"[ca]\ndefault_ca = d\n[d]\ndatabase = {folder}/index.txt\ndefault_md = sha384\n"
                                       "default_crl_days = 30\ncrl_extensions = e\n[e]\nauthorityKeyIdentifier = keyid\n")
        run = lambda *command: subprocess.run(["openssl", *command], check=True, capture_output=True, cwd=folder)
        run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes", "-keyout", "ca.key", "-out",
            "ca.pem", "-subj", "/CN=Stranger", "-days", "30")
        run("ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "ca.key", "-cert", "ca.pem", "-out", "list.pem")
        run("crl", "-in", "list.pem", "-outform", "DER", "-out", "list.der")
    return (folder / "list.der").read_bytes()


def list_service(test):
    """AMD's service, which has only a stranger's list; as --collateral-url names it, and what it was asked."""
    asked = []
    answer = strangers_list(test)

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    return f"amd={serve_http(test, Handler)}", asked


def serial_of(chain_pem):
    """The serial number of the first certificate, in decimal as NRAS states a GPU's ueid."""
    out = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=chain_pem, check=True, capture_output=True).stdout
    return str(int(out.decode().strip().split("=")[1], 16))


class Nras:
    """The token service: signs what it is asked about, GPU by GPU. `gpus` of them whatever was shown, where given."""

    def __init__(self, test, gpus=None):
        self.key = test.directory / "nras.key"
        subprocess.run(["openssl", "ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", self.key], check=True,
                       capture_output=True)
        self.gpus = gpus
        self.jwks = test.write("nras.json", json.dumps({"keys": [self.public_key()]}))
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                shown = [serial_of(base64.b64decode(each["certificate"])) for each in asked["evidence_list"]]
                body = outer.answer(asked["nonce"], [str(i) for i in range(outer.gpus)] if outer.gpus else shown)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                body = outer.jwks.read_bytes()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.url = serve_http(test, Handler)

    def public_key(self):
        der = subprocess.run(["openssl", "ec", "-in", self.key, "-pubout", "-outform", "DER"], check=True,
                             capture_output=True).stdout
        return {"kty": "EC", "kid": "k", "crv": "P-384", "x": b64u(der[-96:-48]), "y": b64u(der[-48:])}

    def token(self, claims):
        signed = ".".join(b64u(json.dumps(part).encode()) for part in ({"alg": "ES384", "kid": "k"}, claims))
        der = subprocess.run(["openssl", "dgst", "-sha384", "-sign", self.key], input=signed.encode(), check=True,
                             capture_output=True).stdout
        halves, at = b"", 2
        for _ in range(2):
            size = der[at + 1]
            halves += der[at + 2:at + 2 + size].lstrip(b"\0").rjust(48, b"\0")
            at += 2 + size
        return signed + "." + b64u(halves)

    def answer(self, nonce, ueids):
        now = int(time.time())
        common = {"iss": NRAS_ISSUER, "nbf": now - 5, "exp": now + 3600, "eat_nonce": nonce}
        devices = {f"GPU-{i}": self.token({
            **common, "ueid": ueid, "measres": "success", "secboot": True, "dbgstat": "disabled", "oemid": "5703",
            "x-nvidia-gpu-attestation-report-nonce-match": True,
            "x-nvidia-gpu-attestation-report-signature-verified": True}) for i, ueid in enumerate(ueids)}
        overall = self.token({
            **common, "sub": "NVIDIA-PLATFORM-ATTESTATION", "x-nvidia-overall-att-result": True,
            "submods": {name: ["DIGEST", ["SHA-256", hashlib.sha256(token.encode()).hexdigest()]]
                        for name, token in devices.items()}})
        return json.dumps([["JWT", overall], devices]).encode()


class GpuMachineTest(ProgramsTest):
    """Such a machine for each test, and a policy that takes it."""

    def setUp(self):
        super().setUp()
        self.root = self.directory / "tsm" / "report"
        self.root.mkdir(parents=True)

    def serve_machine(self, *options, gpus=1, nras=None, model=("--engine", "extractive")):
        service = ("--nras", nras.url) if nras else ()
        return Minionsd(self, *options, model=model,
                        attest=("auto", "--tsm-root", self.root, "--nvml-library", FAKE_NVML, *service),
                        environment={"LD_PRELOAD": str(FAKE_TSM), "FAKE_TSM_ROOT": str(self.root),
                                     "FAKE_NVML": f"gpus={gpus}" if gpus else "cc=0"})

    def document(self, server):
        return json.loads(fetch(server.url + "/v2/attestation"))

    def pins(self, server):
        """What a policy names of this machine: its measurement, and the roots of the tests' vendors."""
        pins = json.loads((self.root.parent / "pins.json").read_text())
        chains = [from_b64u(item["data"]["cert_chain"]).decode() for item in self.document(server)["evidence"]
                  if item["type"] == "nvidia-gpu"]
        if chains:
            last = chains[0].split("-----BEGIN CERTIFICATE-----")[-1].split("-----END")[0]
            pins["nvidia"] = hashlib.sha256(base64.b64decode(last)).hexdigest()
        return pins

    def machine_policy(self, server, name="policy.toml", roots=True, more="", gpu='nras = "require"\ncount = 1\n'):
        pins = self.pins(server)
        der = subprocess.run(["openssl", "pkey", "-pubin", "-in", server.attestation_pem, "-outform", "DER"], check=True,
                             capture_output=True).stdout
        text = (f'[verdict]\nrequire = "operator-trusted"\n[snp]\nmeasurements = ["{pins["measurement"]}"]\ncovers = "kernel"\n'
                f'[attestor]\nspki_sha256 = "{hashlib.sha256(der).hexdigest()}"\nallow_overrides = true\n')
        if roots:
            text += f'[roots]\namd = ["{pins["amd"]}"]\n'
            text += f'nvidia_device = ["{pins["nvidia"]}"]\n' if "nvidia" in pins else ""
        # Without a GPU no rule about one can be judged.
        rules = f'[gpu]\nrim = "off"\nocsp = "off"\n{gpu}' if gpu else ""
        return self.write(name, text + rules + more)
