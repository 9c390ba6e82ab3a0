"""Build the web pages into the package when a distribution is made and Node is there.

An editable install skips this: `make install` builds the pages itself, and without Node the server shows
its plain fallback page.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebBuildHook(BuildHookInterface):  # type: ignore[type-arg,misc,unused-ignore]
    """Run the web build before hatchling collects the files."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002,ANN401,RUF100
        """Build `web/` into `src/hubbub/web/static`, unless that cannot or need not be done."""
        web = Path(self.root, "web")
        if version == "editable" or not (web / "package-lock.json").exists():
            return
        npm = shutil.which("npm")
        if npm is None:
            self.app.display_warning("Node is not installed: the plain fallback page is packaged")
            return
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, "--prefix", str(web), *command], check=True)
