# SPDX-License-Identifier: Apache-2.0
"""A family whose generator stays sealed with its bank: its code as one file, loaded from there.

    {"family": "sealed-logic",
     "files": {"__init__.py": "NAME = \\"sealed-logic\\"…", "program.py": "…"},
     "format": "proofhouse-generator/v1",
     "salt": "…64 hex digits…"}

    pack = read_pack(Path("sealed-logic"))          a folder or a .zip with the package's sources
    family = load(pack, digest)                     digest: what the bank is committed to

A pack is canonical JSON; its digest is the SHA-256 of its bytes, and the salt, 32 random bytes,
keeps that from telling anything about the code. The package is a family as any other: NAME, LEVELS
and ``derive(key, level, index)``, and may import the standard library, ``proofhouse.bank`` and its
own modules (relatively). A ``FAMILY`` beside them tells its difficulties, without which no plan
that decides can take it.

``load`` imports it from memory, under a name made of the digest, and only if the bytes have that
digest: nothing on any path is looked at, and no other code can come in its place. The code is its
owner's and trusted as that; loading it is running it. At most 8 MiB.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from proofhouse.bank.families import FAMILIES, Family
from proofhouse.errors import FormatError, InputError, ProofhouseError, VerificationError
from proofhouse.formats import canonical
from proofhouse.formats.digest import sha256_hex
from proofhouse.formats.fields import hex_bytes, members

FORMAT = "proofhouse-generator/v1"
MAX_BYTES = 8 << 20
MAIN = "__init__.py"
MOST_LEVELS = 100

_PATH = re.compile(r"(?:[a-z_][a-z0-9_]*/){0,4}[a-z_][a-z0-9_]*\.py")
_FAMILY = re.compile(r"[a-z][a-z0-9-]{0,63}")
_PREFIX = "_proofhouse_sealed_"


@dataclass(frozen=True)
class Pack:
    """The sources of a sealed family. Raises FormatError if they can't be a package's."""

    family: str
    files: Mapping[str, str]
    salt: bytes

    def __post_init__(self) -> None:
        if not _FAMILY.fullmatch(self.family):
            raise FormatError("A family's name is of small letters, digits and hyphens.")
        if MAIN not in self.files or not all(map(_PATH.fullmatch, self.files)):
            raise FormatError(
                f"A generator is {MAIN} and further .py files, with small letters, digits and _ "
                "in their names."
            )

    def to_bytes(self) -> bytes:
        """The pack in canonical JSON. Raises FormatError if it is larger than 8 MiB."""
        body: dict[str, canonical.JsonValue] = {
            "family": self.family,
            "files": dict(self.files),
            "format": FORMAT,
            "salt": self.salt.hex(),
        }
        data = canonical.dumps(body)
        if len(data) > MAX_BYTES:
            raise FormatError(
                f"A generator has at most {MAX_BYTES:,} bytes, this one {len(data):,}."
            )
        return data

    @classmethod
    def parse(cls, data: bytes) -> Pack:
        """The pack that ``data`` spells. Raises FormatError; nothing is imported."""
        value = canonical.loads(data, limit=MAX_BYTES)
        body = members(value, "the generator", ("family", "files", "format", "salt"))
        files = body["files"]
        texts = isinstance(files, dict) and all(isinstance(text, str) for text in files.values())
        if body["format"] != FORMAT or not texts or not isinstance(body["family"], str):
            raise FormatError("This is no sealed generator.", hint=f"Its format is {FORMAT}.")
        return cls(body["family"], files, hex_bytes(body["salt"], "the generator's salt", 32))


def read_pack(path: Path, salt: bytes) -> Pack:
    """The package in the folder or .zip file ``path``, salted with 32 random bytes.

    Its family is what its NAME says; to find that it is imported. Raises InputError.
    """
    try:
        sources = dict(_zipped(path) if path.is_file() else _in_folder(path))
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError):
        raise InputError(
            f"The generator {path} can't be read.",
            hint="Name a folder, or a .zip file, with __init__.py and UTF-8 sources.",
        ) from None
    if MAIN not in sources:
        raise InputError(f"The generator {path} has no {MAIN}.", hint="It is a Python package.")
    trial = Pack("trial", sources, salt)
    data = trial.to_bytes()
    name = getattr(_import(trial, sha256_hex(data)), "NAME", None)
    if not isinstance(name, str):
        raise InputError(f"The generator {path} has no NAME of its family.")
    return Pack(name, sources, salt)


def _in_folder(path: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(path.rglob("*.py")):
        yield file.relative_to(path).as_posix(), file.read_text("utf-8")


def _zipped(path: Path) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if info.filename.endswith(".py")]
        if sum(info.file_size for info in infos) > MAX_BYTES:
            raise InputError(f"A generator has at most {MAX_BYTES:,} bytes.")
        mains = [info.filename for info in infos if info.filename.rsplit("/", 1)[-1] == MAIN]
        top = min(mains, key=len, default="").removesuffix(MAIN)
        for info in infos:
            if info.filename.startswith(top):
                yield info.filename.removeprefix(top), archive.read(info).decode("utf-8")


def load(data: bytes, digest: str) -> Family:
    """The family whose pack is ``data``.

    Raises VerificationError unless ``data`` has the SHA-256 ``digest``, FormatError, and InputError
    if what it holds is no family.
    """
    if sha256_hex(data) != digest:
        raise VerificationError(
            "The sealed generator is not the one that the bank is committed to.",
            hint=f"Its pack has the SHA-256 {digest}.",
        )
    pack = Pack.parse(data)
    if pack.family in FAMILIES:
        raise InputError(f"The sealed generator has the name of a public family, {pack.family}.")
    module = _import(pack, digest)
    levels, derive = getattr(module, "LEVELS", None), getattr(module, "derive", None)
    if getattr(module, "NAME", None) != pack.family or not callable(derive):
        raise InputError(f"The sealed generator {pack.family} lacks its NAME or derive.")
    if tuple(levels or ()) != tuple(range(1, len(levels or ()) + 1)) or not levels:
        raise InputError(f"The levels of {pack.family} are not 1, 2, 3 …")
    if len(levels) > MOST_LEVELS:
        raise InputError(f"The family {pack.family} has more than {MOST_LEVELS} levels.")
    whole = getattr(module, "FAMILY", None)
    if not isinstance(whole, Family):
        return Family(pack.family, tuple(levels), derive)
    if (whole.name, tuple(whole.levels)) != (pack.family, tuple(levels)):
        raise InputError(f"The FAMILY of {pack.family} has another name or other levels.")
    return whole


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of packs that were verified, by their private names, and nothing else."""

    def __init__(self) -> None:
        self._sources: dict[str, tuple[str, bool]] = {}

    def add(self, root: str, files: Mapping[str, str]) -> None:
        """Know the modules of a pack below the name ``root``."""
        for path, source in files.items():
            parts = [root, *path.removesuffix(".py").split("/")]
            package = parts[-1] == "__init__"
            self._sources[".".join(parts[:-1] if package else parts)] = (source, package)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._sources:
            return None
        package = self._sources[fullname][1]
        return importlib.machinery.ModuleSpec(fullname, self, is_package=package)

    def exec_module(self, module: ModuleType) -> None:
        source, _ = self._sources[module.__name__]
        code = compile(source, f"<{module.__name__}>", "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102  (the owner's own code, of the committed digest)


_FINDER = _Finder()


def _import(pack: Pack, digest: str) -> ModuleType:
    """The package of ``pack``, imported once a process. Raises InputError if that fails."""
    name = f"{_PREFIX}{digest}"
    if name in sys.modules:
        return sys.modules[name]
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    _FINDER.add(name, pack.files)
    try:
        return importlib.import_module(name)
    except ProofhouseError:
        raise
    except Exception as error:
        _forget(name)
        raise InputError(
            f"The sealed generator can't be imported ({type(error).__name__}).",
            hint="It may use the standard library, proofhouse.bank and its own modules.",
        ) from None


def _forget(name: str) -> None:
    for known in [known for known in sys.modules if known == name or known.startswith(f"{name}.")]:
        del sys.modules[known]
