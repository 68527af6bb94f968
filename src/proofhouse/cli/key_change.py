# SPDX-License-Identifier: Apache-2.0
"""``proofhouse key rotate`` and ``key revoke``: a key falls silent, another may follow it (R18)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from proofhouse.cli.errand import Errand, options, run, show


@click.command()
@click.argument("name", metavar="KEY", required=False)
@click.option("--next", "successor", metavar="KEY", help="The new key, if it is made already.")
@click.option("--finish", is_flag=True, help="The change is registered: put the new key in place.")
@options(case=False)
def rotate(name: str | None, successor: str | None, finish: bool, **given: Any) -> None:
    """A holder passes from KEY to a new one: the old key signs, and is silent after that leaf.

    The new key is made beside it (KEY-next) and takes its place when the change is registered; in
    a home without the log with --finish, once the home of the log has registered it.
    """
    from proofhouse.desk import change_key
    from proofhouse.errors import InputError
    from proofhouse.home import default_path
    from proofhouse.keyring import Keyring

    errand = Errand.take(given)
    following = successor or f"{name}-next"
    if finish:
        if name is None:
            raise InputError("Which key?")
        away = Keyring(default_path() / "keys").take_over(name, following)
        lines = [f"The new key is called {name} now. The old one is put away: {away}"]
        show({"key": name, "retired": str(away)}, lines, as_json=errand.as_json)
        return

    def draft(seat: Any, _known: Any) -> Any:
        if name is None:
            raise InputError("Which key?")
        old = seat.keys.about(name)
        if old.role is None:
            raise InputError(f"Nothing tells the role of the key {name}.")
        if not seat.keys.path(following).exists():
            seat.keys.new(following, old.role)
        new = seat.keys[following]
        shown = change_key.prove(new, origin=seat.trusted.log.name, old=old.public.keyid)
        return change_key.draft(
            role=old.role,
            old=old.public.keyid,
            reason="rotated",
            new=new.public.hex(),
            possessed=shown,
            at=seat.clock(),
        )

    signers = errand.signers or ((name,) if name else ())
    errand = Errand(signers, errand.in_, errand.out, errand.as_json)
    run(errand, ["key-changed"], draft, case=False)
    if errand.out is None and errand.in_ is None and name is not None:
        Keyring(default_path() / "keys").take_over(name, following)


@click.command()
@click.argument("old", metavar="KEYID", required=False)
@click.option(
    "--reason",
    type=click.Choice(["revoked", "lost"]),
    default="revoked",
    show_default=True,
    help="revoked: it may be in other hands. lost: it is in nobody's.",
)
@click.option(
    "--new",
    "follower",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The key that follows it, as `key show --follows KEYID --json` told it.",
)
@options(case=False)
def revoke(old: str | None, reason: str, follower: Path | None, **given: Any) -> None:
    """The owning bodies, k of n, silence the key KEYID; --new names the one that follows it."""
    from proofhouse.desk import change_key
    from proofhouse.errors import InputError
    from proofhouse.rules.keys import LAST_LEAF

    def draft(seat: Any, _known: Any) -> Any:
        speaking = seat.desk.keys().speaking(LAST_LEAF)
        found = [keyid for keyid in speaking if old and keyid.startswith(old)]
        if len(found) != 1:
            raise InputError(
                "There is no such key that speaks." if old else "Which key?",
                hint="Give the first digits of its key id; the trust policy names them.",
            )
        new, shown = _follower(follower) if follower else (None, None)
        return change_key.draft(
            role=speaking[found[0]].role,
            old=found[0],
            reason=reason,
            new=new,
            possessed=shown,
            at=seat.clock(),
        )

    run(Errand.take(given), ["key-changed"], draft, case=False)


def _follower(path: Path) -> tuple[str, str]:
    from proofhouse.errors import InputError
    from proofhouse.seat import read_input

    try:
        about = json.loads(read_input(path, "key file"))
        found = (about["key"], about["possession"])
    except (ValueError, KeyError, TypeError):
        found = ("", "")
    if not all(isinstance(part, str) and part for part in found):
        raise InputError(
            f"The file {path} does not show a key that follows another.",
            hint="Its holder writes it: proofhouse key show KEY --follows KEYID --json",
        )
    return found
