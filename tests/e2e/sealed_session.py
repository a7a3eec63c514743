"""Requests of any kind within one sealed session."""

from programs import *

SEALED_REQUESTS = BIN / "sealed_requests"


class Session:
    """One sealed session, in which requests follow each other."""

    def __init__(self, test, server):
        self.process = subprocess.Popen([SEALED_REQUESTS, server.url, server.attestation_pem], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        test.addCleanup(self.end)
        self._model = None

    def begin(self, path, body=None, **more):
        self.process.stdin.write(json.dumps({"path": path, "body": body, **more}) + "\n")
        self.process.stdin.flush()

    def request(self, path, body=None, **more):
        self.begin(path, body, **more)
        return json.loads(self.process.stdout.readline())

    def chat(self, messages, **fields):
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        reply = self.request("/v1/chat/completions", {"model": self.model(), "messages": messages, **fields})
        assert reply["status"] == 200 and reply["error"] is None, reply
        return {**json.loads(reply["text"]), "seconds": reply["seconds"]}

    def model(self):
        """The first that the server lists."""
        if self._model is None:
            self._model = json.loads(self.request("/v1/models", method="GET")["text"])["data"][0]["id"]
        return self._model

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(PATIENCE_S)
        self.process.stdout.close()


def text_of(completion):
    return completion["choices"][0]["message"]["content"]
