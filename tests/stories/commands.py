# SPDX-License-Identifier: Apache-2.0
"""Every command of the program, played in four homes: the story behind ``docs/commands.md``.

A developer, the home of the log (assessor, registrar, owning bodies), a trusted partner and an
inspector go from empty folders to an audited log. Nothing passes between them but files.
"""

from __future__ import annotations

import json
import random
import shutil
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from proofhouse.rules.report import handling
from proofhouse.validation import gate, reproduce
from stories.reported import JUDGEMENTS, REPORTS
from stories.stage import Stage

REGISTRY = "registry"


def play(stage: Stage, token: dict[str, str] | None) -> None:
    """Play it all. ``token`` is the environment in which a software token is found, if there is."""
    _found(stage)
    _keys(stage, token)
    case = _inquiry(stage)
    _review(stage, case)
    _another_case(stage)
    _ends(stage)
    _sealed_bank(stage)
    _record(stage)
    _tables(stage)
    _reports(stage)
    _refusals(stage, case)


def _found(stage: Stage) -> None:
    stage("developer", "proofhouse init --hold developer")
    stage("developer", 'proofhouse key show developer --holder "Lab A"')
    stage("developer", 'proofhouse key show developer --holder "Lab A" --json > developer.json')
    stage("partner", "proofhouse init --hold partner")
    stage("partner", 'proofhouse key show partner --holder "Water B" --json > partner.json')
    stage(
        REGISTRY,
        "proofhouse init --log registry.example/log --name Institute --hold registrar "
        "--hold assessor --hold body-1 --hold body-2 --bodies-needed 2 "
        "--trust developer.json --trust partner.json",
    )
    shutil.copy(stage.home(REGISTRY) / "policy.json", stage.mail)
    for who in ("developer", "partner", "inspector"):
        stage(who, "proofhouse init --policy policy.json")
    stage(REGISTRY, "proofhouse bank commit --as body-1 --out bank.json")
    stage(REGISTRY, "proofhouse bank commit --in bank.json --as body-2")
    stage(
        REGISTRY,
        "proofhouse threshold commit --cut -4.5 --decided-by Board --as body-1 "
        "--out threshold.json",
    )
    stage(REGISTRY, "proofhouse threshold commit --in threshold.json --as body-2")


def _keys(stage: Stage, token: dict[str, str] | None) -> None:
    secret = "PROOFHOUSE_PASSPHRASE_FILE=passphrase"
    file = stage.mail / "passphrase"
    file.touch(0o600)
    file.write_text("five words that nobody guesses\n")
    stage("developer", "proofhouse key new developer --name spare")
    stage("developer", f"{secret} proofhouse key encrypt spare")
    stage("developer", f"{secret} proofhouse key check spare")
    stage("developer", "proofhouse key list")
    if token is not None:
        from tokens import MODULE, PIN, TOKEN

        file = stage.mail / "pin"
        file.touch(0o600)
        file.write_text(PIN + "\n")
        stage(
            "partner",
            f"PROOFHOUSE_PIN_FILE=pin proofhouse key token partner --name in-token "
            f"--module {MODULE} --token '{TOKEN}' --label {'j' if stage.as_json else 'h'}-key "
            "--generate",
            apart=True,
        )


def _bundle(stage: Stage, case: str, audience: str = "developer", more: str = "") -> str:
    name = "case.json" if audience == "developer" else f"case-{audience}.json"
    if (stage.mail / "another.json").exists():
        name = f"another-{name}"
    stage(REGISTRY, f"proofhouse bundle --case {case} --audience {audience} --out {name}{more}")
    return name


def _send(stage: Stage, who: str, words: str, rest: str, case: str) -> None:
    """``who`` writes a statement by the newest bundle, and the log's home registers it."""
    file = _bundle(stage, case, "public" if who == "partner" else "developer")
    out = f"{words.split()[0]}-{len(stage.played)}.json"
    stage(who, f"proofhouse {words} --case-file {file}{rest} --out {out}")
    stage(REGISTRY, f"proofhouse {words} --in {out}")


def _inquiry(stage: Stage) -> str:
    stage(
        REGISTRY,
        'proofhouse invite --to "Lab A" --contact tests@institute.example --out invitation.json',
    )
    stage("developer", "proofhouse invite --read invitation.json")
    stage(REGISTRY, "proofhouse ledger export log")
    stage(
        "developer",
        'proofhouse inquire --name "Lab A" --contact models@lab.example --ledger log '
        "--out inquiry.json",
    )
    stage(REGISTRY, "proofhouse inquire --in inquiry.json")
    stage(REGISTRY, "proofhouse status")
    case = _case(stage)
    weights = f" --model openai-api/lab/model-x --no-probe --weights {'5ea1' * 16}"
    _send(stage, "developer", "submit", weights, case)
    stage(REGISTRY, f"proofhouse plan --case {case}")
    stage(REGISTRY, f"proofhouse evaluate --case {case}")
    stage(
        REGISTRY,
        f'proofhouse determine --case {case} --decided-by "A. Reviewer" --consulted Board',
    )
    stage(REGISTRY, f'proofhouse disclose --case {case} --reason "The developer asked."')
    return case


def _case(stage: Stage) -> str:
    from proofhouse.seat import open_seat

    with open_seat(stage.home(REGISTRY)) as seat:
        return str(seat.desk.cases()[-1][:8])


def _review(stage: Stage, case: str) -> None:
    _send(stage, "developer", "agree request", "", case)
    stage(REGISTRY, f"proofhouse agree offer --case {case}")
    _send(stage, "developer", "agree answer", " --strike cybersecurity", case)
    _send(stage, "developer", "window open", " --days 14", case)
    stage(REGISTRY, f"proofhouse plan --case {case}")
    _hold(stage, case)
    stage(REGISTRY, f"proofhouse findings deliver --case {case}")
    _send(stage, "developer", "findings receive", "", case)
    _mend(stage, case)
    stage(
        REGISTRY,
        f'proofhouse partner grant --case {case} --name "Water B" --sector water '
        '--purpose "to defend its plants" --as assessor --out access.json',
    )
    stage(
        "developer",
        "proofhouse partner grant --in access.json --as developer --out access.json",
    )
    stage(REGISTRY, "proofhouse partner grant --in access.json")
    _send(stage, "partner", "partner accept", "", case)
    stage(REGISTRY, f"proofhouse window close --case {case}")
    stage(REGISTRY, f"proofhouse status --case {case}")
    file = _bundle(stage, case, "inspector", " --dossier dossier.html")
    stage("inspector", f"proofhouse verify {file}")


def _mend(stage: Stage, case: str) -> None:
    """The developer says what it has fixed, and in which version; that is tested again."""
    _send(
        stage,
        "developer",
        "findings answer",
        f" F1=fixed F2=disputed --checkpoint 2 --weights {'c0de' * 16} --no-probe",
        case,
    )
    before, stage.outcome = stage.outcome, lambda _item, _level: "failed"
    stage(REGISTRY, f"proofhouse findings retest F1 --items 6 --case {case}")
    stage(REGISTRY, f"proofhouse evaluate --case {case}")
    stage.outcome = before
    stage(REGISTRY, f"proofhouse findings deliver --case {case}")
    _send(stage, "developer", "findings receive", "", case)


def _hold(stage: Stage, case: str) -> None:
    """Two scores of the run are held; a person looks, and decides one of them."""
    before, asked = stage.outcome, count()
    held: list[str] = []

    def outcome(item: str, _level: int) -> str:
        if next(asked) not in (2, 3):
            return "solved"
        held.append(item)
        return "held solved" if len(held) == 1 else "held failed"

    stage.outcome = outcome
    stage(REGISTRY, f"proofhouse evaluate --case {case}")
    stage.outcome = before
    stage(REGISTRY, f"proofhouse held {case}")
    stage(
        REGISTRY,
        f"proofhouse held {case} --decide {held[0]}=failed --by 'A. Reviewer' "
        "--reason 'It read what it was to find.'",
    )


def _another_case(stage: Stage) -> None:
    """A key changes in the middle, the developer leaves, and the case is erased."""
    stage(
        "developer",
        'proofhouse inquire --name "Lab A" --contact models@lab.example --ledger log '
        "--out another.json",
    )
    stage(REGISTRY, "proofhouse inquire --in another.json")
    case = _newest(stage)
    stage("developer", "proofhouse key rotate developer --out rotation.json")
    stage(REGISTRY, "proofhouse key rotate --in rotation.json")
    stage("developer", "proofhouse key rotate developer --finish")
    _send(stage, "developer", "withdraw", "", case)
    stage(REGISTRY, f"proofhouse erase --case {case} --yes")


def _newest(stage: Stage) -> str:
    from proofhouse.seat import open_seat

    with open_seat(stage.home(REGISTRY)) as seat:
        desk: Any = seat.desk
        newest = max(desk.cases(), key=lambda case: desk.case(case).entries[-1].index)
    return str(newest[:8])


def _record(stage: Stage) -> None:
    for words in ("list", "show 1", "prove 3", "export log"):
        stage(REGISTRY, f"proofhouse ledger {words}")
    stage("inspector", "proofhouse audit log")
    with stage.serving(REGISTRY, "proofhouse ledger serve"):
        address = stage.played[-1].told["url"]
        stage("inspector", f"proofhouse audit {address}")
    stage("witness", "proofhouse witness init ../witness --name witness.example/one")
    keys = list((stage.home("witness")).iterdir())
    assert keys
    vkey = _witness_key(stage)
    log = json.loads((stage.mail / "policy.json").read_text())["log"]
    stage("witness", f"proofhouse witness watch ../witness {log}")
    with stage.serving("witness", "proofhouse witness serve ../witness"):
        address = stage.played[-1].told["url"]
        stage(REGISTRY, f"proofhouse witness trust --url {address} --threshold 1 {vkey}")
        stage(REGISTRY, "proofhouse witness ask")
    stage(REGISTRY, "proofhouse audit --inspector")


def _witness_key(stage: Stage) -> str:
    from proofhouse.witness.witness import Witness

    witness = Witness.open(stage.home("witness"))
    try:
        return str(witness.signers[0].verifier)
    finally:
        witness.close()


def _ends(stage: Stage) -> None:
    partner = json.loads((stage.mail / "partner.json").read_text())["keyid"][:8]
    stage(REGISTRY, f"proofhouse key revoke {partner} --as body-1 --as body-2")
    stage(REGISTRY, "proofhouse open threshold --as body-1 --out opening.json")
    stage(REGISTRY, "proofhouse open threshold --in opening.json --as body-2")
    stage(REGISTRY, "proofhouse open bank")


def _sealed_bank(stage: Stage) -> None:
    """The second version of the bank, from its drawing to the file of its opening."""
    stage(REGISTRY, "proofhouse bank new --family memory-flaw --open-by 2027-12-01T00:00:00Z")
    stage(REGISTRY, "proofhouse bank commit")
    stage(REGISTRY, "proofhouse bank seed share --threshold 2 --shares 3 --out custodians")
    stage(
        REGISTRY,
        "proofhouse bank seed recover custodians/share-1.txt custodians/share-3.txt",
    )
    stage(REGISTRY, "proofhouse bank retire --reason 'Version 3 takes its place.'")
    stage(REGISTRY, "proofhouse bank open --publish opened.json")
    stage("inspector", "proofhouse bank check opened.json")
    stage(
        "inspector",
        "proofhouse bank generate --family memory-flaw --seed 'practice 2026' --level 3 --index 7 "
        "--out item",
    )


def _tables(stage: Stage) -> None:
    """Recorded responses, made up: three models on sixty tasks; and three records of flaws."""
    _responses(stage.mail)
    _records(stage.mail)
    told = "--responses responses.csv --tasks tasks.csv"
    stage("inspector", f"proofhouse replay {told} --threshold-minutes 16 --orders 20")
    stage("inspector", f"proofhouse horizon {told} --resamples 100")
    stage(
        "inspector",
        "proofhouse duplicates match --corpus records.jsonl --queries reports.jsonl",
    )
    stage(REGISTRY, "proofhouse plan simulate --cut -4.5 --zone 2 --runs 500")


def _responses(folder: Path) -> None:
    draw = random.Random(7)
    tasks = ["task_id,task_family,best_available_minutes"]
    responses = ["task_id,task_family,alias,score_binarized,total_tokens"]
    for number in range(60):
        minutes = 2 ** (number / 6)
        tasks.append(f"t{number},f{number % 4},{minutes}")
        for model, horizon in (("weak", 2), ("middle", 16), ("strong", 256)):
            solved = int(draw.random() < 1 / (1 + (minutes / horizon) ** 1.5))
            responses.append(f"t{number},f{number % 4},{model},{solved},{number + 100}")
    (folder / "tasks.csv").write_text("\n".join(tasks))
    (folder / "responses.csv").write_text("\n".join(responses))


def _records(folder: Path) -> None:
    records = [
        ("CVE-2031-1", "heron before 1.2.3 has a heap overflow in parse_beak", "heron"),
        ("CVE-2031-2", "Path traversal in the archive extractor of stork", "stork"),
        ("CVE-2031-3", "Use after free in the session table of ibisd on reconnect", "ibis"),
    ]
    lines = [
        {"id": name, "title": "", "description": told, "references": [_issue(project)]}
        for name, told, project in records
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "records.jsonl").write_text(text)
    query = {
        "query": "report-1",
        "summary": "heron: heap overflow in parse_beak",
        "packages": [["PyPI", "heron"]],
        "fixed": ["1.2.3"],
        "references": [_issue("heron")],
    }
    (folder / "reports.jsonl").write_text(json.dumps(query) + "\n")


def _issue(project: str) -> str:
    return f"https://git.example/{project}/{project}/issues/7"


def _reports(stage: Stage) -> None:
    """A maintainer's reports. What the sandbox would find is told beforehand."""
    folder = stage.mail / "libexample-1.4"
    folder.mkdir()
    (folder / "parse.c").write_text("int main(void) { return 0; }\n")
    for name in ("crash.bin", "second.bin", "fix.diff"):
        (stage.mail / name).write_text(f"{name}\n")
    source = "--source libexample-1.4"
    first = _taken(
        stage,
        f"--proof crash.bin {source} --build make --run './target {{proof}}' "
        "--credit 'A. Finder' --summary 'Reads past a row.'",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reproduce, "validate", _beforehand(REPORTS["reproduced"]))
        patch.setattr(gate, "gate", _beforehand(JUDGEMENTS["accepted"]))
        stage("maintainer", f"proofhouse case validate {first} {source}")
        stage("maintainer", f"proofhouse case gate {first} {source} --patch fix.diff")
    second = _taken(stage, f"--proof second.bin {source} --summary 'Crashes on a long row.'")
    told = f"{second} --to {first}"
    stage("maintainer", f"proofhouse case link {told} --as alias --reason 'One fix stops both.'")
    stage("maintainer", f"proofhouse case unlink {told} --reason 'Another function.'")
    stage("maintainer", f"proofhouse case relay {first} --to 'Vendor B' --their-id VU-1042")
    stage("maintainer", f"proofhouse case close {first} --as fixed")
    stage("maintainer", f"proofhouse case show {first}")
    stage("maintainer", "proofhouse case list")


def _taken(stage: Stage, words: str) -> str:
    """The handling identifier of a report that is taken in."""
    from proofhouse.seat import open_seat

    stage("maintainer", f"proofhouse case take {words}")
    with open_seat(stage.home("maintainer")) as seat:
        return handling(seat.desk.cases()[-1])


def _beforehand(verdict: Any) -> Any:
    async def told(*_given: Any) -> Any:
        return verdict

    return told


def _refusals(stage: Stage, case: str) -> None:
    """What is asked wrongly, each with its exit code."""
    stage(REGISTRY, "proofhouse review --abandon", code=2)
    stage("inspector", "proofhouse status", code=2)
    stage(REGISTRY, "proofhouse status --case c0ffee", code=2)
    stage(REGISTRY, f"proofhouse plan --case {case}", code=3)
    stage(REGISTRY, f"proofhouse disclose --case {case} --reason again --as auditor", code=2)
    stage(REGISTRY, f"proofhouse disclose --case {case} --reason again --as registrar", code=3)
    stage("developer", "proofhouse withdraw --case-file case.json --out policy.json", code=2)
    stage("developer", "proofhouse withdraw --case-file case.json --out missing/w.json", code=2)
    stage("developer", "proofhouse verify policy.json --policy policy.json", code=1)
    stage("developer", "proofhouse init --hold auditor", code=2)
    stage(REGISTRY, "proofhouse init --log registry.example/log --hold registrar", code=3)
    stage("elsewhere", "proofhouse init --log other.example/log --hold registrar", code=2)
    stage("elsewhere", "proofhouse status --bogus", code=2)
