# SPDX-License-Identifier: Apache-2.0
"""Descriptors that are handed over: made, collected, and closed on our side together."""

from __future__ import annotations

import fcntl
import os
from types import TracebackType

_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


def sealed_memfd(content: bytes) -> int:
    """A descriptor to read ``content`` from, which nobody can change, however it is opened."""
    descriptor = os.memfd_create("data", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)
        os.lseek(descriptor, 0, os.SEEK_SET)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


class Descriptors:
    """A collection that closes what it holds at the end of a ``with`` block."""

    def __init__(self) -> None:
        self.numbers: list[int] = []

    def add(self, descriptor: int) -> int:
        """Take over a descriptor."""
        self.numbers.append(descriptor)
        return descriptor

    def data(self, content: bytes) -> int:
        """A descriptor to read ``content`` from."""
        return self.add(sealed_memfd(content))

    def __enter__(self) -> Descriptors:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for descriptor in self.numbers:
            os.close(descriptor)
        self.numbers.clear()
