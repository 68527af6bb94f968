# SPDX-License-Identifier: Apache-2.0
"""A software token (SoftHSM 2) of a test's own, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/softhsm/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
)
MODULE = next((path for path in MODULES if path.exists()), None)
HAVE_SOFTHSM = MODULE is not None and shutil.which("softhsm2-util") is not None
TOKEN, PIN = "proof token", "planted-pin-4711"


def make_token(folder: Path, *labels: str) -> dict[str, str]:
    """Make tokens under ``folder``; the environment in which their module finds them."""
    (folder / "tokens").mkdir(parents=True)
    config = folder / "softhsm2.conf"
    config.write_text(
        f"directories.tokendir = {folder / 'tokens'}\n"
        "objectstore.backend = file\nlog.level = ERROR\n"
    )
    environment = {"SOFTHSM2_CONF": str(config)}
    pins = ("--so-pin", "12345678", "--pin", PIN)
    for label in labels or (TOKEN,):
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, *pins],
            env={**os.environ, **environment},
            check=True,
            capture_output=True,
            timeout=60,
        )
    return environment
