# SPDX-License-Identifier: Apache-2.0
"""Frames: what is sent is what arrives, and what is no frame is refused."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from proofhouse.errors import FormatError
from proofhouse.evaluation import messages, wire
from proofhouse.evaluation.types import Budgets, Job, ModelSpec, Reply, TaskFile, TaskItem
from proofhouse.sandbox import Limits


def test_a_frame_is_these_bytes() -> None:
    """The example of the module's docstring."""
    assert wire.pack({"kind": "grade"}, b"abc").hex() == (
        "0000001000000003" + b'{"kind":"grade"}abc'.hex()
    )


def test_frames_arrive_as_they_were_sent() -> None:
    """Large and empty bodies, in order, either way, blocking or not."""

    async def exchange(ours: socket.socket, theirs: socket.socket) -> list[wire.Frame | None]:
        here, there = await wire.Channel.over(ours), await wire.Channel.over(theirs)
        sending = asyncio.create_task(here.send({"kind": "a"}, bytes(3_000_000)))
        received = [await there.receive()]
        await sending
        here.post({"kind": "b", "text": "\ud800é"})
        await here.close()
        received += [await there.receive(), await there.receive()]
        await there.send({"kind": "late"})
        await there.close()
        return received

    large, small, end = asyncio.run(exchange(*socket.socketpair()))
    assert large == ({"kind": "a"}, bytes(3_000_000))
    assert small == ({"kind": "b", "text": "\ud800é"}, b"")
    assert end is None


def test_a_blocking_side_reads_the_same_frames() -> None:
    """`receive_now` reads what `pack` printed, and None at the end."""
    ours, theirs = socket.socketpair()
    with theirs, ours:
        ours.sendall(wire.pack({"kind": "job"}, b"body"))
        ours.shutdown(socket.SHUT_WR)
        assert wire.receive_now(theirs) == ({"kind": "job"}, b"body")
        assert wire.receive_now(theirs) is None


@pytest.mark.parametrize("cut", range(1, 8 + 16 + 3))
def test_a_frame_cut_short_is_the_end(cut: int) -> None:
    """Wherever the other side dies, half a frame is none."""
    whole = wire.pack({"kind": "grade"}, b"abc")
    ours, theirs = socket.socketpair()
    with theirs, ours:
        ours.sendall(whole[:cut])
        ours.shutdown(socket.SHUT_WR)
        assert wire.receive_now(theirs) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x00\x00\x02\x00\x00\x00\x00[]",
        b"\x00\x00\x00\x02\x00\x00\x00\x00{}",
        b"\x00\x00\x00\x01\x00\x00\x00\x00{",
        b"\x00\x00\x00\x01\x00\x00\x00\x00\xff",
        b"\x7f\x00\x00\x00\x00\x00\x00\x00",
        b"\x00\x00\x00\x02\x7f\x00\x00\x00",
    ],
    ids=["no object", "no kind", "no JSON", "no UTF-8", "head too long", "body too long"],
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    """Nothing is guessed, and no announced length makes us wait for it."""
    ours, theirs = socket.socketpair()
    with theirs, ours:
        ours.sendall(data)
        ours.shutdown(socket.SHUT_WR)
        with pytest.raises(FormatError):
            wire.receive_now(theirs)


def test_a_job_arrives_as_it_was_given() -> None:
    """Every field of a job crosses the wire."""
    job = Job(
        model=ModelSpec(
            name="mockllm/model",
            base_url="http://h/v1",
            key="k",
            environment=(("A", "b"),),
            arguments=(("stream", False), ("depth", 3), ("mode", "x")),
            replies=(Reply("a", ("ls",), None, 7), Reply(submit="b")),
        ),
        log_directory=Path("/somewhere"),
        budgets=Budgets(tokens=1, turns=2, seconds=3, reply_tokens=4),
        limits=Limits(pids=7),
        tier="other",
        samples_at_once=9,
    )
    for mode in ("run", "probe"):
        head = wire.receive_now(_sent(messages.job_head(job, mode))).head  # type: ignore[union-attr]
        assert messages.read_job(head) == (job, mode)
    bare = Job(ModelSpec("a/b"), Path("/x"), limits=None)
    assert messages.read_job(messages.job_head(bare, "run")) == (bare, "run")


def test_a_batch_arrives_without_its_ids() -> None:
    """The child is given labels, prompts and files, byte for byte, and nothing else."""
    files = (TaskFile("a", b"\x00\xff"), TaskFile("b", b"", executable=True))
    batch = [("s1", TaskItem("secret/3/1", "p", files)), ("s2", TaskItem("secret/3/2", "q"))]
    frame = messages.batch_frame(batch)
    assert "secret" not in str(frame.head)
    assert messages.read_batch(frame) == (
        messages.Assignment("s1", "p", files),
        messages.Assignment("s2", "q", ()),
    )
    assert messages.read_batch(messages.batch_frame(None)) is None


def _sent(head: wire.Head) -> socket.socket:
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(wire.pack(head))
    return theirs
