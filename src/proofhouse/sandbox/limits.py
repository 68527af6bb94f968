# SPDX-License-Identifier: Apache-2.0
"""What a sandbox may use up, at most.

    Limits(memory_bytes=1 << 30, pids=64, cpu_seconds=20, wall_seconds=60.0)

Every limit is a bound that holds, not a wish: a tier that can't enforce one counts as missing.
Memory and the number of processes bound the session as a whole; time, open files and output
bound each command; the size of a file is bounded by ``tmp_bytes``, since every place that can be
written is that large. Address space is not limited: AddressSanitizer reserves terabytes of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from proofhouse.errors import InputError

MIB = 1 << 20

#: Least value of each field; below it not even the sandbox's own first process can live.
_LEAST = {
    "memory_bytes": 16 * MIB,
    "pids": 1,
    "cpu_seconds": 1,
    "wall_seconds": 0.01,
    "open_files": 16,
    "tmp_bytes": MIB,
    "output_bytes": 1,
}
_MOST = 1 << 50
_MOST_PIDS = 1 << 22  # as many as the kernel can number (PID_MAX_LIMIT)


@dataclass(frozen=True)
class Limits:
    """Bounds on one session and on the commands in it.

    - ``memory_bytes``: all processes of the session together, with their files in memory (the
      work directory, ``/tmp`` and ``/dev/shm``) and without any swap.
    - ``pids``: processes and threads of the session, at one time.
    - ``cpu_seconds``: processor time of one command with everything it started; and, from one
      command to the next, of everything that ended ones left behind.
    - ``wall_seconds``: duration of one command; ``exec`` can only ask for less.
    - ``open_files``: descriptors of one process.
    - ``tmp_bytes``: size of the work directory, of ``/tmp`` and of ``/dev/shm``, each; and so of
      one file.
    - ``output_bytes``: what is kept of a command's stdout and of its stderr, each.

    Raises `InputError` for a value that is no number, too small to start with, or above 2^50
    (``pids``: 2^22, the most processes that Linux can number).
    """

    memory_bytes: int = 1024 * MIB
    pids: int = 128
    cpu_seconds: int = 60
    wall_seconds: float = 120.0
    open_files: int = 256
    tmp_bytes: int = 256 * MIB
    output_bytes: int = 4 * MIB

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            kinds = (int, float) if field.name == "wall_seconds" else (int,)
            least = _LEAST[field.name]
            most = _MOST_PIDS if field.name == "pids" else _MOST
            if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
                raise InputError(f"The limit {field.name} is not a number: {value!r}.")
            if not least <= value <= most:
                raise InputError(
                    f"The limit {field.name} can't be {value}.",
                    hint=f"It is at least {least} and at most {most}.",
                )
