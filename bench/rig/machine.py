"""Name the machine and the versions that a result belongs to."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent


def _first(pattern: str, text: str, default: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip() if found else default


def _said(command: list[str], pattern: str) -> str:
    """Return what a program prints about its version, or "absent"."""
    if shutil.which(command[0]) is None:
        return "absent"
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return _first(pattern, done.stdout + done.stderr, "unknown")


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def describe() -> dict[str, str]:
    """Return the machine: processor, cores, memory, kernel."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    memory_kib = int(_first(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(), "0"))
    return {
        "cpu": _first(r"^model name\s*:\s*(.+)$", cpuinfo, platform.processor() or "unknown"),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory_kib / 1024**2:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "unknown"),
    }


def versions() -> dict[str, str]:
    """Return the versions of everything that is measured, and of what runs it."""
    node: dict[str, str] = json.loads((BENCH / "package.json").read_text())["dependencies"]
    pins = (BENCH / "requirements.txt").read_text()
    return {
        "hubbub": _installed("hubbub"),
        "python": platform.python_version(),
        "uvloop": _installed("uvloop"),
        "node": _said(["node", "--version"], r"v(\S+)"),
        **{f"npm {name}": node[name] for name in ("ws", "socket.io", "bufferutil")},
        "python-socketio": _first(r"^python-socketio==(\S+)", pins, "unknown"),
        "uvicorn of python-socketio": _first(r"^uvicorn==(\S+)", pins, "unknown"),
        "nginx": _said(["nginx", "-v"], r"nginx/(\S+)"),
        "nchan": _said(["dpkg-query", "-W", "-f=${Version}", "libnginx-mod-nchan"], r"^(\S+)$"),
        "gcc": _said(["gcc", "--version"], r"(\d+\.\d+\.\d+)"),
    }


def load_warning() -> str | None:
    """Return a sentence when the machine was busy before the measuring began."""
    load = os.getloadavg()[0]
    if load < 0.5:
        return None
    return f"The machine was not idle when this began (load average {load:.1f})."
