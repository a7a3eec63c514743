"""Models by name: from a server of the Hugging Face Hub's shape, and from a store of Ollama."""

import re

from programs import *

PROJECTOR = pathlib.Path(NOISE_MODEL).parent / "mmproj-tiny-random-noise.gguf"


class Hub:
    """The API and the files of one repository. A file is sent whole, or from where a range begins."""

    def __init__(self, test, weights, published=None, projector=None):
        self.seen = []
        commit = "c" * 40
        files = {"tiny-random-noise.gguf": weights}
        if projector:
            files["mmproj-tiny-random-noise.gguf"] = projector
        sha256 = lambda content: hashlib.sha256(published or content).hexdigest()
        description = {"sha": commit, "siblings": [
            {"rfilename": name, "size": len(content), "lfs": {"sha256": sha256(content), "size": len(content)}}
            for name, content in files.items()]}
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.seen.append((self.path, self.headers.get("Authorization"), self.headers.get("Range")))
                if self.path.startswith("/api/models/owner/repo/"):
                    return self.answer(200, json.dumps(description).encode())
                content = files.get(self.path.removeprefix(f"/owner/repo/resolve/{commit}/"))
                if content is None:
                    return self.answer(404, b"")
                first = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
                if not first:
                    return self.answer(200, content)
                first = int(first[1])
                self.answer(206, content[first:], f"bytes {first}-{len(content) - 1}/{len(content)}")

            def answer(self, status, body, content_range=None):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if content_range:
                    self.send_header("Content-Range", content_range)
                self.end_headers()
                self.wfile.write(body)

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        test.addCleanup(server.server_close)
        test.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"


class ModelStore(ProgramsTest):
    def setUp(self):
        super().setUp()
        self.set("XDG_CACHE_HOME", str(self.directory / "cache"))
        self.set("OLLAMA_MODELS", str(self.directory / "ollama"))
        self.set("HF_ENDPOINT", f"http://127.0.0.1:{free_port()}")

    def set(self, name, value):
        before = os.environ.get(name)
        os.environ[name] = value
        self.addCleanup(lambda: os.environ.pop(name) if before is None else os.environ.update({name: before}))

    def fails(self, code, model):
        run = subprocess.run([BIN / "minionsd", "--listen", "127.0.0.1:0", "--model", model, "--attest", "simulated",
                              "--attestation-key-path", self.directory / "keys"], capture_output=True, text=True,
                             timeout=PATIENCE_S)
        self.assert_exit(run, code)
        self.assertEqual(run.stdout, "")
        return run.stderr

    @needs_noise_model
    def test_a_file_of_the_hub_is_fetched_checked_resumed_and_served(self):
        weights = pathlib.Path(NOISE_MODEL).read_bytes()
        hub = Hub(self, weights)
        self.set("HF_ENDPOINT", hub.url)
        self.set("HF_TOKEN", "hf_secret")
        folder = self.directory / "cache/secure-minions/models/hf/owner/repo" / ("c" * 40)
        folder.mkdir(parents=True)
        (folder / "tiny-random-noise.gguf.part").write_bytes(weights[:100_000])
        server = Minionsd(self, model=["--model", "hf:owner/repo", "--ctx", "512", "--parallel", "1", "--model-threads", "1"])
        self.assertEqual(hub.seen[-1][1:], ("Bearer hf_secret", "bytes=100000-"))
        self.assertEqual((folder / "tiny-random-noise.gguf").read_bytes(), weights)
        self.assertTrue(any("model_download" in line and "percent=100" in line for line in server.stderr.all))
        listed = json.loads(self.minions("models", *server.trust(), "-o", "json").stdout)["models"]
        self.assertEqual(listed, [{"id": "tiny-random-noise", "engine": "llama.cpp", "where": "in-process",
                                   "weights_sha256": hashlib.sha256(weights).hexdigest(), "projector_sha256": None,
                                   "prompt_cache": "session", "context_tokens": 512}])
        asked = len(hub.seen)
        Minionsd(self, model=["--model", "hf:owner/repo:tiny-random-noise.gguf", "--ctx", "512", "--parallel", "1", "--model-threads", "1"],
                 keys=self.directory / "other")
        self.assertEqual(len(hub.seen), asked + 1, "fetched again")

    def stated_projectors(self, server):
        listed = json.loads(self.minions("models", *server.trust(), "-o", "json").stdout)["models"]
        return [entry["projector_sha256"] for entry in listed]

    @needs_vision
    def test_a_projector_of_the_hub_is_fetched_beside_its_model(self):
        projector = PROJECTOR.read_bytes()
        hub = Hub(self, pathlib.Path(NOISE_MODEL).read_bytes(), projector=projector)
        self.set("HF_ENDPOINT", hub.url)
        self.set("HF_TOKEN", "hf_secret")
        server = Minionsd(self, model=["--model", "hf:owner/repo", "--mmproj", "hf:owner/repo", "--ctx", "512", "--model-threads", "1"])
        self.assertEqual(self.stated_projectors(server), [hashlib.sha256(projector).hexdigest()])
        self.assertIn("mmproj-", hub.seen[-1][0])
        self.assertEqual({seen[1] for seen in hub.seen}, {"Bearer hf_secret"})

    @needs_vision
    def test_a_projector_of_ollama_is_served_with_its_model(self):
        self.ollama_model("noise", projector=PROJECTOR.read_bytes())
        server = Minionsd(self, model=["--model", "ollama:noise", "--mmproj", "ollama:noise", "--ctx", "512", "--model-threads", "1"])
        self.assertEqual(self.stated_projectors(server), [hashlib.sha256(PROJECTOR.read_bytes()).hexdigest()])

    def ollama_model(self, name, tag="latest", projector=None):
        """As `ollama pull` leaves it; the file of the weights."""
        contents = {"model": pathlib.Path(NOISE_MODEL).read_bytes()}
        if projector:
            contents["projector"] = projector
        manifest = self.directory / "ollama/manifests/registry.ollama.ai/library" / name / tag
        manifest.parent.mkdir(parents=True)
        blobs = self.directory / "ollama/blobs"
        blobs.mkdir()
        layers = []
        for kind, content in contents.items():
            digest = hashlib.sha256(content).hexdigest()
            (blobs / f"sha256-{digest}").write_bytes(content)
            layers.append({"mediaType": f"application/vnd.ollama.image.{kind}", "digest": "sha256:" + digest,
                           "size": len(content)})
        manifest.write_text(json.dumps({"layers": layers}))
        return blobs / layers[0]["digest"].replace(":", "-")

    @needs_noise_model
    def test_a_model_of_ollama_is_served_under_its_name(self):
        weights = pathlib.Path(NOISE_MODEL).read_bytes()
        digest = hashlib.sha256(weights).hexdigest()
        blob = self.ollama_model("noise", "1b")
        server = Minionsd(self, model=["--model", "ollama:noise:1b", "--ctx", "512", "--parallel", "1", "--model-threads", "1"])
        listed = json.loads(self.minions("models", *server.trust(), "-o", "json").stdout)["models"]
        self.assertEqual([entry["id"] for entry in listed], ["noise:1b"])
        self.assertEqual(listed[0]["weights_sha256"], digest)
        self.assert_answered(self.minions("ask", "anything", *server.trust()))
        blob.write_bytes(weights[:-1] + b"!")
        self.assertIn("want sha256", self.fails(1, "ollama:noise:1b"))

    def test_what_cannot_be_had_is_said(self):
        self.assertIn(os.environ["HF_ENDPOINT"], self.fails(1, "hf:owner/repo"))
        self.assertIn("want OWNER/REPO", self.fails(2, "hf:owner"))
        self.assertIn("ollama pull absent", self.fails(1, "ollama:absent"))
        hub = Hub(self, b"weights", published=b"other")
        self.set("HF_ENDPOINT", hub.url)
        self.assertIn("want sha256", self.fails(1, "hf:owner/repo"))
        self.assertIn("absent.gguf", self.fails(1, "hf:owner/repo:absent.gguf"))


if __name__ == "__main__":
    main()
