"""Try the doors to the model, each by its command, and note in `reports/doors.json` what came of it.

Run it from the root of the repository. Entries of other doors stay as they are.

    python benchmarks/doors.py pipeline serve vllm
    python benchmarks/doors.py lmms_eval  # by the Python of an environment with lmms-eval
"""

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path


ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "reports" / "doors.json"
# What is tried, and by which command.
DOORS = {
    "pipeline": ("the library's own pipelines", "python -m pytest -q -m '' tests/test_doors_pipeline.py"),
    "serve": ("the stock server", "python benchmarks/serve.py --seconds 120 --clients 10"),
    "vllm": ("the steps of vLLM's back end, not vLLM itself", "python -m pytest -q -m '' tests/test_doors_vllm.py"),
    "lmms_eval": ("the command of the README", "python -m pytest -q -m '' tests/test_doors_lmms_eval.py"),
}


def try_door(what: str, command: str) -> dict:
    """Run the command of a door; it is open if that ends well, and the last line that it writes is its result."""
    words = [sys.executable if word == "python" else word for word in shlex.split(command)]
    run = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    result = next((line for line in reversed(run.stdout.splitlines()) if line.strip()), "")
    # A test that was skipped tried nothing.
    return {
        "ok": run.returncode == 0 and "skipped" not in result,
        "tried": f"{what}: {command}",
        "result": result,
    }


def main() -> int:
    """Try the doors that were named; 1 if one is shut."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("doors", nargs="+", choices=DOORS, help="which ones")
    report = json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.exists() else {}
    doors = parser.parse_args().doors
    for name in doors:
        report[name] = try_door(*DOORS[name])
        print(f"{name}: {json.dumps(report[name])}")
        REPORT.write_text(json.dumps(report, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return 0 if all(report[name]["ok"] for name in doors) else 1


if __name__ == "__main__":
    sys.exit(main())
