"""Make ready what the bench needs: the C tools, the Node peers, the Python peer."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from bench.rig.machine import BENCH, ROOT

CACHE = ROOT / ".cache" / "bench"


class Unavailable(Exception):
    """Say in a sentence why something cannot be measured on this machine."""


def _run(command: list[str], directory: Path, what: str) -> None:
    done = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise Unavailable(f"{what} failed: {last}")


def _need(program: str, advice: str) -> str:
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if found is None:
        raise Unavailable(f"`{program}` is not installed; {advice}")
    return found


def tool(name: str) -> Path:
    """Compile bench/<name>.c unless it was since its last change; return the program."""
    source, program = BENCH / f"{name}.c", CACHE / name
    if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
        return program
    compiler = _need("gcc", "install gcc and libc6-dev")
    CACHE.mkdir(parents=True, exist_ok=True)
    fresh = program.with_suffix(f".{os.getpid()}")
    _run([compiler, "-O2", "-Wall", "-o", str(fresh), str(source)], BENCH, f"compiling {name}.c")
    return fresh.replace(program)


def _stale(stamp: Path, lock: Path) -> str | None:
    """Return the mark to write when what `stamp` stands for was not made from `lock`."""
    mark = hashlib.sha256(lock.read_bytes()).hexdigest()
    return None if stamp.exists() and stamp.read_text() == mark else mark


def node() -> str:
    """Install the Node peers at their locked versions; return the program that runs them."""
    program = _need("node", "install nodejs to measure the Node servers")
    stamp = BENCH / "node_modules" / ".hubbub-bench"
    if mark := _stale(stamp, BENCH / "package-lock.json"):
        npm = _need("npm", "install npm to measure the Node servers")
        _run([npm, "ci", "--no-audit", "--no-fund"], BENCH, "`npm ci` in bench/")
        stamp.write_text(mark)
    return program


def python() -> str:
    """Install the Python peer at its pinned versions in a venv; return that venv's interpreter."""
    home = CACHE / "python"
    interpreter, stamp = home / "bin" / "python", home / ".hubbub-bench"
    pins = BENCH / "requirements.txt"
    if mark := _stale(stamp, pins):
        venv.create(home, with_pip=True, clear=True)
        _run([str(interpreter), "-m", "pip", "install", "-q", "-r", str(pins)], BENCH, "pip")
        stamp.write_text(mark)
    return str(interpreter)


def nginx() -> str:
    """Return the nginx program, when its nchan module is there too."""
    program = _need("nginx", "install nginx and libnginx-mod-nchan to measure nchan")
    if not Path("/usr/lib/nginx/modules/ngx_nchan_module.so").exists():
        raise Unavailable("nginx has no nchan module; install libnginx-mod-nchan")
    return program


def redis() -> str:
    """Return the program that joins the nodes."""
    return _need("redis-server", "install redis-server to measure several nodes")


def hubbub() -> str:
    """Return the interpreter that runs Hubbub: the one that runs this."""
    return sys.executable
