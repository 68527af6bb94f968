# SPDX-License-Identifier: Apache-2.0
"""``proofhouse sandbox``: try the sandbox that items run in. It needs no home.

    proofhouse sandbox run -- sh -c 'id; ls -la /'
    proofhouse sandbox tiers
    proofhouse sandbox escape --tier bwrap

``run`` starts one session as a sample has it (user, environment, /work, limits), runs one command
and ends it. ``escape`` plays the attacks of `proofhouse.sandbox.attacks`.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
import unicodedata
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from proofhouse.cli import print_json
from proofhouse.errors import InputError, ProofhouseError
from proofhouse.sandbox import (
    TIERS,
    Attempt,
    ExecResult,
    HostSpec,
    Limits,
    Session,
    Usage,
    check_tier,
    open_network,
    open_session,
)
from proofhouse.sandbox.strength import TABLE

TIMED_OUT, OUT_OF_MEMORY = 124, 137
"""What ``run`` ends with when a limit ended the command, as timeout(1) and the kernel have it."""

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_MOST_FILE = 256 << 20


def _size(text: str) -> int:
    """Bytes: ``512M``, ``1G``, ``4096``."""
    found = re.fullmatch(r"(\d{1,9})([KMG]?)", text.strip().upper())
    if found is None:
        raise click.BadParameter(f"{text!r} is no size; it is a number with K, M or G.")
    return int(found[1]) * _UNITS[found[2]]


@click.group()
def command() -> None:
    """Run anything as an item runs it, see which tiers are here, and try to break out."""


_DEFAULT = Limits()


@command.command(context_settings={"ignore_unknown_options": True})
@click.option("--tier", default="bwrap", show_default=True, help="Which sandbox; see `tiers`.")
@click.option(
    "--memory", type=_size, metavar="SIZE", default="1G", show_default=True, help="Files in it too."
)
@click.option(
    "--time",
    "seconds",
    type=float,
    default=_DEFAULT.wall_seconds,
    show_default=True,
    help="Seconds that the command may take.",
)
@click.option(
    "--cpu",
    type=int,
    default=_DEFAULT.cpu_seconds,
    show_default=True,
    help="Seconds of processor time for all it starts.",
)
@click.option(
    "--pids", type=int, default=_DEFAULT.pids, show_default=True, help="Processes at one time."
)
@click.option(
    "--open-files",
    type=int,
    default=_DEFAULT.open_files,
    show_default=True,
    help="Open files of a process.",
)
@click.option(
    "--disk",
    type=_size,
    metavar="SIZE",
    default="256M",
    show_default=True,
    help="The work folder and the temporary one, each.",
)
@click.option(
    "--output",
    type=_size,
    metavar="SIZE",
    default="4M",
    show_default=True,
    help="Kept of each stream.",
)
@click.option(
    "--network",
    default="none",
    show_default=True,
    metavar="none|FILE",
    help="A JSON file of hosts that it may speak to; each is a sandbox of its own.",
)
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="HOST:PATH",
    help="Put a file in, at PATH (in /work); may be repeated.",
)
@click.option(
    "--env", "variables", multiple=True, metavar="NAME=VALUE", help="A variable; may be repeated."
)
@click.option(
    "--user",
    metavar="NAME",
    help="Give it users of its own, and run CMD as this one (root, user or a number). No item has "
    "that.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.argument("argv", nargs=-1, required=True, metavar="-- CMD...", type=click.UNPROCESSED)
def run(
    tier: str,
    memory: int,
    seconds: float,
    cpu: int,
    pids: int,
    open_files: int,
    disk: int,
    output: int,
    network: str,
    files: tuple[str, ...],
    variables: tuple[str, ...],
    user: str | None,
    as_json: bool,
    argv: tuple[str, ...],
) -> None:
    """Run CMD in a fresh sandbox exactly as an item would (but for --user), and end it.

    It starts in /work as user 65534, with no variable but PATH, HOME and LANG, and no network.
    Standard input is handed over, unless it is a terminal.

    Ends with the command's own status, or 128 + n if signal n ended it. 124: the time was up,
    137: out of memory, 126 and 127: it could not be started. Before it starts: 2 bad input,
    3 refused, 5 the machine lacks the tier, 7 a file can't be put in; then nothing was run.
    8: the sandbox was lost.
    """
    limits = Limits(memory, pids, cpu, seconds, open_files, disk, output)
    hosts, address = _hosts(network)
    wish = _Wish(
        tier,
        limits,
        hosts,
        address,
        tuple(_file(text) for text in files),
        dict(_variable(text) for text in variables),
        argv,
        b"" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer.read(),
        user,
    )
    done = asyncio.run(_perform(wish))
    if as_json:
        print_json(_told(wish, done))
    else:
        _show(wish, done)
    click.get_current_context().exit(done.status)


@dataclass(frozen=True)
class _Wish:
    tier: str
    limits: Limits
    hosts: tuple[HostSpec, ...]
    address: str | None
    files: tuple[tuple[str, bytes, bool], ...]
    environment: dict[str, str]
    argv: tuple[str, ...]
    stdin: bytes
    user: str | None


@dataclass(frozen=True)
class _Done:
    result: ExecResult
    usage: Usage | None
    milliseconds: int
    attempts: tuple[Attempt, ...]

    @property
    def status(self) -> int:
        """What the program ends with."""
        result = self.result
        if result.timed_out:
            return TIMED_OUT
        if result.out_of_memory and result.returncode < 0:
            return OUT_OF_MEMORY
        return result.returncode if result.returncode >= 0 else 128 - result.returncode


async def _perform(wish: _Wish) -> _Done:
    async with AsyncExitStack() as stack:
        attempts: tuple[Attempt, ...] = ()
        if wish.hosts:
            if wish.user is not None:
                raise InputError("--network and --user don't go together.", hint="Leave one out.")
            opened = open_network(wish.hosts, wish.limits, wish.tier, own_address=wish.address)
            network = await stack.enter_async_context(opened)
            done = await _inside(wish, network.foothold)
            attempts = network.attempts()
        else:
            alone = open_session(wish.limits, wish.tier, users=wish.user is not None)
            done = await _inside(wish, await stack.enter_async_context(alone))
        return _Done(done.result, done.usage, done.milliseconds, attempts)


async def _inside(wish: _Wish, session: Session) -> _Done:
    for path, data, executable in wish.files:
        await session.write_file(path, data, executable)
    begun = time.monotonic()
    result = await session.exec(wish.argv, stdin=wish.stdin, env=wish.environment, user=wish.user)
    milliseconds = round(1000 * (time.monotonic() - begun))
    try:
        usage = await session.usage()
    except ProofhouseError:  # a sandbox that its command took down has nothing more to tell
        usage = None
    return _Done(result, usage, milliseconds, ())


def _file(text: str) -> tuple[str, bytes, bool]:
    """``HOST:PATH`` → path inside, bytes, whether it may be executed."""
    host, colon, path = text.rpartition(":")
    if not colon or not host or not path:
        raise InputError(f"{text!r} is not HOST:PATH.", hint="Say e.g. --file ./input.bin:input.")
    source = Path(host)
    if not source.is_file():
        raise InputError(f"There is no file {host}.")
    if source.stat().st_size > _MOST_FILE:
        raise InputError(f"The file {host} is longer than {_MOST_FILE >> 20} MiB.")
    return path, source.read_bytes(), bool(source.stat().st_mode & 0o100)


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InputError(f"{text!r} is not NAME=VALUE.")
    return name, value


def _hosts(network: str) -> tuple[tuple[HostSpec, ...], str | None]:
    """The hosts of a network file, and the address that the command has among them."""
    if network == "none":
        return (), None
    path = Path(network)
    if not path.is_file():
        raise InputError(f"There is no file {network}.", hint="--network takes none or a file.")
    try:
        value = json.loads(path.read_bytes())
        hosts = tuple(_host(row, path.parent) for row in value["hosts"])
        return hosts, value.get("address")
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"The file {network} is no network.",
            hint='{"hosts": [{"name": "mail", "address": "10.7.0.9", "folder": "./mail", '
            '"start": ["./mail", "2101"]}]} is one.',
        ) from error


def _host(row: dict[str, Any], base: Path) -> HostSpec:
    folder = base / str(row["folder"])
    files = tuple(
        (str(path.relative_to(folder)), path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    )
    return HostSpec(str(row["name"]), str(row["address"]), files, tuple(map(str, row["start"])))


def _told(wish: _Wish, done: _Done) -> dict[str, Any]:
    result, usage = done.result, done.usage
    return {
        "tier": wish.tier,
        "status": done.status,
        "timedOut": result.timed_out,
        "outOfMemory": result.out_of_memory,
        "stdout": result.stdout.decode("utf-8", "replace"),
        "stderr": result.stderr.decode("utf-8", "replace"),
        "stdoutTruncated": result.stdout_truncated,
        "stderrTruncated": result.stderr_truncated,
        "milliseconds": done.milliseconds,
        "cpuMilliseconds": None if usage is None else usage.cpu_milliseconds,
        "peakMemoryBytes": None if usage is None else usage.peak_memory_bytes,
        "attempts": [asdict(attempt) for attempt in done.attempts],
    }


def _visible(data: bytes) -> bytes:
    """What a terminal shows and does not obey: control characters but line ends and tabs, written
    as ``^[`` or, above ASCII, ``\\x9b``; bytes that are no UTF-8 become U+FFFD."""

    def told(character: str) -> str:
        if unicodedata.category(character) != "Cc" or character in "\n\t\r":
            return character
        number = ord(character)
        return f"^{chr(number ^ 0x40)}" if number < 0x80 else f"\\x{number:02x}"

    return "".join(map(told, data.decode("utf-8", "replace"))).encode()


def _pass_on(data: bytes, stream: TextIO) -> None:
    """A stream of the command's: as it is into a file or pipe, harmless on a terminal."""
    stream.flush()
    stream.buffer.write(_visible(data) if stream.isatty() else data)
    stream.buffer.flush()


def _show(wish: _Wish, done: _Done) -> None:
    """The command's own streams, and what the sandbox has to say on standard error."""
    result = done.result
    _pass_on(result.stdout, sys.stdout)
    _pass_on(result.stderr, sys.stderr)
    for said, text in (
        (result.timed_out, f"stopped: more than {wish.limits.wall_seconds:g} seconds, or "
         f"{wish.limits.cpu_seconds} of processor time"),
        (result.out_of_memory, f"more than {wish.limits.memory_bytes >> 20} MiB of memory"),
        (result.stdout_truncated, f"standard output cut at {wish.limits.output_bytes} bytes"),
        (result.stderr_truncated, f"standard error cut at {wish.limits.output_bytes} bytes"),
    ):  # fmt: skip
        if said:
            click.echo(f"sandbox: {text}", err=True)
    for attempt in done.attempts:
        where = f"{attempt.address}:{attempt.port}" if attempt.port else attempt.address
        grant = "granted" if attempt.declared else "NOT GRANTED"
        told = f"{attempt.source} tried {attempt.protocol} {where} ({attempt.count}), {grant}"
        click.echo(f"sandbox: {told}", err=True)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def tiers(as_json: bool) -> None:
    """Say which tiers are here, how strong each is, and how to get the others.

    The weakest comes first. An item names its tier and gets it, or a stronger one that the plan
    names, or nothing: there is no falling back.
    """
    rows = []
    for row in TABLE:
        missing = _missing(row.tier)
        rows.append(
            {
                "tier": row.tier,
                "rank": row.rank,
                "boundary": row.boundary,
                "here": missing is None,
                "missing": None if missing is None else missing.message,
                "hint": "" if missing is None else missing.hint,
            }
        )
    if as_json:
        print_json({"tiers": rows})
        return
    for told in rows:
        click.echo(
            f"{told['tier']:16}{'here' if told['here'] else 'not here':10}{told['boundary']}"
        )
        if not told["here"]:
            click.echo(f"{'':26}{told['missing']} {told['hint']}".rstrip())


def _missing(tier: str) -> ProofhouseError | None:
    try:
        if tier in TIERS:
            check_tier(tier)
        else:
            from proofhouse.evaluation.tiers import check_provider

            check_provider(tier)
    except ProofhouseError as error:
        return error
    return None


@command.command()
@click.option(
    "--tier", type=click.Choice(sorted(TIERS)), default="bwrap", show_default=True, help="Which."
)
@click.option(
    "--user",
    metavar="NAME",
    help="From sandboxes with users of their own, as this one (root, user or a number).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def escape(tier: str, user: str | None, as_json: bool) -> None:
    """Attack a tier, and say of each attack what stopped it.

    Harmless: nothing is aimed at but files, processes and listeners made for this on this machine,
    and all of it is removed. Ends with 1 if any attack worked.
    """
    rows = asyncio.run(_escape(tier, user, as_json))
    worked = sum(row["worked"] for row in rows)
    if as_json:
        print_json({"tier": tier, "attacks": rows, "worked": worked})
    else:
        whose = "" if user is None else f" as {user}"
        click.echo(f"{len(rows)} attacks on {tier}{whose}: {worked or 'none'} worked.")
    click.get_current_context().exit(1 if worked else 0)


async def _escape(tier: str, user: str | None, quiet: bool) -> list[dict[str, Any]]:
    from proofhouse.sandbox.attacks import run as attacks

    rows: list[dict[str, Any]] = []
    group = ""
    async for verdict in attacks(tier, user):
        attack = verdict.attack
        rows.append(
            {
                "name": attack.name,
                "group": attack.group,
                "sentence": attack.sentence,
                "fence": attack.stopped_by(tier),
                "worked": verdict.worked,
            }
        )
        if quiet:
            continue
        if attack.group != group:
            group = attack.group
            click.echo(f"{group}")
        how = "WORKED, past" if verdict.worked else "stopped by"
        click.echo(f"  {attack.sentence} {how}: {attack.stopped_by(tier)}")
    return rows
