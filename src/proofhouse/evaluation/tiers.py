# SPDX-License-Identifier: Apache-2.0
"""Tiers that are Inspect's own sandbox providers: ``inspect:docker``, ``inspect:k8s`` …

An item that asks for one gets that one: its name is handed to Inspect's registry, and what the
provider needs is looked for first, so that a run that can't have it never begins. Inside, nothing
is ours but the files of the item; what such a sandbox fences is the provider's to say, and
``sandbox.strength`` ranks it by the least it promises.

No engine of theirs belongs to this project's machines, so what is tested here is the choice, the
refusals and the hand-over, with a provider of the test's own; not docker.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version

from proofhouse.errors import PrerequisiteError
from proofhouse.sandbox import check_tier
from proofhouse.sandbox.strength import strength

PREFIX = "inspect:"
_ENGINE = (24, 0, 6)  # what Inspect's docker provider asks for
_SECONDS = 20


def provider_name(tier: str) -> str:
    """Inspect's own name of a tier; empty for a tier of ours."""
    return tier.removeprefix(PREFIX) if tier.startswith(PREFIX) else ""


def check(tier: str) -> None:
    """Raise `InputError` or `PrerequisiteError` unless ``tier`` can be had here."""
    if provider_name(tier):
        check_provider(tier)
    else:
        check_tier(tier)


def check_provider(tier: str) -> None:
    """The same, for a provider of Inspect."""
    row = strength(tier)
    if tier == f"{PREFIX}docker":
        _check_docker(row.remedy)
    elif not _installed(row.package):
        raise PrerequisiteError(
            f"The tier {tier} needs the package {row.package}, which isn't installed.",
            hint=row.remedy,
        )


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def _check_docker(remedy: str) -> None:
    program = shutil.which("docker")
    if program is None:
        raise PrerequisiteError(
            "The tier inspect:docker needs docker, and there is none on the path.", hint=remedy
        )
    told = _ask(program, "version", "--format", "json")
    server = told.get("Server") if isinstance(told, dict) else None
    found = re.match(r"(\d+)\.(\d+)\.(\d+)", str((server or {}).get("Version", "")))
    if found is None:
        raise PrerequisiteError(
            "The tier inspect:docker needs a docker engine, and none answers.", hint=remedy
        )
    if tuple(map(int, found.groups())) < _ENGINE:
        raise PrerequisiteError(f"The docker engine here is {found[0]}, too old.", hint=remedy)
    if not isinstance(_ask(program, "compose", "version", "--format", "json"), dict):
        raise PrerequisiteError("The docker here has no compose.", hint=remedy)


def _ask(*command: str) -> object:
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_SECONDS)
        return json.loads(done.stdout or b"null")
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
