# SPDX-License-Identifier: Apache-2.0
"""``proofhouse key``: where the private keys of a home live. It needs no log.

new makes one; encrypt puts one under a passphrase; token names one in a PKCS #11 token; list,
show and check tell of them. Nothing secret is printed or taken as an argument.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from proofhouse.cli import print_json
from proofhouse.cli.key_change import revoke, rotate
from proofhouse.errors import InputError, ProofhouseError
from proofhouse.formats.fields import text
from proofhouse.formats.policy import ROLES as PARTIES
from proofhouse.home import default_path
from proofhouse.keyring.ask import ask_new
from proofhouse.keyring.ring import About, Keyring, role_of
from proofhouse.keyring.token import Place, Reference, ask_pin, find, generate

_NAME = click.option("--name", metavar="NAME", help="What the key is called; default: ROLE.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def command() -> None:
    """Make keys, and say where they live: in a file, under a passphrase, or in a token.

    Roles: developer, assessor, partner, registrar, body-1, body-2 … A role may have further keys,
    such as the stewards' of an open model: `proofhouse key new developer --name steward-1`.

    A passphrase is taken from $PROOFHOUSE_PASSPHRASE, from the file or the open descriptor that
    $PROOFHOUSE_PASSPHRASE_FILE names, or asked for at the terminal; a token's PIN likewise from
    $PROOFHOUSE_PIN, $PROOFHOUSE_PIN_FILE or the terminal.
    """


@command.command()
@click.argument("role")
@_NAME
@click.option("--encrypt", is_flag=True, help="Put it under a passphrase at once.")
@_JSON
def new(role: str, name: str | None, encrypt: bool, as_json: bool) -> None:
    """Make a key of ROLE. A key that is there is never replaced."""
    keys, name, role = _keys(), name or role, _role(role)
    keys.check_free(name, role)
    keys.new(name, role, passphrase=ask_new(f"the key {name}.key") if encrypt else None)
    _tell(keys, name, "Made", as_json)


@command.command("list")
@_JSON
def list_(as_json: bool) -> None:
    """List the keys of this home: name, role, kind, keyid, public key."""
    keys = _keys()
    rows = [_row(keys, name) for name in keys.names()]
    if as_json:
        print_json({"keys": rows})
        return
    for row in rows:
        if row["fault"]:
            click.echo(f"{row['name']}  can't be used: {row['fault']}")
        else:
            told = (row["name"], row["role"] or "-", row["kind"], row["keyid"], row["key"])
            click.echo("  ".join(told))
    if not rows:
        click.echo(f"There are no keys in {keys.directory}.")


@command.command()
@click.argument("name", metavar="KEY")
@click.option("--holder", metavar="TEXT", help="What its holder is called; default: KEY.")
@click.option("--role", metavar="ROLE", help="Its role, if neither name nor file tells one.")
@click.option("--follows", metavar="KEYID", help="Show that it is held, to follow that lost key.")
@_JSON
def show(
    name: str, holder: str | None, role: str | None, follows: str | None, as_json: bool
) -> None:
    """Print the public line of KEY that the other side puts into its trust policy.

    With --json the file that `proofhouse init --trust` takes.
    """
    about = _keys().about(name)
    shown = _role(role) if role else about.role
    if shown is None:
        raise InputError(f"Nothing tells the role of the key {name}.", hint="Say it with --role.")
    if about.role not in (None, shown):
        raise InputError(f"The key {name} is a {about.role}'s, not a {shown}'s.")
    issuer = {
        "name": text(holder or name, "the name of the holder", 200),
        "key": about.public.raw.hex(),
    }
    if as_json or follows:
        told = {"role": shown, **issuer, "keyid": about.public.keyid, "kind": about.kind}
        print_json(told | ({"possession": _possession(name, follows)} if follows else {}))
    else:
        click.echo(json.dumps(issuer, ensure_ascii=False))


def _possession(name: str, old: str) -> str:
    """What shows that KEY is held; the log's name comes from this home's trust policy."""
    from proofhouse.desk.change_key import prove
    from proofhouse.seat import open_seat

    with open_seat() as seat:
        return prove(seat.keys[name], origin=seat.trusted.log.name, old=old)


@command.command()
@click.argument("name", metavar="KEY")
@_JSON
def encrypt(name: str, as_json: bool) -> None:
    """Put the plain key KEY under a passphrase; the key stays the same."""
    keys = _keys()
    keys.check_plain(name)
    keys.encrypt(name, ask_new(f"the key {name}.key"))
    _tell(keys, name, "Encrypted", as_json)


@command.command()
@click.argument("role")
@click.option(
    "--module",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The token maker's PKCS #11 library. It is executed: take it from its maker.",
)
@click.option("--token", required=True, metavar="LABEL", help="What the token is called.")
@click.option("--label", required=True, metavar="LABEL", help="What the key in it is called.")
@click.option("--id", "key_id", default="", metavar="HEX", help="Its id, if several are so called.")
@click.option("--generate", "wanted", is_flag=True, help="Make the key inside the token first.")
@_NAME
@_JSON
def token(
    role: str,
    module: Path,
    token: str,
    label: str,
    key_id: str,
    wanted: bool,
    name: str | None,
    as_json: bool,
) -> None:
    """Name an Ed25519 key of ROLE that lives in a PKCS #11 token, after it has signed a probe."""
    keys, name, role = _keys(), name or role, _role(role)
    try:
        place = Place(str(module.absolute()), token, label, bytes.fromhex(key_id))
    except ValueError:
        raise InputError(
            "The id of a key is written in hexadecimal digits.", hint="Such as --id 01."
        ) from None
    keys.check_free(name, role)
    pin = ask_pin(place)
    if wanted:
        place = generate(place, pin)
    keys.refer(name, role, Reference(place, find(place, pin)))
    _tell(keys, name, "Named", as_json)


@command.command()
@click.argument("name", metavar="KEY")
@_JSON
def check(name: str, as_json: bool) -> None:
    """Sign a probe with KEY and verify it: the file opens, the token answers."""
    keys = _keys()
    keys.check(name)
    _tell(keys, name, "Checked", as_json)


command.add_command(rotate)
command.add_command(revoke)


def _keys() -> Keyring:
    return Keyring(default_path() / "keys")


def _role(told: str) -> str:
    """The role that ``told`` names: ``body`` for ``body-2``. Raises InputError."""
    role = role_of(told)
    if role is None:
        raise InputError(
            f"There is no role {told[:40]!r}.",
            hint=f"The roles are {', '.join(PARTIES[:-1])}, body-1, body-2 …; "
            "a further key of a role is called by --name.",
        )
    return role


def _row(keys: Keyring, name: str) -> dict[str, Any]:
    try:
        return {**_as_object(keys.about(name)), "fault": None}
    except ProofhouseError as error:
        nothing = dict.fromkeys(("role", "kind", "keyid", "key"))
        return {"name": name, **nothing, "fault": str(error)}


def _as_object(about: About) -> dict[str, Any]:
    return {
        "name": about.name,
        "role": about.role,
        "kind": about.kind,
        "keyid": about.public.keyid,
        "key": about.public.raw.hex(),
    }


def _tell(keys: Keyring, name: str, done: str, as_json: bool) -> None:
    about = keys.about(name)
    if as_json:
        print_json(_as_object(about))
        return
    where = {"plain": "a plain file", "encrypted": "an encrypted file", "token": "a token"}
    click.echo(f"{done} the key {name} in {where[about.kind]}: {keys.path(name)}")
    click.echo(f"Its public key is {about.public.raw.hex()}")
