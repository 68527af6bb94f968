# SPDX-License-Identifier: Apache-2.0
"""The command line: one file a command, the same verbs as the desk.

``main`` is the program. A command is imported when it is called, so that ``proofhouse --help``
answers at once. Errors of ours become one sentence on standard error and a documented exit code:

    0  done; for `verify`: verified        4  signed by somebody the trust policy does not name
    1  a check failed                      5  the machine lacks something; says how to get it
    2  bad input or usage                  6  the model's endpoint failed
    3  a rule refuses it                   7  the home can't be read or written
    8  a process of ours was lost; again   130  interrupted; the same command goes on
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
from typing import Any

import click
from click.shell_completion import CompletionItem

from proofhouse.errors import ProofhouseError, StorageError

COMMANDS: dict[str, tuple[str, str]] = {
    "review": (
        "proofhouse.cli.review",
        "Test a model from inquiry to closed window, and write bundle and dossier.",
    ),
    "replay": (
        "proofhouse.cli.replay",
        "What a sequential test would have said of recorded responses, and after how many items.",
    ),
    "horizon": ("proofhouse.cli.horizon", "The time horizon of recorded models, in minutes."),
    "validate": ("proofhouse.cli.validate", "Does a reported proof crash what it says it does?"),
    "gate": ("proofhouse.cli.gate", "Does a patch fix the flaw, and break nothing else?"),
    "case": (
        "proofhouse.cli.case",
        "A reported vulnerability, step by step, with its history on one page.",
    ),
    "duplicates": (
        "proofhouse.cli.duplicates",
        "Find reports that are one flaw, with a confidence and why.",
    ),
    "sandbox": (
        "proofhouse.cli.sandbox",
        "Run anything as an item runs it; which tiers are here; try to break out.",
    ),
    "serve": ("proofhouse.cli.serve", "Serve the portal: every person’s part, in a browser."),
    "verify": ("proofhouse.cli.verify", "Check a bundle offline against a trust policy."),
    "audit": ("proofhouse.cli.audit", "Audit a whole log from its public files."),
    "ledger": ("proofhouse.cli.ledger", "List, prove, export and serve the log of a home."),
    "witness": ("proofhouse.cli.witness", "Witness logs, or have one's own log witnessed."),
    "key": ("proofhouse.cli.key", "Make keys, and say where they live: file, passphrase, token."),
    "init": ("proofhouse.cli.init", "Make a home: a party's own, or that of a log."),
    "bank": ("proofhouse.cli.bank", "Commit to a sealed bank of items."),
    "threshold": ("proofhouse.cli.threshold", "Commit to a secret threshold."),
    "invite": ("proofhouse.cli.invite", "Invite a developer, privately; it leaves no trace."),
    "inquire": ("proofhouse.cli.inquire", "Ask whether a model would be covered."),
    "submit": ("proofhouse.cli.submit", "Submit one checkpoint, bound to what it is."),
    "plan": ("proofhouse.cli.plan", "Register what will be run, before the first item."),
    "evaluate": ("proofhouse.cli.evaluate", "Run the plan against the submitted model."),
    "held": (
        "proofhouse.cli.held",
        "See the scores that the scan marked, and decide how each counts.",
    ),
    "determine": ("proofhouse.cli.determine", "State what plan and outcomes come to."),
    "disclose": ("proofhouse.cli.disclose", "Show a result to one recipient."),
    "agree": ("proofhouse.cli.agree", "Ask for a review, offer its clauses, answer each."),
    "window": ("proofhouse.cli.window", "Open and close the access window."),
    "findings": ("proofhouse.cli.findings", "Deliver and receive the findings of a review."),
    "partner": ("proofhouse.cli.partner", "Give a trusted partner access."),
    "withdraw": ("proofhouse.cli.withdraw", "Leave a case, at any moment, without a reason."),
    "status": ("proofhouse.cli.status", "Say where cases stand and whose move it is."),
    "open": ("proofhouse.cli.open", "Open a bank or threshold to everybody, as was promised."),
    "erase": ("proofhouse.cli.erase", "Leave nothing of an ended case but its leaves."),
    "bundle": ("proofhouse.cli.bundle", "Write what one audience may see of a case."),
}
"""Command → the module that holds it, and its line in the help."""


SECTIONS: dict[str, tuple[str, ...]] = {
    "The main job": ("review", "verify"),
    "The portal": ("serve",),
    "Homes and keys": ("init", "key"),
    "An inquiry and a review, step by step": (
        *("bank", "threshold", "invite", "inquire", "submit", "plan", "evaluate", "held"),
        *("determine", "disclose", "agree", "window", "findings", "partner", "withdraw"),
        *("status", "bundle", "open", "erase"),
    ),
    "The log": ("ledger", "audit", "witness"),
    "Recorded responses": ("replay", "horizon"),
    "Duplicates": ("duplicates",),
    "The sandbox": ("sandbox",),
    "Reports of vulnerabilities": ("validate", "gate", "case"),
}
"""The order in which a person meets the commands; any other command stands in a last section."""


def sections() -> dict[str, tuple[str, ...]]:
    """Every command, by section."""
    told = {name for names in SECTIONS.values() for name in names}
    rest = tuple(name for name in COMMANDS if name not in told)
    found = {
        title: tuple(name for name in names if name in COMMANDS)
        for title, names in SECTIONS.items()
    }
    return {**found, "More": rest} if rest else found


class _Program(click.Group):
    """Knows its commands by name and imports one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in sections().values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from proofhouse.cli.examples import with_examples

        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return with_examples(cmd_name, command)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """As click's, but no command is imported only to be offered."""
        offered = [
            CompletionItem(name, help=COMMANDS[name][1])
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ]
        return [*offered, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in sections().items():
            with formatter.section(title):
                formatter.write_dl([(name, COMMANDS[name][1]) for name in names])


_EPILOG = """\b
With --json a command prints one JSON object, and errors as
  {"error": {"message": "…", "hint": "…"}}

\b
Exit codes:
  0  done; for `verify` and `audit`: verified
  1  a check failed                  5  the machine lacks something
  2  bad input or usage              6  the model's endpoint failed
  3  a rule refuses it               7  the home can't be read or written
  4  signed by somebody whom the     8  a process of ours was lost; again
     trust policy does not name    130  interrupted; the same command goes on

Your home is $PROOFHOUSE_HOME (default ~/.local/share/proofhouse). `proofhouse COMMAND --help` says
more about a command, with an example.
"""


@click.group(
    cls=_Program,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)
@click.version_option(package_name="proofhouse", message="proofhouse %(version)s")
def program() -> None:
    """Voluntary, time-boxed testing of frontier AI models before their release.

    A developer asks, an assessor tests against a benchmark and a threshold that were committed to
    before, and everybody can check what happened. Nothing here is a licence; nothing can block a
    release; a developer may withdraw at any moment.
    """


def main() -> None:
    """Run the program and exit with its code."""
    # Our matrices are small: more threads than one cost a hundred times what they bring.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        # Out of standalone mode click hands back the code of ctx.exit, and None at a plain end.
        code = program.main(standalone_mode=False) or 0
    except click.ClickException as error:
        if "--json" in sys.argv:
            _print_error(error.format_message(), "The command with --help tells its options.")
        error.show()
        code = 2
    except (click.Abort, KeyboardInterrupt):
        _complain("Interrupted. What was registered stands; run the same command to go on.", "")
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 141
    except ProofhouseError as error:
        _complain(error.message, error.hint)
        code = error.exit_code
    except OSError as error:
        wrapped = StorageError(f"A file can't be read or written: {error.strerror or 'unknown'}.")
        _complain(wrapped.message, f"It is {error.filename}." if error.filename else "")
        code = wrapped.exit_code
    sys.exit(code)


def _complain(message: str, hint: str) -> None:
    if "--json" in sys.argv:
        with contextlib.suppress(BrokenPipeError):  # whoever read has gone; the sentence still goes
            _print_error(message, hint)
    click.echo(f"proofhouse: {message} {hint}".rstrip(), err=True)


def _print_error(message: str, hint: str) -> None:
    print_json({"error": {"message": message, "hint": hint}})


def print_json(value: Any) -> None:
    """Print one object on one line; the last line of a command's standard output."""
    click.echo(json.dumps(value, ensure_ascii=False))
