# SPDX-License-Identifier: Apache-2.0
"""An item gets the sandbox it asks for, a stronger one than the run's, or the run ends."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.util import ExecResult, SandboxEnvironment

from proofhouse.errors import InputError, PrerequisiteError, RefusedError
from proofhouse.evaluation import provider, tiers
from proofhouse.evaluation import run as evaluation
from proofhouse.evaluation.types import Job, ModelSpec, Reply, TaskFile, TaskHost, TaskItem
from proofhouse.sandbox import TIERS, Limits, check_tier
from proofhouse.sandbox.strength import TABLE, require, strength

REPLIES = (Reply(commands=("uname -r > /work/answer",)), Reply(submit="done"))


def run(lab: Any, folder: Path, *items: TaskItem, tier: str = "bwrap") -> Any:
    """The desk, after a run of these items."""
    desk = lab.Desk(list(items))
    job = Job(ModelSpec("mockllm/model", replies=REPLIES), folder, tier=tier)
    asyncio.run(evaluation.run(job, **desk.calls))
    return desk


@pytest.mark.sandbox
def test_each_item_runs_in_its_own_tier(lab: Any, tmp_path: Path) -> None:
    """In one run, one item is answered by the machine's kernel and another by gVisor's."""
    try:
        check_tier("gvisor")
    except PrerequisiteError as error:
        pytest.skip(str(error))
    usual = TaskItem("memory-flaw/1/00", "Do it.")
    stronger = TaskItem("memory-flaw/1/01", "Do it.", tier="gvisor")
    desk = run(lab, tmp_path, usual, stronger)
    answers = {id_: answer for id_, answer, _ in desk.graded}
    machine = Path("/proc/sys/kernel/osrelease").read_bytes()
    assert answers[usual.id] == machine
    assert answers[stronger.id] not in (b"", machine)


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("tier", "error", "said"),
    [
        ("inspect:docker", RefusedError, "is weaker than bwrap"),
        ("inspect:proxmox", PrerequisiteError, "needs the package inspect-proxmox-sandbox"),
        ("chroot", InputError, "no sandbox tier 'chroot'"),
    ],
)
def test_a_tier_that_can_not_be_had_ends_the_run(
    lab: Any, tmp_path: Path, tier: str, error: type[Exception], said: str
) -> None:
    """No item runs in a weaker sandbox than it asked for: none of its batch runs at all."""
    items = [TaskItem("memory-flaw/1/00", "a"), TaskItem("memory-flaw/1/01", "b", tier=tier)]
    desk = lab.Desk(items)
    job = Job(ModelSpec("mockllm/model", replies=REPLIES), tmp_path)
    with pytest.raises(error, match=said):
        asyncio.run(evaluation.run(job, **desk.calls))
    assert desk.samples == {}


def test_a_missing_tier_of_the_run_is_refused(lab: Any, tmp_path: Path) -> None:
    """A run whose tier is not here ends before its first item."""
    with pytest.raises(PrerequisiteError, match="inspect-k8s-sandbox"):
        run(lab, tmp_path, TaskItem("memory-flaw/1/00", "a"), tier="inspect:k8s")


@pytest.mark.sandbox
def test_hosts_are_not_for_foreign_tiers(
    lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An item whose sandbox needs a granted network is not put where there is none."""
    monkeypatch.setattr(tiers, "check", lambda tier: None)
    host = TaskHost("mail", "10.7.0.9", (), ("./mail",))
    item = TaskItem("range/1/00", "a", hosts=(host,), tier="inspect:proxmox")
    desk = lab.Desk([item])
    job = Job(ModelSpec("mockllm/model", replies=REPLIES), tmp_path)
    with pytest.raises(RefusedError, match="has hosts"):
        asyncio.run(evaluation.run(job, **desk.calls))


def test_no_tier_stands_for_a_stronger_one() -> None:
    """Of any two tiers of the table, the one of lower rank never satisfies the other."""
    assert set(TIERS) < {row.tier for row in TABLE}
    assert [row.rank for row in TABLE] == sorted(row.rank for row in TABLE)
    for had in TABLE:
        for wanted in TABLE:
            if had.rank < wanted.rank:
                with pytest.raises(RefusedError, match="is weaker than"):
                    require(had.tier, at_least=wanted.tier)
            else:
                require(had.tier, at_least=wanted.tier)
    with pytest.raises(InputError):
        strength("inspect:local")


def a_docker(folder: Path, version: str, compose: str) -> None:
    path = folder / "docker"
    path.write_text(
        f"#!/bin/sh\n[ \"$1\" = compose ] && {{ echo '{compose}'; exit; }}\necho '{version}'\n"
    )
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("version", "compose", "said"),
    [
        (None, "", "there is none on the path"),
        ('{"Client": {"Version": "28.2.2"}, "Server": null}', "", "none answers"),
        ("Cannot connect", "", "none answers"),
        ('{"Server": {"Version": "20.10.5"}}', "", "is 20.10.5, too old"),
        ('{"Server": {"Version": "28.2.2"}}', "unknown command", "has no compose"),
    ],
)
def test_what_docker_lacks_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None, compose: str, said: str
) -> None:
    """Without an engine, or with one too old, the tier is refused with its remedy."""
    if version is not None:
        a_docker(tmp_path, version, compose)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PrerequisiteError, match=said) as refused:
        tiers.check("inspect:docker")
    assert "docs.docker.com/engine" in refused.value.hint


def test_a_docker_with_all_it_needs_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine and compose that answer are enough."""
    a_docker(tmp_path, '{"Server": {"Version": "28.2.2"}}', '{"version": "2.36.2"}')
    monkeypatch.setenv("PATH", str(tmp_path))
    tiers.check("inspect:docker")


def test_a_foreign_tier_goes_to_inspect_by_its_name() -> None:
    """Inspect's registry finds the provider; no limit of ours is pretended to hold there."""
    spec = provider.spec(Limits(), "inspect:docker")
    assert (spec.type, spec.config) == ("docker", None)


class Elsewhere(SandboxEnvironment):
    """Somebody else's sandbox: a dictionary of files."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.ran: list[list[str]] = []

    async def exec(self, cmd: list[str], *_: Any, **__: Any) -> ExecResult[str]:
        self.ran.append(cmd)
        return ExecResult(True, 0, "", "")

    async def write_file(self, file: str, contents: str | bytes) -> None:
        self.files[file] = contents if isinstance(contents, bytes) else contents.encode()

    async def read_file(self, file: str, text: bool = True) -> Any:
        if file not in self.files:
            raise FileNotFoundError(file)
        return self.files[file]

    @classmethod
    async def sample_cleanup(cls, *_: Any, **__: Any) -> None:
        return


def test_files_and_answers_pass_through_a_foreign_sandbox() -> None:
    """An item's files land in /work, executable where it says so; a missing answer is none."""

    async def scenario() -> tuple[Elsewhere, bytes, bytes, bytes]:
        box = Elsewhere()
        await provider.place(box, (TaskFile("bin/run", b"#!", True), TaskFile("/work/n", b"n")))
        before = await provider.answer(box, 10)
        box.files["/work/answer"] = b"0123456789"
        return box, before, await provider.answer(box, 10), await provider.answer(box, 9)

    box, before, fits, too_long = asyncio.run(scenario())
    assert set(box.files) == {"/work/bin/run", "/work/n", "/work/answer"}
    assert ["chmod", "755", "/work/bin/run"] in box.ran
    assert (before, fits, too_long) == (b"", b"0123456789", b"")
