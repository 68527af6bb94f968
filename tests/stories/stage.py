# SPDX-License-Identifier: Apache-2.0
"""Plays command lines as people would type them, each in its own home, and keeps what they saw.

    with Stage(folder, as_json=False) as stage:
        stage("developer", "proofhouse init --hold developer")
        stage("developer", "proofhouse key show developer --json > developer.json")
        stage.played[-1].output

Homes lie in ``folder``/NAME; the lines run in ``folder``/mail, where the files are that pass
between them. With ``as_json`` every line is played with --json. The clock goes a minute a line and
what is drawn at random follows from the line, so that two stages are the same to the last digest.

A line may begin with variables and end with ``> FILE``. It runs in this process, or (``apart``) in
one of its own, as a token's module and a server need.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from proofhouse import bootstrap
from proofhouse.cli import main
from proofhouse.formats.keys import SigningKey
from stories.rehearsal import Outcome
from stories.table import rehearse

PROGRAM = Path(sys.executable).with_name("proofhouse")
BEGAN = 1_796_115_600
"""2026-12-01T09:00:00Z, when the first line is typed."""


@dataclass
class Played:
    """One line and what came of it."""

    who: str
    line: str
    output: str = ""
    code: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    """What it printed with --json; of several objects the last."""


class Draws:
    """What is drawn at random, by the line that draws it and how often it was drawn before."""

    def __init__(self) -> None:
        self.line = ""
        self._drawn: Counter[str] = Counter()

    def of(self, kind: str, length: int) -> bytes:
        """``length`` bytes, the next of their kind."""
        self._drawn[kind] += 1
        told = f"{self.line}/{kind}/{self._drawn[kind]}".encode()
        return hashlib.shake_256(told).digest(length)

    def begin(self, line: str) -> None:
        """The next line begins; the same words draw otherwise the second time."""
        self._drawn.clear()
        self.line = line

    def patch(self, patch: pytest.MonkeyPatch) -> None:
        """Draw from here until ``patch`` is undone."""
        patch.setattr(secrets, "token_bytes", lambda n=32: self.of(f"bytes {n}", n))
        patch.setattr(secrets, "token_hex", lambda n=32: self.of(f"hex {n}", n).hex())
        patch.setattr(
            secrets, "randbelow", lambda top: int.from_bytes(self.of("number", 64), "big") % top
        )
        patch.setattr(SigningKey, "generate", lambda: SigningKey(self.of("key", 32)))


class Stage:
    """See the module. ``environment`` is added to that of every line."""

    def __init__(
        self, folder: Path, *, as_json: bool, environment: dict[str, str] | None = None
    ) -> None:
        self.folder, self.mail, self.as_json = folder, folder / "mail", as_json
        self.mail.mkdir(parents=True)
        self.played: list[Played] = []
        self.outcome: Outcome = lambda _item, _level: "solved"
        """What becomes of the items of a run."""
        self._lines: Counter[str] = Counter()
        self._draws = Draws()
        self._patch = pytest.MonkeyPatch()
        self._servers: list[subprocess.Popen[str]] = []
        self._environment = {
            "XDG_STATE_HOME": str(folder / "state"),
            "COLUMNS": "100",
            "HOME": str(folder),
            **(environment or {}),
        }

    def __enter__(self) -> Stage:
        self._patch.chdir(self.mail)
        for name, value in self._environment.items():
            self._patch.setenv(name, value)
        self._draws.patch(self._patch)
        clock = SimpleNamespace(strftime=time.strftime, gmtime=lambda: time.gmtime(self.now))
        self._patch.setattr(bootstrap, "time", clock)
        rehearse(self._patch, lambda item, level: self.outcome(item, level))
        return self

    def __exit__(self, *_about: object) -> None:
        self._patch.undo()
        for server in self._servers:
            server.kill()
            server.wait()

    @property
    def now(self) -> int:
        """Seconds since 1970, a minute later with every line."""
        return BEGAN + 60 * len(self.played)

    def home(self, who: str) -> Path:
        """Where the home of ``who`` lies."""
        return self.folder / who

    def __call__(self, who: str, line: str, *, code: int = 0, apart: bool = False) -> Played:
        """Play ``line`` in the home of ``who``. AssertionError unless it exits with ``code``."""
        words, variables, into = self._words(who, line)
        done = Played(who, line, code=code)
        run = self._apart if apart else self._here
        text, printed, found = run(words, variables)
        assert found == code, f"{who}$ {line} → exit code {found}\n{text}"
        if into is not None:
            (self.mail / into).write_text(printed)
        done.output = "" if into is not None else text
        with contextlib.suppress(ValueError, IndexError):
            done.told = json.loads(printed.splitlines()[-1])
        self.played.append(done)
        return done

    @contextmanager
    def serving(self, who: str, line: str) -> Iterator[str]:
        """While the server runs that ``line`` starts: its address. Then it is interrupted."""
        words, variables, _ = self._words(who, line)
        words = [*words, "--port", "0", *([] if self.as_json else ["--json"])]
        server = subprocess.Popen(
            [str(PROGRAM), *words[1:]],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._servers.append(server)
        assert server.stdout is not None
        told = json.loads(server.stdout.readline())
        self.played.append(Played(who, line, json.dumps(told), told=told))
        yield str(told["url"])
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=100)
        assert (server.returncode, said) == (0, "Ended.\n")

    def _words(self, who: str, line: str) -> tuple[list[str], dict[str, str], str | None]:
        words = shlex.split(line)
        self._lines[line] += 1
        self._draws.begin(f"{who}$ {line} {self._lines[line]}")
        variables = {"PROOFHOUSE_HOME": str(self.home(who))}
        while "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            variables[name] = value
        into = words[-1] if len(words) > 1 and words[-2] == ">" else None
        words = words[:-2] if into is not None else words
        if self.as_json and "--json" not in words:
            words.append("--json")
        return words, variables, into

    def _here(self, words: list[str], variables: dict[str, str]) -> tuple[str, str, int]:
        """All that was shown, what went to standard output, and the exit code."""
        both, out = io.StringIO(), _Twice()
        out.also = both
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", words)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(both):
                try:
                    main()
                except SystemExit as end:
                    code = int(end.code or 0)
        return both.getvalue(), out.getvalue(), code

    def _apart(self, words: list[str], variables: dict[str, str]) -> tuple[str, str, int]:
        done = subprocess.run(
            [str(PROGRAM), *words[1:]],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=150,
        )
        return done.stdout + done.stderr, done.stdout, done.returncode


class _Twice(io.StringIO):
    """Keeps what is written, and hands it on to ``also``."""

    also: io.StringIO

    def write(self, text: str) -> int:
        self.also.write(text)
        return super().write(text)


class Names:
    """Gives what differs from one playing to the next a short name of its own that does not.

    A digest, a key and a proof are named after the line that first showed them.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._told: list[str] = []

    def plain(self, text: str, line: str, replaced: dict[str, str]) -> str:
        """``text`` as it is shown in a page, an answer to ``line`` (no two are the same)."""
        for old in sorted(replaced, key=len, reverse=True):
            text = text.replace(old, replaced[old])

        def named(match: re.Match[str]) -> str:
            found = match.group(0)
            return self._shown(found, self._name(found, line))

        def started(match: re.Match[str]) -> str:
            return self._started(match, line)

        text = _SECRET.sub(named, text)
        text = _START.sub(started, text)
        return _SIZE.sub("… bytes", text)

    def _name(self, found: str, line: str) -> str:
        """The name of what ``line`` shows, or an earlier one showed."""
        if found not in self._names:
            count = sum(name.startswith(f"{line}/") for name in self._told)
            self._told.append(f"{line}/{count}")
            self._names[found] = hashlib.sha256(self._told[-1].encode()).hexdigest()
        return self._names[found]

    def _shown(self, found: str, name: str) -> str:
        key = _KEY.match(found) is not None
        return f"+{name[:8]}+A{name[8:12]}…" if key else f"{name[:8]}…"

    def _started(self, match: re.Match[str], line: str) -> str:
        """The first digits of something that has a name, or gets one as it is cut (``…``)."""
        found = match.group(0)
        for whole, name in self._names.items():
            if whole.startswith(found):
                return name[: min(len(found), 8)]
        named = any(name.startswith(found) for name in self._names.values())
        cut = match.string[match.end() : match.end() + 1] == "…"
        return self._name(found, line)[:8] if cut and not named else found


_SECRET = re.compile(
    r"\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,}={0,2}"  # a verifier key
    r"|\b[0-9a-f]{32,}\b"  # digests, ids, what shows that a key is held
    r"|(?<![\w/.~])[A-Za-z0-9+/]{40,}={0,2}"  # base64: proofs, roots, signatures
)
_KEY = re.compile(r"\+[0-9a-f]{8}\+")
_START = re.compile(r"\b[0-9a-f]{8,31}\b")
_SIZE = re.compile(r"[\d,]+ bytes")
