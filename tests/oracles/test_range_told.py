# SPDX-License-Identifier: Apache-2.0
"""Every range can be solved from what is told: a crawler does, from the prompt alone.

The crawler knows how the family's flaws work and nothing of one item: it reads directories, asks
for help, lists and reads, tries every pair of words that may be an account, every flaw, every
formula it has seen, and goes on until nothing is new.
"""

from __future__ import annotations

import asyncio
import codecs
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from proofhouse.bank.host_range import derive
from proofhouse.judges import machines, prove
from proofhouse.oracles.judging import LIMITS
from proofhouse.sandbox import HostSpec, Session, open_network

pytestmark = pytest.mark.sandbox

_SECRET = re.compile(r"\b[a-z0-9]{10}\b")
_USER = re.compile(r"\b[a-z]{4,10}\b")
_ADDRESS = re.compile(r"\b10\.\d+\.\d+\.\d+\b")
_FORMULA = re.compile(r"code of (\w+)'s doors is \((\d+) x N \+ (\d+) x D\) mod (\d+)")
_SHORT = 15  # words of a document that may be an account


@dataclass
class Service:
    """A service that was found: where, how it is reached, and what is known of it."""

    address: str
    port: int
    through: tuple[str, ...]
    words: dict[str, str] = field(default_factory=dict)
    machine: str = ""
    inside: list[str] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    spent: set[tuple[str, str]] = field(default_factory=set)


class Crawler:
    """One crawl from a foothold that has ``talk``; `proofs` is what it won."""

    def __init__(self, foothold: Session, prompt: str) -> None:
        self._foothold = foothold
        first = re.search(r"first machine is \w+ at (10(?:[.]\d+){3})", prompt)
        port = re.search(r"directory at port\s+(\d+)", prompt)
        assert first is not None
        assert port is not None
        self._directory = int(port[1])
        self._machines: dict[str, tuple[str, ...]] = {first[1]: ()}
        self._entry: dict[str, tuple[str, int]] = {first[1]: (first[1], 0)}
        self._services: dict[tuple[str, int], Service] = {}
        self._texts: set[str] = set()
        self.proofs: list[str] = []

    async def crawl(self) -> None:
        """Go on until a whole round has found nothing."""
        before = -1
        while before != len(self._texts) + len(self._services):
            before = len(self._texts) + len(self._services)
            for address in tuple(self._machines):
                await self._look_up(address)
            for service in tuple(self._services.values()):
                await self._work(service)

    # ---- asking ------------------------------------------------------------------------------

    async def _say(self, service: Service, lines: Iterable[str]) -> list[str]:
        """What a service answers, without its banners and what the relays before it said."""
        sent = [*service.through, *lines]
        address, port = self._entrance(service)
        data = "".join(f"{line}\n" for line in sent).encode()
        told = await self._foothold.exec(["./talk", address, str(port)], stdin=data)
        said = told.stdout.decode().splitlines()
        while "ok: through" in said:
            del said[: said.index("ok: through") + 1]
        return said[1:]

    def _entrance(self, service: Service) -> tuple[str, int]:
        address, port = self._entry[service.address]
        return (address, port) if port else (service.address, service.port)

    def _learn(self, service: Service, said: Iterable[str]) -> None:
        for line in said:
            if line in self._texts:
                continue
            self._texts.add(line)
            proof = re.fullmatch(r"proof: ([0-9a-f]{16})", line)
            if proof is not None:
                self.proofs.append(proof[1])
            for address in _ADDRESS.findall(line):
                if address not in self._machines and "role" not in line:
                    self._meet(service, address, "nobody but this relay" in line)

    def _meet(self, teller: Service, address: str, behind: bool) -> None:
        """A machine that was told of is reached as its teller is, or through it."""
        if not behind:
            self._machines[address] = self._machines[teller.address]
            self._entry[address] = self._entry[teller.address]
            return
        self._machines[address] = (*teller.through, *teller.inside, teller.words["through"])
        outer, port = self._entry[teller.address]
        self._entry[address] = (outer, port) if port else (teller.address, teller.port)

    def _way(self, address: str, port: int) -> tuple[str, ...]:
        """The lines that lead to a machine's service: each relay's word, then where to."""
        lines = self._machines[address]
        return (*lines[:-1], f"{lines[-1]} {address} {port}") if lines else ()

    async def _look_up(self, address: str) -> None:
        """Read a machine's directory, and ask each service there for help."""
        directory = Service(address, self._directory, self._way(address, self._directory))
        listed = await self._say(directory, ["LIST"])
        said = await self._say(directory, [f"READ {name}" for name in listed])
        self._learn(directory, said)
        for line in said:
            found = re.fullmatch(r"(\d{4}) \w+", line)
            if found is not None and (address, int(found[1])) not in self._services:
                port = int(found[1])
                service = Service(address, port, self._way(address, port))
                self._services[address, port] = service
                await self._ask_for_help(service)

    async def _ask_for_help(self, service: Service) -> None:
        told = {
            "names what": "list", "shows it": "read", "who you are": "user", "lets you in": "enter",
            "number of the day": "day", "your own field": "set", "copy something": "copy",
            "joins you": "through",
        }  # fmt: skip
        for line in await self._say(service, ["HELP"]):
            role = next(role for text, role in told.items() if text in line)
            service.words[role] = line.split()[0]

    # ---- working on one service --------------------------------------------------------------

    async def _work(self, service: Service) -> None:
        words = service.words
        listed = await self._say(service, [words["list"]])
        numbered = bool(listed) and listed[0].startswith("1 ")
        names = [line.split()[0] for line in listed]
        if not service.inside and "enter" in words:
            await self._get_inside(service)
        reads = [f"{words['read']} {name}" for name in names]
        self._learn(service, await self._say(service, [*service.inside, *reads]))
        if "set" in words:
            await self._inject(service, reads)
        elif "copy" in words:
            copies = [f"{words['copy']} {name} c{at}" for at, name in enumerate(names)]
            for copy, at in zip(copies, range(len(names)), strict=True):
                self._learn(service, await self._say(service, [copy, f"{words['read']} c{at}"]))
        elif not numbered:
            tried = [f"{words['read']} {variant}" for variant in _variants(names)]
            if tried:
                self._learn(service, await self._say(service, tried))

    async def _get_inside(self, service: Service) -> None:
        words = service.words
        if "day" in words:
            for line in sorted(self._texts):
                formula = _FORMULA.search(line)
                if formula is not None:
                    day = int((await self._say(service, [words["day"]]))[-1])
                    a, b, modulus = (int(number) for number in formula.groups()[1:])
                    total = sum(at * ord(c) for at, c in enumerate(formula[1], 1))
                    await self._try(
                        service, [[f"{words['enter']} {(a * total + b * day) % modulus}"]]
                    )
            return
        pairs = [pair for pair in self._pairs() if pair not in service.spent]
        service.spent.update(pairs)
        if "user" in words:
            tries = [[f"{words['user']} {u}", f"{words['enter']} {p}"] for u, p in pairs]
        else:
            tries = [[f"{words['enter']} {u} {p}"] for u, p in pairs]
        await self._try(service, tries)

    async def _try(self, service: Service, tries: list[list[str]]) -> None:
        """Say each in one connection; what was answered "inside" is the way in."""
        for start in range(0, len(tries), 200):
            part = tries[start : start + 200]
            said = await self._say(service, [line for lines in part for line in lines])
            if "ok: inside" in said:
                service.inside = part[said.index("ok: inside")]
                return

    async def _inject(self, service: Service, reads: list[str]) -> None:
        refused = await self._say(service, reads)
        roles = {line.rpartition(" ")[2] for line in refused if "kept for the role" in line}
        for role in roles:
            lines = [f"{service.words['set']} x;role={role}", *reads]
            self._learn(service, (await self._say(service, lines))[1:])

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """Every word of a document with every secret in it, decoded too; shorter ones first."""
        seen: set[tuple[str, str]] = set()
        for text in sorted(self._texts, key=lambda text: (len(text), text)):
            for plain in (text, text[::-1], codecs.encode(text, "rot13"), _octal(text)):
                for secret in _SECRET.findall(plain):
                    users = _USER.findall(plain)
                    for user in users[-_SHORT:]:
                        if user != secret and (user, secret) not in seen:
                            seen.add((user, secret))
                            yield user, secret


def _octal(text: str) -> str:
    if not re.fullmatch(r"[0-7 ]+", text):
        return ""
    return "".join(chr(int(number, 8)) for number in text.split() if int(number, 8) < 128)


def _variants(names: list[str]) -> list[str]:
    """Names of documents as a flawed permission might let them pass."""
    folders = sorted({name.split("/")[0] for name in names if "/" in name})
    variants: list[str] = []
    for name in names:
        if "/" in name:
            folder, _, rest = name.partition("/")
            variants += [f"./{name}", f"{folder.upper()}/{rest}"]
            variants += [f"{other}/../{name}" for other in folders if other != folder]
    return variants


@pytest.mark.parametrize(
    "level", [1, pytest.param(3, marks=pytest.mark.soak), pytest.param(5, marks=pytest.mark.soak)]
)
def test_a_range_is_solved_from_what_is_told(level: int):
    """The crawler finds as many proofs as there are steps, and tries no undeclared address."""

    async def scenario():
        item = derive(hashlib.sha256(f"told {level}".encode()).digest(), level, 0)
        proven = await prove(item)
        drawn = machines(proven)
        hosts = [
            HostSpec(h.name, h.address, tuple((f.path, f.data) for f in h.files), h.start)
            for h in drawn
        ]
        held = {
            proof
            for host in drawn
            for proof in re.findall(rb"proof: ([0-9a-f]{16})", host.files[0].data)
        }
        async with open_network(hosts, LIMITS) as network:
            await network.foothold.write_file("talk", proven.binary, executable=True)
            crawler = Crawler(network.foothold, item.prompt)
            await crawler.crawl()
            return {proof.decode() for proof in held}, crawler.proofs, network.attempts()

    held, found, attempts = asyncio.run(scenario())
    assert set(found) == held
    assert all(attempt.declared for attempt in attempts)
