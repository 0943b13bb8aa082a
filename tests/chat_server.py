"""A loopback stand-in of an OpenAI-compatible endpoint that answers from a list."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


class ChatServer(ThreadingHTTPServer):
    """Gives each call the next text of `texts`, or status and headers there; for `None` and after the last, 500."""

    def __init__(self, texts: list[str | tuple[int, dict] | None]) -> None:
        super().__init__(("127.0.0.1", 0), ChatHandler)
        self.texts, self.calls, self.counting = texts, [], threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class ChatHandler(BaseHTTPRequestHandler):
    """Answers `chat/completions`."""

    server: ChatServer

    def do_POST(self) -> None:
        call = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.counting:
            self.server.calls.append(call)
            number = len(self.server.calls) - 1
        found = self.server.texts[number] if number < len(self.server.texts) else None
        status, headers = (200, {}) if isinstance(found, str) else found or (500, {})
        text = found if isinstance(found, str) else ""
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        content = {"id": "1", "created": 1, "model": "writer-1", "choices": [choice], "usage": USAGE}
        body = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args) -> None:
        pass
