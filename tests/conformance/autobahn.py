"""Judge Hubbub's WebSocket layer by Autobahn's fuzzing client.

`python -m tests.conformance.autobahn` runs the cases 1 to 11 and a spread of 72 of the 216 compression
cases 12 and 13; `--all` runs all 517, which takes about 25 minutes. The suite is Python 2 source, so
a CPython 2.7 is needed; its environment is built once, in `.cache/autobahn`, and used again afterwards.
The suite's own exit code says nothing, so its report is read: OK, NON-STRICT and INFORMATIONAL pass.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from pathlib import Path
from typing import Any

import uvloop

from tests.conformance.echo_server import echo_server

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "autobahn"
VIRTUALENV = "virtualenv==20.21.1"
DEPENDENCIES = """
    setuptools==44.0.0 wheel==0.36.2 txaio==2.1.0 incremental==16.10.1 pyOpenSSL==19.1.0 cryptography==3.3.2
    zope.interface==4.6.0 jinja2==2.11.3 markupsafe==1.1.1 Werkzeug==1.0.1 klein==17.10.0
    service_identity==18.1.0 unittest2==1.1.0 six==1.16.0
"""
SUITE = "Twisted==19.10.0 autobahn==0.10.9 autobahntestsuite==25.10.1 wsaccel==0.6.3"
AGENT = "hubbub"
PASSES = {"OK", "NON-STRICT", "INFORMATIONAL"}
PLAIN_CASES = 301
SPREAD_CASES = 72
ALL_CASES = 517


class Unavailable(Exception):
    """Say why the suite cannot run on this machine."""


def find_python27() -> Path:
    """Return a CPython 2.7 that runs: from the PATH, or one of pyenv's. Raises Unavailable."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = shutil.which("python2.7")
    candidates = sorted(pyenv.glob("versions/2.7*/bin/python2.7"), reverse=True)
    for candidate in ([Path(found)] if found else []) + candidates:
        probe = subprocess.run(
            [candidate, "-c", "import sys; print('%s.%s' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if probe.stdout.strip() == "2.7":
            return candidate
    raise Unavailable(
        "no CPython 2.7 was found, neither on the PATH nor among pyenv's versions; "
        "`pyenv install 2.7.18` makes one"
    )


def environment() -> Path:
    """Return the `wstest` program, after building its environment if it is not there yet."""
    pins = hashlib.sha256(" ".join([VIRTUALENV, DEPENDENCIES, SUITE]).encode()).hexdigest()
    ready, home = CACHE / "ready", CACHE / "env"
    if not (ready.exists() and ready.read_text() == pins):
        python27 = find_python27()
        print(f"building the suite's environment for {python27} in {CACHE} ...", flush=True)
        shutil.rmtree(CACHE, ignore_errors=True)
        venv.create(CACHE / "maker", with_pip=True)
        install = ["install", "--quiet", "--disable-pip-version-check", "--no-warn-script-location"]
        run(CACHE / "maker/bin/python", "-m", "pip", *install, VIRTUALENV)
        run(CACHE / "maker/bin/virtualenv", "--quiet", "--python", python27, home)
        python = home / "bin/python"
        run(python, "-m", "pip", *install, *DEPENDENCIES.split())
        run(python, "-m", "pip", *install, "--no-build-isolation", *SUITE.split())
        ready.write_text(pins)
    return home / "bin/wstest"


def run(*command: str | Path) -> None:
    """Run a step of the build. Raises Unavailable with the end of what it said, where it fails."""
    quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()[-15:]
        raise Unavailable("\n".join([f"{' '.join(map(str, command))} failed:", *said]))


def spread() -> list[str]:
    """Return every third of the compression cases, another third in each of their twelve groups."""
    groups = [f"12.{number}" for number in range(1, 6)] + [f"13.{number}" for number in range(1, 8)]
    return [
        f"{group}.{case}"
        for index, group in enumerate(groups)
        for case in range(1, 19)
        if (case + index) % 3 == 0
    ]


def specification(port: int, cases: list[str], reports: Path) -> dict[str, Any]:
    """Return what the fuzzing client wants to know."""
    return {
        "outdir": str(reports),
        "servers": [{"agent": AGENT, "url": f"ws://127.0.0.1:{port}/"}],
        "cases": cases,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    }


def judge(index: dict[str, dict[str, Any]], expected: int) -> bool:
    """Print the result of each group and every exception; return whether all passed."""
    groups: dict[str, Counter[str]] = {}
    exceptions = []
    for case in sorted(index, key=lambda name: [int(part) for part in name.split(".")]):
        verdict, closing = index[case]["behavior"], index[case]["behaviorClose"]
        groups.setdefault(case.split(".", maxsplit=1)[0], Counter())[verdict] += 1
        if not {verdict, closing} <= PASSES:
            exceptions.append(f"  {case}: {verdict}, closing {closing}")
    for group, counts in groups.items():
        print(
            f"{group:>4}.*  {', '.join(f'{n} {verdict}' for verdict, n in sorted(counts.items()))}"
        )
    if len(index) != expected:
        exceptions.append(f"  {len(index)} cases were reported, and {expected} should have been")
    print("\n".join(["exceptions:", *exceptions]) if exceptions else f"all {expected} cases pass")
    return not exceptions


async def fuzz(wstest: Path, cases: list[str], reports: Path) -> None:
    """Let the fuzzing client loose on an echo server of this process."""
    async with echo_server() as port:
        with tempfile.TemporaryDirectory() as scratch:
            spec, log = Path(scratch) / "spec.json", reports / "wstest.log"
            spec.write_text(json.dumps(specification(port, cases, reports)))
            with log.open("wb") as output:
                process = await asyncio.create_subprocess_exec(
                    wstest,
                    "-m",
                    "fuzzingclient",
                    "-s",
                    spec,
                    stdout=output,
                    stderr=output,
                    cwd=scratch,
                )
                try:
                    await process.wait()
                finally:
                    if process.returncode is None:
                        process.kill()
                        await process.wait()


def main() -> int:
    """Run the suite; return 0 if every case passes, 1 if not, 2 where it cannot run."""
    parser = argparse.ArgumentParser(description="Judge Hubbub's WebSocket layer by Autobahn.")
    parser.add_argument("--all", action="store_true", help="all 517 cases (about 25 minutes)")
    parser.add_argument("--cases", nargs="+", help="these only, such as 6.4.* or 9.1.6")
    options = parser.parse_args()
    cases = options.cases or ["*"] if options.all or options.cases else None
    expected = ALL_CASES if options.all else PLAIN_CASES + SPREAD_CASES
    try:
        wstest = environment()
    except Unavailable as reason:
        print(f"Autobahn cannot run: {reason}", file=sys.stderr)
        return 2
    chosen = cases or [*(f"{group}.*" for group in range(1, 12)), *spread()]
    with tempfile.TemporaryDirectory(prefix="reports-", dir=CACHE) as directory:
        reports = Path(directory)
        uvloop.run(fuzz(wstest, chosen, reports))
        report = reports / "index.json"
        if not report.exists():
            print("Autobahn wrote no report; its last words:", file=sys.stderr)
            print((reports / "wstest.log").read_text()[-2000:], file=sys.stderr)
            return 1
        index = json.loads(report.read_text())[AGENT]
        kept = CACHE / ("all" if options.all else "daily")
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(reports, kept)
        return 0 if judge(index, len(index) if options.cases else expected) else 1


if __name__ == "__main__":
    sys.exit(main())
