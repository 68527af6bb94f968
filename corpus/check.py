# SPDX-License-Identifier: Apache-2.0
"""Check that every case of the corpus is what it says it is, and print a table.

For each case, in a temporary copy of its `source/`:

* it builds; every proof triggers the flaw, three times of three; no benign input does;
* the public tests pass;
* each good patch applies and builds, stops every proof, leaves the benign inputs alone, and passes
  the public and the hidden tests;
* each bad patch applies and builds, and fails the hidden tests or falls to another proof in
  `hidden/` (files named `proof*`).

    python3 corpus/check.py            # every case
    python3 corpus/check.py a03 b      # those whose names begin so

Standard library only; needs cc, make, patch and python3. Ends with status 1 if anything is not so.
"Triggers" means: a report of AddressSanitizer or UndefinedBehaviorSanitizer, or death by a signal
(oracle `sanitizer`), or exit status 99 (oracle `exit`). The cases are toys written for this
corpus; they are run as they are, without a sandbox.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).resolve().parent
RUNS = 3
SECONDS = 60
FORBIDDEN = 99
REPORT = re.compile(
    rb"ERROR: (?:Address|Leak)Sanitizer|AddressSanitizer:|runtime error:|UndefinedBehavior"
)
KEYS = frozenset(
    ("name", "language", "class", "function", "flaw", "build", "run", "test", "author", "oracle")
)
KINDS = (
    "breaks-neighbour",
    "disables-feature",
    "exits-early",
    "moves-overflow",
    "off-by-one",
    "one-of-two-paths",
    "shrinks-limit",
    "special-cases-proof",
    "swallows-error",
)


@dataclass(frozen=True)
class Outcome:
    """How one command ended: its status (negative: a signal) and what it wrote to stderr."""

    status: int
    errors: bytes


@dataclass(frozen=True)
class Row:
    """One case's line of the table, and what is wrong with it."""

    name: str
    cells: tuple[str, ...]
    faults: tuple[str, ...]


def command(text: str, folder: Path, given: Path | None = None) -> Outcome:
    """Run a shell command in a folder, with an input as `{proof}` or else as its stdin."""
    environment = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
    environment |= {
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    data = b""
    if given is not None:
        data = b"" if "{proof}" in text else given.read_bytes()
        text = text.replace("{proof}", f"'{given}'")
    try:
        ended = subprocess.run(
            ["sh", "-c", text],
            cwd=folder,
            input=data,
            capture_output=True,
            env=environment,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(-14, b"too slow")
    return Outcome(ended.returncode, ended.stderr)


def inputs(folder: Path) -> list[Path]:
    """The inputs in a folder, in order."""
    return sorted(path for path in folder.iterdir() if path.is_file())


class Case:
    """A case on disk, its facts, and temporary copies of it to try things in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts = json.loads((folder / "case.json").read_text())

    def copy(self, scratch: Path, patch: Path | None) -> tuple[Path, str | None]:
        """A built copy (patched, when a patch is given) and what went wrong, if anything."""
        there = Path(tempfile.mkdtemp(dir=scratch)) / self.folder.name
        shutil.copytree(self.folder, there)
        source = there / "source"
        if patch is not None:
            applied = command(f"patch -p1 --fuzz=0 -s < '{patch}'", source)
            if applied.status != 0:
                return there, "does not apply"
        built = command(self.facts["build"], source)
        return there, None if built.status == 0 else "does not build"

    def triggered(self, there: Path, given: Path) -> Outcome | None:
        """The outcome, when this input sets the flaw off in a built copy."""
        outcome = command(self.facts["run"], there / "source", given)
        if self.facts["oracle"] == "exit":
            return outcome if outcome.status == FORBIDDEN else None
        signalled = outcome.status < 0 or outcome.status > 128
        return outcome if signalled or REPORT.search(outcome.errors) else None

    def tests(self, there: Path, name: str) -> bool:
        """Whether the case's public or hidden tests pass in a built copy."""
        if name == "tests":
            return command(self.facts["test"], there).status == 0
        return command(f"sh ../{name}/run.sh", there / "source").status == 0


def check_facts(case: Case) -> Iterator[str]:
    """What is wrong with a case's facts and folders."""
    if set(case.facts) != KEYS:
        yield f"case.json: keys {sorted(set(case.facts) ^ KEYS)}"
    if case.facts.get("name") != case.folder.name:
        yield "case.json: name is not the folder's"
    notes = json.loads((case.folder / "bad" / "notes.json").read_text())
    patches = {path.name for path in (case.folder / "bad").glob("*.patch")}
    if set(notes) != patches:
        yield "bad/notes.json does not name each patch"
    for name, note in notes.items():
        if note.get("kind") not in KINDS:
            yield f"bad/notes.json: {name}: no such kind as {note.get('kind')!r}"


def check_source(case: Case, scratch: Path) -> tuple[list[str], list[str]]:
    """Cells and faults of the program as it is."""
    there, wrong = case.copy(scratch, None)
    if wrong is not None:
        return [wrong, "", "", ""], [f"source {wrong}"]
    faults = []
    proofs, benign = inputs(case.folder / "proof"), inputs(case.folder / "benign")
    hits = 0
    for proof in proofs:
        for _ in range(RUNS):
            outcome = case.triggered(there, proof)
            hits += outcome is not None
            if outcome and case.facts["oracle"] == "sanitizer":
                name = re.escape(case.facts["function"].encode())
                if not re.search(rb"\b" + name + rb"\b", outcome.errors):
                    faults.append(f"{proof.name}: the report does not name the function")
    if hits != RUNS * len(proofs) or not proofs:
        faults.append(f"proofs trigger {hits} of {RUNS * len(proofs)}")
    quiet = sum(case.triggered(there, given) is None for given in benign)
    if quiet != len(benign) or not benign:
        faults.append(f"benign inputs quiet {quiet} of {len(benign)}")
    public = case.tests(there, "tests")
    if not public:
        faults.append("public tests fail on source")
    counted = [f"{hits}/{RUNS * len(proofs)}", f"{quiet}/{len(benign)}"]
    return ["yes", *counted, "pass" if public else "FAIL"], faults


def check_good(case: Case, patch: Path, scratch: Path) -> list[str]:
    """What is wrong with a good patch."""
    there, wrong = case.copy(scratch, patch)
    if wrong is not None:
        return [wrong]
    faults = [
        f"{given.parent.name}/{given.name} still triggers"
        for folder in ("proof", "benign")
        for given in inputs(case.folder / folder)
        if case.triggered(there, given)
    ]
    return faults + [f"{name} fail" for name in ("tests", "hidden") if not case.tests(there, name)]


def check_bad(case: Case, patch: Path, scratch: Path) -> tuple[str, bool]:
    """What a bad patch gets past, in letters, and whether something hidden fails it.

    `p`: it stops the case's own proofs; `t`: the public tests pass; `h`: hidden tests fail it;
    `o`: another proof in hidden/ fails it.
    """
    there, wrong = case.copy(scratch, patch)
    if wrong is not None:
        return wrong, False
    stops = not any(case.triggered(there, given) for given in inputs(case.folder / "proof"))
    public = case.tests(there, "tests")
    hidden = not case.tests(there, "hidden")
    others = sorted((case.folder / "hidden").rglob("proof*"))
    other = any(case.triggered(there, given) for given in others if given.is_file())
    flags = ((stops, "p"), (public, "t"), (hidden, "h"), (other, "o"))
    return "".join(letter if flag else "-" for flag, letter in flags), hidden or other


def check(folder: Path, scratch: Path) -> Row:
    """One case's row."""
    case = Case(folder)
    faults = list(check_facts(case))
    cells, wrong = check_source(case, scratch)
    faults += wrong
    good, bad = [], []
    for patch in sorted((folder / "good").glob("*.patch")):
        found = check_good(case, patch, scratch)
        good.append("ok" if not found else "NO")
        faults += [f"good/{patch.name}: {text}" for text in found]
    for patch in sorted((folder / "bad").glob("*.patch")):
        flags, failed = check_bad(case, patch, scratch)
        bad.append(flags)
        if not failed:
            faults.append(f"bad/{patch.name}: nothing hidden fails it ({flags})")
    if len(good) < 2 or len(bad) < 3:
        faults.append("fewer than two good or three bad patches")
    cells += [" ".join(good), " ".join(bad), "yes" if not faults else "NO"]
    return Row(folder.name, (case.facts["class"], *cells), tuple(faults))


def main(prefixes: Sequence[str]) -> int:
    """Check the cases whose names begin so (all, if none are given) and print the table."""
    head = ("class", "builds", "proofs", "benign", "tests", "good", "bad", "all true")
    print("| case | " + " | ".join(head) + " |")
    print("|---" * (len(head) + 1) + "|", flush=True)
    folders = sorted(path.parent for path in CORPUS.glob("*/case.json"))
    chosen = [f for f in folders if not prefixes or f.name.startswith(tuple(prefixes))]
    faults = []
    for folder in chosen:
        with tempfile.TemporaryDirectory() as scratch:
            row = check(folder, Path(scratch))
        print(f"| {row.name} | " + " | ".join(row.cells) + " |", flush=True)
        faults += [f"{row.name}: {text}" for text in row.faults]
    print("\n" + "\n".join(faults or [f"{len(chosen)} cases, all true"]))
    return 1 if faults or not chosen else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
