"""A loopback stand-in of the Hub that takes what is pushed to it."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HubServer(ThreadingHTTPServer):
    """Serves the few calls of a push; `files` holds what was pushed, by path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.files: dict[str, bytes] = {}
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class HubHandler(BaseHTTPRequestHandler):
    """Answers as the Hub does."""

    server: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *args) -> None:
        pass

    def answer(self, content: dict, status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = []
        while length := int(self.rfile.readline().strip(), 16):
            parts.append(self.rfile.read(length))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def do_POST(self) -> None:
        body = self.body()
        if self.path == "/api/repos/create":
            name = json.loads(body)["name"]
            self.answer({"url": f"{self.server.url}/acme/{name}", "name": f"acme/{name}"})
        elif self.path == "/api/validate-yaml":
            self.answer({"errors": [], "warnings": []})
        elif "/preupload/" in self.path:
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            self.answer({"files": files})
        elif "/commit/" in self.path:
            for line in body.decode().splitlines():
                entry = json.loads(line)
                if entry["key"] == "file":
                    self.server.files[entry["value"]["path"]] = base64.b64decode(entry["value"]["content"])
            commit = {
                "commitUrl": f"{self.server.url}/acme/run/commit/{'a' * 40}",
                "commitOid": "a" * 40,
                "success": True,
            }
            self.answer(commit)
        else:
            self.answer({"error": f"POST {self.path}"}, 404)

    def do_GET(self) -> None:
        if self.path.startswith("/api/whoami"):
            self.answer({"name": "acme", "type": "user", "auth": {"accessToken": {"role": "write"}}})
        else:
            self.answer({"error": f"GET {self.path}"}, 404)

    do_HEAD = do_GET  # noqa: N815
