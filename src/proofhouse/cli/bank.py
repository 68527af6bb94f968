# SPDX-License-Identifier: Apache-2.0
"""``proofhouse bank``: the life of a sealed bank, from its seed to the check of all that met it.

    new · commit · retire · open        by the bodies that own it, k of n (R5, R16)
    check                               by anybody, once it is opened
    seed share · seed recover           among custodians
    prove · generate                    its public twin

``docs/banks.md`` goes through them in order.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofhouse.cli import bank_check, bank_items, bank_seed, print_json
from proofhouse.cli.errand import Errand, options, run

if TYPE_CHECKING:
    from proofhouse.bank.sealed_code import Pack
    from proofhouse.desk.banks import Drawn

BANK = "proofhouse-cyber"

_PATH = click.Path(path_type=Path)


def name_option(command: Any) -> Any:
    """Which bank."""
    return click.option("--name", default=BANK, show_default=True, help="The bank's name.")(command)


@click.group()
def command() -> None:
    """Make, commit, retire, open and check a sealed bank of items; prove its public twin."""


# --------------------------------------------------------------------------------- new, commit


@command.command()
@name_option
@click.option(
    "--track", type=click.Choice(["cyber", "chemical"]), default="cyber", help="Default: cyber."
)
@click.option("--family", "names", multiple=True, help="Take this family; default: all.")
@click.option("--levels", type=_PATH, metavar="FILE", help="JSON: family → how many levels.")
@click.option("--capability", multiple=True, help="The closed list of what is tested.")
@click.option("--generator", multiple=True, type=_PATH, metavar="DIR|ZIP", help="A sealed family.")
@click.option("--tasks", multiple=True, type=_PATH, metavar="TABLE", help="A level table.")
@click.option(
    "--questions", multiple=True, type=_PATH, metavar="FILE", help="The bank of such a table."
)
@click.option("--open-by", metavar="TIME", help="When it is to be opened. Default: in a year.")
@click.option("--again", is_flag=True, help="Draw anew what was drawn and not committed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def new(
    name: str,
    track: str,
    names: tuple[str, ...],
    levels: Path | None,
    capability: tuple[str, ...],
    generator: tuple[Path, ...],
    tasks: tuple[Path, ...],
    questions: tuple[Path, ...],
    open_by: str | None,
    again: bool,
    as_json: bool,
) -> None:
    """Draw the secret seed of the next version into the vault, and say what will be committed.

    No statement is made: `bank commit` makes it, of just this. --generator takes a family whose
    code stays sealed: it is run here, kept in the vault and committed to by its digest. --tasks
    takes tasks of others by a level table (spec/level-table.md), or, with --questions, the
    questions of a bank in the layout that its table names (spec/questions.md); both are sealed too.
    """
    from proofhouse.bank.sealed_code import read_pack
    from proofhouse.desk import banks
    from proofhouse.rules.window import parse_time, print_time
    from proofhouse.seat import open_seat

    with open_seat() as seat:
        at = seat.clock()
        later = open_by or print_time(parse_time(at) + 365 * 86_400)
        parse_time(later)
        packs = [read_pack(path, secrets.token_bytes(32)) for path in generator]
        packs += _brought(tasks, questions)
        table = _table(names, levels, packs, track)
        bank = _described(seat, name, track, table, packs, capability)
        drawn = banks.draw(
            seat.desk, bank, packs, secrets.token_bytes(32), open_by=later, again=again
        )
    told = _told(drawn)
    if as_json:
        print_json(told)
        return
    click.echo(f"Drew {drawn.name}. Its seed lies in the vault; nothing is committed yet.")
    click.echo("What will be committed:")
    for line in _lines(told):
        click.echo(f"  {line}")
    click.echo("To commit it: proofhouse bank commit")


def _brought(tables: tuple[Path, ...], questions: tuple[Path, ...]) -> list[Pack]:
    """The packs of level tables; the tables that put questions take the banks in their order."""
    from proofhouse.bank import brought
    from proofhouse.bank.tables import parse
    from proofhouse.errors import InputError
    from proofhouse.seat import read_input

    left, packs = list(questions), []
    for path in tables:
        table, bank = read_input(path, "level table"), None
        if brought.is_of_questions(parse(table, path.name)) and left:
            bank = read_input(left.pop(0), "question bank")
        packs.append(brought.pack(table, path.name, bank, secrets.token_bytes(32)))
    if left:
        raise InputError(
            f"No level table takes the question bank {left[0]}.",
            hint="Give its table too: --tasks TABLE, with the task questions/wmdp, say.",
        )
    return packs


def _described(
    seat: Any,
    name: str,
    track: str,
    table: dict[str, int],
    packs: list[Pack],
    capabilities: tuple[str, ...] = (),
) -> Any:
    """The next version of a bank as this program would commit to it."""
    from dataclasses import replace

    from proofhouse.bank.digests import with_sealed
    from proofhouse.bank.families import FAMILIES
    from proofhouse.bank.sealed_code import load
    from proofhouse.desk import banks, measure
    from proofhouse.desk.seal_bank import statement_of
    from proofhouse.formats.digest import sha256_hex

    owners = tuple(issuer.name for issuer in seat.trusted.issuers["body"])
    bank = measure.describe_bank(seat.desk, owners)
    sealed = {pack.family: sha256_hex(pack.to_bytes()) for pack in packs}
    loaded = {pack.family: load(pack.to_bytes(), sealed[pack.family]) for pack in packs}
    taken = [
        replace(family, levels=family.levels[: table[name]])
        for name, family in {**FAMILIES, **loaded}.items()
        if name in table
    ]
    return replace(
        bank,
        name=name,
        version=banks.next_version(seat.desk, name),
        track=track,
        families=table,
        capabilities=tuple(capabilities) or measure.CAPABILITIES[track],
        generator=with_sealed(bank.generator, sealed),
        statement=statement_of(taken),
    )


def _table(
    names: tuple[str, ...], levels: Path | None, packs: list[Pack], track: str = "cyber"
) -> dict[str, int]:
    """Family → number of levels. Raises InputError for a table that can't be meant."""
    from proofhouse.bank.families import of_track
    from proofhouse.bank.sealed_code import load
    from proofhouse.errors import InputError
    from proofhouse.formats.digest import sha256_hex

    most = {name: len(family.levels) for name, family in of_track(track).items()}
    for pack in packs:
        data = pack.to_bytes()
        if pack.family in most:
            raise InputError(f"There are two families of the name {pack.family}.")
        most[pack.family] = len(load(data, sha256_hex(data)).levels)
    sealed = [pack.family for pack in packs]
    for name in names:
        if name not in most:
            raise InputError(
                f"There is no item family {name[:64]!r}.", hint=f"Known: {', '.join(most)}."
            )
    taken = {name: most[name] for name in most if name in (names or most) or name in sealed}
    if levels is None:
        return taken
    table = _read_levels(levels)
    for name, count in table.items():
        if name not in most or (names and name not in taken):
            raise InputError(
                f"The level table {levels} names {name[:64]!r}, which is no family of this bank.",
                hint=f"Families: {', '.join(taken)}.",
            )
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= most[name]:
            raise InputError(
                f"The level table {levels} gives {name} {str(count)[:20]!r} levels.",
                hint=f"It has 1 to {most[name]}.",
            )
    return {name: table[name] for name in most if name in table} | {
        name: most[name] for name in sealed if name not in table
    }


def _read_levels(path: Path) -> dict[str, Any]:
    from proofhouse.errors import InputError
    from proofhouse.seat import read_input

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        table = json.loads(read_input(path, "level table"), object_pairs_hook=once)
    except (ValueError, RecursionError):
        table = None
    if not isinstance(table, dict) or not table:
        raise InputError(
            f"The level table {path} is malformed.",
            hint='It is one JSON object, each family once: {"memory-flaw": 6}.',
        )
    return table


def _told(drawn: Drawn) -> dict[str, Any]:
    bank = drawn.bank
    return {
        "bank": bank.name,
        "version": bank.version,
        "track": bank.track,
        "families": dict(bank.families),
        "capabilities": list(bank.capabilities),
        "seed": drawn.opening.commitment.to_json(),
        "generatorDigest": bank.generator,
        "toolchainDigest": bank.toolchain,
        "calibrationDigest": bank.calibration,
        "owners": list(bank.owners),
        "openBy": drawn.open_by,
        "drawnAt": drawn.drawn_at,
    }


def _lines(told: dict[str, Any]) -> list[str]:
    families = ", ".join(f"{name} (levels 1-{count})" for name, count in told["families"].items())
    return [
        f"families     {families}",
        f"tested       {', '.join(told['capabilities'])} ({told['track']})",
        f"seed         SHA-256 {told['seed']['sha256']}",
        f"             Pedersen {told['seed']['pedersen']}",
        f"generator    {told['generatorDigest']}",
        f"toolchain    {told['toolchainDigest']}",
        f"calibration  {told['calibrationDigest']}",
        f"owners       {', '.join(told['owners'])}",
        f"to be opened by {told['openBy']}",
    ]


@command.command()
@name_option
@click.option("--open-by", metavar="TIME", help="When it is to be opened. Default: in a year.")
@options(case=False)
def commit(name: str, open_by: str | None, **given: Any) -> None:
    """Commit to the version that `bank new` drew: to its seed, generator and toolchain.

    Where nothing was drawn, it is drawn first, of all families. Each further body signs the same
    file: --in FILE --as KEY --out FILE.
    """

    def draft(seat: Any, _known: Any) -> Any:
        from proofhouse.desk import banks, seal_bank
        from proofhouse.errors import InputError
        from proofhouse.rules.window import parse_time, print_time

        at = seat.clock()
        drawn = banks.waiting(seat.desk, name)
        if drawn is not None:
            if open_by is not None:
                raise InputError(
                    f"{drawn.name} was drawn to be opened by {drawn.open_by}.",
                    hint="Leave --open-by, or draw it anew: proofhouse bank new --again --open-by",
                )
            return banks.commit(drawn, banks.as_made_here(seat.desk, drawn), at=at)
        later = open_by or print_time(parse_time(at) + 365 * 86_400)
        parse_time(later)
        about = _described(seat, name, "cyber", _table((), None, []), [])
        return seal_bank.draft(about, secrets.token_bytes(32), at=at, open_by=later)

    run(Errand.take(given), ["bank-commitment"], draft, case=False)


# -------------------------------------------------------------------------------- retire, open


@command.command()
@name_option
@click.option("--version", type=int, help="Which version; default: the newest.")
@click.option("--reason", default="A newer version takes its place.", show_default=True)
@options(case=False)
def retire(name: str, version: int | None, reason: str, **given: Any) -> None:
    """Retire a bank version: no new inquiry or submission is measured by it from here on.

    What was submitted goes on to its end, and the version is still to be opened by its day.
    """

    def draft(seat: Any, _known: Any) -> Any:
        from proofhouse.desk import banks, retire_bank

        kept = banks.version(seat.desk, name, version)
        return retire_bank.draft(kept, reason=reason, at=seat.clock())

    run(Errand.take(given), ["bank-retirement"], draft, case=False)


@command.command("open")
@name_option
@click.option("--version", type=int, help="Which version; default: the oldest sealed.")
@click.option("--anyway", is_flag=True, help="Though live cases have yet to meet its items.")
@click.option("--publish", type=_PATH, metavar="FILE", help="Write what `bank check` takes.")
@options(case=False)
def open_(name: str, version: int | None, anyway: bool, publish: Path | None, **given: Any) -> None:
    """Open a bank version's seed to everybody. Nothing is measured by it any more.

    --publish writes the opened bank to a file, with the code of sealed generators: all that anybody
    needs to check what was measured by it. It may be given again later. k of n of the owning bodies
    sign: --out FILE, then --in FILE --as KEY in each.
    """
    from proofhouse.errors import InputError
    from proofhouse.seat import check_output, open_seat

    errand = Errand.take(given)
    if publish is not None:
        check_output(publish)
        if errand.out is not None:
            raise InputError("What is not registered yet can't be published.", hint="Leave --out.")
        if errand.in_ is None:
            with open_seat() as seat:
                if not _is_any_sealed(seat, name, version):
                    _publish(seat, name, version, publish, as_json=errand.as_json)
                    return

    def draft(seat: Any, _known: Any) -> Any:
        from proofhouse.desk import banks, open_commitment

        kept = _sealed(seat, name, version)
        opening = banks.opening_of(kept)
        banks.packs_of(seat.desk, opening)  # the code is there to be published with it
        if not anyway:
            banks.check_closable(seat.desk, kept)
        return open_commitment.draft(kept, at=seat.clock())

    run(errand, ["opening"], draft, case=False)
    if publish is not None:
        with open_seat() as seat:
            _publish(seat, name, version, publish, as_json=errand.as_json)


def _sealed(seat: Any, name: str, version: int | None) -> Any:
    """The version that is asked for, not opened yet."""
    from proofhouse.desk import banks
    from proofhouse.errors import RefusedError

    if version is None:
        for kept in banks.versions(seat.desk, name):
            if seat.desk.find_clear("opening", kept.entry.digest) is None:
                return kept
    kept = banks.version(seat.desk, name, version)
    if seat.desk.find_clear("opening", kept.entry.digest) is not None:
        raise RefusedError(f"{banks.name_of(kept)} was opened already.", rule="R16")
    return kept


def _opened(seat: Any, name: str, version: int | None) -> Any:
    """The version that is asked for if it is opened; of several the one that was opened last."""
    from proofhouse.desk import banks

    found: dict[int, Any] = {}
    for kept in banks.versions(seat.desk, name):
        opening = seat.desk.find_clear("opening", kept.entry.digest)
        if opening is not None and version in (None, kept.entry.predicate["version"]):
            found[opening.entry.index] = kept
    return found[max(found)] if found else None


def _is_any_sealed(seat: Any, name: str, version: int | None) -> bool:
    from proofhouse.desk import banks

    return any(
        seat.desk.find_clear("opening", kept.entry.digest) is None
        for kept in banks.versions(seat.desk, name)
        if version in (None, kept.entry.predicate["version"])
    )


def _publish(seat: Any, name: str, version: int | None, path: Path, *, as_json: bool) -> None:
    from proofhouse.desk import banks, publish_bank
    from proofhouse.errors import InputError
    from proofhouse.seat import write_output

    kept = _opened(seat, name, version)
    if kept is None:
        raise InputError("This version is sealed: there is nothing to publish.")
    start = publish_bank.start_of(banks.name_of(kept))
    write_output(
        path, publish_bank.publish(seat.desk, kept), replaces=lambda old: old.startswith(start)
    )
    if as_json:
        print_json({"bank": banks.name_of(kept), "published": str(path)})
    else:
        click.echo(f"Published {banks.name_of(kept)} to {path}.")


for below in (bank_check.check, bank_seed.seed, bank_items.prove, bank_items.generate):
    command.add_command(below)
