# SPDX-License-Identifier: Apache-2.0
"""``proofhouse serve``: the portal, on the embedded default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from proofhouse.cli import print_json

DAY = 86_400


@click.command()
@click.option("--port", default=8080, show_default=True, help="The loopback port to listen on.")
@click.option(
    "--origin",
    default="",
    help="The address that browsers use, if a server in front of this one is reached by another: "
    "https://review.example. Passkeys are bound to it.",
)
@click.option(
    "--reachable",
    multiple=True,
    metavar="HOST:PORT",
    help="An endpoint inside your own network that a submission may name; may be repeated. Every "
    "other private address is refused.",
)
@click.option(
    "--hours",
    default=40,
    show_default=True,
    help="The reviewer hours a week that the assessors' queue is cut to.",
)
@click.option(
    "--contact",
    default="",
    help="Where somebody asks for an account, as the public pages say it: an address, a number.",
)
@click.option(
    "--oidc",
    type=click.Path(path_type=Path),
    help="A file that names your OpenID provider (docs/portal.md): whoever bound an account there "
    "signs in by it.",
)
@click.option(
    "--let-in",
    metavar="NAME",
    default="",
    help="Print a one-time link for this administrator, who has no passkey any more.",
)
@click.option(
    "--sample",
    is_flag=True,
    help="First fill an empty home with sample data, by really running inquiries and reviews of "
    "the reference models.",
)
@click.option("--json", "as_json", is_flag=True, help="Print where it is, and the link, as JSON.")
def command(
    port: int,
    origin: str,
    reachable: tuple[str, ...],
    hours: int,
    contact: str,
    oidc: Path | None,
    let_in: str,
    sample: bool,
    as_json: bool,
) -> None:
    """Serve the portal of this home ($PROOFHOUSE_HOME) to browsers, until it is interrupted.

    The first time, a link for the first administrator is printed here; it works once, for a day.
    The portal holds the home as long as it runs: other commands that write wait for its end.
    """
    from proofhouse.errors import InputError, PrerequisiteError

    try:
        import uvicorn

        from proofhouse.access.oidc import read
        from proofhouse.portal.app import create_app, open_house
        from proofhouse.portal.house import Settings
    except ModuleNotFoundError as error:
        raise PrerequisiteError(
            f"The portal needs the package “{error.name}”, which is not installed.",
            hint="Run `make serve`, or: pip install 'proofhouse[portal]'",
        ) from None
    if not 0 <= port <= 65_535:
        raise InputError("A port is from 0 to 65535.")
    found = _socket(port)
    port = found.getsockname()[1]
    settings = Settings(
        origin=(origin or f"http://localhost:{port}").rstrip("/"),
        reachable=reachable,
        oidc=read(oidc) if oidc is not None else None,
        hours_a_week=hours,
        contact=contact,
    )
    if sample:
        _fill()
    with open_house(settings=settings) as house:
        _greet(house, let_in, as_json=as_json)
        config = uvicorn.Config(
            create_app(house),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
        uvicorn.Server(config).run(sockets=[found])


def _socket(port: int) -> Any:
    """A listening socket on loopback, taken at once. Raises PrerequisiteError."""
    import socket

    from proofhouse.errors import PrerequisiteError

    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(("127.0.0.1", port))
    except OSError as error:
        found.close()
        raise PrerequisiteError(
            f"Port {port} can't be listened on: {error.strerror}.", hint="Choose another: --port"
        ) from None
    return found


def _greet(house: Any, let_in: str, *, as_json: bool) -> None:
    """Where the portal is, and the link of whoever has no other way in.

    As long as there is no administrator, that is the first person; if the only administrators left
    before they made a passkey, they; else who is asked for. Raises InputError.
    """
    from proofhouse.errors import InputError

    access, now = house.access, house.clock()
    administrators = access.administrators()
    chosen = [one for one in administrators if one.name == let_in]
    if let_in and not chosen:
        names = ", ".join(one.name for one in administrators) or "nobody yet"
        raise InputError(f"No administrator has that name. There is: {names}.")
    link, words = "", ""
    if not administrators:
        link = f"/setup/{access.new_setup(now, DAY)}"
        words = "Set it up, as its first administrator, within a day, by this link:"
    elif not any(access.passkeys(one.id) or access.identities(one.id) for one in administrators):
        chosen = chosen or list(administrators[:1])
    for one in chosen[:1]:
        link = f"/link/{access.new_link(one.id, 'invitation', now, DAY)}"
        words = f"{one.name} comes in once, within a day, by this link:"
    origin = house.settings.origin
    if as_json:
        print_json({"url": f"{origin}/", "link": f"{origin}{link}" if link else None})
        return
    click.echo(f"The portal is at {origin}/")
    if link:
        click.echo(words)
        click.echo(f"  {origin}{link}")
    click.echo("Interrupt it to end it (Ctrl-C).")


def _fill() -> None:
    from proofhouse.errors import RefusedError
    from proofhouse.home import default_path
    from proofhouse.portal.sample import fill

    path: Path = default_path()
    if (path / "home.json").exists():
        raise RefusedError(
            f"There is a home at {path} already; sample data goes into an empty one.",
            rule="sample",
            hint="Choose another with PROOFHOUSE_HOME, or leave --sample.",
        )
    fill(path, lambda text: click.echo(text, err=True))
