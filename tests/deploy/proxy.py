"""A real nginx with deploy/nginx.conf, in front of workers."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

CONF = Path(__file__).parents[2] / "deploy/nginx.conf"

IP_HASH = "ip_hash;"
"""The other way to choose a worker that the configuration names."""

MAIN = """
{user}
daemon off;
pid {place}/nginx.pid;
error_log {place}/error.log;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    include {place}/hubbub.conf;
}}
"""


def program() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        pytest.fail("nginx is not installed; `make test` needs it")
    return found


def written(
    place: Path, port: int, workers: Sequence[int], *, balance: str = "least_conn;"
) -> Path:
    """Write the configuration as it is delivered, but for the ports; return the main file.

    Args:
        balance: how nginx chooses a worker; "" is in turns.
    """
    text = CONF.read_text().replace("listen 80;", f"listen 127.0.0.1:{port};")
    for number in range(1, 5):
        line = f"    server 127.0.0.1:{6000 + number} max_fails=1 fail_timeout=2s;\n"
        assert line in text
        own = (
            line.replace(str(6000 + number), str(workers[number - 1]))
            if number <= len(workers)
            else ""
        )
        text = text.replace(line, own)
    assert "    least_conn;\n" in text and f"# {IP_HASH}\n" in text
    text = text.replace("    least_conn;\n", f"    {balance}\n")
    (place / "hubbub.conf").write_text(text)
    main = place / "nginx.conf"
    main.write_text(MAIN.format(place=place, user="user root;" if os.getuid() == 0 else ""))
    return main


@contextmanager
def nginx(main: Path) -> Iterator[None]:
    with (main.parent / "nginx.log").open("w") as log:
        process = subprocess.Popen([program(), "-c", main], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)
