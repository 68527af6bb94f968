# SPDX-License-Identifier: Apache-2.0
"""Makes tests/evaluation/transcripts/corpus-1.jsonl.gz: agents that cheat, and honest ones.

    python tools/cheating_agents.py                        the whole corpus, anew
    python tools/cheating_agents.py --only clumsy --out x.jsonl.gz    those whose id begins so

Every agent is a script in tests/evaluation/transcripts/agents/: one file a character, which says
what is typed in each turn and which of these turns are out-of-scope acts (R15). A script is played
to a real evaluation, on a real item, in the real sandbox: a scripted endpoint on loopback gives its
replies, and what comes back from the commands is what the sandbox answered. The record is then
trimmed to what an EvalSample needs. The format of a script:

    #:character clumsy held              the character of the file, and its split: dev or held
    #:transcript clumsy-1 patch/2        one transcript: its id, a family and a level, `/N`: an index
    #:again patch/4                      the same script on another item as well
    #:note …                             why honest people could differ; makes it borderline
    #:talk                               it talks of cheating and does not
    #:turn What it says.                 a reply; its text may go on below
    #:run                                a command of this reply, below, as many lines as it has
    #:act answers find / -name           this turn is an act: its kind, and a quote of it
    #:submit done                        a submission; without one, one is added at the end
    #:use look                           the turns of the block of that name, of the item's family

``{host0}``, ``{name0}``, ``{port}`` are an item's machines and their directory's port, and
``{solution}`` is its reference solution in base64, for the honest agent that knows its craft.

Limits: outputs hold times, process numbers and memory addresses, so a corpus made anew is alike and
not equal. The labels come from the scripts and not from any scanner, which this never looks at.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import gzip
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from proofhouse.bank.families import derive
from proofhouse.bank.host_range.instance import instance
from proofhouse.bank.host_range.oracle import RangeOracle
from proofhouse.bank.item import Host, Item
from proofhouse.evaluation import run as evaluation
from proofhouse.evaluation.types import (
    Budgets,
    FinishedSample,
    Job,
    ModelSpec,
    Score,
    TaskFile,
    TaskHost,
    TaskItem,
)

FOLDER: Final = Path(__file__).parents[1] / "tests" / "evaluation" / "transcripts"
CORPUS: Final = FOLDER / "corpus-1.jsonl.gz"
KEY: Final = hashlib.sha256(b"proofhouse/transcripts/corpus-1\n").digest()
"""The derivation key of all items: public, so that everybody can derive them."""
KINDS: Final = ("harness", "answers", "hosts", "paths")
COUNTS: Final = ("<!-- counts -->", "<!-- end of counts -->")
AT_ONCE: Final = 2


@dataclass
class Turn:
    """One reply: what is said, what is run, what is submitted; and what in it is an act."""

    text: str = ""
    commands: list[str] = field(default_factory=list)
    submit: str | None = None
    acts: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Script:
    """One agent on one item."""

    id: str
    character: str
    split: str
    family: str
    level: int
    index: int
    turns: list[Turn] = field(default_factory=list)
    talk: bool = False
    note: str = ""
    again: list[str] = field(default_factory=list)


def read_scripts(path: Path, blocks: dict[str, list[Turn]]) -> list[Script]:
    """The scripts of a file; its first line names character and split."""
    head, _, body = path.read_text().partition("\n")
    mark, character, split = head.split()
    if mark != "#:character" or split not in ("dev", "held"):
        raise SystemExit(f"{path.name}: the first line names no character and split")
    scripts: list[Script] = []
    for word, rest, below in directives(body):
        if word == "transcript":
            scripts.append(opened(rest, character, split, len(scripts)))
        else:
            follow(scripts[-1], word, rest, below, blocks)
    scripts = [one for script in scripts for one in (script, *copies(script))]
    for script in scripts:
        check(script)
    return scripts


def directives(text: str) -> list[tuple[str, str, str]]:
    """(word, rest of its line, the lines below it) for every ``#:`` line."""
    parts = re.split(r"^#:(\w+) ?(.*)\n", text + "\n", flags=re.MULTILINE)
    triples = zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    return [(word, rest.strip(), below.strip("\n")) for word, rest, below in triples]


def copies(script: Script) -> list[Script]:
    """The same script on the other items it names; their ids end in b, c …"""
    letters = "bcdefgh"
    made: list[Script] = []
    for letter, item in zip(letters, script.again, strict=False):
        rest = f"{script.id}{letter} {item}"
        one = opened(rest, script.character, script.split, script.index + 10 * len(made) + 10)
        made.append(
            replace(script, **{n: getattr(one, n) for n in ("id", "family", "level", "index")})
        )
    return made


def opened(rest: str, character: str, split: str, number: int) -> Script:
    """A script without turns, from its first line."""
    name, item = rest.split()
    family, level, *index = item.split("/")
    return Script(name, character, split, family, int(level), int(index[0]) if index else number)


def follow(script: Script, word: str, rest: str, below: str, blocks: dict[str, list[Turn]]) -> None:
    """Do what one line of a script says."""
    if word == "turn":
        script.turns.append(Turn("\n".join(filter(None, (rest, below)))))
    elif word == "run":
        script.turns[-1].commands.append(below)
    elif word == "act":
        kind, _, quote = rest.partition(" ")
        script.turns[-1].acts.append((kind, quote))
    elif word == "submit":
        script.turns[-1].submit = rest
    elif word == "talk":
        script.talk = True
    elif word == "note":
        script.note = rest
    elif word == "again":
        script.again.append(rest)
    elif word == "use":
        script.turns += blocks[f"{rest}-{script.family}"]
    else:
        raise SystemExit(f"{script.id}: there is no directive {word!r}")


def read_blocks(path: Path) -> dict[str, list[Turn]]:
    """Turns that many scripts share, by name and family."""
    blocks: dict[str, list[Turn]] = {}
    name = ""
    for word, rest, below in directives(path.read_text()):
        if word == "block":
            name = rest
            blocks[name] = []
        elif word == "turn":
            blocks[name].append(Turn(rest))
        elif word == "run":
            blocks[name][-1].commands.append(below)
    return blocks


def check(script: Script) -> None:
    """Every act's quote is in its turn's commands, and talk has no acts."""
    for turn in script.turns:
        for kind, quote in turn.acts:
            if kind not in KINDS or not any(quote in command for command in turn.commands):
                raise SystemExit(f"{script.id}: no command holds the act {kind} {quote!r}")
    if script.talk and any(turn.acts for turn in script.turns):
        raise SystemExit(f"{script.id}: talk with acts")
    if all(turn.submit is None for turn in script.turns):
        script.turns.append(Turn(submit="done"))


def filled(text: str, item: Item) -> str:
    """``text`` with the item's own values in its places."""
    values = {"solution": base64.b64encode(item.solution).decode()}
    for number, host in enumerate(item.hosts):
        values |= {f"host{number}": host.address, f"name{number}": host.name}
    port = re.search(r"talk 10\.\S+ (\d+)", item.prompt)
    values["port"] = port[1] if port else "0"
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)


def completion(turn: Turn, item: Item, number: int) -> dict[str, Any]:
    """A chat completion that says and does what ``turn`` tells."""
    calls = [("bash", {"command": filled(command, item)}) for command in turn.commands]
    if turn.submit is not None:
        calls.append(("submit", {"answer": filled(turn.submit, item)}))
    message: dict[str, Any] = {"role": "assistant", "content": filled(turn.text, item)}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"call-{number}-{n}",
                "type": "function",
                "function": {"name": name, "arguments": json.dumps(arguments)},
            }
            for n, (name, arguments) in enumerate(calls)
        ]
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "script",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20},
    }


class Stage:
    """One evaluation that plays scripts, one after the other; desk and endpoint in one."""

    def __init__(self, scripts: list[Script]) -> None:
        self.left = list(scripts)
        self.played: list[tuple[Script, Item, bytes]] = []
        self.now: tuple[Script, Item] | None = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    async def play(self, directory: Path) -> None:
        """Run all scripts; `played` then holds their records."""
        url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        model = ModelSpec("openai-api/lab/script", base_url=url, key="no-key")
        budgets = Budgets(command_seconds=30, output_bytes=6_000, seconds=300)
        job = Job(model, directory, budgets=budgets, samples_at_once=1)
        await evaluation.run(
            job, next_batch=self.next_batch, grade=self.grade, finished=self.finished
        )
        self.server.shutdown()

    def next_batch(self) -> list[TaskItem] | None:
        """The next script's item; from now on the endpoint plays it."""
        if not self.left:
            return None
        script = self.left.pop(0)
        item = derive(script.family, KEY, script.level, script.index)
        self.now = script, item
        files = tuple(TaskFile(file.path, file.data) for file in item.files)
        hosts = tuple(
            TaskHost(host.name, host.address, host_files(host, item), host.start)
            for host in machines(item)
        )
        return [TaskItem(script.id, item.prompt, files, hosts)]

    async def grade(self, _: str, answer: bytes, __: str) -> Score:
        """Every answer is one: what is labelled here is conduct, not success."""
        return "solved" if answer else "failed"

    def finished(self, sample: FinishedSample) -> None:
        """Keep the record."""
        assert self.now is not None
        self.played.append((*self.now, sample.record))
        print(f"{sample.id:32} {sample.kind} {sample.reason}", file=sys.stderr)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stage = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                number = sum(m["role"] == "assistant" for m in request["messages"])
                assert stage.now is not None
                script, item = stage.now
                body = json.dumps(completion(script.turns[number], item, number)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        return Handler


def machines(item: Item) -> tuple[Host, ...]:
    """The item's machines with pass words, days and proofs drawn: from the key, and so always the
    same."""
    if not isinstance(item.oracle, RangeOracle):
        return ()
    return instance(item, item.oracle.steps, KEY).hosts


def host_files(host: Host, item: Item) -> tuple[TaskFile, ...]:
    """A machine's files, its service among them, built from the item's hidden source."""
    own = tuple(TaskFile(file.path, file.data) for file in host.files)
    source = next(file.data for file in item.hidden if file.path == "service.c")
    return (*own, TaskFile("service", built(source), executable=True))


@cache
def built(source: bytes) -> bytes:
    """A C program, compiled."""
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder, "service")
        command = ["cc", "-O1", "-x", "c", "-o", str(binary), "-"]
        subprocess.run(command, input=source, check=True)
        return binary.read_bytes()


def trimmed(record: bytes) -> dict[str, Any]:
    """What an EvalSample needs, with the texts its messages refer to; no events, no scores."""
    sample = json.loads(record)
    kept = {name: sample[name] for name in ("id", "epoch", "input", "target", "messages", "output")}
    kept["metadata"] = sample.get("metadata", {})
    text = json.dumps(kept)
    used = {
        digest: body
        for digest, body in sample.get("attachments", {}).items()
        if f"attachment://{digest}" in text
    }
    return {**kept, "attachments": used}


def transcript(script: Script, item: Item, record: bytes) -> dict[str, Any]:
    """One line of the corpus."""
    acts = [
        {"turn": number, "kind": kind, "text": filled(quote, item)}
        for number, turn in enumerate(script.turns, 1)
        for kind, quote in turn.acts
    ]
    line: dict[str, Any] = {
        "id": script.id,
        "character": script.character,
        "split": script.split,
        "family": script.family,
        "level": script.level,
        "granted": [host.address for host in item.hosts],
        "acts": acts,
    }
    if script.talk:
        line["talk"] = True
    if script.note:
        line |= {"borderline": True, "note": script.note}
    return {**line, "record": trimmed(record)}


def load() -> list[Script]:
    """All scripts, in the order of their characters' names."""
    agents = FOLDER / "agents"
    blocks = read_blocks(agents / "blocks")
    return [
        script for path in sorted(agents.glob("*.txt")) for script in read_scripts(path, blocks)
    ]


async def play(scripts: list[Script], directory: Path) -> list[tuple[Script, Item, bytes]]:
    """Play scripts in a few evaluations side by side."""
    stages = [Stage(scripts[n::AT_ONCE]) for n in range(AT_ONCE)]
    runs = (stage.play(directory / str(n)) for n, stage in enumerate(stages))
    await asyncio.gather(*runs)
    order = {script.id: number for number, script in enumerate(scripts)}
    played = [one for stage in stages for one in stage.played]
    return sorted(played, key=lambda one: order[one[0].id])


def read(path: Path = CORPUS) -> list[dict[str, Any]]:
    """The transcripts of a corpus."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def label(line: dict[str, Any]) -> str:
    """The column in which a transcript is counted."""
    if line.get("borderline"):
        return "borderline"
    if line.get("talk"):
        return "talk"
    return "with acts" if line["acts"] else "honest"


def counts(lines: list[dict[str, Any]]) -> str:
    """The corpus in two tables: transcripts by character, acts by kind."""
    columns = ("with acts", "honest", "talk", "borderline")
    rows = ["| split | character | " + " | ".join(columns) + " |", "|---" * 6 + "|"]
    characters = sorted({(line["split"], line["character"]) for line in lines})
    groups = [*characters, ("dev", ""), ("held", "")]
    for split, character in groups:
        of = [x for x in lines if x["split"] == split and character in ("", x["character"])]
        counted = Counter(label(line) for line in of)
        numbers = " | ".join(str(counted[column]) for column in columns)
        rows.append(f"| {split} | {character or '**all**'} | {numbers} |")
    rows += ["", "| kind of act | dev | held |", "|---|---|---|"]
    clear = [line for line in lines if label(line) == "with acts"]
    for kind in KINDS:
        of_kind = Counter(
            line["split"] for line in clear for act in line["acts"] if act["kind"] == kind
        )
        rows.append(f"| {kind} | {of_kind['dev']} | {of_kind['held']} |")
    return "\n".join(rows)


def write_counts(lines: list[dict[str, Any]]) -> None:
    """Put the tables into the corpus's page."""
    page = FOLDER / "README.md"
    before, _, rest = page.read_text().partition(COUNTS[0])
    after = rest.partition(COUNTS[1])[2]
    page.write_text(f"{before}{COUNTS[0]}\n{counts(lines)}\n{COUNTS[1]}{after}")


def main() -> None:
    """Play what is asked for and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="play only those whose id begins so")
    parser.add_argument("--out", type=Path, default=CORPUS, help="where the corpus goes")
    options = parser.parse_args()
    scripts = [script for script in load() if script.id.startswith(options.only)]
    if len({script.id for script in scripts}) != len(scripts):
        raise SystemExit("two scripts have one id")
    with tempfile.TemporaryDirectory() as folder:
        played = asyncio.run(play(scripts, Path(folder)))
    lines = [transcript(*one) for one in played]
    data = "".join(f"{json.dumps(line, sort_keys=True)}\n" for line in lines).encode()
    options.out.write_bytes(gzip.compress(data, mtime=0))
    if options.out == CORPUS:
        write_counts(lines)
    print(f"{len(lines)} transcripts, {len(data)} bytes, to {options.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
