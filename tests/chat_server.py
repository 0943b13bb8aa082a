"""A loopback stand-in of an OpenAI-compatible endpoint that answers from a list."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


class ChatServer(ThreadingHTTPServer):
    """Gives each call the next text of `texts`; where that is `None`, and after the last, status 500."""

    def __init__(self, texts: list[str | None]) -> None:
        super().__init__(("127.0.0.1", 0), ChatHandler)
        self.texts, self.calls = texts, []
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class ChatHandler(BaseHTTPRequestHandler):
    """Answers `chat/completions`."""

    server: ChatServer

    def do_POST(self) -> None:
        self.server.calls.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        number = len(self.server.calls) - 1
        text = self.server.texts[number] if number < len(self.server.texts) else None
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text or ""}}
        content = {"id": "1", "created": 1, "model": "writer-1", "choices": [choice], "usage": USAGE}
        body = json.dumps(content).encode()
        self.send_response(500 if text is None else 200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args) -> None:
        pass
