# SPDX-License-Identifier: Apache-2.0
"""Our sandbox keeps Inspect's contract: Inspect's own conformance suite, run against it.

As items have it, with one user, all pass but the one that asks for a root inside; with users of its
own all 44 do (the ones on users and permissions here, the others by `make soak`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from inspect_ai.util import ExecResult, SandboxUserUnsupportedError
from inspect_ai.util._sandbox import self_check
from inspect_ai.util._sandbox.self_check import *  # noqa: F403 - the suite is made to be pulled in

from proofhouse.errors import PrerequisiteError, RefusedError
from proofhouse.evaluation import provider
from proofhouse.evaluation.types import ANSWER_PATH, TaskFile
from proofhouse.sandbox import Limits

pytestmark = [pytest.mark.anyio, pytest.mark.sandbox]

# The suite moves 50 MiB through files and pipes.
LIMITS = Limits(memory_bytes=512 << 20, tmp_bytes=128 << 20, wall_seconds=60)

ALONE, USERS = "alone", "users"
XFAIL = {
    "test_exec_as_user": "one unprivileged user inside; there is no root to add others",
}
ON_USERS = {
    "test_exec_as_user",
    "test_exec_as_nonexistent_user",
    "test_exec_permission_error",
    "test_read_file_not_allowed",
    "test_write_text_file_without_permissions",
    "test_write_binary_file_without_permissions",
}
NO_ADDUSER = pytest.mark.skipif(
    shutil.which("adduser", path="/usr/sbin:/usr/bin") is None,
    reason="this machine's /usr, which is the sandbox's too, has no adduser",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Inspect's checks meet both kinds of sandbox; our own, and by default, the one of items."""
    if "sandbox_env" not in metafunc.fixturenames:
        return
    name = metafunc.function.__name__
    kinds = [ALONE]
    if metafunc.function.__module__ == self_check.__name__:
        marks = [] if name in ON_USERS else [pytest.mark.soak]
        marks += [NO_ADDUSER] if name == "test_exec_as_user" else []
        kinds.append(pytest.param(USERS, marks=marks))
    metafunc.parametrize("sandbox_env", kinds, indirect=True)


async def at_once(seconds: float) -> None:
    """Our session has killed what timed out before it answers: nothing needs a moment more."""


@pytest.fixture
async def sandbox_env(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[provider.ProofhouseSandbox]:
    """A started sandbox, as Inspect starts it for a sample."""
    monkeypatch.setattr(self_check, "anyio", SimpleNamespace(sleep=at_once))
    kind = request.param
    if kind == ALONE and (reason := XFAIL.get(request.node.originalname)):
        error = SandboxUserUnsupportedError
        request.node.add_marker(pytest.mark.xfail(reason=reason, raises=error, strict=True))
    config = provider.spec(LIMITS, "bwrap", users=kind == USERS).config
    try:
        boxes = await provider.ProofhouseSandbox.sample_init("task", config, {})
    except PrerequisiteError as error:
        if kind == ALONE or os.geteuid() == 0:
            raise
        pytest.skip(str(error))  # an ordinary user without ids of its own
    (box,) = boxes.values()
    assert isinstance(box, provider.ProofhouseSandbox)
    yield box
    await provider.ProofhouseSandbox.sample_cleanup("task", config, boxes, False)


async def test_the_provider_is_found_by_its_name() -> None:
    """A spec printed into a log leads back to the same configuration."""
    spec = provider.spec(LIMITS, "bwrap")
    again = type(spec).model_validate(spec.model_dump())
    assert again.config == spec.config
    assert again.config.limits() == LIMITS


def test_users_are_asked_for_by_word() -> None:
    """Nobody has users of its own unasked; nor with a network, nor in a sandbox that isn't ours."""
    assert provider.spec(LIMITS, "bwrap").config.users is False
    spec = provider.spec(LIMITS, "bwrap", users=True)
    assert type(spec).model_validate(spec.model_dump()).config.users is True
    assert spec.config.limits() == LIMITS
    for tier, network in (("bwrap", "label"), ("inspect:docker", "")):
        with pytest.raises(RefusedError):
            provider.spec(LIMITS, tier, network, users=True)


async def test_there_is_no_maximum_of_sandboxes() -> None:
    """A maximum would make Inspect sleep before each sample."""
    assert provider.ProofhouseSandbox.default_concurrency() is None


async def test_no_other_user_runs_anything(sandbox_env: provider.ProofhouseSandbox) -> None:
    """Root does not exist inside, and asking for it runs nothing."""
    with pytest.raises(SandboxUserUnsupportedError):
        await sandbox_env.exec(["touch", "/work/ran"], user="root")
    with pytest.raises(FileNotFoundError):
        await sandbox_env.read_file("/work/ran")


async def test_files_of_an_item_are_in_place(sandbox_env: provider.ProofhouseSandbox) -> None:
    """An item's files arrive byte for byte, executable where the item says so."""
    run = TaskFile("/work/bin/run", b"#!/bin/sh\nprintf started", executable=True)
    await sandbox_env.place([run, TaskFile("data", b"\x00\xff")])
    result: ExecResult[str] = await sandbox_env.exec(["bin/run"])
    assert (result.success, result.stdout) == (True, "started")
    assert await sandbox_env.read_file("/work/data", text=False) == b"\x00\xff"


@pytest.mark.parametrize(
    "command",
    [
        "true",
        f"mkdir {ANSWER_PATH}",
        f"mkfifo {ANSWER_PATH}",
        f"ln -s /nowhere {ANSWER_PATH}",
        f"ln -s /dev/zero {ANSWER_PATH}",
        f"head -c 2000 /dev/zero > {ANSWER_PATH}",
        f"echo x > {ANSWER_PATH}; chmod 0 {ANSWER_PATH}",
    ],
)
async def test_what_is_no_answer_is_empty(
    sandbox_env: provider.ProofhouseSandbox, command: str
) -> None:
    """Nothing an agent can leave in the place of an answer stops the run: it is no answer."""
    await sandbox_env.exec(["sh", "-c", command])
    assert await sandbox_env.answer(1000) == b""


async def test_a_command_that_can_not_start_is_the_agents_own_matter(
    sandbox_env: provider.ProofhouseSandbox,
) -> None:
    """A command longer than the kernel takes fails like a command, not like a sandbox."""
    result = await sandbox_env.exec(["bash", "-c", "true #" + "x" * 200_000])
    assert (result.success, result.returncode) == (False, 126)


async def test_an_answer_is_its_bytes(sandbox_env: provider.ProofhouseSandbox) -> None:
    """An answer is read as bytes, not as text."""
    await sandbox_env.exec(["sh", "-c", rf"printf '\000\377' > {ANSWER_PATH}"])
    assert await sandbox_env.answer(1000) == b"\x00\xff"


async def test_nothing_of_this_process_is_inside(
    sandbox_env: provider.ProofhouseSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command sees the session's own environment, and not this process's."""
    monkeypatch.setenv("PLANTED", "planted-secret")
    result = await sandbox_env.exec(["sh", "-c", "env; cat /proc/*/environ"])
    assert "planted-secret" not in result.stdout
