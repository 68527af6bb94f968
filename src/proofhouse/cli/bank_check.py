# SPDX-License-Identifier: Apache-2.0
"""``proofhouse bank check``: everything that an opened bank measured, made and judged again.

Ends with 0 if all that was looked at holds, 1 if something does not, 4 if it is signed by somebody
whom the trust policy does not name, 5 if another generator than the installed one is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofhouse.cli import print_json

if TYPE_CHECKING:
    from proofhouse.recheck import Recheck

CODES = {"verified": 0, "failed": 1, "unknown_signers": 4}
MARKS = {"held": "✓", "failed": "✗", "not_checked": "·"}
MOST_BYTES = 64 * 1024 * 1024
_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("opened", type=_PATH)
@click.option("--bundle", "bundles", multiple=True, type=_PATH, metavar="FILE", help="A case.")
@click.option("--logs", multiple=True, type=_PATH, metavar="DIR", help="Answers and transcripts.")
@click.option("--vault", is_flag=True, help="Take answers from this home's vault, too.")
@click.option("--policy", type=_PATH, help="The trust policy. Default: policy.json of your home.")
@click.option("--tier", default="bwrap", show_default=True, help="The sandbox tier.")
@click.option("--items", is_flag=True, help="List every item.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def check(
    ctx: click.Context,
    opened: Path,
    bundles: tuple[Path, ...],
    logs: tuple[Path, ...],
    vault: bool,
    policy: Path | None,
    tier: str,
    items: bool,
    as_json: bool,
) -> None:
    """Make every item that OPENED's bank put to the models of the bundles again, and judge again.

    OPENED is what `bank open --publish` wrote. --bundle names the bundle of a case (repeatable),
    --logs a folder with what was kept of its samples (`bundle --objects`), or Inspect logs.
    """
    from proofhouse.cli.verify import _policy
    from proofhouse.home import default_path
    from proofhouse.recheck import open_bank, recheck
    from proofhouse.sandbox import check_tier
    from proofhouse.seat import open_seat, read_input

    path = policy or default_path() / "policy.json"
    trusted = _policy(read_input(path, "trust policy"), path)
    found = open_bank(read_input(opened, "opened bank"), trusted)
    if bundles:
        check_tier(tier)
    cases = [(path.name, read_input(path, "bundle")) for path in bundles]
    with ExitStack() as stack:
        answers = _read_folders(logs)
        if vault:
            answers.desk = stack.enter_context(open_seat()).desk
            answers.cases = tuple(answers.desk.cases())
        report = recheck(found, cases, answers.find, tier=tier)
    told = as_object(report, found.file.bank)
    if as_json:
        print_json(told)
    else:
        for line in sentences(report, found.file.bank, items=items):
            click.echo(line)
    ctx.exit(CODES[report.status])


@dataclass
class Answers:
    """Where answers are found: by their SHA-256, by that of their transcript, by their prompt."""

    by_digest: Mapping[str, Path] = field(default_factory=dict)
    by_prompt: Mapping[str, bytes] = field(default_factory=dict)
    desk: Any = None
    cases: tuple[str, ...] = ()

    def find(self, prompt: str, stated: Mapping[str, Any]) -> bytes | None:
        """The answer to an item, or None. What has the stated SHA-256 is preferred."""
        from proofhouse.errors import InputError
        from proofhouse.formats.digest import sha256_hex
        from proofhouse.recheck import answer_in

        wanted = stated.get("answer")
        if wanted is not None:
            found = self._object(wanted)
            if found is not None:
                return found
        record = self._object(stated["transcript"]) if stated["transcript"] else None
        if record is not None:
            try:
                _, answer = answer_in(record)
            except InputError:
                answer = None
            if answer is not None and wanted in (None, sha256_hex(answer)):
                return answer
        answer = self.by_prompt.get(prompt)
        fits = answer is not None and wanted in (None, sha256_hex(answer))
        return answer if fits else None

    def _object(self, digest: str) -> bytes | None:
        """The bytes of that SHA-256 in the folders or in the vault."""
        from proofhouse.formats.digest import sha256_hex

        path = self.by_digest.get(digest)
        if path is not None:
            data = path.read_bytes()
            return data if sha256_hex(data) == digest else None
        for case in self.cases:
            data = self.desk.vault.object(case, digest)
            if data is not None:
                return bytes(data)
        return None


def _read_folders(folders: tuple[Path, ...]) -> Answers:
    """What lies in the folders: files by their SHA-256, and the samples of Inspect logs."""
    from proofhouse.errors import InputError
    from proofhouse.formats.digest import sha256_hex

    found: dict[str, Path] = {}
    prompts: dict[str, bytes] = {}
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"There is no folder of answers at {folder}.")
        for path in sorted(folder.rglob("*")):
            if path.suffix == ".eval":
                prompts |= _read_log(path)
            elif path.is_file() and path.stat().st_size <= MOST_BYTES:
                found[sha256_hex(path.read_bytes())] = path
    return Answers(found, prompts)


def _read_log(path: Path) -> dict[str, bytes]:
    """Prompt → answer of the samples of an Inspect log that tell theirs."""
    from proofhouse.evaluation.logs import answers

    return answers(path)


def as_object(report: Recheck, bank: str) -> dict[str, Any]:
    """The report for programs."""
    judged = [one for case in report.cases for one in case.judged]
    return {
        "status": report.status,
        "bank": bank,
        "checks": [
            {"name": one.name, "result": one.result, "sentence": one.sentence}
            for one in report.checks
        ],
        "items": sum(case.items for case in report.cases),
        "agree": sum(one.agreement == "agrees" for one in judged),
        "differ": sum(one.agreement == "differs" for one in judged),
        "notJudged": sum(one.agreement == "not_judged" for one in judged),
        "cases": [
            {
                "case": case.case,
                "items": case.items,
                "digestsCompared": case.digests,
                "answers": [
                    {
                        "item": one.item,
                        "stated": one.stated,
                        "again": one.again,
                        "agreement": one.agreement,
                        "why": one.why,
                    }
                    for one in case.judged
                ],
            }
            for case in report.cases
        ],
    }


def sentences(report: Recheck, bank: str, *, items: bool = False) -> list[str]:
    """The report for a person, a line a check; with ``items`` a line an item."""
    lines = [f"{MARKS[one.result]} {one.sentence}" for one in report.checks]
    for case in report.cases:
        lines.append(
            f"✓ Case {case.case[:16]}…: {case.items} items made again from the seed; of "
            f"{case.digests} the recorded digest was compared."
        )
        for one in case.judged if items else ():
            again = one.again or "not judged again"
            lines.append(f"    {one.item}  stated {one.stated}, {again}: {one.why}")
    ends = {
        "verified": f"All that was looked at of {bank} holds.",
        "failed": "Something does NOT hold: see the lines marked ✗.",
        "unknown_signers": "NOT verified: somebody whom your trust policy does not name signed it.",
    }
    return [*lines, "", ends[report.status]]
