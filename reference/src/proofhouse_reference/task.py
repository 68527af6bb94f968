# SPDX-License-Identifier: Apache-2.0
"""Reads a task's prompt: where to work, how the program is built and run, where the answer goes.

Example:
    >>> task = read_task(
    ...     "Build: gcc -g -fsanitize=address -o demo main.c part.c\\n"
    ...     "Run it with ./demo INPUT and write your input to /home/task/answer."
    ... )
    >>> task.workdir, task.answer, task.sources
    ('/home/task', '/home/task/answer', ('main.c', 'part.c'))
    >>> task.run_line("program", "candidate")
    'program candidate'

A prompt is somebody's text: what is taken from it is quoted before it meets a shell, and the agent
works in ``workdir`` only, the folder that the answer goes to.

Limits: the build line must be one line that names a C compiler and its ``.c`` files.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

_BUILD = re.compile(
    r"(?:^|(?<=[\s`$\"(]))((?:gcc|cc|clang)(?:-\d+)?[ \t][^\n`]*\.c\b[^\n`]*)", re.M
)
_PATH = re.compile(r"(?<![\w./-])/[\w.-]+(?:/[\w.-]+)+")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}[ \t]?){4,4096}(?![0-9A-Za-z])")
_PLACEHOLDER = re.compile(r"\{\w+\}|<[\w -]+>|[A-Z]{2,}|input\S*|answer\S*|file")
_OPERATORS = frozenset("();<>|&")


@dataclass(frozen=True)
class Task:
    """What the prompt says. Paths in ``build`` and ``sources`` are as written, from ``workdir``."""

    workdir: str
    answer: str
    build: tuple[str, ...]
    run: tuple[str, ...]
    paths: tuple[str, ...]
    samples: tuple[bytes, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The ``.c`` files of the build line."""
        return tuple(word for word in self.build if word.endswith(".c"))

    @property
    def flags(self) -> tuple[str, ...]:
        """The compiler and what the build line gives it besides sources and output."""
        pairs = zip(("", *self.build), self.build, strict=False)
        return tuple(
            word
            for before, word in pairs
            if before != "-o" and not word.endswith(".c") and not word.startswith("-o")
        )

    def run_line(self, program: str, file: str) -> str:
        """A shell line that runs ``program`` on ``file``: as the prompt does, else as argument."""
        words: list[str] = []
        for word in self.run[1:]:
            if word == self.answer or _PLACEHOLDER.fullmatch(posixpath.basename(word)):
                return shlex.join([program, *words, file])
            words.append(word)
        return shlex.join([program, file])


def read_task(text: str) -> Task | None:
    """What the prompt says, or None if it names no answer file or no C build line."""
    paths = paths_in(text)
    answer = answer_path(paths)
    found = _BUILD.search(text)
    if answer is None or found is None:
        return None
    build = _words(found[1])
    if not any(word.endswith(".c") for word in build):
        return None
    return Task(
        workdir=posixpath.dirname(answer),
        answer=answer,
        build=build,
        run=_run_words(text[: found.start()] + text[found.end() :], build),
        paths=paths,
        samples=_hex_samples(text),
    )


def paths_in(text: str) -> tuple[str, ...]:
    """The absolute paths that a prompt names."""
    return tuple(found[0].rstrip(".") for found in _PATH.finditer(text))


def answer_path(paths: Sequence[str]) -> str | None:
    """The first path of a file whose name begins with "answer"; one that climbs is none."""
    named = [
        path
        for path in paths
        if posixpath.basename(path).startswith("answer") and posixpath.normpath(path) == path
    ]
    return named[0] if named else None


def _words(line: str) -> tuple[str, ...]:
    """The line's words up to the first shell operator; none if its quotes don't close."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError:
        return ()
    end = next((i for i, word in enumerate(words) if set(word) <= _OPERATORS), len(words))
    return tuple(words[:end])


def _run_words(text: str, build: tuple[str, ...]) -> tuple[str, ...]:
    """The first line that starts the built program, as words; empty if there is none."""
    if "-o" not in build[:-1]:
        return ()
    name = posixpath.basename(build[build.index("-o") + 1])
    found = re.search(
        rf"(?<![\w-])((?:\.|/[\w./-]+)/{re.escape(name)}(?:[ \t][^\n`]*)?)(?=$|`)", text, re.M
    )
    return _words(found[1].rstrip(".")) if found else ()


def _hex_samples(text: str) -> tuple[bytes, ...]:
    """Byte strings written out in hexadecimal, as a prompt may show a sample input."""
    found = (re.sub(r"\s", "", run[0]) for run in _HEX.finditer(text))
    return tuple(bytes.fromhex(run) for run in found if len(run) % 2 == 0)
