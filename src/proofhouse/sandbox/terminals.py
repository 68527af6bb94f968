# SPDX-License-Identifier: Apache-2.0
"""How many pseudo-terminals a sandbox may have: a setting of its own devpts, made from out here.

The kernel charges nobody for a terminal, has 4096 for the whole machine, and works on what is
written to one in threads of its own. Bubblewrap mounts a devpts for each sandbox without a bound
(``max=``, devpts(5)), and inside nobody may change a mount; root out here can, by the file system
itself (fspick(2), Linux 5.2), wherever it is mounted. Another owner can't: there the bound on open
files is the only one.
"""

from __future__ import annotations

import contextlib
import ctypes
import os

MOST = 8
"""Enough for a few shells and what they start; each is a worker of the kernel at most."""

_FSCONFIG, _FSPICK = 431, 433  # the same on every architecture
_AT_FDCWD, _CLOEXEC_NOFOLLOW = -100, 3
_SET_STRING, _RECONFIGURE = 1, 7
_SETTINGS = ((b"mode", b"620"), (b"ptmxmode", b"666"), (b"max", b"%d" % MOST))


def _call(number: int, *arguments: int | bytes | None) -> int:
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    answer = int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *wide))
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer


def bound_terminals(pid: int) -> None:
    """Bound those of the sandbox whose first process is ``pid``, where this process may."""
    if os.geteuid() != 0:
        return
    with contextlib.suppress(OSError):  # root of a container may be no root to the kernel
        place = _call(_FSPICK, _AT_FDCWD, b"/proc/%d/root/dev/pts" % pid, _CLOEXEC_NOFOLLOW)
        try:
            for name, value in _SETTINGS:
                _call(_FSCONFIG, place, _SET_STRING, name, value, 0)
            _call(_FSCONFIG, place, _RECONFIGURE, None, None, 0)
        finally:
            os.close(place)
