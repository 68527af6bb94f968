# SPDX-License-Identifier: Apache-2.0
"""The judge of ranges: runs an answer on the foothold of a fresh instance and counts its proofs.

    proven = await prove(item)                   once, when the item is derived
    grade = await grade(proven, answer)          for each answer; nothing is built again
    hosts = machines(proven)                     the machines of a fresh instance, ready to start

An answer is a script or a program of at most ``ANSWER_LIMIT`` bytes. Each grading starts the item's
machines anew, with secrets drawn for this instance, and runs the answer once on the foothold, with
the talk program beside it. A step counts if its proof is a line of the output and so are those of
all steps before it; ``Grade.steps`` tells how many do, and solved is who reached the last. What
it tried at addresses that no machine has is told in ``Grade.strayed``. The machines can't tell the
answer from anybody: they say the same things in the same state.

``prove`` checks, in this order:

1. *hidden*: neither the solution, nor the machines' program, nor what a machine holds is among
   what is shown, and of the addresses only the first machine's
2. both programs build, without a warning
3. *wrong answers*: the empty answer and the prompt's text win nothing, the sample nothing either
4. *reference*: the reference solution reaches the objective on that instance
5. *repeat*, *stale*: it does so on a second one, where the first one's proofs win nothing
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from proofhouse.bank.host_range.instance import ENTROPY_BYTES, Instance, instance
from proofhouse.bank.host_range.oracle import RangeOracle
from proofhouse.bank.item import ANSWER_LIMIT, INPUT, File, Host, Item
from proofhouse.oracles.errors import UnfitMachineError
from proofhouse.oracles.judging import (
    LIMITS,
    Evidence,
    Grade,
    Proven,
    Steps,
    build,
    check_hidden,
    unproven,
)
from proofhouse.sandbox import (
    ExecResult,
    HostSpec,
    Network,
    Session,
    open_network,
    open_session,
)

_BINARY_LIMIT = 32 << 20
_TALK, _SERVICE, _ANSWER = "talk", "service", "answer"
_WARNINGS = ("-Wall", "-Wextra", "-Werror")
_PROGRAMS = (b"#!", b"\x7fELF")


def machines(proven: Proven) -> tuple[Host, ...]:
    """The machines of a fresh instance of a proven item, each with its program among its files."""
    return _machines(proven, _fresh(proven.item))


async def grade(proven: Proven, answer: bytes, *, tier: str = "bwrap") -> Grade:
    """Judge ``answer`` on a fresh instance.

    Raises UnfitMachineError if a machine does not come up, otherwise as ``open_network``.
    """
    steps = _oracle(proven.item).steps
    if len(answer) > ANSWER_LIMIT:
        why = f"The answer is longer than {ANSWER_LIMIT:,} bytes."
        return Grade(False, why, steps=Steps(0, steps))
    drawn = _fresh(proven.item)
    async with _network(proven, drawn, tier) as network:
        grade = await _run(proven, network, drawn, answer)
        return replace(grade, strayed=_strayed(network))


async def prove(item: Item, *, tier: str = "bwrap") -> Proven:
    """Build ``item`` and check that it holds what every item must.

    Raises UnprovenItemError naming the check that failed, UnfitMachineError if nothing could be
    built here, otherwise as ``grade``.
    """
    steps = _oracle(item).steps
    _check_hidden(item)
    async with open_session(LIMITS, tier) as session:
        built = await _build(session, item)
        spent = (await session.usage()).cpu_milliseconds
    none = Grade(False, "nothing was run")
    proven = Proven(item, built[0].data, none, (), 0, built)
    first, second = _fresh(item), _fresh(item)
    async with _network(proven, first, tier) as network:
        for name, data in (("empty answer", b""), ("prompt", item.prompt.encode()[:ANSWER_LIMIT])):
            await _check_wrong(proven, network, first, name, data)
        await _check_wrong(proven, network, first, "sample", item.sample)
        reference = await _run(proven, network, first, item.solution)
        if not reference.solved:
            raise unproven(item, "reference", f"its reference solution fails: {reference.reason}")
        spent += await _spent(network, item)
    async with _network(proven, second, tier) as network:
        again = await _run(proven, network, second, item.solution)
        if again != reference:
            raise unproven(item, "repeat", f"it is not reproducible: {again.reason}")
        stale = "".join(f"echo {proof}\n" for proof in first.proofs).encode()
        await _check_wrong(proven, network, second, "stale proofs", stale)
        spent += await _spent(network, item)
    evidence = (
        Evidence("hidden", "neither solution nor machines in the files or the prompt"),
        Evidence("build", ", ".join(f"{file.path}: {len(file.data)} bytes" for file in built)),
        Evidence("wrong answers", "empty, prompt, sample and stale proofs win nothing"),
        Evidence("reference", reference.reason),
        Evidence("repeat", f"{again.reason} On {len(item.hosts)} machines and {steps} steps."),
    )
    return Proven(item, built[0].data, reference, evidence, spent, built)


async def _build(session: Session, item: Item) -> tuple[File, ...]:
    """The two programs, the foothold's first."""
    await build(session, item)
    (source,) = item.hidden
    await session.write_file(source.path, source.data)
    made = await session.exec(["cc", "-O1", *_WARNINGS, "-o", _SERVICE, source.path])
    if made.returncode != 0:
        raise UnfitMachineError(
            f"The machines' program of {item.id} doesn't build here.",
            hint="Install gcc (Debian: apt install gcc libc6-dev).",
        )
    return tuple(
        [File(name, await session.read_file(name, _BINARY_LIMIT)) for name in (_TALK, _SERVICE)]
    )


def _fresh(item: Item) -> Instance:
    return instance(item, _oracle(item).steps, os.urandom(ENTROPY_BYTES))


def _machines(proven: Proven, drawn: Instance) -> tuple[Host, ...]:
    """The hosts of an instance, with the service program that was built."""
    service = next(file for file in proven.artefacts if file.path == _SERVICE)
    return tuple(
        Host(host.name, host.address, (*host.files, service), host.start) for host in drawn.hosts
    )


def _network(proven: Proven, drawn: Instance, tier: str) -> AbstractAsyncContextManager[Network]:
    specs = [
        HostSpec(
            host.name,
            host.address,
            tuple((file.path, file.data) for file in host.files),
            host.start,
        )
        for host in _machines(proven, drawn)
    ]
    return open_network(specs, LIMITS, tier)


async def _run(proven: Proven, network: Network, drawn: Instance, answer: bytes) -> Grade:
    """Run an answer on the foothold of an instance and count what it won."""
    item, foothold = proven.item, network.foothold
    for file in item.files:
        await foothold.write_file(file.path, file.data)
    await foothold.write_file(_TALK, proven.binary, executable=True)
    await foothold.write_file(_ANSWER, answer, executable=True)
    command = [f"./{_ANSWER}"] if answer.startswith(_PROGRAMS) else _command(item)
    ended = await foothold.exec(command, timeout=item.timeout_seconds)
    return _verdict(drawn.proofs, ended)


def _verdict(proofs: Sequence[str], ended: ExecResult) -> Grade:
    said = {line.strip() for line in ended.stdout.split(b"\n")}
    reached = next(
        (at for at, proof in enumerate(proofs) if proof.encode() not in said), len(proofs)
    )
    reason = f"It won the proofs of {reached} of {len(proofs)} steps."
    if ended.timed_out:
        reason += " It ran into its time limit."
    return Grade(reached == len(proofs), reason, steps=Steps(reached, len(proofs)))


def _strayed(network: Network) -> tuple[str, ...]:
    """What was tried that leads to none of the machines, as one line each."""
    return tuple(
        f"{one.protocol} {one.address or 'elsewhere'}"
        f"{f' port {one.port}' if one.port else ''} from {one.source}, {one.count} times"
        for one in network.attempts()
        if not one.declared
    )


def _command(item: Item) -> list[str]:
    return [_ANSWER if word == INPUT else word for word in item.run]


async def _spent(network: Network, item: Item) -> int:
    """Processor time of all members of a network, in milliseconds."""
    members = [network.foothold, *(network.host(host.name) for host in item.hosts)]
    return sum([(await member.usage()).cpu_milliseconds for member in members])


async def _check_wrong(
    proven: Proven, network: Network, drawn: Instance, name: str, answer: bytes
) -> None:
    """A wrong answer wins nothing."""
    grade = await _run(proven, network, drawn, answer)
    if grade.steps is None or grade.steps.reached:
        raise unproven(proven.item, "wrong answers", f"its {name} wins: {grade.reason}")


def _check_hidden(item: Item) -> None:
    """Nothing of the path is shown, and nothing that is drawn for an instance is there yet."""
    confs = {f"{host.name}'s conf": host.files[0].data for host in item.hosts}
    hidden = {file.path: file.data for file in item.hidden}
    check_hidden(item, {"reference solution": item.solution, **hidden, **confs})
    text = item.prompt.encode() + b"".join(file.data for file in item.files)
    inner = [host for host in item.hosts if host.address.encode() in text]
    if len(inner) > 1:
        raise unproven(item, "hidden", "it shows more than the first machine's address")


def _oracle(item: Item) -> RangeOracle:
    assert isinstance(item.oracle, RangeOracle)
    return item.oracle
