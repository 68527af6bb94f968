# SPDX-License-Identifier: Apache-2.0
"""``proofhouse init``: make a home, a party's own or that of a log."""

from __future__ import annotations

from pathlib import Path

import click

from proofhouse.cli.errand import show


@click.command()
@click.option("--hold", multiple=True, metavar="KEY", help="A key to make; may be repeated.")
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The trust policy of the log, from somebody you trust.",
)
@click.option("--log", "origin", metavar="ORIGIN", help="Open a log of this name here.")
@click.option(
    "--trust",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --log: a party elsewhere, as `proofhouse key show` told it; may be repeated.",
)
@click.option(
    "--bodies-needed",
    default=1,
    show_default=True,
    help="With --log: how many of the owning bodies must sign banks and thresholds.",
)
@click.option("--name", default="", help="With --log: what its holder is called.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    hold: tuple[str, ...],
    policy: Path | None,
    origin: str | None,
    trust: tuple[Path, ...],
    bodies_needed: int,
    name: str,
    as_json: bool,
) -> None:
    """Make a home: a party's own, with its keys, or the home of a new log (--log).

    A party makes its keys, sends their public half (`key show`) to the home of the log, and gets
    back the trust policy that names everybody. It may be repeated: keys that are there are kept.

    \b
    A party:  proofhouse init --hold developer
              proofhouse key show developer --json > developer.json
              proofhouse init --policy policy.json       when the log sent it
    The log:  proofhouse init --log registry.example/log --hold registrar \\
                --hold assessor --hold body-1 --trust developer.json
    """
    from proofhouse.errors import InputError
    from proofhouse.founding import found_log, found_party
    from proofhouse.home import default_path
    from proofhouse.seat import read_input, read_trusted

    path = default_path()
    if origin is None:
        if trust:
            raise InputError("--trust goes with --log.", hint="A party's home takes --policy.")
        data = read_input(policy, "trust policy") if policy else None
        made = found_party(path, hold=hold, policy=data)
        said = f"Made: {', '.join(made)}." if made else "No key was made; those it has are kept."
        lines = [f"The home is {path}. {said}"]
        if data is None and not (path / "policy.json").exists():
            lines.append("It trusts nobody yet: proofhouse init --policy FILE")
        show({"home": str(path), "kind": "party", "made": list(made)}, lines, as_json=as_json)
        return
    if policy is not None:
        raise InputError("The home of a log writes its own trust policy.", hint="Leave --policy.")
    made_policy = found_log(
        path,
        origin=origin,
        hold=hold,
        trust=[read_trusted(file) for file in trust],
        bodies_needed=bodies_needed,
        names={key: f"{name} ({key})" if len(hold) > 1 else name for key in hold} if name else {},
    )
    show(
        {
            "home": str(path),
            "kind": "log",
            "log": str(made_policy.log),
            "custody": made_policy.custody,
            "policy": str(path / "policy.json"),
        },
        [
            f"The log {made_policy.log} is open in {path}.",
            f"Give its trust policy to every party: {path / 'policy.json'}",
        ],
        as_json=as_json,
    )
