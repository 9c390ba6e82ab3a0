"""The other files to start from are what they claim to be."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from hubbub.config import load

DEPLOY = Path(__file__).parents[2] / "deploy"
KEYS = {
    "HUBBUB_API_KEYS": "a-key-of-this-test",
    "HUBBUB_TOKENS__HMAC_SECRET": "a-secret-of-this-test-and-of-nothing-else",
}


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


def test_compose_starts_a_server_with_settings_that_are_right() -> None:
    [compose] = documents("compose.yaml")
    service = compose["services"]["hubbub"]
    environment = {name: KEYS.get(name, value) for name, value in service["environment"].items()}
    loaded = load(None, environment, {"workers": "auto"})
    assert loaded.warnings == ()
    assert (loaded.settings.host, loaded.settings.open) == ("0.0.0.0", False)
    assert float(service["stop_grace_period"].removesuffix("s")) > loaded.settings.drain_s + 20
    assert set(service["depends_on"]) <= set(compose["services"])
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


def service_links(service: dict[str, Any]) -> dict[str, str]:
    """Return variables that pods are given about a Service, unless they do not want them."""
    name = service["metadata"]["name"].upper()
    return {f"{name}_PORT": "tcp://10.96.0.7:80", f"{name}_SERVICE_HOST": "10.96.0.7"}


def test_kubernetes_starts_a_server_with_settings_that_are_right(tmp_path: Path) -> None:
    by_kind = {each["kind"]: each for each in documents("kubernetes.yaml")}
    assert set(by_kind) == {"ConfigMap", "Deployment", "Service", "PodDisruptionBudget"}
    file = tmp_path / "hubbub.toml"
    file.write_text(by_kind["ConfigMap"]["data"]["hubbub.toml"])
    pod = by_kind["Deployment"]["spec"]["template"]
    [container] = pod["spec"]["containers"]
    names = {each["name"] for each in container["env"]}
    assert names == {*KEYS, "HUBBUB_BROKER"}
    links = service_links(by_kind["Service"]) if pod["spec"].get("enableServiceLinks", True) else {}
    loaded = load(file, {**KEYS, **links, "HUBBUB_BROKER": "redis://redis:6379/0"})
    assert loaded.warnings == ()
    assert not loaded.settings.open
    assert loaded.settings.listener.trusted_proxies
    assert pod["spec"]["terminationGracePeriodSeconds"] >= 5 + loaded.settings.drain_s + 20
    [port] = container["ports"]
    assert port["containerPort"] == loaded.settings.port
    for probe in ("readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["port"] == port["name"]
    labels = pod["metadata"]["labels"]
    assert by_kind["Service"]["spec"]["selector"] == labels
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert by_kind[kind]["spec"]["selector"]["matchLabels"] == labels


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    text = (DEPLOY / "hubbub.service").read_text()
    command = re.search(r"^ExecStart=\S+ (.*)$", text, re.MULTILINE)
    assert command is not None
    verify = shutil.which("systemd-analyze")
    if verify is None:
        return  # nothing else knows units; a machine without systemd has no use for one either
    unit = tmp_path / "hubbub.service"
    unit.write_text(text.replace("/opt/hubbub/.venv/bin/hubbub", sys.executable))
    done = subprocess.run([verify, "verify", unit], capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("source", ["requirements/run.txt", "requirements/build.txt", "web", "src"])
def test_the_image_is_made_of_what_is_there(source: str) -> None:
    assert source.split("/", maxsplit=1)[0] in (DEPLOY / "Dockerfile").read_text()
    assert (DEPLOY.parent / source).exists()
