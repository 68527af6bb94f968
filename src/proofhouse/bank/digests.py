# SPDX-License-Identifier: Apache-2.0
"""What a bank is committed to besides its seed: the generator's code and the toolchain.

    generator digest   SHA-256 of the canonical JSON {"draft.py": "<sha256>", …} over the
                       sources of this room; of a bank with sealed generators (``sealed_code``)
                       that of {"installed": that digest, "sealed": {family: digest of its pack}}
    toolchain digest   SHA-256("proofhouse/toolchain/v1\\n" ‖ what ``gcc --version`` prints)

A bank's commitment holds both. When it is opened, whoever has the seed and a checkout with the same
generator digest derives the same items; with the same toolchain, their programs behave the same.
``calibration.py`` and its table are left out: they describe items, they don't make them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from proofhouse.formats.canonical import dumps
from proofhouse.formats.digest import sha256_hex

_DOMAIN = b"proofhouse/toolchain/v1\n"
_NOT_GENERATOR = ("calibration.py",)


def generator_digest() -> str:
    """The digest of the generator's sources, as installed."""
    return sha256_hex(dumps(dict(_sources(files("proofhouse.bank"), ""))))


def with_sealed(installed: str, sealed: Mapping[str, str]) -> str:
    """The digest that a bank is committed to: ``installed`` alone, or with its sealed packs'."""
    if not sealed:
        return installed
    return sha256_hex(dumps({"installed": installed, "sealed": dict(sealed)}))


def toolchain_digest(compiler_version: str) -> str:
    """The digest of a toolchain, named by what its compiler prints for ``--version``."""
    return sha256_hex(_DOMAIN + compiler_version.encode())


def _sources(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    """(path, digest) of every Python file below ``folder``; line ends as they are."""
    found: list[tuple[str, str]] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _sources(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py") and entry.name not in _NOT_GENERATOR:
            found.append((prefix + entry.name, sha256_hex(entry.read_bytes())))
    return found
