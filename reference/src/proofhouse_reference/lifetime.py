# SPDX-License-Identifier: Apache-2.0
"""Ends this process when its parent is gone, so that no endpoint is ever left over.

Two ways, each enough: the kernel's parent-death signal (``prctl(2)``, ``PR_SET_PDEATHSIG``; Linux),
and standard input, which ends when the last process that holds its other end is gone.

Limits: the parent-death signal belongs to the *thread* that started this process; a parent that
starts it from a thread that ends early must keep that thread. Elsewhere than on Linux only standard
input counts.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Asks the kernel to kill this process with its parent; ends at once if it is gone already.

    ``parent`` is the parent's process id, taken before this call.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def die_with_stdin() -> None:
    """Ends this process when standard input ends; what is written to it is thrown away."""
    threading.Thread(target=_drain_and_exit, name="stdin", daemon=True).start()


def _drain_and_exit() -> None:
    try:
        while os.read(0, 65_536):
            pass
    finally:
        os._exit(0)
