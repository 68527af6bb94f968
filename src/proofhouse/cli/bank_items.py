# SPDX-License-Identifier: Apache-2.0
"""``proofhouse bank prove`` and ``bank generate``: items under a public seed, the public twin.

``prove`` ends with 0 if every item is proven, with 1 if one is not.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from proofhouse.cli import print_json

if TYPE_CHECKING:
    from proofhouse.bank.families import Family
    from proofhouse.bank.item import File, Item
    from proofhouse.desk.prove_bank import Proof

    Families = Mapping[str, Family]

MOST_ITEMS = 100_000
TOLD_FAILURES = 20
_TELLINGS = 10
"""How often a long proof says how far it has come."""

Command = TypeVar("Command", bound=Callable[..., Any])


_SUBMISSION = (
    "The submission's leaf hash, for the items that it meets. Default: none, 32 zero bytes."
)


def public_options(command: Command) -> Command:
    """Which items: of what seed, for what submission."""
    command = click.option("--submission", metavar="LEAF-HASH", help=_SUBMISSION)(command)
    return click.option(
        "--seed", required=True, help="A public seed: any text, or 64 hexadecimal digits."
    )(command)


@click.command()
@click.option("--family", "families", multiple=True, help="Only this family; may be repeated.")
@click.option("--seed", help="A public seed: any text, or 64 hexadecimal digits.")
@click.option("--submission", metavar="LEAF-HASH", help=_SUBMISSION)
@click.option("--name", default="proofhouse-cyber", show_default=True, help="The bank's name.")
@click.option("--version", type=int, help="Not a public seed: this version, in its owners' home.")
@click.option(
    "--count",
    type=click.IntRange(1, MOST_ITEMS),
    default=100,
    show_default=True,
    help="How many items in all, spread evenly over families and levels.",
)
@click.option("--tier", default="bwrap", show_default=True, help="The sandbox tier.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def prove(
    ctx: click.Context,
    families: tuple[str, ...],
    seed: str | None,
    submission: str | None,
    name: str,
    version: int | None,
    count: int,
    tier: str,
    as_json: bool,
) -> None:
    """Derive COUNT items under a public seed and prove each of them, as a run does.

    Proven is: the reference solution passes, twice alike; doing nothing, the benign answers and
    the prompt's own text fail; all within the limits; and the answer is nowhere in prompt, files,
    environment or image. Ends with 1 if an item is not proven. The bodies that own a sealed bank
    prove a --version of it so, drawn or committed, with its sealed families.
    """
    from proofhouse.bank.twins import derive_at, spread
    from proofhouse.desk.prove_bank import prove_all
    from proofhouse.sandbox import check_tier

    known, key = _source(seed, name, version)
    places = spread(_families(families, known), count)
    leaf = _leaf_hash(submission)
    check_tier(tier)
    proof = asyncio.run(
        prove_all(
            places,
            lambda place: derive_at(known, key, place, leaf),
            tier=tier,
            tell=_teller(count),
        )
    )
    told = summary(proof)
    if as_json:
        print_json(told)
    else:
        for line in lines(told):
            click.echo(line)
    ctx.exit(1 if proof.failures else 0)


def _source(seed: str | None, name: str, version: int | None) -> tuple[Families, bytes]:
    """The families that items are taken of, and the seed that they are made from."""
    from proofhouse.bank.families import FAMILIES
    from proofhouse.bank.twins import public_seed
    from proofhouse.errors import InputError

    if (seed is None) == (version is None):
        raise InputError(
            "Items are of a public seed or of a version of a sealed bank.",
            hint="Give either --seed or --version.",
        )
    if seed is not None:
        return FAMILIES, public_seed(seed)
    assert version is not None
    return _sealed_source(name, version)


def _sealed_source(name: str, version: int) -> tuple[Families, bytes]:
    from proofhouse.desk import banks
    from proofhouse.seat import open_seat

    with open_seat() as seat:
        drawn = banks.waiting(seat.desk, name)
        if drawn is not None and drawn.bank.version == version:
            table, opening = drawn.bank.families, drawn.opening
        else:
            kept = banks.version(seat.desk, name, version)
            table, opening = kept.entry.predicate["families"], banks.opening_of(kept)
        families = banks.families_of(table, opening, banks.packs_of(seat.desk, opening))
    return families, banks.seed_in(opening)


def _families(names: tuple[str, ...], known: Families) -> list[Family]:
    from proofhouse.errors import InputError

    for name in names:
        if name not in known:
            raise InputError(
                f"There is no item family {name[:64]!r}.", hint=f"Known: {', '.join(known)}."
            )
    return [family for name, family in known.items() if name in (names or known)]


def _leaf_hash(text: str | None) -> bytes:
    from proofhouse.bank.twins import NO_SUBMISSION
    from proofhouse.errors import InputError

    if text is None:
        return NO_SUBMISSION
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise InputError("A leaf hash is 64 lowercase hexadecimal digits.")
    return bytes.fromhex(text)


def _teller(count: int) -> Callable[[int], None]:
    """Says on standard error how many of ``count`` items are done, a few times."""
    step = max(1, -(-count // _TELLINGS))

    def tell(done: int) -> None:
        if done % step == 0 or done == count:
            click.echo(f"{done:,} of {count:,} items", err=True)

    return tell


def summary(proof: Proof) -> dict[str, Any]:
    """What came of a proof, for programs."""
    families: dict[str, Any] = {}
    for place in proof.places:
        told = families.setdefault(place.family, {"items": 0, "levels": {}})
        told["items"] += 1
        level = told["levels"].setdefault(str(place.level), {"items": 0})
        level["items"] += 1
    for name, told in families.items():
        told["proven"] = proof.proven(name)
        for level, row in told["levels"].items():
            row["proven"] = proof.proven(name, int(level))
    seconds = proof.milliseconds / 1000
    return {
        "status": "failed" if proof.failures else "proven",
        "items": len(proof.places),
        "proven": len(proof.places) - len(proof.failures),
        "families": families,
        "failures": [
            {"item": one.item, "check": one.check, "reason": one.reason} for one in proof.failures
        ],
        "itemsDigest": proof.digest,
        "seconds": round(seconds, 1),
        "itemsPerSecond": round(len(proof.places) / seconds, 2) if seconds else None,
    }


def lines(told: dict[str, Any]) -> list[str]:
    """The same for a person."""
    found = []
    for name, row in told["families"].items():
        levels = ", ".join(
            f"level {level}: {one['proven']} of {one['items']}"
            for level, one in row["levels"].items()
        )
        mark = "✓" if row["proven"] == row["items"] else "✗"
        found.append(f"{mark} {name}: {row['proven']} of {row['items']} proven ({levels})")
    for failure in told["failures"][:TOLD_FAILURES]:
        found.append(f"✗ {failure['reason']} [check: {failure['check']}]")
    if len(told["failures"]) > TOLD_FAILURES:
        found.append(f"✗ … and {len(told['failures']) - TOLD_FAILURES} more; --json lists all.")
    found.append(f"{told['seconds']} s, {told['itemsPerSecond']} items a second.")
    found.append(
        f"All {told['items']:,} items are proven."
        if told["status"] == "proven"
        else f"NOT proven: {len(told['failures']):,} of {told['items']:,} items."
    )
    return found


# ----------------------------------------------------------------------------------- generate


@click.command()
@click.option("--family", required=True, help="The item's family.")
@public_options
@click.option("--index", type=int, default=0, show_default=True, help="Its index, from 0.")
@click.option("--level", type=int, required=True, help="Its level.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="A folder, empty or new."
)
@click.option(
    "--with-solution", is_flag=True, help="Write solution, benign answers, oracle and hidden files."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def generate(
    family: str,
    seed: str,
    submission: str | None,
    index: int,
    level: int,
    out: Path,
    with_solution: bool,
    as_json: bool,
) -> None:
    """Write one item under a public seed into a folder, to look at and to work on.

    prompt.txt and files/ are all that a model is given; item.json names it. With --with-solution
    what a model never sees lies in solution/.
    """
    from proofhouse.bank.families import FAMILIES
    from proofhouse.bank.twins import Place, derive_at, public_seed

    place = Place(family, level, index)
    item = derive_at(FAMILIES, public_seed(seed), place, _leaf_hash(submission))
    _write(out, item, with_solution=with_solution)
    told = {
        "item": item.id,
        "digest": item.digest,
        "out": str(out),
        "files": len(item.files),
        "solution": with_solution,
    }
    if as_json:
        print_json(told)
        return
    click.echo(f"Wrote {item.id} with {len(item.files)} files to {out}.")
    click.echo("The solution lies in it: solution/." if with_solution else "No solution is in it.")


def _write(out: Path, item: Item, *, with_solution: bool) -> None:
    """The item's files in the folder ``out``. Raises InputError if something is there."""
    from proofhouse.durable import told
    from proofhouse.errors import InputError

    with told("the folder", out):
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InputError(
                f"{out} is there and is no empty folder.",
                hint="Name another with --out, or empty that one.",
            )
        out.mkdir(parents=True, exist_ok=True)
        (out / "prompt.txt").write_text(item.prompt)
        _put(out / "files", item.files)
        _put_json(out / "item.json", _shown(item))
        if not with_solution:
            return
        secret = out / "solution"
        secret.mkdir()
        (secret / "answer").write_bytes(item.solution)
        for at, data in enumerate(item.benign):
            (secret / f"benign-{at}").write_bytes(data)
        _put(secret / "hidden", item.hidden)
        _put_json(secret / "oracle.json", _judged(item))
        if item.hosts:
            _put_json(secret / "hosts.json", [host.to_value() for host in item.hosts])


def _shown(item: Item) -> dict[str, Any]:
    """What may be told of an item to who works on it."""
    from proofhouse.bank.item import ANSWER

    return {
        "id": item.id,
        "family": item.family,
        "level": item.level,
        "index": item.index,
        "answer": ANSWER,
        "files": [file.path for file in item.files],
        "timeoutSeconds": item.timeout_seconds,
        "itemDigest": item.digest,
    }


def _judged(item: Item) -> dict[str, Any]:
    """How an answer to it is built, run and judged."""
    return {
        "kind": item.oracle.kind,
        "oracle": item.oracle.to_value(),
        "build": list(item.build),
        "run": list(item.run),
    }


def _put(folder: Path, files: tuple[File, ...]) -> None:
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)


def _put_json(path: Path, value: Any) -> None:
    import json

    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
