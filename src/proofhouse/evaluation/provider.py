# SPDX-License-Identifier: Apache-2.0
"""Our sandbox as an Inspect sandbox provider named `proofhouse`: one session a sample.

    Sample(input="…", sandbox=spec(Limits(), "bwrap"))

Imported by the child only. Held to Inspect's own conformance suite (`self_check`) in
tests/evaluation/test_provider.py. Where the two contracts differ:

    signal n        a command that a signal ended has status 128 + n here, −n in our session
    time            a timed-out command raises TimeoutError and is never repeated: commands of an
                    agent are not idempotent, whatever ``timeout_retry`` says
    users           there is one user inside; any other raises SandboxUserUnsupportedError. For
                    other people's tasks that ask for it `spec(..., users=True)` has a root, too,
                    who may add more; no item of a bank has it
    environment     a command sees what the session gives and what is passed, nothing of ours:
                    `inspect_ai.util.subprocess`, which hands on this process's, is not used
    output          truncated to the session's limit instead of an error
    network         none, or one with the sample's own hosts (`grant`); what was tried on it is kept
                    when the sample ends (`tried`), and not in Inspect's configuration of it
    concurrency     no maximum of the provider's own, which would make Inspect sleep up to a second
                    before each sample; `samples_at_once` bounds the sessions

Nothing is graded here. The parent judges answers in a fresh sandbox of its own.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Literal, overload

from inspect_ai.util import (
    ExecResult,
    OutputLimitExceededError,
    SandboxEnvironment,
    SandboxEnvironmentConfigType,
    SandboxEnvironmentLimits,
    SandboxEnvironmentSpec,
    SandboxUserUnsupportedError,
    sandboxenv,
)
from pydantic import BaseModel
from typing_extensions import override

from proofhouse.errors import ProofhouseError, RefusedError
from proofhouse.evaluation.tiers import provider_name
from proofhouse.evaluation.types import ANSWER_PATH, TaskFile, TaskHost
from proofhouse.sandbox import (
    WORK_DIRECTORY,
    Attempt,
    HostSpec,
    Limits,
    Network,
    Session,
    start_network,
    start_session,
)

NAME = "proofhouse"
_FORBIDDEN = re.compile(rb"sandbox:.*permission denied", re.I)
_USERS = (None, "nobody", "65534")


_granted: dict[str, tuple[TaskHost, ...]] = {}
_tried: dict[str, tuple[Attempt, ...]] = {}


def grant(label: str, hosts: Sequence[TaskHost]) -> None:
    """Let the sample of that label speak to ``hosts``, which are started with its sandbox."""
    _granted[label] = tuple(hosts)


def tried(label: str) -> tuple[Attempt, ...]:
    """The connections that an ended sample has tried, once; none for one without hosts."""
    _granted.pop(label, None)
    return _tried.pop(label, ())


_CONTROL = b"a control beside a sandbox that was lost\n"


async def control(limits: Limits, tier: str) -> bool:
    """Whether a fresh sandbox with these limits takes a file, runs a command, gives the file back.

    False too for a tier that is not ours, of which we can't tell.
    """
    if provider_name(tier):
        return False
    try:
        session = await start_session(limits, tier)
        try:
            await session.write_file(ANSWER_PATH, _CONTROL)
            ran = await session.exec(["true"])
            return ran.returncode == 0 and await session.read_file(ANSWER_PATH, 100) == _CONTROL
        finally:
            await session.close()
    except (ProofhouseError, OSError):
        return False


class SandboxConfig(BaseModel, frozen=True):
    """What Inspect records of a sample's sandbox, and hands back to start it.

    ``network`` is the label under which hosts were granted, or empty; ``users`` gives the sandbox
    users of its own, and so a root inside.
    """

    tier: str
    network: str = ""
    users: bool = False
    memory_bytes: int
    pids: int
    cpu_seconds: int
    wall_seconds: float
    open_files: int
    tmp_bytes: int
    output_bytes: int

    def limits(self) -> Limits:
        """As the sandbox room takes them."""
        return Limits(**self.model_dump(exclude={"tier", "network", "users"}))


def spec(
    limits: Limits, tier: str, network: str = "", *, users: bool = False
) -> SandboxEnvironmentSpec:
    """The sandbox of a sample, for Inspect; a tier of Inspect's own goes by its name alone.

    ``users`` gives it users of its own (`proofhouse.sandbox.users`), which takes our tier ``bwrap``
    and no network. Raises `RefusedError` for anything else.
    """
    if users and (network or provider_name(tier)):
        raise RefusedError(
            "A sandbox with users of its own has no granted network, and is one of ours.",
            rule="users",
            hint="Take the tier bwrap and no network.",
        )
    if foreign := provider_name(tier):
        return SandboxEnvironmentSpec(foreign)
    config = SandboxConfig(tier=tier, network=network, users=users, **asdict(limits))
    return SandboxEnvironmentSpec(NAME, config)


@sandboxenv(name=NAME)
class ProofhouseSandbox(SandboxEnvironment):
    """One session of ours, in Inspect's terms."""

    def __init__(
        self, session: Session, network: Network | None = None, *, users: bool = False
    ) -> None:
        super().__init__()
        self._session = session
        self._network = network
        self._users = users

    @override
    @classmethod
    def default_concurrency(cls) -> int | None:
        """No maximum of the provider's own."""
        return None

    @override
    @classmethod
    def config_deserialize(cls, config: dict[str, Any]) -> BaseModel:
        """Read a config back from a log."""
        return SandboxConfig(**config)

    @override
    @classmethod
    async def sample_init(
        cls,
        task_name: str,
        config: SandboxEnvironmentConfigType | None,
        metadata: dict[str, str],
    ) -> dict[str, SandboxEnvironment]:
        """Start the sample's session, and its network if hosts were granted to it."""
        box = config if isinstance(config, SandboxConfig) else None
        limits = Limits() if box is None else box.limits()
        tier = "bwrap" if box is None else box.tier
        if box is None or not box.network:
            users = box is not None and box.users
            return {"default": cls(await start_session(limits, tier, users=users), users=users)}
        hosts = [
            HostSpec(
                host.name,
                host.address,
                tuple((file.path, file.data) for file in host.files),
                host.start,
            )
            for host in _granted[box.network]
        ]
        network = await start_network(hosts, limits, tier)
        return {"default": cls(network.foothold, network)}

    @override
    @classmethod
    async def sample_cleanup(
        cls,
        task_name: str,
        config: SandboxEnvironmentConfigType | None,
        environments: dict[str, SandboxEnvironment],
        interrupted: bool,
    ) -> None:
        """End it, with everything inside; keeps what was tried on its network."""
        for environment in environments.values():
            box = environment.as_type(ProofhouseSandbox)
            if box._network is None:
                await box._session.close()
                continue
            await box._network.close()
            if isinstance(config, SandboxConfig):
                _tried[config.network] = box._network.attempts()

    @override
    async def exec(
        self,
        cmd: list[str],
        input: str | bytes | None = None,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        user: str | None = None,
        timeout: int | None = None,
        timeout_retry: bool = True,
        concurrency: bool = True,
    ) -> ExecResult[str]:
        """Run one command; see the module's table for what differs from our session."""
        if user in _USERS:
            user = None
        elif not self._users:
            raise SandboxUserUnsupportedError(f"There is no user {user!r} in this sandbox.")
        stdin = input.encode() if isinstance(input, str) else input or b""
        result = await self._session.exec(
            cmd, stdin=stdin, cwd=cwd, env=env, timeout=timeout, user=user
        )
        if result.timed_out:
            raise TimeoutError("The command was stopped: it ran longer than it may.")
        if result.returncode == 126 and _FORBIDDEN.match(result.stderr):
            raise PermissionError(13, "Permission denied", cmd[0])
        status = result.returncode if result.returncode >= 0 else 128 - result.returncode
        return ExecResult(
            success=status == 0,
            returncode=status,
            stdout=result.stdout.decode("utf-8", "replace"),
            stderr=result.stderr.decode("utf-8", "replace"),
        )

    @override
    async def write_file(self, file: str, contents: str | bytes) -> None:
        """Write a file inside, with its missing parent directories."""
        data = contents.encode() if isinstance(contents, str) else contents
        await self._session.write_file(file, data)

    @overload
    async def read_file(self, file: str, text: Literal[True] = True) -> str: ...

    @overload
    async def read_file(self, file: str, text: Literal[False]) -> bytes: ...

    @override
    async def read_file(self, file: str, text: bool = True) -> str | bytes:
        """Read a file inside, up to Inspect's limit."""
        try:
            data = await self._session.read_file(file, SandboxEnvironmentLimits.MAX_READ_FILE_SIZE)
        except RefusedError as error:
            limit = SandboxEnvironmentLimits.MAX_READ_FILE_SIZE_STR
            raise OutputLimitExceededError(limit, None) from error
        return data.decode() if text else data

    async def place(self, files: Sequence[TaskFile]) -> None:
        """Put an item's files where the agent finds them, without telling the transcript."""
        for file in files:
            await self._session.write_file(file.path, file.data, file.executable)

    async def answer(self, limit: int) -> bytes:
        """What the agent left as its answer; b"" when there is none, or none that can be read.

        A directory, a device, a link to nowhere or a file over ``limit`` bytes is no answer.
        """
        try:
            return await self._session.read_file(ANSWER_PATH, limit)
        except (OSError, RefusedError):
            return b""


async def place(box: SandboxEnvironment, files: Sequence[TaskFile]) -> None:
    """Put an item's files where the agent finds them, whoever's sandbox it is."""
    if ours := _ours(box):
        await ours.place(files)
        return
    for file in files:
        path = posixpath.join(WORK_DIRECTORY, file.path)
        await box.write_file(path, file.data)
        if file.executable:
            await box.exec(["chmod", "755", path])
    await box.exec(["mkdir", "-p", WORK_DIRECTORY])


async def answer(box: SandboxEnvironment, limit: int) -> bytes:
    """What the agent left as its answer, as `ProofhouseSandbox.answer`, whoever's sandbox it is."""
    if ours := _ours(box):
        return await ours.answer(limit)
    try:
        data = await box.read_file(ANSWER_PATH, text=False)
    except (OSError, OutputLimitExceededError):
        return b""
    return data if len(data) <= limit else b""


def _ours(box: SandboxEnvironment) -> ProofhouseSandbox | None:
    try:
        return box.as_type(ProofhouseSandbox)
    except TypeError:
        return None
