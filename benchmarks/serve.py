"""Ten clients at once on `transformers serve`: every answer as given to a client alone, every bad request refused.

Run it from the root of the repository; `pip install -e ".[serve]"` has what the server and the client need.

    python benchmarks/serve.py --seconds 120 --clients 10 --output reports/serve.json

The server is the stock one, on loopback, with the model at the root. Each question of `QUESTIONS` is asked alone at
first, once for each way to send its clip, and must name what is in `words`. Then the clients ask at random, by path,
URL and base64, streaming or not, and every tenth request is a bad one. Answers must equal those given alone, bad
requests must get 4xx and a message, and the server must be up at the end.
"""

import argparse
import base64
import functools
import json
import os
import platform
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path

from openai import APIStatusError, OpenAI


ROOT = Path(__file__).resolve().parent.parent
CLIPS = ROOT / "examples"
CAR, PLANE, SEA = "car_right_to_left_on_white.mp4", "airplane_upwards_on_blue.mp4", "fish_beside_crab_on_yellow.mp4"
# Clips, a question about them, and what the answer must name.
QUESTIONS = [
    ([CAR], "Describe the video.", ("car", "right to left", "white")),
    ([PLANE], "How does it move?", ("upwards",)),
    ([PLANE], "What color is the background?", ("blue",)),
    ([SEA], "Which objects are there?", ("fish", "crab")),
    (["first_cat_then_dog_on_black.mp4"], "What comes first?", ("cat",)),
    ([SEA, CAR], "What color is the background of the second video?", ("white",)),
    ([], "Please draw a video of an airplane moving upwards on a blue background.", ("<video>", "airplane", "blue")),
]
WAYS = ("path", "url", "base64")
PORT = "8000"
COMMAND = f"transformers serve . --trust-remote-code --host 127.0.0.1 --port {PORT}"
BAD = (
    "/etc/passwd",
    "file:///etc/hostname",
    "examples/README.md",
    "data:video/mp4;base64,AAAA",
    "http://127.0.0.1:1/x",
)


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves the example clips, without a line for each."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving_clips() -> Iterator[str]:
    """Serve the example clips over http; gives the address of the folder."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(QuietHandler, directory=str(CLIPS)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def is_up(address: str) -> bool:
    """Ask the server whether it is up."""
    try:
        with urllib.request.urlopen(f"{address}/health", timeout=60) as answer:
            return answer.status == 200
    except urllib.error.URLError:
        return False


@contextmanager
def serving(log: Path, patience: float = 900) -> Iterator[str]:
    """Run `COMMAND` in the root on a free port, offline, with the examples to be read by path; gives its address.

    Raises:
        RuntimeError: If it ends or is not up after `patience` seconds; with the end of its log.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    program, *options = COMMAND.replace(PORT, port).split()
    command = [str(Path(sys.executable).with_name(program)), *options]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "GPT4VIDEO_MEDIA_FOLDERS": "examples"}
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    address, end = f"http://127.0.0.1:{port}", time.monotonic() + patience
    try:
        while not is_up(address):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"`{COMMAND}` is not up: {log.read_text()[-2000:]}")
            time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait()


def write_source(clip: str, way: str, clips_address: str) -> str:
    """Name a clip the given way."""
    if way == "base64":
        return "data:video/mp4;base64," + base64.b64encode((CLIPS / clip).read_bytes()).decode()
    return f"{clips_address}/{clip}" if way == "url" else f"examples/{clip}"


def ask(client: OpenAI, sources: list[str], question: str, stream: bool = False) -> str:
    """Ask about clips and return the answer."""
    content = [{"type": "video_url", "video_url": {"url": source}} for source in sources]
    messages = [{"role": "user", "content": [*content, {"type": "text", "text": question}]}]
    reply = client.chat.completions.create(model=".", messages=messages, stream=stream)
    if not stream:
        return reply.choices[0].message.content
    return "".join(piece.choices[0].delta.content or "" for piece in reply if piece.choices)


def ask_alone(client: OpenAI, clips_address: str) -> list[str]:
    """Ask every question in every way, one at a time.

    Raises:
        RuntimeError: If an answer lacks its words, or differs between ways.
    """
    expected = []
    for clips, question, words in QUESTIONS:
        answers = {
            ask(client, [write_source(clip, way, clips_address) for clip in clips], question, stream)
            for way in (WAYS if clips else WAYS[:1])
            for stream in (False, True)
        }
        if len(answers) != 1 or not all(word in next(iter(answers)).lower() for word in words):
            raise RuntimeError(f"{question!r} about {clips} should name {words}, answers were {answers}.")
        expected += answers
    return expected


def run_client(number: int, address: str, clips_address: str, expected: list[str], end: float) -> dict:
    """Ask at random until `end`, by the monotonic clock; count what went right and wrong."""
    chance, client = random.Random(number), OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
    found = {"answers": 0, "refusals": 0, "seconds": [], "wrong": []}
    while time.monotonic() < end:
        index = chance.randrange(len(QUESTIONS))
        clips, question, _ = QUESTIONS[index]
        bad = chance.choice(BAD) if chance.random() < 0.1 else None
        sources = [bad] if bad else [write_source(clip, chance.choice(WAYS), clips_address) for clip in clips]
        start = time.monotonic()
        try:
            answer = ask(client, sources, question, stream=chance.random() < 0.5)
        except APIStatusError as error:
            if bad and 400 <= error.status_code < 500 and error.body["detail"]:
                found["refusals"] += 1
            else:
                found["wrong"].append(f"{bad or question}: {error}")
            continue
        found["seconds"].append(time.monotonic() - start)
        if answer == expected[index] and not bad:
            found["answers"] += 1
        else:
            found["wrong"].append(f"{bad or question}: {answer}")
    return found


def measure(address: str, seconds: float, clients: int) -> dict:
    """Let the clients ask the server at `address` for some seconds."""
    with serving_clips() as clips_address, ThreadPoolExecutor(clients) as pool:
        expected = ask_alone(OpenAI(base_url=f"{address}/v1", api_key="none"), clips_address)
        end = time.monotonic() + seconds
        jobs = [pool.submit(run_client, number, address, clips_address, expected, end) for number in range(clients)]
        found = [job.result() for job in jobs]
    times = sorted(second for one in found for second in one["seconds"])
    return {
        "clients": clients,
        "seconds": seconds,
        "right_answers": sum(one["answers"] for one in found),
        "refused_bad_requests": sum(one["refusals"] for one in found),
        "wrong": [text for one in found for text in one["wrong"]],
        "up_at_the_end": is_up(address),
        "median_seconds": round(statistics.median(times), 2) if times else None,
        "longest_seconds": round(times[-1], 2) if times else None,
    }


def main() -> int:
    """Measure and write the report; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120, help="how long the clients ask")
    parser.add_argument("--clients", type=int, default=10, help="how many ask at once")
    parser.add_argument("--output", default="reports/serve.json", help="the JSON file to write")
    arguments = parser.parse_args()
    report = {
        "what": "clients of the stock server of transformers, asking at random about the example clips",
        "command": f"python benchmarks/serve.py --seconds {arguments.seconds:g} --clients {arguments.clients}",
        "machine": {"cpus": os.cpu_count(), "processor": platform.machine(), "load_before": os.getloadavg()[0]},
        "versions": {name: version(name) for name in ("transformers", "openai", "fastapi", "uvicorn", "torch")},
    }
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "log") as address:
        report |= measure(address, arguments.seconds, arguments.clients)
    Path(arguments.output).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for text in report["wrong"]:
        print(text)
    print(
        f"{report['clients']} clients for {report['seconds']:g} s: {report['right_answers']} right answers, "
        f"{report['refused_bad_requests']} bad requests refused, {len(report['wrong'])} wrong, "
        f"{'up' if report['up_at_the_end'] else 'down'} at the end"
    )
    return 0 if not report["wrong"] and report["up_at_the_end"] and report["right_answers"] else 1


if __name__ == "__main__":
    sys.exit(main())
