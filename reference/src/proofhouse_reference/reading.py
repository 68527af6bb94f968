# SPDX-License-Identifier: Apache-2.0
r"""Shows a folder's files through a shell, and reads back what the shell printed.

One command prints the files of the folder and of its subfolders as one stream, C text as it is and
anything else in hexadecimal, and of that stream one window of at most ``WINDOW`` bytes:

    @begin
    @text ./part.c
    int process(const unsigned char *data, size_t size) { ...
    @bytes ./sample
     70 68 01
    @end 812

The number is the length of the whole stream, so that the reader knows whether to ask for the next
window. Windows keep each answer below the length at which tools cut their output.

Limits: the first 1,024 bytes of a file that is not C; at most ``WINDOWS`` windows; programs (ELF)
and hidden files are passed over.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

WINDOW = 12_000
WINDOWS = 8
SAMPLE_BYTES = 1_024

_SHOWN = re.compile(r"@begin\n(?P<body>.*)\n@end (?P<total>\d+)", re.DOTALL)
_FILE = re.compile(r"^@(text|bytes) (\S[^\n]*)\n", re.MULTILINE)


@dataclass(frozen=True)
class Files:
    """The folder's files: C text by path, and the first bytes of the others by path."""

    texts: tuple[tuple[str, str], ...]
    samples: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Shown:
    """One window of the stream, and the length of the whole stream in bytes."""

    body: str
    total: int


def show_command(workdir: str, window: int) -> str:
    """The shell command that prints window number ``window`` (from 0) of the folder's stream."""
    return f"""cd {shlex.quote(workdir)} || exit 1
show() {{
  for f in ./* ./*/*; do
    [ -f "$f" ] || continue
    case "$f" in
      *.c|*.h) printf '@text %s\\n' "$f"; cat "$f"; echo;;
      *) [ "$(head -c 4 "$f" | tail -c 3 | tr -d '\\0')" = ELF ] && continue
         printf '@bytes %s\\n' "$f"; head -c {SAMPLE_BYTES} "$f" | od -An -v -tx1;;
    esac
  done
}}
echo @begin; show | tail -c +{window * WINDOW + 1} | head -c {WINDOW}; echo
echo "@end $(show | wc -c)\""""


def read_window(output: str) -> Shown | None:
    """The window that the command printed; None if the output isn't one."""
    found = _SHOWN.search(output.replace("\r\n", "\n"))
    return Shown(found["body"], int(found["total"])) if found else None


def read_files(windows: Sequence[Shown]) -> Files:
    """The files of the windows put together; bytes that aren't hexadecimal are passed over."""
    stream = "".join(window.body for window in windows)
    parts = _FILE.split(stream)[1:]
    texts: list[tuple[str, str]] = []
    samples: list[tuple[str, bytes]] = []
    for kind, path, body in zip(parts[0::3], parts[1::3], parts[2::3], strict=True):
        if kind == "text":
            texts.append((path.removeprefix("./"), body))
        elif data := _from_hex(body):
            samples.append((path.removeprefix("./"), data))
    return Files(tuple(texts), tuple(samples))


def _from_hex(body: str) -> bytes:
    try:
        return bytes.fromhex("".join(body.split()))
    except ValueError:
        return b""
