"""The models of a run as the tests play them: a supervisor by script, and a worker of Ollama's shape."""

from programs import *


def asks(message):
    return json.dumps({"reasoning": "one step", "message": message})


def answers(text):
    return json.dumps({"decision": "provide_final_answer", "message": None, "answer": text})


def asks_more(message):
    return json.dumps({"decision": "request_additional_info", "message": message, "answer": None})


class ScriptedSupervisor(ModelServer):
    """A model server whose completions are the given texts, one after the other; the last one stays."""

    def __init__(self, test, texts):
        super().__init__(test)
        self.texts = list(texts)

    def stream(self, chunk):
        self.pieces = [self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]]
        super().stream(chunk)


class Ollama:
    """Ollama's two paths that a worker needs. Answers are the given texts, one after the other; error:TEXT is an error line
    under 200, die: ends the connection in the middle of the answer, elsewhere: says that another machine answered."""

    def __init__(self, test, answers, show=None, names=(), busy=0, byte_by_byte=False):
        self.bodies = []
        self.busy = busy  # times that 429 is answered first
        outer = self
        answers = list(answers)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, body):
                self.send_response(200)
                self.send_header("Content-Type", "application/x-ndjson")
                if not byte_by_byte:
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    return self.wfile.write(body)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for byte in body:
                    self.wfile.write(b"1\r\n" + bytes([byte]) + b"\r\n")
                return self.wfile.write(b"0\r\n\r\n")

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path == "/api/show":
                    return self.reply(json.dumps(show or {"model_info": {"llama.context_length": 131072}}).encode())
                outer.bodies.append(request)
                if outer.busy > 0:
                    outer.busy -= 1
                    self.send_response(429)
                    self.send_header("Retry-After", "1")
                    self.send_header("Content-Length", "2")
                    self.end_headers()
                    return self.wfile.write(b"{}")
                if "format" in request:
                    asked = request["messages"][-1]["content"]
                    text = json.dumps({"names": [name for name in names if name in asked]})
                else:
                    text = answers.pop(0) if len(answers) > 1 else answers[0]
                if text.startswith("error:"):
                    return self.reply(json.dumps({"error": text[6:]}).encode() + b"\n")
                half = len(text) // 2
                if text == "die:":
                    self.send_response(200)
                    self.send_header("Content-Length", "1000")
                    self.end_headers()
                    self.wfile.write(json.dumps({"message": {"content": "It sa"}, "done": False}).encode() + b"\n")
                    self.close_connection = True
                    return None
                more = {"remote_host": "https://ollama.com:443"} if text == "elsewhere:" else {}
                lines = [{**more, "message": {"role": "assistant", "content": text[:half]}, "done": False},
                         {"message": {"role": "assistant", "content": text[half:]}, "done": False},
                         {"message": {"content": ""}, "done": True, "done_reason": "stop", "prompt_eval_count": 4000,
                          "eval_count": 20}]
                self.reply("".join(json.dumps(line) + "\n" for line in lines).encode())

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        test.addCleanup(self._server.server_close)
        test.addCleanup(self._server.shutdown)
        self.worker = f"ollama:http://127.0.0.1:{self._server.server_port}#llama3.2"
