# SPDX-License-Identifier: Apache-2.0
"""``proofhouse case``: a reported vulnerability from its report to its end, in this home's log.

    take → validate → gate → close; link and unlink, relay, show and list in between

Each step that changes something registers one statement, signed with the registrar's key. Proofs
are read once, at ``take``; from then on they lie in quarantine and run in the sandbox only. A CASE
is told by its handling identifier (``PH-…``) or by the first 8 digits of its id.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from proofhouse.cli.errand import show as tell
from proofhouse.errors import InputError
from proofhouse.formats.reports import KINDS, OUTCOMES

_PATH = click.Path(path_type=Path)
_SECONDS = click.FloatRange(0.1, 3600)
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_case = click.argument("case_id", metavar="CASE")
_source = click.option(
    "--source", type=_PATH, required=True, help="The source that was reported on: folder, archive."
)
_build = click.option("--build", help="Shell line that builds it; default: the report's.")
_run = click.option("--run", help="Runs it; {proof} is the input's path, else stdin.")
_build_timeout = click.option(
    "--build-timeout", type=_SECONDS, default=300.0, show_default=True, help="Seconds."
)
_timeout = click.option(
    "--timeout", type=_SECONDS, default=10.0, show_default=True, help="Seconds a run."
)

EXIT = {"reproduced": 0, "not_reproduced": 1, "inconclusive": 3, "environment_failed": 5}
GATE_EXIT = {"accepted": 0, "refused": 1, "inconclusive": 3}


@click.group()
def command() -> None:
    """Take in a reported vulnerability, believe it or not, gate its patch, keep its history."""


@command.command()
@click.option("--proof", type=_PATH, required=True, multiple=True, help="Shows the flaw.")
@_source
@click.option("--product", help="What is affected; default: the source's name.")
@click.option("--version", help="Of which version.")
@click.option("--summary", default="No summary was given.", help="What is reported.")
@click.option("--reporter", default="not named", help="Who hands it in.")
@click.option("--contact", help="How to reach whoever hands it in.")
@click.option("--their-id", help="The identifier that it has with them.")
@click.option("--credit", multiple=True, help="Whoever found it, verbatim; may be repeated.")
@click.option("--via", multiple=True, help="Who had it before, the first first; may be repeated.")
@click.option("--method", help="How it was found.")
@click.option("--tool", help="With what.")
@click.option(
    "--public-model",
    type=click.Choice(["yes", "no", "unknown"]),
    default="unknown",
    show_default=True,
    help="Was a public model service used to find it?",
)
@click.option("--origin", multiple=True, help="A reference to where it comes from.")
@click.option("--embargo", help="The terms of whoever reported it, verbatim; they are relayed.")
@click.option("--said-duplicate-of", multiple=True, help="A hint from upstream; decides nothing.")
@click.option("--build", help="Shell line that builds the source.")
@_run
@click.option("--expect-class", help="heap-buffer-overflow, IndexError, exit-77 …")
@click.option("--expect-function", help="Where it crashes, innermost.")
@_json
def take(as_json: bool, proof: tuple[Path, ...], source: Path, **told: Any) -> None:
    """Take a report into quarantine and register it; the answer is its handling identifier.

    Everything in it is kept as it was written and obeyed by nobody. Of the source only the digest
    is kept.
    """
    from proofhouse.cli.validate import read_input
    from proofhouse.desk.take_report import Hop, Told
    from proofhouse.desk.take_report import take as take_in
    from proofhouse.seat import open_seat
    from proofhouse.validation.sources import read_source

    proofs = [read_input(path) for path in proof]
    chain = [Hop(name) for name in told.pop("via")]
    chain.append(Hop(told.pop("reporter"), told.pop("contact"), told.pop("their_id")))
    report = Told(
        product=told.pop("product") or source.resolve().name,
        chain=tuple(chain),
        credits=told.pop("credit"),
        origins=told.pop("origin"),
        duplicate_claims=told.pop("said_duplicate_of"),
        **told,
    )
    tree = read_source(source)
    _make_home()
    with open_seat() as seat:
        case_id = take_in(seat.desk, report, proofs, tree.digest, _signing(seat, "report"))
        _tell_move(seat, case_id, {}, "Taken in", as_json)


@command.command()
@_case
@_source
@click.option("--newest", type=_PATH, help="The newest source, judged beside.")
@click.option("--proof", help="First digits of the proof's digest; default: the first proof.")
@_build
@_run
@click.option("--benign", type=_PATH, multiple=True, help="An input that must stay quiet.")
@click.option("--expect-class", help="Default: what the report expects.")
@click.option("--expect-function", help="Default: what the report expects.")
@_build_timeout
@_timeout
@_json
def validate(case_id: str, as_json: bool, source: Path, **given: Any) -> None:
    """Run a proof of the report, three times beside a benign control, and register the verdict.

    Ends with 0 reproduced, 1 not_reproduced, 3 inconclusive, 5 environment_failed.
    """
    from proofhouse.cli.validate import read_input
    from proofhouse.desk import validate_report
    from proofhouse.seat import open_seat
    from proofhouse.validation.reproduce import validate as run_engine
    from proofhouse.validation.sources import read_source

    newest = given.pop("newest")
    how = validate_report.How(
        build=given["build"],
        run=given["run"],
        expect_class=given["expect_class"],
        expect_function=given["expect_function"],
        benign=tuple(read_input(path) for path in given["benign"]),
        newest=read_source(newest) if newest else None,
        build_seconds=given["build_timeout"],
        run_seconds=given["timeout"],
    )
    tree = read_source(source)
    with open_seat() as seat:
        case = _report(seat, case_id)
        request = validate_report.request_of(seat.desk, case, tree, how, proof=given["proof"])
        report = asyncio.run(run_engine(request))
        draft = validate_report.draft(seat.desk, case, request, report, at=seat.clock())
        _register(seat, draft)
        told = {"verdict": report.verdict, "reason": report.reason}
        _tell_move(seat, case.id, told, f"{report.verdict}: {report.reason}", as_json)
    click.get_current_context().exit(EXIT[report.verdict])


@command.command()
@_case
@_source
@click.option("--patch", type=_PATH, required=True, help="A unified diff against the source.")
@_build
@_run
@click.option("--test", multiple=True, help="Shell line; passes after the patch.")
@click.option("--corpus", type=_PATH, help="Folder of benign inputs.")
@_build_timeout
@_timeout
@click.option("--test-timeout", type=_SECONDS, default=120.0, show_default=True, help="Seconds.")
@click.option(
    "--seconds",
    type=_SECONDS,
    default=60.0,
    show_default=True,
    help="Of processor time, to grow inputs.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the grown inputs.")
@_json
def gate(case_id: str, as_json: bool, source: Path, patch: Path, **given: Any) -> None:
    """Judge a patch against every proof that was reproduced, and register the judgement.

    Ends with 0 accepted, 1 refused, 3 inconclusive.
    """
    from proofhouse.cli.gate import check_lines, read_corpus
    from proofhouse.cli.validate import read_input
    from proofhouse.desk import judge_patch
    from proofhouse.seat import open_seat
    from proofhouse.validation.gate import gate as run_engine
    from proofhouse.validation.sources import read_source

    how = judge_patch.How(
        build=given["build"],
        run=given["run"],
        tests=given["test"],
        corpus=read_corpus(given["corpus"]) if given["corpus"] else (),
        build_seconds=given["build_timeout"],
        run_seconds=given["timeout"],
        test_seconds=given["test_timeout"],
        seconds=given["seconds"],
        seed=given["seed"],
    )
    tree, diff = read_source(source), read_input(patch)
    with open_seat() as seat:
        case = _report(seat, case_id)
        request = judge_patch.request_of(seat.desk, case, tree, diff, how)
        judgement = asyncio.run(run_engine(request))
        draft = judge_patch.draft(seat.desk, case, request, judgement, at=seat.clock())
        _register(seat, draft)
        for line in () if as_json else check_lines(judgement):
            click.echo(line)
        told = {
            "verdict": judgement.verdict,
            "reason": judgement.reason,
            "checks": [{"name": c.name, "result": c.result} for c in judgement.checks],
        }
        _tell_move(seat, case.id, told, f"{judgement.verdict}: {judgement.reason}", as_json)
    click.get_current_context().exit(GATE_EXIT[judgement.verdict])


@command.command()
@_case
@click.option("--to", "other", required=True, help="The other case, or a record elsewhere.")
@click.option("--as", "kind", type=click.Choice(KINDS), required=True, help="alias: one flaw.")
@click.option("--reason", required=True, help="Why they belong together.")
@_json
def link(case_id: str, other: str, kind: str, reason: str, as_json: bool) -> None:
    """Say that two reports are one flaw (alias), or have to do with each other.

    Aliases are transitive; related and upstream never merge. `unlink` takes it back.
    """
    from proofhouse.desk import link_reports
    from proofhouse.seat import open_seat

    with open_seat() as seat:
        case = _report(seat, case_id)
        end = _other(seat, other)
        _check_not_linked(seat, case, next(filter(None, end.values())), kind)
        draft = link_reports.found(case, kind, reason=reason, at=seat.clock(), **end)
        entry = _register(seat, draft)
        _tell_move(seat, case.id, {"link": entry.digest}, f"Linked as {kind}", as_json)


@command.command()
@_case
@click.option("--to", "other", required=True, help="The other case, or a record elsewhere.")
@click.option("--reason", required=True, help="Why it is taken back.")
@_json
def unlink(case_id: str, other: str, reason: str, as_json: bool) -> None:
    """Take the link between two reports back; a report closed on it is opened again."""
    from proofhouse.desk import link_reports
    from proofhouse.seat import open_seat

    with open_seat() as seat:
        case = _report(seat, case_id)
        end = next(filter(None, _other(seat, other).values()))
        standing = link_reports.links_to(seat.desk, case, end)
        if not standing:
            raise InputError(
                f"No link of this report to {other[:64]!r} stands.",
                hint="It may be in the other's chain: name the two the other way round.",
            )
        draft = link_reports.undo(case, standing[-1].digest, reason=reason, at=seat.clock())
        _register(seat, draft)
        _tell_move(seat, case.id, {"link": standing[-1].digest}, "Taken back", as_json)


@command.command()
@_case
@click.option("--to", "name", required=True, help="To whom it was handed on.")
@click.option("--contact", help="How to reach them.")
@click.option("--their-id", help="The identifier that they answered with.")
@_json
def relay(
    case_id: str, name: str, contact: str | None, their_id: str | None, as_json: bool
) -> None:
    """State that the report was handed on: the chain of reporters grows by one."""
    from proofhouse.desk.take_report import Hop
    from proofhouse.desk.take_report import relay as hand_on
    from proofhouse.seat import open_seat

    with open_seat() as seat:
        case = _report(seat, case_id)
        _register(seat, hand_on(case, Hop(name, contact, their_id), at=seat.clock()))
        _tell_move(seat, case.id, {}, "Handed on", as_json)


@command.command()
@_case
@click.option("--as", "outcome", type=click.Choice(OUTCOMES), required=True, help="As what.")
@_json
def close(case_id: str, outcome: str, as_json: bool) -> None:
    """Close the report; what the outcome rests on must stand in its history.

    fixed: an accepted patch, or a newest source that the proof no longer harms. not_reproduced:
    the newest validation. duplicate: an alias. withdrawn: nothing.
    """
    from proofhouse.desk import take_report
    from proofhouse.seat import open_seat

    with open_seat() as seat:
        case = _report(seat, case_id)
        _register(seat, take_report.close(case, outcome, at=seat.clock()))
        _tell_move(seat, case.id, {"outcome": outcome}, "Closed", as_json)


@command.command()
@_case
@click.option("--html", type=_PATH, metavar="FILE", help="Write the page there, too.")
@_json
def show(case_id: str, html: Path | None, as_json: bool) -> None:
    """Show a report's history on one page: each verdict with its reason, proofs by digest only."""
    from proofhouse.dossier.report_page import render_report
    from proofhouse.seat import check_output, open_seat, write_output
    from proofhouse.views.report import lines

    if html is not None:
        check_output(html)
    with open_seat() as seat:
        case = _report(seat, case_id)
        view = _view(seat, case)
    if html is not None:
        start = b'<!doctype html>\n<html lang="en">'
        write_output(
            html,
            render_report(view).encode(),
            replaces=lambda old: old.startswith(start) and case.id.encode() in old,
        )
    tell(view.to_dict(), lines(view), as_json=as_json)


@command.command("list")
@_json
def list_(as_json: bool) -> None:
    """List the reports of this home, and whose move each is."""
    from proofhouse.rules.report import handling
    from proofhouse.seat import open_seat
    from proofhouse.views.words import now

    with open_seat() as seat:
        cases = [
            {
                "case": case.id,
                "handling": handling(case.id),
                "state": case.state,
                "now": now(case.state),
                "receivedAt": case.entries[0].made_at,
            }
            for case in _reports(seat)
        ]
    lines = [f"{about['handling']}  {about['case'][:12]}  {about['now']}" for about in cases]
    tell({"cases": cases}, lines or ["There is no report in this home."], as_json=as_json)


# ------------------------------------------------------------------------------------ the home


def _make_home() -> None:
    """A home that plays every party, where there is none yet: nothing is to be set up first."""
    from proofhouse.bootstrap import is_party_home, open_home
    from proofhouse.home import default_path

    path = default_path()
    if not (path / "home.json").exists() and not is_party_home(path):
        with open_home(path):
            pass


def _reports(seat: Any) -> list[Any]:
    from proofhouse.rules.routing import is_report

    cases = (seat.desk.case(case_id) for case_id in seat.desk.cases())
    return [case for case in cases if is_report(case)]


def _report(seat: Any, told: str) -> Any:
    """The report that ``told`` names. Raises InputError."""
    from proofhouse.rules.report import handling
    from proofhouse.rules.routing import is_report

    if told.startswith("PH-"):
        found = [one for one in seat.desk.cases() if handling(one) == told]
        if not found:
            raise InputError(
                f"There is no report {told[:32]!r} in this home.",
                hint="`proofhouse case list` lists them.",
            )
        case = seat.desk.case(found[0])
    else:
        case = seat.desk.case(seat.whole_id(told))
    if not is_report(case):
        raise InputError(
            f"The case {case.id[:16]}… is an inquiry, not a reported vulnerability.",
            hint=f"See it with: proofhouse status --case {case.id[:8]}",
        )
    return case


def _other(seat: Any, told: str) -> dict[str, str]:
    """The other end of a link: a report of this home, else a record elsewhere by its name."""
    if told.startswith("PH-"):
        return {"other": _report(seat, told).id}
    if len(told) >= 8 and any(case.startswith(told) for case in seat.desk.cases()):
        return {"other": _report(seat, told).id}
    if len(told) == 64 and all(c in "0123456789abcdef" for c in told):
        raise InputError(f"There is no case {told[:16]}… in this home.")
    return {"record": told}


def _check_not_linked(seat: Any, case: Any, end: str, kind: str) -> None:
    from proofhouse.desk.link_reports import links_to

    if any(one.predicate["kind"] == kind for one in links_to(seat.desk, case, end)):
        raise InputError("This link stands already.", hint="`proofhouse case show` tells of it.")


def _signing(seat: Any, name: str) -> Any:
    keys = seat.roles_for(name)
    return lambda draft: seat.sign(draft, keys).envelope()


def _register(seat: Any, draft: Any) -> Any:
    from proofhouse.formats.predicates import predicate_name

    name = predicate_name(draft.statement.predicate_type)
    return seat.desk.register(_signing(seat, name)(draft), draft.openings)


def _view(seat: Any, case: Any) -> Any:
    from proofhouse.desk import link_reports
    from proofhouse.desk.opened import values
    from proofhouse.validation.duplicates.groups import alarms, members
    from proofhouse.views.report import report_view

    said = link_reports.groups(seat.desk)
    group = members(said, case.id)
    alarm = next((one.reason for one in alarms(said) if case.id in one.members), "")
    return report_view(case, values(seat.desk, case.id), group, alarm)


def _tell_move(seat: Any, case_id: str, more: dict[str, Any], what: str, as_json: bool) -> None:
    """What was done, where the report stands now, and whose move it is."""
    from proofhouse.rules.report import handling
    from proofhouse.views import plain
    from proofhouse.views.words import now

    case = seat.desk.case(case_id)
    leaf = case.entries[-1].index
    told = {"case": case_id, "handling": handling(case_id), **more}
    told |= {"leaf": leaf, "state": case.state, "now": now(case.state)}
    lines = [f"{plain.visible(what)} (leaf {leaf}).", f"{told['handling']}  case {case_id}"]
    tell(told, [*lines, str(told["now"])], as_json=as_json)
