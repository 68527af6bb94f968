# SPDX-License-Identifier: Apache-2.0
"""Fuzzes every parser of bytes: `make fuzz`, or `fuzz.py --seconds 60 note`.

The law is that of ``tests/formats/test_hostile``: whatever bytes come in, a parser of ``formats``
gives a value that prints the same bytes again, or raises FormatError; nothing else, and not after
long. The readers of hostile text in ``validation`` (patches, crash traces, archives) print nothing:
they give a value or raise an error of ours.

Where atheris is installed (it is no dependency), each target runs under it, guided by coverage.
Elsewhere documents that parse are edited at random, for a time; an edit that is refused for a new
reason is kept and edited further, which leads deeper than chance. A finding is written to
``.fuzz/``, with the command that shows it again, and ends the program with 1.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import io
import json
import random
import re
import subprocess
import sys
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from proofhouse.errors import FormatError, InputError, RefusedError
from proofhouse.validation import patches, sources, traces
from proofhouse.validation.sources import Entry

ROOT = Path(__file__).parents[2]
FOUND = ROOT / ".fuzz"
SLOW_SECONDS = 5
MOST_KEPT = 2_000


_PATCH = b"""\
diff --git a/x.c b/x.c
index 1..2 100644
--- a/x.c
+++ b/x.c
@@ -1,3 +1,4 @@ f
 a
-b
+c
+d
 e
diff --git a/new b/new
new file mode 100755
--- /dev/null
+++ b/new
@@ -0,0 +1 @@
+x
\\ No newline at end of file
diff --git a/was b/is
rename from was
rename to is
"""
_TREE = sources.make_tree(
    [("x.c", Entry(b"a\nb\ne\n")), ("d/y", Entry(b"y", True)), ("l", Entry(link="x.c"))]
)


def _applied(data: bytes) -> object:
    return patches.apply(patches.parse(data), _TREE)


def _crashes() -> list[bytes]:
    """What real runtimes printed."""
    return [path.read_bytes() for path in sorted((ROOT / "tests/validation/crashes").iterdir())]


READERS: dict[str, tuple[Callable[[bytes], object], Callable[[], list[bytes]]]] = {
    "patch": (patches.parse, lambda: [_PATCH]),
    "applied patch": (_applied, lambda: [_PATCH]),
    "crash traces": (traces.traces, _crashes),
    "archive": (sources.read_archive, lambda: [_TREE.to_tar(), _zip()]),
}
"""What is read only: the reader, and documents to begin with."""


def _zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("x.c", b"a" * 40)
        archive.writestr("d/y", b"y")
    return made.getvalue()


def laws() -> Any:
    """The module with the parsers, their documents and the law."""
    path = ROOT / "tests" / "formats" / "test_hostile.py"
    spec = importlib.util.spec_from_file_location("hostile", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def corpus(hostile: Any, name: str) -> list[bytes]:
    """Documents to begin with: the one that parses, and every vector's strings that are near it."""
    if name in READERS:
        return READERS[name][1]()
    documents = [hostile.document(name)]
    folder = hostile.PARSERS[name][1]
    if isinstance(folder, tuple):
        kind, _, _ = folder[0].partition("/")
        for path in sorted((ROOT / "vectors" / kind).glob("*.json")):
            given = json.loads(path.read_text("utf-8")).get("input", {})
            documents += [v.encode("utf-8", "surrogatepass") for v in strings(given)]
    return documents


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else ():
        yield from strings(inner)


def outcome(hostile: Any, name: str, data: bytes) -> str:
    """Why ``data`` was refused, or that it parsed. Raises whatever breaks the law."""
    begun = time.monotonic()
    if name in READERS:
        try:
            reason = type(READERS[name][0](data)).__name__
        except (FormatError, RefusedError, InputError) as error:
            reason = re.sub(r"[0-9]+|'.*?'", "#", error.message)
        assert time.monotonic() - begun < SLOW_SECONDS, "it takes too long"
        return reason
    try:
        printed = hostile.PARSERS[name][0](data)
    except hostile.FormatError as error:
        reason = re.sub(r"[0-9]+|'.*?'", "#", error.message)
    else:
        assert printed == data, "it prints other bytes than it parsed"
        reason = f"parsed {len(data) // 64}"
    assert time.monotonic() - begun < SLOW_SECONDS, "it takes too long"
    return reason


PIECES = (
    *(
        b"\n",
        b"\n\n",
        b'"',
        b"\\",
        b"\xff",
        b"\x00",
        b"=",
        b"+",
        b" ",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
    ),
    *(b"9" * 20, b"[" * 70, b"0", b"-1", b"1.0", b"null", b"true", b'""', b"\\u0000", b"\\ud800"),
    *("—".encode(), "é".encode(), b"\xed\xa0\x80", b"\xc0\x80", b"\r", b"A" * 44),
)


def edited(chance: random.Random, data: bytes, other: bytes) -> bytes:
    """``data`` with one to four edits; some are pieces of ``other``."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(data))
        end = min(len(data), start + chance.choice((0, 0, 1, 1, 2, 4, 16, 64)))
        place = chance.randint(0, len(other))
        middle = (
            chance.choice(PIECES),
            chance.randbytes(chance.randint(1, 4)),
            other[place : place + chance.randint(1, 64)],
            data[start:end] * 2,
            data[start:end][::-1],
            bytes(byte ^ 1 << chance.randrange(8) for byte in data[start:end]),
            b"",
        )[chance.randrange(7)]
        data = data[:start] + middle + data[end:]
    return data


def fuzz(hostile: Any, name: str, seconds: float, seed: int) -> tuple[int, int]:
    """Edit for ``seconds``; how many inputs were tried and how many reasons were met."""
    chance = random.Random(f"{seed} {name}")
    kept = corpus(hostile, name)
    met: set[str] = set()
    tried, ends = 0, time.monotonic() + seconds
    while time.monotonic() < ends:
        data = edited(chance, chance.choice(kept), chance.choice(kept))
        tried += 1
        try:
            reason = outcome(hostile, name, data)
        except BaseException:
            report(name, data)
            raise
        if reason not in met and len(kept) < MOST_KEPT:
            met.add(reason)
            kept.append(data)
    return tried, len(met)


def report(name: str, data: bytes) -> None:
    FOUND.mkdir(exist_ok=True)
    path = FOUND / f"{name.replace(' ', '-')}-{hashlib.sha256(data).hexdigest()[:16]}"
    path.write_bytes(data)
    print(f"FOUND: {path}\nAgain: {sys.executable} {__file__} --again {path} {name!r}")


def guided(name: str, seconds: float, seed: int) -> bool:
    """Run one target under atheris, in a process of its own; whether it found nothing."""
    arguments = [f"-max_total_time={max(1, round(seconds))}", f"-seed={seed + 1}", "-verbosity=0"]
    FOUND.mkdir(exist_ok=True)
    arguments.append(f"-artifact_prefix={FOUND}/{name.replace(' ', '-')}-")
    command = [sys.executable, __file__, "--atheris", name, "--", *arguments]
    return subprocess.run(command, check=False).returncode == 0


def under_atheris(name: str, arguments: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["proofhouse.formats", "proofhouse.validation"]):
        hostile = laws()
    inputs = FOUND / "corpus" / name.replace(" ", "-")
    inputs.mkdir(parents=True, exist_ok=True)
    for data in corpus(hostile, name):
        (inputs / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)

    def one(data: bytes) -> None:
        outcome(hostile, name, data)

    atheris.Setup([sys.argv[0], *arguments, str(inputs)], one)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("targets", nargs="*", help="which parsers; by default all")
    parser.add_argument("--seconds", type=float, default=5, help="for each target (5)")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--again", type=Path, help="try this one input")
    parser.add_argument("--atheris", metavar="TARGET", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.atheris:
        under_atheris(options.atheris, options.targets)
        return 0
    hostile = laws()
    every = [*hostile.PARSERS, *READERS]
    targets = options.targets or every
    if unknown := set(targets) - set(every):
        parser.error(f"no target {min(unknown)!r}; there are: {', '.join(every)}")
    if options.again:
        print(outcome(hostile, targets[0], options.again.read_bytes()))
        return 0
    with_atheris = importlib.util.find_spec("atheris") is not None
    print(f"{'atheris' if with_atheris else 'random edits'}, seed {options.seed}")
    failed = 0
    for name in targets:
        if with_atheris:
            failed += not guided(name, options.seconds, options.seed)
            continue
        try:
            tried, reasons = fuzz(hostile, name, options.seconds, options.seed)
        except Exception:
            traceback.print_exc()
            failed += 1
            continue
        print(f"{name:<20} {tried:>9,} inputs, {reasons:>4} kinds of answer", flush=True)
    print("Nothing found." if not failed else f"{failed} targets broke the law.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
