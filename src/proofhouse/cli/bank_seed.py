# SPDX-License-Identifier: Apache-2.0
"""``proofhouse bank seed``: custodians keep a sealed seed, so that no one home's loss loses it.

share      encrypts it under a random key, and splits the key: k of n shares give it back
recover    puts it back into a home's vault, if it is the one that the bank is committed to
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofhouse.cli import print_json

if TYPE_CHECKING:
    from proofhouse.formats.shares import Share

SEALED = "sealed-seed.json"
_PATH = click.Path(path_type=Path)


@click.group()
def seed() -> None:
    """Share a bank's sealed seed among custodians, and recover it: k of n of them."""


@seed.command()
@click.option("--name", default="proofhouse-cyber", show_default=True, help="The bank's name.")
@click.option("--version", type=int, help="Which version; default: the newest.")
@click.option("--threshold", type=int, required=True, help="How many custodians give it back.")
@click.option("--shares", type=int, required=True, help="How many custodians there are.")
@click.option("--out", type=_PATH, required=True, help="A folder, empty or new.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def share(
    name: str, version: int | None, threshold: int, shares: int, out: Path, as_json: bool
) -> None:
    """Write sealed-seed.json and one share for each custodian into a folder.

    Give each custodian one share; sealed-seed.json may lie anywhere: without the shares it tells
    nothing. Nobody should keep THRESHOLD shares together.
    """
    from proofhouse.desk import banks
    from proofhouse.durable import told
    from proofhouse.errors import InputError
    from proofhouse.formats import sealed_seed
    from proofhouse.formats.digest import sha256_hex
    from proofhouse.formats.shares import split
    from proofhouse.seat import open_seat, write_output

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            f"{out} is there and is no empty folder.", hint="Shares are never written over."
        )
    with open_seat() as seat:
        kept = banks.version(seat.desk, name, version)
        opening = banks.opening_of(kept)
        packs = banks.packs_of(seat.desk, opening)
    of, key = banks.name_of(kept), secrets.token_bytes(sealed_seed.KEY_BYTES)
    value = {
        "generators": [pack.decode() for pack in packs.values()],
        "opening": opening.to_json(),
    }
    data = sealed_seed.seal(of, value, key)
    made = split(key, threshold=threshold, shares=shares, of=of, sealed=sha256_hex(data))
    with told("the folder", out):
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_output(out / SEALED, data)
    for one in made:
        write_output(out / f"share-{one.index}.txt", one.to_text().encode())
    found = {"bank": of, "threshold": threshold, "shares": shares, "out": str(out)}
    if as_json:
        print_json(found)
    else:
        click.echo(f"Shared the seed of {of} among {shares} custodians; {threshold} give it back.")
        click.echo(f"Give each one file of {out}: share-1.txt … share-{shares}.txt")
        click.echo(f"Keep {out / SEALED} where it is not lost.")


@seed.command()
@click.argument("shares", nargs=-1, type=_PATH, required=True, metavar="SHARE…")
@click.option("--sealed", type=_PATH, help="The sealed seed; default: beside the first share.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def recover(shares: tuple[Path, ...], sealed: Path | None, as_json: bool) -> None:
    """Put a bank's seed back into the vault of the log's home, from the shares of its custodians.

    Only what opens the bank's commitment in this log is taken; else nothing is changed.
    """
    from proofhouse.desk import banks
    from proofhouse.errors import InputError
    from proofhouse.formats import sealed_seed
    from proofhouse.formats.commitment import Opening
    from proofhouse.formats.digest import sha256_hex
    from proofhouse.formats.fields import members
    from proofhouse.formats.shares import combine
    from proofhouse.seat import open_seat, read_input

    read = [_read(path) for path in shares]
    key = combine(read)
    data = read_input(sealed or shares[0].parent / SEALED, "sealed seed")
    if sha256_hex(data) != read[0].sealed:
        raise InputError(
            "The sealed seed is not the one that these shares are of.",
            hint=f"Name the file with the SHA-256 {read[0].sealed} by --sealed.",
        )
    of, value = sealed_seed.unseal(data, key)
    body: dict[str, Any] = members(value, "the sealed seed", ("generators", "opening"))
    opening = Opening.from_json(body["opening"])
    name, _, number = of.rpartition("@")
    with open_seat() as seat:
        kept = banks.version(seat.desk, name, int(number) if number.isdigit() else 0)
        packs = [pack.encode() for pack in body["generators"]]
        missing = banks.restore(seat.desk, kept, opening, packs)
    if as_json:
        print_json({"bank": of, "shares": len(read), "restored": missing})
    else:
        click.echo(f"The shares open the seed that {of} is committed to.")
        click.echo(
            "It is back in the vault." if missing else "The vault held it: nothing was changed."
        )


def _read(path: Path) -> Share:
    """The share in a file. Raises InputError, naming the file."""
    from proofhouse.errors import FormatError, InputError
    from proofhouse.formats.shares import Share
    from proofhouse.seat import read_input

    data = read_input(path, "share")
    try:
        return Share.parse(data.decode("ascii"))
    except (FormatError, UnicodeDecodeError) as error:
        why = error.message if isinstance(error, FormatError) else "It is no text."
        raise InputError(f"The share {path} can't be used: {why}") from None
