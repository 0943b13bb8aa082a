"""A loopback stand-in of an OpenAI-compatible endpoint that answers from a list."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


class ChatServer(ThreadingHTTPServer):
    """Gives each call the next of `texts`: a text, a status with headers, or bytes as they are.

    For `None` and after the last it gives 500, for a number nothing for so many seconds.
    """

    def __init__(self, texts: list[str | bytes | float | tuple[int, dict] | None]) -> None:
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
        if isinstance(found, float):
            time.sleep(found)
        status, headers = found if isinstance(found, tuple) else (200 if found is not None else 500, {})
        text = found if isinstance(found, str) else ""
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        content = {"id": "1", "created": 1, "model": "writer-1", "choices": [choice], "usage": USAGE}
        body = found if isinstance(found, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args) -> None:
        pass
