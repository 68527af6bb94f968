# SPDX-License-Identifier: Apache-2.0
"""How the program and its files are named, so that a line can be pasted back into the shell.

shown(Path("/srv/home/reviews/9f86/bundle.json"))     reviews/9f86/bundle.json, in /srv/home
command("verify", path)                               .venv/bin/proofhouse verify reviews/…
"""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path


def shown(path: Path) -> str:
    """``path`` from where the user stands if it lies below, else as it is."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def program() -> str:
    """The program as it was started: by its bare name only if the shell finds this one so."""
    started = Path(sys.argv[0])
    found = shutil.which("proofhouse")
    if started.name != "proofhouse" or not started.exists():
        return "proofhouse"
    if found is not None and Path(found).resolve() == started.resolve():
        return "proofhouse"
    return shown(started.absolute())


def command(*arguments: str | Path) -> str:
    """A line that runs the program again with ``arguments``, quoted for the shell."""
    words = [shown(word) if isinstance(word, Path) else word for word in arguments]
    return shlex.join([program(), *words])
