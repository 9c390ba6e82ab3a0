"""Run PyPI `centrifuge-python`'s own tests against Hubbub.

`python -m tests.conformance.python_sdk` fetches the source of the version that is installed, whose tests
want a server at localhost:8000; only that address is changed in them. `--broker redis` runs them against
two workers on one Redis; there the test of automatic recovery loses a race now and then on a busy machine,
because it does not wait for its first subscription. The source is kept in `.cache/centrifuge-python`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

from tests.docs.served import Served
from tests.servers import RedisServer

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "centrifuge-python"
ADDRESS = "localhost:8000"
WITHIN_S = 120

SETTINGS = """
[tokens]
hmac_secret = "secret"

[access]
personal_channel = true

[inbox]
join_leave = true
push_join_leave = true

[default_namespace]
history_size = 100
history_ttl_s = 300
push_join_leave = true
delta = true
subscribe = "nobody"
publish = "subscribers"
history = "subscribers"
see_presence = "subscribers"

[namespaces.smallhistory]
history_size = 2
history_ttl_s = 300
subscribe = "nobody"
publish = "subscribers"
history = "subscribers"
"""
"""What the `docker-compose.yml` beside the tests says, in our words."""


class Unavailable(Exception):
    """Say why the tests cannot run on this machine."""


def source() -> Path:
    """Return the folder of the SDK's source, after fetching it if it is not there yet. Raises Unavailable."""
    number = version("centrifuge-python")
    folder = CACHE / f"centrifuge_python-{number}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fetch = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            str(CACHE),
        ]
        options = ["--no-build-isolation", "--no-binary=:all:", f"centrifuge-python=={number}"]
        done = subprocess.run([*fetch, *options], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(done.stderr.strip())
        with tarfile.open(f"{folder}.tar.gz") as archive:
            archive.extractall(CACHE, filter="data")
    return folder


def redirected(folder: Path, place: Path, port: int) -> None:
    """Copy the tests to a place, with another address in them."""
    shutil.copytree(folder / "tests", place / "tests")
    for file in (place / "tests").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(ADDRESS, f"127.0.0.1:{port}"), encoding="utf-8")


def main() -> int:
    """Run the tests; return 0 if all pass, 1 if not, 2 where they cannot run."""
    parser = argparse.ArgumentParser(description="Run centrifuge-python's own tests.")
    parser.add_argument("--broker", choices=("memory", "redis"), default="memory")
    parser.add_argument("tests", nargs="*", default=["tests.test_client"])
    options = parser.parse_args()
    try:
        folder = source()
    except Unavailable as reason:
        print(f"the SDK's source cannot be fetched: {reason}", file=sys.stderr)
        return 2
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sdk-")))
        (place / "hubbub.toml").write_text(SETTINGS, encoding="utf-8")
        broker: tuple[str, ...] = ("--broker", "memory://")
        if options.broker == "redis":
            redis = stack.enter_context(RedisServer(place))
            broker = ("--broker", redis.url, "--workers", "2")
        served = stack.enter_context(Served(place, *broker))
        redirected(folder, place, served.port)
        command = [sys.executable, "-m", "unittest", *options.tests]
        try:
            passed = (
                subprocess.run(command, cwd=place, check=False, timeout=WITHIN_S).returncode == 0
            )
        except subprocess.TimeoutExpired:
            passed = False
            print(f"the tests did not end within {WITHIN_S} s", file=sys.stderr)
        if not passed:
            print(served.log(), file=sys.stderr)
        return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
