"""A loopback stand-in of the Hub: takes what is pushed to it and hands it out again."""

import base64
import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlparse


class HubServer(ThreadingHTTPServer):
    """Serves the calls of a push and of a download for one repository.

    `files` holds what was committed, by path, `commits` the paths of each commit, `branches` what was asked for beside
    `main`. Weights come as LFS objects, all else within the commit, as on the Hub. `refuse` maps a part of a path to
    the status that calls with it get.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.files: dict[str, bytes] = {}
        self.objects: dict[str, bytes] = {}
        self.commits: list[list[str]] = []
        self.branches: list[str] = []
        self.repo_id, self.private = "", False
        self.refuse: dict[str, int] = {}
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def sha(self) -> str:
        """The name of the last commit."""
        return hashlib.sha1(json.dumps(self.commits).encode()).hexdigest()


class HubHandler(BaseHTTPRequestHandler):
    """Answers as the Hub does."""

    server: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *args) -> None:
        pass

    def answer(self, content: object, status: int = 200, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
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

    def is_refused(self) -> bool:
        """Answer with the status of `refuse`, if one is set for this path."""
        status = next((status for part, status in self.server.refuse.items() if part in self.path), None)
        if status:
            self.answer({"error": "not for you"}, status)
        return status is not None

    def do_POST(self) -> None:
        server, body = self.server, self.body()
        if self.is_refused():
            return
        if self.path == "/api/repos/create":
            asked = json.loads(body)
            is_known = bool(server.repo_id)
            server.repo_id = f"{asked.get('organization') or 'acme'}/{asked['name']}"
            server.private = server.private if is_known else asked.get("visibility") == "private"
            url = {"url": f"{server.url}/{server.repo_id}", "name": server.repo_id}
            self.answer(url, 409 if is_known else 200)
        elif self.path == "/api/validate-yaml":
            self.answer({"errors": [], "warnings": []})
        elif "/preupload/" in self.path:
            names = [file["path"] for file in json.loads(body)["files"]]
            modes = {name: "lfs" if name.endswith(".safetensors") else "regular" for name in names}
            files = [{"path": name, "uploadMode": mode, "shouldIgnore": False} for name, mode in modes.items()]
            self.answer({"files": files})
        elif self.path.endswith("/info/lfs/objects/batch"):
            upload = {
                entry["oid"]: {"upload": {"href": f"{server.url}/upload/{entry['oid']}", "header": {}}}
                for entry in json.loads(body)["objects"]
            }
            sizes = {entry["oid"]: entry["size"] for entry in json.loads(body)["objects"]}
            objects = [{"oid": oid, "size": sizes[oid], "actions": actions} for oid, actions in upload.items()]
            self.answer({"transfer": "basic", "objects": objects})
        elif "/branch/" in self.path:
            server.branches.append(unquote(self.path.partition("/branch/")[2]))
            self.answer({})
        elif "/commit/" in self.path:
            self.commit([json.loads(line) for line in body.decode().splitlines()])
        else:
            self.answer({"error": f"POST {self.path}"}, 404)

    def commit(self, entries: list[dict]) -> None:
        """Take a commit as a whole, or refuse it: if it was made for another state, or an object never came."""
        server = self.server
        values = [(entry["key"], entry["value"]) for entry in entries]
        parents = [value.get("parentCommit") for key, value in values if key == "header"]
        if any(parent not in (None, server.sha) for parent in parents):
            self.answer({"error": "the branch has moved"}, 412)
            return
        files = {value["path"]: base64.b64decode(value["content"]) for key, value in values if key == "file"}
        files |= {value["path"]: server.objects[value["oid"]] for key, value in values if key == "lfsFile"}
        for key, value in values:
            if key == "deletedFile":
                del server.files[value["path"]]
        server.files |= files
        server.commits.append([value["path"] for key, value in values if key != "header"])
        url = f"{server.url}/{server.repo_id}/commit/{server.sha}"
        self.answer({"commitUrl": url, "commitOid": server.sha, "success": True})

    def do_PUT(self) -> None:
        body = self.body()
        if not self.is_refused():
            self.server.objects[hashlib.sha256(body).hexdigest()] = body
            self.answer({})

    def do_GET(self) -> None:
        server, path = self.server, urlparse(self.path).path
        model, file = f"/api/models/{server.repo_id}", f"/{server.repo_id}/resolve/"
        name = unquote(path.removeprefix(file).partition("/")[2]) if path.startswith(file) else None
        if self.is_refused():
            return
        if path == "/api/whoami-v2":
            self.answer({"name": "acme", "type": "user", "auth": {"accessToken": {"role": "write"}}})
        elif re.fullmatch(rf"{model}/tree/[^/]+", path):
            entries = [
                {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                for name, content in server.files.items()
            ]
            self.answer(entries)
        elif re.fullmatch(rf"{model}(/revision/[^/]+)?", path):
            siblings = [{"rfilename": name} for name in server.files]
            info = {"id": server.repo_id, "sha": server.sha, "private": server.private, "siblings": siblings}
            self.answer(info)
        elif name in server.files:
            content = server.files[name]
            etag = f'"{hashlib.sha256(content).hexdigest()}"'
            self.answer(content, X_Repo_Commit=server.sha, ETag=etag, content_type="application/octet-stream")
        else:
            self.answer({"error": f"GET {path}"}, 404, X_Error_Code="EntryNotFound")

    do_HEAD = do_GET  # noqa: N815
