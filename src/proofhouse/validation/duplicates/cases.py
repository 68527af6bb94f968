# SPDX-License-Identifier: Apache-2.0
"""Reads a folder of cases, each with a proof and a patch, for the matrix of `judge`.

    cases/heron-1/case.json     {"build": "make", "run": "./heron {proof}"}
    cases/heron-1/source/       the project before the patch
    cases/heron-1/proof/        inputs that show the flaw, at most 3 are run
    cases/heron-1/patch.diff    or else good/1.patch
    cases/heron-1/benign/       optional: inputs whose answers a fix leaves alone, at most 3 are run

``expectClass`` and ``expectFunction`` may stand in case.json; ``"oracle": "exit"`` without a class
is status 99, or a crash. Options of a sanitizer before the run command are left out: the sandbox
sets its own. Folders whose names begin with a dot are no cases.

Everything read is hostile: sizes are bounded, and a link may not lead out of the folder of its case
or of the cases. A case that can't be read is an `Excluded` with its reason, never skipped silently.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofhouse.errors import InputError, ProofhouseError
from proofhouse.validation.commands import check_run
from proofhouse.validation.hints import tricks
from proofhouse.validation.patches import MOST_BYTES as MOST_PATCH
from proofhouse.validation.patches import Patch, parse
from proofhouse.validation.program import MOST_PROOF
from proofhouse.validation.reproduce import check_expected
from proofhouse.validation.sources import Tree, read_source

MOST_CASES = 64
MOST_INPUTS = 3
"""Proofs, and benign inputs, of a case that are run: the first by name."""

_MOST_JSON = 64 << 10
_OPTIONS = re.compile(r"^(?:[AUMTL]+SAN_OPTIONS=[\w=:/.-]*\s+)+")
_TEXTS = ("build", "run", "expectClass", "expectFunction", "oracle")


@dataclass(frozen=True)
class Case:
    """A report with both: what shows the flaw and what is said to fix it."""

    name: str
    source: Tree
    digest: str
    """Of the source, as `Tree.digest`."""
    build: str
    run: str
    proofs: tuple[bytes, ...]
    patch: Patch
    benign: tuple[bytes, ...] = ()
    expect_class: str = ""
    expect_function: str = ""
    guessed: bool = False
    """Whether the class is only the custom of status 99, and another crash is as good."""
    distrust: str = ""
    """Why the patch is not believed whatever it stops; "" if its text gives no cause."""


@dataclass(frozen=True)
class Excluded:
    """What is out of the judgement: ``part`` is ``case`` (all of it) or ``patch`` (its row)."""

    case: str
    part: str
    reason: str


def read_cases(folder: Path) -> tuple[tuple[Case, ...], tuple[Excluded, ...]]:
    """The cases of a folder in the order of their names, and those that can't be read.

    Raises InputError for no such folder, one without a case, or more than `MOST_CASES`.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.", hint="It holds one folder a case.")
    inside = (path for path in folder.iterdir() if not path.name.startswith("."))
    found = sorted(path for path in inside if path.is_dir())
    if not found:
        raise InputError(f"There is no case in {folder}.", hint="A case is a folder.")
    if len(found) > MOST_CASES:
        raise InputError(
            f"There are {len(found)} cases in {folder}.",
            hint=f"At most {MOST_CASES} are judged at once; choose those that text can't settle.",
        )
    cases, out = [], []
    trees: dict[str, Tree] = {}
    for path in found:
        name = plain(path.name)
        try:
            cases.append(_case(path, name, folder, trees))
        except ProofhouseError as error:
            out.append(Excluded(name, "case", f"{error.message} {error.hint}".strip()))
        except OSError as error:
            out.append(Excluded(name, "case", f"It can't be read: {error.strerror}."))
    return tuple(cases), tuple(out)


def plain(name: str) -> str:
    """``name`` without anything that a terminal would obey."""
    return "".join(c if c.isprintable() else "�" for c in name[:80])


def _case(path: Path, name: str, folder: Path, trees: dict[str, Tree]) -> Case:
    about = _about(_inside(path / "case.json", path, folder))
    run = check_run(_OPTIONS.sub("", about["run"]))
    proofs = _inputs(path / "proof", path, folder)
    if not proofs:
        raise InputError("There is no proof.", hint="A file in proof/.")
    patch = parse(_patch(path, folder))
    tree = read_source(_inside(path / "source", path, folder))
    digest = tree.digest
    trick = next(iter(tricks(patch)), None)
    expect = about["expectClass"] or ("exit-99" if about["oracle"] == "exit" else "")
    return Case(
        name,
        trees.setdefault(digest, tree),
        digest,
        about["build"],
        run,
        proofs,
        patch,
        _inputs(path / "benign", path, folder),
        check_expected(expect),
        about["expectFunction"],
        bool(expect) and not about["expectClass"],
        f"A line of the patch {trick.why}: {trick.line}" if trick else "",
    )


def _inside(path: Path, *folders: Path) -> Path:
    """``path`` if it is, links followed, below one of the folders."""
    where = path.resolve()
    if not any(where.is_relative_to(folder.resolve()) for folder in folders):
        raise InputError(f"{plain(path.name)} leads out of the case.")
    return path


def _bytes(path: Path, most: int) -> bytes:
    if not path.is_file():
        raise InputError(f"There is no file {plain(path.name)}.")
    with path.open("rb") as held:
        data = held.read(most + 1)
    if len(data) > most:
        raise InputError(f"{plain(path.name)} is longer than {most:,} bytes.")
    return data


def _about(path: Path) -> Mapping[str, str]:
    try:
        about: Any = json.loads(_bytes(path, _MOST_JSON))
    except (ValueError, RecursionError):
        raise InputError("case.json is not JSON.") from None
    if not isinstance(about, dict):
        raise InputError("case.json is not an object.")
    texts = {name: about.get(name, "") for name in _TEXTS}
    for name, value in texts.items():
        if not isinstance(value, str) or "\0" in value:
            raise InputError(f"{name} in case.json is not text.")
    return texts


def _patch(path: Path, folder: Path) -> bytes:
    for name in ("patch.diff", "good/1.patch"):
        if (path / name).exists():
            return _bytes(_inside(path / name, path, folder), MOST_PATCH)
    raise InputError("There is no patch.", hint="patch.diff, or good/1.patch.")


def _inputs(where: Path, path: Path, folder: Path) -> tuple[bytes, ...]:
    """The first files by name; () without such a folder."""
    if not where.is_dir():
        return ()
    files = sorted(p for p in _inside(where, path, folder).iterdir() if p.is_file())
    return tuple(_bytes(_inside(p, path, folder), MOST_PROOF) for p in files[:MOST_INPUTS])
