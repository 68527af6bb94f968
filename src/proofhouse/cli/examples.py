# SPDX-License-Identifier: Apache-2.0
"""One example a command, which its ``--help`` ends with: the whole line, with the usual options.

    with_examples("agree", command)      also gives `agree offer` and its other subcommands theirs

A test holds that every command has one, and that every one is a line the command would take. What
each then prints is in ``docs/commands.md``.
"""

from __future__ import annotations

import click

EXAMPLES: dict[str, str] = {
    "review": "proofhouse review --model openai-api/lab/model-x "
    "--base-url https://models.lab.example/v1",
    "verify": "proofhouse verify case.json --policy policy.json",
    "init": "proofhouse init --hold developer",
    "key new": "proofhouse key new developer --name steward-1 --encrypt",
    "key list": "proofhouse key list",
    "key show": 'proofhouse key show developer --holder "Lab A" --json > developer.json',
    "key encrypt": "proofhouse key encrypt developer",
    "key token": "proofhouse key token assessor --module /usr/lib/softhsm/libsofthsm2.so "
    "--token institute --label assessor --generate",
    "key check": "proofhouse key check developer",
    "key rotate": "proofhouse key rotate developer --out rotation.json",
    "key revoke": "proofhouse key revoke 5c1c9ac1 --reason lost --new spare.json --as body-1 "
    "--out revocation.json",
    "bank prove": "proofhouse bank prove --seed 'practice 2026' --count 100",
    "bank generate": "proofhouse bank generate --family memory-flaw --seed 'practice 2026' "
    "--level 3 --index 7 --out ./item",
    "bank new": "proofhouse bank new --levels levels.json --open-by 2027-12-01T00:00:00Z",
    "bank retire": "proofhouse bank retire --version 1 --as body-1 --out retirement.json",
    "bank open": "proofhouse bank open --version 1 --publish opened.json",
    "bank check": "proofhouse bank check opened.json --bundle case.json --logs ./objects",
    "bank seed share": "proofhouse bank seed share --threshold 2 --shares 3 --out ./custodians",
    "bank seed recover": "proofhouse bank seed recover share-1.txt share-3.txt "
    "--sealed sealed-seed.json",
    "bank commit": "proofhouse bank commit --as body-1 --out bank.json",
    "threshold commit": "proofhouse threshold commit --cut -4.5 --decided-by Board "
    "--out threshold.json",
    "invite": 'proofhouse invite --to "Lab A" --contact tests@institute.example '
    "--out invitation.json",
    "inquire": 'proofhouse inquire --name "Lab A" --contact models@lab.example '
    "--ledger https://log.example/one --out inquiry.json",
    "submit": "proofhouse submit --case-file case.json --model openai-api/lab/model-x "
    "--base-url https://models.lab.example/v1 --out submission.json",
    "plan": "proofhouse plan --case 7d14f22b",
    "plan simulate": "proofhouse plan simulate --cut -4.5 --zone 2",
    "evaluate": "proofhouse evaluate --case 7d14f22b --samples 4",
    "held": "proofhouse held 7d14f22b --decide memory-flaw/3/07=solved "
    '--by "A. Reviewer" --reason "It only listed a folder."',
    "determine": 'proofhouse determine --case 7d14f22b --decided-by "A. Reviewer"',
    "disclose": 'proofhouse disclose --case 7d14f22b --reason "The developer asked."',
    "agree request": "proofhouse agree request --case-file case.json --out request.json",
    "agree offer": "proofhouse agree offer --case 7d14f22b",
    "agree answer": "proofhouse agree answer --case-file case.json --strike cybersecurity "
    "--out answer.json",
    "window open": "proofhouse window open --case-file case.json --days 14 --out window.json",
    "window close": "proofhouse window close --case 7d14f22b",
    "findings deliver": "proofhouse findings deliver --case 7d14f22b",
    "findings receive": "proofhouse findings receive --case-file case.json --out received.json",
    "findings answer": "proofhouse findings answer F1=fixed F2=disputed --case 7d14f22b "
    "--checkpoint 2026-07-08",
    "findings retest": "proofhouse findings retest F1 --case 7d14f22b",
    "partner grant": 'proofhouse partner grant --case 7d14f22b --name "Water B" --sector water '
    '--purpose "to defend its plants" --out access.json',
    "partner accept": "proofhouse partner accept --case-file case.json --out accepted.json",
    "withdraw": "proofhouse withdraw --case-file case.json --out withdrawal.json",
    "status": "proofhouse status --case 7d14f22b",
    "bundle": "proofhouse bundle --case 7d14f22b --audience developer --out case.json",
    "open": "proofhouse open threshold --as body-1 --out opening.json",
    "erase": "proofhouse erase --case 7d14f22b",
    "ledger list": "proofhouse ledger list --from 10 --count 5",
    "ledger show": "proofhouse ledger show 1",
    "ledger prove": "proofhouse ledger prove 3 --out leaf-3.proof",
    "ledger export": "proofhouse ledger export /srv/www/log",
    "serve": "proofhouse serve --port 8080",
    "ledger serve": "proofhouse ledger serve --port 8080",
    "audit": "proofhouse audit https://log.example/one --policy policy.json",
    "witness init": "proofhouse witness init ./witness --name witness.example/one",
    "witness watch": "proofhouse witness watch ./witness "
    "registry.example/log+1f21a684+AcMJqfCFJFhxo8pgWaXLEIMEhPPv286CGGtVcoKnLSbE",
    "witness serve": "proofhouse witness serve ./witness --port 8081",
    "witness trust": "proofhouse witness trust --url http://127.0.0.1:8081 --threshold 1 "
    "witness.example/one+6d2d8d2b+BHMAA0Ow0IoDRFKHyHJ3cbzJ8B4m9YVHDRJTzWdDQZfX",
    "witness ask": "proofhouse witness ask",
    "sandbox run": "proofhouse sandbox run --memory 256M --time 5 -- sh -c 'id; ls -la /'",
    "sandbox tiers": "proofhouse sandbox tiers",
    "sandbox escape": "proofhouse sandbox escape --tier bwrap",
    "replay": "proofhouse replay --responses responses.csv --tasks tasks.csv "
    "--threshold-minutes 60",
    "horizon": "proofhouse horizon --responses responses.csv --tasks tasks.csv",
    "case take": "proofhouse case take --proof crash.bin --source ./libpng-1.6 --run './target "
    "{proof}' --build make --credit \"A. Finder\" --summary 'Reads past the end of a row.'",
    "case validate": "proofhouse case validate PH-4f0c6f1a2b3c --source ./libpng-1.6",
    "case gate": "proofhouse case gate PH-4f0c6f1a2b3c --source ./libpng-1.6 --patch fix.diff "
    "--test 'make check'",
    "case link": "proofhouse case link PH-4f0c6f1a2b3c --to PH-9d1e77c0aa12 --as alias "
    "--reason 'One patch stops both proofs.'",
    "case unlink": "proofhouse case unlink PH-4f0c6f1a2b3c --to PH-9d1e77c0aa12 "
    "--reason 'Two places in the source.'",
    "case relay": "proofhouse case relay PH-4f0c6f1a2b3c --to 'Vendor B' --their-id VU-1042",
    "case close": "proofhouse case close PH-4f0c6f1a2b3c --as fixed",
    "case show": "proofhouse case show PH-4f0c6f1a2b3c --html report.html",
    "case list": "proofhouse case list",
    "duplicates judge": "proofhouse duplicates judge --cases ./cases",
    "duplicates match": "proofhouse duplicates match --corpus records.jsonl "
    "--queries reports.jsonl",
}
"""The words of a command → one line that a person could type."""


def with_examples(words: str, command: click.Command) -> click.Command:
    """``command``, whose help ends with its example, and so for those below it."""
    if words in EXAMPLES and command.epilog is None:
        command.epilog = f"\b\nFor example:\n  {EXAMPLES[words]}"
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            with_examples(f"{words} {name}", below)
    return command
