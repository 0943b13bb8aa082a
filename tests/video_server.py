"""A loopback stand-in of an endpoint that draws."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class VideoServer(ThreadingHTTPServer):
    """Gives every call the same `(status, content type, body)`, after a pause; `calls` has what was asked, and how."""

    def __init__(self, status: int, kind: str, body: bytes, pause: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), VideoHandler)
        self.answer, self.pause = (status, kind, body), pause
        self.calls: list[tuple[str, dict, dict]] = []
        self.address = f"127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address) -> None:
        """Be silent about clients that give up."""


class VideoHandler(BaseHTTPRequestHandler):
    """Answers any path; a redirect leads to `/elsewhere`."""

    server: VideoServer

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.calls.append((self.path, {name.lower(): value for name, value in self.headers.items()}, asked))
        time.sleep(self.server.pause)
        status, kind, body = self.server.answer
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        if status in (302, 307):
            self.send_header("location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args) -> None:
        pass
