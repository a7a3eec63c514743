"""Pictures for a model inside minionsd: tiny ones with random weights, whose text is noise. One reads pictures whole, as
Gemma 3 does, the other numbers their rows and columns, as Qwen2-VL does."""

import shutil

from png import noise_png, png
from programs import *
from sealed_session import Session, text_of

FOLDER = pathlib.Path(NOISE_MODEL).parent
WHOLE, ROWS = "tiny-random-noise", "tiny-random-noise-rows"


def model_options(name):
    return ["--model", FOLDER / f"{name}.gguf", "--mmproj", FOLDER / f"mmproj-{name}.gguf"]


def picture(*shape):
    url = "data:image/png;base64," + base64.b64encode(noise_png(*shape)).decode()
    return {"type": "image_url", "image_url": {"url": url}}


def text(words):
    return {"type": "text", "text": words}


@needs_vision
class Vision(ProgramsTest):
    def start(self, name, *options, program=BIN / "minionsd"):
        return Minionsd(self, "--ctx", "4096", "--model-threads", "1", "--padding", "off", *options,
                        model=model_options(name), program=program, keys=self.directory / program.parent.name)

    def failed_start(self, *options, program=BIN / "minionsd"):
        run = subprocess.run([program, "--listen", "127.0.0.1:0", *options, "--attest", "simulated",
                              "--attestation-key-path", self.directory / "keys"], capture_output=True, text=True,
                             timeout=PATIENCE_S)
        return run.returncode, run.stderr

    def test_ask_about_a_picture_and_the_statement_has_the_projector(self):
        server = self.start(WHOLE)
        file = self.directory / "photo.png"
        file.write_bytes(noise_png(60, 40, 1))
        run = self.minions("ask", "what is this?", "-f", file, "-o", "json", *server.trust())
        self.assert_answered(run)
        without = self.minions("ask", "what is this?", "-o", "json", *server.trust())
        self.assert_answered(without)
        tokens = lambda of: json.loads(of.stdout)["usage"]["prompt_tokens"]
        self.assertGreaterEqual(tokens(run), tokens(without) + 4)

        sha256 = lambda file: hashlib.sha256((FOLDER / file).read_bytes()).hexdigest()
        pinned = f'[models.weights]\n"{WHOLE}" = "{sha256(WHOLE + ".gguf")}"\n[models.projectors]\n"{WHOLE}" = '
        right = self.write("right.toml", pinned + f'"{sha256(f"mmproj-{WHOLE}.gguf")}"\n')
        wrong = self.write("wrong.toml", pinned + f'"{"0" * 64}"\n')
        self.assert_exit(self.minions("attest", *server.trust(), "--policy", right), 0)
        refused = self.minions("attest", *server.trust(), "--policy", wrong)
        self.assert_exit(refused, 3)
        self.assertIn("models.projectors", refused.stdout + refused.stderr)

    def test_a_conversation_keeps_its_pictures_and_reads_them_once(self):
        for name in (WHOLE, ROWS):
            session, messages, known = Session(self, self.start(name)), [], 0
            for turn in range(4):
                messages.append({"role": "user", "content": [picture(50 + turn, 40, turn), text(f"turn {turn}")]})
                answer = session.chat(messages, max_tokens=8, seed=turn)
                self.assertGreaterEqual(answer["usage"]["prompt_tokens_details"]["cached_tokens"], known)
                known = answer["usage"]["prompt_tokens"]
                messages.append({"role": "assistant", "content": text_of(answer)})

    @needs_llama_server
    def test_the_tokens_are_those_of_llama_server(self):
        for name in (WHOLE, ROWS):
            theirs = LlamaServer(self, *model_options(name))
            ours = Session(self, self.start(name))
            messages = []
            for content in ([text("what is it?"), picture(40, 30, 1)], "and now?",
                            [picture(64, 64, 2), text("compare"), picture(10, 90, 3), text("and tell")],
                            [picture(300, 200, 4)]):
                messages.append({"role": "user", "content": content})
                body = {"messages": messages, "temperature": 0, "seed": 1, "max_tokens": 30}
                expected = theirs.post("/v1/chat/completions", body)
                found = ours.chat(**body)
                self.assertEqual(text_of(found), text_of(expected))
                self.assertEqual(found["usage"], expected["usage"])
                messages.append({"role": "assistant", "content": text_of(expected)})

    def test_what_is_no_picture_is_refused_and_the_session_goes_on(self):
        session = Session(self, self.start(ROWS, "--image-max-tokens", "16"))
        for data in (b"", b"neither fish nor fowl", noise_png(40, 30, 1)[:200]):
            url = "data:image/png;base64," + base64.b64encode(data).decode()
            reply = session.request("/v1/chat/completions", {"messages": [
                {"role": "user", "content": [text("what?"), {"type": "image_url", "image_url": {"url": url}}]}]})
            self.assertEqual(reply["status"], 400)
            self.assertEqual(json.loads(reply["text"])["error"]["param"], "messages[0].content[1]")
        answer = session.chat([{"role": "user", "content": [picture(900, 700, 1)]}], max_tokens=2)
        self.assertLess(answer["usage"]["prompt_tokens"], 100)

    def test_the_log_holds_nothing_of_pictures(self):
        server = self.start(WHOLE, "--log-level", "debug")
        shown = picture(40, 30, 1)
        Session(self, server).chat([{"role": "user", "content": [shown]}], max_tokens=2)
        server.signal(signal.SIGTERM)
        server.process.wait(PATIENCE_S)
        self.assertNotIn(shown["image_url"]["url"][40:80], server.stderr.text())

    def copy_of_minionsd(self):
        copy = self.directory / "bin" / "minionsd"
        copy.parent.mkdir()
        shutil.copy(BIN / "minionsd", copy)
        return copy

    def test_pixels_come_from_the_helper_alone(self):
        black_out = self.copy_of_minionsd().parent / "minions-extract"
        black_out.write_text(f"#!/bin/sh\n{BIN}/minions-extract \"$@\" | /usr/bin/tr '\\000-\\377' '\\000'\n")
        black_out.chmod(0o755)
        ask = lambda session, shown: text_of(session.chat([{"role": "user", "content": [shown]}], temperature=0, max_tokens=20))
        black = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(
            png(40, 30, [bytes(120)] * 30)).decode()}}
        doctored = Session(self, self.start(WHOLE, program=black_out.parent / "minionsd"))
        sound = Session(self, self.start(WHOLE))
        self.assertEqual(ask(doctored, picture(40, 30, 1)), ask(sound, black))
        self.assertNotEqual(ask(sound, picture(40, 30, 1)), ask(sound, black))

    def test_a_fault_of_the_server_is_not_told_as_the_clients(self):
        helper = self.copy_of_minionsd().parent / "minions-extract"
        shutil.copy(BIN / "minions-extract", helper)
        server = self.start(WHOLE, program=helper.parent / "minionsd")
        helper.unlink()
        reply = Session(self, server).request("/v1/chat/completions", {"messages": [
            {"role": "user", "content": [picture(40, 30, 1)]}]})
        self.assertEqual(reply["status"], 500)
        self.assertNotIn(str(self.directory), reply["text"])
        server.wait_logged("picture_not_decoded")

    def test_without_the_sandbox_it_does_not_start(self):
        status, complaint = self.failed_start(*model_options(WHOLE), program=self.copy_of_minionsd())
        self.assertEqual(status, 1)
        self.assertIn("minions-extract", complaint)

    def test_a_projector_that_is_none_is_refused_at_start(self):
        model = model_options(WHOLE)[1]
        for file in (self.directory / "missing.gguf", self.write("text.gguf", "no projector"), model):
            status, complaint = self.failed_start("--model", model, "--mmproj", file)
            self.assertEqual(status, 1)
            self.assertRegex(complaint, rf"(?m)^minionsd: error: .*{pathlib.Path(file).name}: ")

    def test_options_of_pictures_need_a_model_and_a_projector(self):
        status, complaint = self.failed_start("--engine", "extractive", *model_options(WHOLE)[2:])
        self.assertEqual(status, 2)
        self.assertIn("--mmproj goes with --model", complaint)
        status, complaint = self.failed_start(*model_options(WHOLE)[:2], "--image-max-tokens", "50")
        self.assertEqual(status, 2)
        self.assertIn("--image-max-tokens goes with --mmproj", complaint)


if __name__ == "__main__":
    main()
