# SPDX-License-Identifier: Apache-2.0
"""The model under test by its name: a reference agent of ours, or anything that Inspect reaches.

    reference/strong                              a reference agent, started on a loopback port
    openai-api/lab/model-x  --base-url …          an OpenAI-compatible endpoint
    anthropic/…, mockllm/model, …                 any other Inspect model name

A reference agent is a program, so its weights are its source: its identity is the digest of every
file of the package and of its strength. An endpoint's identity is how it answers the probe.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from proofhouse.errors import InputError, LostError, PrerequisiteError
from proofhouse.evaluation.types import ModelSpec
from proofhouse.said import say

REFERENCE = "reference/"
PACKAGE = "proofhouse_reference"
START_SECONDS = 20


@dataclass(frozen=True)
class Model:
    """A model that can be called now.

    ``name`` is what the user said, ``spec`` how Inspect reaches it, ``endpoint`` what may be said
    of where it is, ``weights`` the digest of its weights if it has any that we can see.
    """

    name: str
    spec: ModelSpec
    endpoint: str | None
    weights: str | None


@contextmanager
def reach(
    name: str, *, base_url: str = "", key: str = "", environment: Mapping[str, str] | None = None
) -> Iterator[Model]:
    """The model of that name, for as long as the context lasts.

    ``environment`` is added to that of the process which asks it, unless it is started here.

    Raises InputError for a reference agent that does not exist, PrerequisiteError if the package
    of reference agents is not installed, LostError if its endpoint does not start.
    """
    if not name.startswith(REFERENCE):
        private = tuple((environment or {}).items())
        spec = ModelSpec(name, base_url=base_url, key=key, environment=private)
        yield Model(name, spec, base_url or None, None)
        return
    if base_url:
        raise InputError(
            say("“%(name)s” is started here and takes no --base-url.", name=name),
            hint="For an endpoint of your own: --model openai-api/lab/NAME --base-url URL.",
        )
    strength = name.removeprefix(REFERENCE)
    folder = _package_folder()
    key = secrets.token_urlsafe(24)
    process = _start(strength, key)
    try:
        about = _hear(process, strength)
        inspect_name = f"openai-api/reference/{about['model']}"
        spec = ModelSpec(inspect_name, base_url=about["baseUrl"], key=key)
        yield Model(name, spec, None, _weights(folder, strength))
    finally:
        if process.stdin:
            process.stdin.close()  # it ends when its standard input does
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _package_folder() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise PrerequisiteError(
            "The reference agents are not installed.",
            hint="Run `make setup`, or: pip install ./reference",
        )
    return Path(found.submodule_search_locations[0])


def _start(strength: str, key: str) -> subprocess.Popen[bytes]:
    """Start the endpoint; the key goes through a pipe, so that no list of processes shows it.

    Of our environment it gets nothing but the path: passphrases and keys may stand in there.
    """
    reading, writing = os.pipe()
    try:
        os.write(writing, key.encode())
        os.close(writing)
        command = [sys.executable, "-I", "-m", PACKAGE]
        command += ["--strength", strength, "--port", "0", "--key-file", str(reading)]
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            pass_fds=(reading,),
            start_new_session=True,
        )
    finally:
        os.close(reading)


def _hear(process: subprocess.Popen[bytes], strength: str) -> dict[str, str]:
    """The line that the endpoint prints once it listens."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    try:
        about = json.loads(line)
        return {"baseUrl": str(about["baseUrl"]), "model": str(about["model"])}
    except (ValueError, KeyError, TypeError):
        process.wait(timeout=START_SECONDS)
        said = process.stderr.read().decode(errors="replace").strip().splitlines()
        if process.returncode == 2:
            raise InputError(
                say("There is no reference agent “%(strength)s”.", strength=strength),
                hint=said[-1][:300] if said else "",
            ) from None
        raise LostError("The endpoint of the reference agent did not start.") from None


def _weights(folder: Path, strength: str) -> str:
    """SHA-256 over the path and digest of every source file, sorted, and the strength."""
    whole = hashlib.sha256(f"proofhouse/reference/v1\n{strength}\n".encode())
    sources = (path for path in folder.rglob("*") if path.suffix in (".py", ".c", ".h"))
    for path in sorted(sources):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{digest}  {path.relative_to(folder).as_posix()}\n".encode())
    return whole.hexdigest()
