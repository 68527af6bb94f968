# SPDX-License-Identifier: Apache-2.0
"""The bytes between a session and its first process."""

from __future__ import annotations

import os
import re
import struct
from importlib import resources

import pytest

from proofhouse.errors import InputError
from proofhouse.sandbox.descriptors import Descriptors, sealed_memfd
from proofhouse.sandbox.limits import Limits
from proofhouse.sandbox.wire import (
    SLOTS,
    Account,
    Kind,
    Reply,
    Stage,
    Task,
    encode,
    parse_reply,
    request,
    strings,
)

ENDED = (4, 7, 9, 0, 0)


def test_a_request_byte_by_byte():
    """A request is laid out as init.c reads it."""
    task = Task(Kind.EXECUTE, (b"cc", b"-o", b"x"), (b"A=1",), b"/work", b"", False)
    limits = Limits(cpu_seconds=5, open_files=64, tmp_bytes=1 << 20)
    numbers = (1, 9, 3, 1, 0, 0, 0, 0, 0, 0, 7, 64, 2 << 20)
    assert request(task, 9, limits) == struct.pack("=10I3Q", *numbers)
    assert strings(task) == b"/work\0cc\0-o\0x\0A=1\0"


def test_a_request_for_a_user_byte_by_byte():
    """Who is named goes with the request, and the further groups with the strings."""
    account = Account(1000, 1001, (100, 27), "/home/ann")
    task = Task(Kind.EXECUTE, (b"id",), (b"A=1",), b"/work", account=account)
    numbers = (1, 9, 1, 1, 2, 0, 0, 1, 1000, 1001, 7, 64, 2 << 20)
    limits = Limits(cpu_seconds=5, open_files=64, tmp_bytes=1 << 20)
    assert request(task, 9, limits) == struct.pack("=10I3Q", *numbers)
    assert strings(task) == b"/work\0id\0A=1\x00100\x0027\0"


def test_both_sides_agree_on_their_numbers():
    """init.c and wire.py have the same kinds, stages and number of slots."""
    code = resources.files("proofhouse.sandbox").joinpath("init.c").read_text()
    kinds, stages = re.findall(r"^enum (?:kind|stage) \{([^}]*)\};$", code, re.MULTILINE)
    assert [int(n) for n in re.findall(r"= (\d)", kinds)] == [kind.value for kind in Kind]
    assert re.findall(r"(\w+) =", kinds) == [kind.name for kind in Kind]
    assert [int(n) for n in re.findall(r"= (\d)", stages)] == [stage.value for stage in Stage]
    assert f"#define SLOTS {SLOTS}\n" in code


def test_a_reply():
    """A reply tells which task ended and how."""
    reply = parse_reply(struct.pack("=2I3i", *ENDED))
    assert reply == Reply(Kind.ENDED, 7, 9, Stage.NOTHING, 0)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        struct.pack("=2I3i", *ENDED)[:-1],
        struct.pack("=2I3i", *ENDED) + b"\0",
        struct.pack("=2I3i", 1, 7, 9, 0, 0),  # a kind that is never sent back
        struct.pack("=2I3i", 99, 7, 9, 0, 0),
        struct.pack("=2I3i", 4, 256, 9, 0, 0),  # a slot that does not exist
        struct.pack("=2I3i", 4, 7, -1, 0, 0),
        struct.pack("=2I3i", 4, 7, 1 << 16, 0, 0),
        struct.pack("=2I3i", 4, 7, 9, 6, 0),
        struct.pack("=2I3i", 4, 7, 9, -1, 0),
        struct.pack("=2I3i", 4, 7, 9, 4, -2),
        struct.pack("=2I3i", 4, 7, 9, 4, 1 << 20),
    ],
)
def test_what_is_no_reply(message):
    """A message that a first process of ours never sends is not taken for one."""
    assert parse_reply(message) is None


@pytest.mark.parametrize("text", ["a\0b", b"\0", "\ud800"])
def test_text_that_the_kernel_can_not_take(text):
    """A NUL would cut a string short, a lone surrogate has no bytes."""
    with pytest.raises(InputError):
        encode(text, "argument")


def test_a_sealed_descriptor_can_not_be_changed():
    """What is handed in can be read from its start, and neither written nor cut, even reopened."""
    descriptor = sealed_memfd(b"content")
    again = os.open(f"/proc/self/fd/{descriptor}", os.O_RDWR)
    try:
        for opened in (descriptor, again):
            with pytest.raises(PermissionError):
                os.pwrite(opened, b"x", 0)
            with pytest.raises(PermissionError):
                os.ftruncate(opened, 0)
        assert os.read(descriptor, 100) == b"content"
    finally:
        os.close(descriptor)
        os.close(again)


def test_descriptors_are_closed_together():
    """At the end of the block nothing stays open."""
    with Descriptors() as give:
        numbers = [give.data(b"a"), give.data(b"b")]
    for number in numbers:
        with pytest.raises(OSError, match="Bad file"):
            os.fstat(number)
