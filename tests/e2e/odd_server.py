"""A model server whose replies a test writes to the byte, and the pieces that they are made of."""

import re

from programs import *

USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


def delta(text=None, finish=None, **members):
    return {"choices": [{"index": 0, "delta": {**({} if text is None else {"content": text}), **members},
                         "finish_reason": finish}]}


def event(value):
    text = value if isinstance(value, str) else json.dumps(value)
    return b"data: " + text.encode("utf-8", "surrogatepass") + b"\n\n"


def stream(*events, end=b"data: [DONE]\n\n"):
    return b"".join(one if isinstance(one, bytes) else event(one) for one in events) + end


class OddServer(ModelServer):
    """A model server whose reply is the one that the question names: `CASE:name`. A reply is the body of a stream, or
    (status, type, body), or a function of the handler's chunk. What a supervisor is asked in a run has the case in the
    task, so that the reply is the same there."""

    def __init__(self, test, replies):
        super().__init__(test)
        self.replies = replies
        outer = self

        def do_POST(handler):
            body = handler.rfile.read(int(handler.headers["Content-Length"]))
            outer.bodies.append(body)
            outer.encodings.append(handler.headers.get("Accept-Encoding"))
            reply = outer.replies[re.findall(rb"CASE:([a-z0-9_]+)", body)[-1].decode()]
            status, kind, content, headers = 200, "text/event-stream", reply, {}
            if isinstance(reply, tuple):
                status, kind, content = reply[:3]
                headers = reply[3] if len(reply) > 3 else {}
            if callable(content):
                status, kind, content, headers = content(json.loads(body), handler)
            handler.send_response(status)
            handler.send_header("Content-Type", kind)
            for name, value in headers.items():
                handler.send_header(name, value)
            if callable(content):
                handler.send_header("Transfer-Encoding", "chunked")
                handler.end_headers()
                try:
                    content(handler.chunk)
                except OSError:
                    outer.broken_off.set()
                    handler.close_connection = True
                return
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)

        self.encodings = []
        self._server.RequestHandlerClass.do_POST = do_POST


__all__ = [name for name in dir() if not name.startswith("_")]
