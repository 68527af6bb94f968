# SPDX-License-Identifier: Apache-2.0
"""Compiles ``init.c``, the first process of a sandbox, once for each source and compiler.

    python -m proofhouse.sandbox        prints the path of the binary

It lies in ``$XDG_CACHE_HOME/proofhouse/sandbox/KEY/init`` (default ``~/.cache``), where KEY is the
SHA-256 of source, flags and the compiler's version; ``network.c`` is kept likewise. The directories
and the binary belong to the user and nobody else may write them, or they are refused: root would
execute what lies there. It is linked statically where the C library allows it, which saves the
loader at every start.

The binary needs no place in the sandbox: its bytes go in through a descriptor.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from functools import cache
from importlib import resources
from pathlib import Path

from proofhouse.errors import PrerequisiteError

_FLAGS = ("-std=gnu11", "-O2", "-fstack-protector-strong", "-s")
_REMEDY = "Run `apt-get install gcc libc6-dev`."
_CALLED = {"init": "first process", "network": "way to a granted network"}


def _compiler() -> str:
    for name in ("cc", "gcc", "clang"):
        found = shutil.which(name)
        if found is not None:
            return found
    raise PrerequisiteError(
        "The sandbox needs a C compiler, and there is none on the path.", hint=_REMEDY
    )


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=120
    )


def _cache_home() -> Path:
    named = os.environ.get("XDG_CACHE_HOME", "")
    if Path(named).is_absolute():
        return Path(named)
    home = os.environ.get("HOME") or pwd.getpwuid(os.geteuid()).pw_dir
    return Path(home) / ".cache"


def _is_ours(path: Path, kind: int) -> bool:
    """Whether only this user can have put it there, links not followed."""
    about = path.lstat()
    foreign = about.st_uid != os.geteuid() or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_IFMT(about.st_mode) == kind and not foreign


def _compile(source: bytes, target: Path) -> None:
    """Compile beside ``target`` and rename, so that two at once do no harm."""
    compiler = _compiler()
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        code, binary = Path(scratch) / "source.c", Path(scratch) / "binary"
        code.write_bytes(source)
        for linking in (("-static",), ()):
            done = _run(compiler, *_FLAGS, *linking, "-o", str(binary), str(code))
            if done.returncode == 0:
                break
        else:
            last_line = done.stderr.strip().rpartition("\n")[2]
            raise PrerequisiteError(
                f"The sandbox's {_CALLED[target.name]} does not compile: {last_line}", hint=_REMEDY
            )
        binary.chmod(0o755)
        binary.replace(target)


def _built(name: str) -> Path:
    source = resources.files("proofhouse.sandbox").joinpath(f"{name}.c").read_bytes()
    version = _run(_compiler(), "--version").stdout
    key = hashlib.sha256(b"\0".join((source, " ".join(_FLAGS).encode(), version.encode())))
    directory = _cache_home() / "proofhouse" / "sandbox" / key.hexdigest()
    binary = directory / name
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_ours(directory, stat.S_IFDIR):
            raise PermissionError(None, "somebody else can write it", str(directory))
        if not binary.exists():
            _compile(source, binary)
        if not _is_ours(binary, stat.S_IFREG):
            raise PermissionError(None, "somebody else can write it", str(binary))
    except OSError as error:
        raise PrerequisiteError(
            f"The sandbox's {_CALLED[name]} can't be kept at {error.filename}: {error.strerror}.",
            hint="Set XDG_CACHE_HOME to a directory of your own.",
        ) from error
    return binary


@cache
def init_binary() -> Path:
    """The compiled first process, built if need be.

    Raises `PrerequisiteError` without a compiler, or when the cache directory can't be written or
    could have been written by somebody else.
    """
    return _built("init")


@cache
def network_binary() -> Path:
    """The compiled program that puts a sandbox on a granted network; raises as `init_binary`."""
    return _built("network")
