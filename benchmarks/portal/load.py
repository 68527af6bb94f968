# SPDX-License-Identifier: Apache-2.0
"""How the portal holds up: 10,000 cases, 1,000,000 leaves, 50 people clicking, 200 watching a run.

    python benchmarks/portal/load.py [--cases 10000] [--leaves 1000000] [--folder FOLDER]

 1. first start       from nothing to the first page, in an empty home; target 2 s
 2. start             the same in the home with all the cases and leaves
 3. p95 of each page  people click, look for one to three seconds, and click again; target 100 ms
 4. memory            of the server's process, at the end; target 400 MB
 5. watchers          how long a step of a run takes to each of them; every one must get it

The home is made by the library: cases by the real desk, leaves in batches. It is made once and kept
in FOLDER, where the next run finds it. Server and people are processes of this one machine,
so their work counts too. ``--serve`` is what this program starts itself by.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx

ORIGIN = "http://localhost:8097"
BATCH = 20_000
PEOPLE, WATCHERS = 50, 200
SECONDS = 60


def make(home: Path, cases: int, leaves: int) -> None:
    """Fill a new home. Sessions and a token of its people are written beside it, for the clicks."""
    from proofhouse.desk import inquire, measure
    from proofhouse.formats.leaf import sealed_leaf
    from proofhouse.journey import Wishes
    from proofhouse.journey.journey import Journey
    from proofhouse.ledger.store import NewEntry
    from proofhouse.portal.app import open_house
    from proofhouse.portal.house import Settings
    from proofhouse.rules.party import Party
    from proofhouse.rules.registration import Case

    with open_house(home, Settings(origin=ORIGIN)) as house:
        Journey(house.home, Wishes(), lambda _told: None)._commitments()
        bank = measure.active_bank(house.desk)
        assert bank is not None
        for name, role in (("Lab", "developer"), ("Institute", "assessor"), ("Eye", "inspector")):
            party = house.enrol(name, role) if role != "inspector" else None
            made = house.access.add_organisation(name, roles=(role,), party=party)
            person = house.access.add_person(f"{role} of {name}", "")
            house.access.join(person.id, made.id, role)
        lab = next(one for one in house.access.organisations() if one.name == "Lab")
        key = house.seat.keys[house.key_of(lab.party or "")]
        party_of = Party("developer", 1, (lab.party or "",))
        began = time.perf_counter()
        for number in range(cases):
            case = Case(secrets.token_hex(32))
            draft = inquire.draft(
                case, bank.entry, party_of, developer="Lab", contact="a@lab", at=house.clock()
            )
            house.desk.register(draft.signed(key), draft.openings)
            if number % 1000 == 0:
                tell(f"{number:,} cases, {time.perf_counter() - began:.0f} s")
        log = house.desk.log
        while (left := leaves - log.size) > 0:
            first = log.size
            batch = range(first, first + min(BATCH, left))
            log.append([NewEntry(sealed_leaf(b"%d" % n, b"s" * 32)) for n in batch])
            tell(f"{log.size:,} leaves, {time.perf_counter() - began:.0f} s")


def tell(text: str) -> None:
    """Say it to whoever waits."""
    print(text, file=sys.stderr, flush=True)


def serve(home: Path, about: Path) -> None:
    """The server; a run that nobody makes ticks ten times a second, for whoever watches."""
    import uvicorn

    from proofhouse.portal.app import create_app, open_house
    from proofhouse.portal.house import Settings
    from proofhouse.portal.runs import State

    with open_house(home, Settings(origin=ORIGIN)) as house:
        sessions = []
        now = house.clock()
        for one in house.access.organisations():
            for person, role in house.access.members(one.id):
                for _ in range(20):
                    secret = house.access.start_session(person.id, "link", now)
                    sessions.append((role, secret))
        first = next(iter(house.desk.cases()), "") if sessions else ""
        about.write_text(json.dumps({"sessions": sessions, "case": first}))
        app = create_app(house)
        state = State("evaluate", phase="working", planned=96)

        def tick() -> None:
            while True:
                time.sleep(0.1)
                state.said = str(time.time())
                app.state.runs._tell(first, state)

        if first:
            threading.Thread(target=tick, daemon=True).start()
        config = uvicorn.Config(
            app, port=8097, log_level="error", access_log=False, server_header=False
        )
        uvicorn.Server(config).run()


class Served:
    """The server in a process of its own: how long it took to its first page, its memory."""

    def __init__(self, home: Path) -> None:
        self.about = home.parent / f"about-{secrets.token_hex(4)}.json"
        command = [sys.executable, __file__, "--serve", str(home), "--about", str(self.about)]
        began = time.perf_counter()
        self.process = subprocess.Popen(command)
        while True:
            try:
                if httpx.get(f"{ORIGIN}/sign-in").status_code < 500:
                    break
            except httpx.HTTPError:
                time.sleep(0.02)
        self.seconds = time.perf_counter() - began

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_about: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)
        self.about.unlink(missing_ok=True)

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(row for row in status.splitlines() if row.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


PAGES = {
    "developer": ("/home", "/cases/{case}", "/cases/{case}/do/submit", "/account", "/banks"),
    "assessor": ("/home", "/queue", "/cases/{case}", "/banks"),
    "inspector": ("/home", "/cases/{case}", "/cases/{case}/bundle.json", "/views"),
    "": ("/", "/log", "/log/{leaf}", "/tested", "/numbers", "/api"),
}


async def click(role: str, secret: str, case: str, leaves: int, until: float, took: Any) -> None:
    """One person: a page, a look at it, another page."""
    chosen = random.Random(secret)
    cookies = {"proofhouse": secret} if secret else {}
    async with httpx.AsyncClient(base_url=ORIGIN, cookies=cookies, timeout=60) as client:
        await asyncio.sleep(3 * chosen.random())
        while time.time() < until:
            page = chosen.choice(PAGES[role])
            path = page.format(case=case[:16], leaf=chosen.randrange(leaves))
            began = time.perf_counter()
            answer = await client.get(path)
            took[page].append(time.perf_counter() - began)
            if answer.status_code != 200:
                tell(f"{role or 'nobody'} {path}: {answer.status_code}")
            await asyncio.sleep(1 + 2 * chosen.random())


async def clicking(about: dict[str, Any], leaves: int) -> dict[str, list[float]]:
    """Everybody clicks for a minute."""
    took: dict[str, list[float]] = defaultdict(list)
    until = time.time() + SECONDS
    known = about["sessions"]
    people = [known[(n * 7) % len(known)] for n in range(PEOPLE - 10)] + [("", "")] * 10
    await asyncio.gather(
        *(click(role, secret, about["case"], leaves, until, took) for role, secret in people)
    )
    return took


async def watching(about: dict[str, Any]) -> list[float]:
    """How late each step came to each of those who watch."""
    late: list[float] = []
    secret = next(secret for role, secret in about["sessions"] if role == "assessor")
    path = f"/cases/{about['case'][:16]}/live"
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=ORIGIN, cookies={"proofhouse": secret}, limits=limits, timeout=60
    ) as client:

        async def watch() -> None:
            seen = 0
            async with client.stream("GET", path) as answer:
                async for line in answer.aiter_lines():
                    if line.startswith("data: {"):
                        said = json.loads(line[6:]).get("said") or "0"
                        seen += 1
                        if seen > 2:
                            late.append(time.time() - float(said))
                        if seen > 12:
                            return

        await asyncio.gather(*(watch() for _ in range(WATCHERS)))
    return late


def p95(values: list[float]) -> float:
    """The 95th percentile, in milliseconds."""
    return 1000 * (statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--leaves", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--serve", type=Path)
    parser.add_argument("--about", type=Path)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve, asked.about)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.folder or Path(scratch)
        os.environ["XDG_STATE_HOME"] = str(folder / "state")
        with Served(Path(scratch) / "empty" / "home") as empty:
            print(f"first start       {empty.seconds:6.2f} s    (target 2)")
        home = folder / f"home-{asked.cases}-{asked.leaves}"
        if not (home / "made").exists():
            make(home, asked.cases, asked.leaves)
            (home / "made").touch()
        with Served(home) as served:
            print(f"start             {served.seconds:6.2f} s    {asked.cases:,} cases, ", end="")
            print(f"{asked.leaves:,} leaves")
            about = json.loads(served.about.read_text())
            wait_until_read(about)
            took = asyncio.run(clicking(about, asked.leaves))
            for page, values in sorted(took.items()):
                print(f"p95 {page:28} {p95(values):7.0f} ms   of {len(values)}")
            every = [value for values in took.values() for value in values]
            print(f"p95 of all {len(every):21} {p95(every):7.0f} ms   (target 100)")
            late = asyncio.run(watching(about))
            print(f"{WATCHERS} watchers: {len(late)} steps, p95 {p95(late):.0f} ms late")
            print(f"memory            {served.megabytes:6.0f} MB   (target 400)")


def wait_until_read(about: dict[str, Any]) -> None:
    """Wait until every case is known, and say how long that took."""
    secret = next(secret for role, secret in about["sessions"] if role == "inspector")
    began = time.perf_counter()
    with httpx.Client(base_url=ORIGIN, cookies={"proofhouse": secret}, timeout=120) as client:
        while client.get(f"/cases/{about['case'][:16]}").status_code == 503:
            time.sleep(1)
        while "still being read" in client.get("/home").text:
            time.sleep(1)
    print(f"all cases read    {time.perf_counter() - began:6.2f} s    later")


if __name__ == "__main__":
    main()
