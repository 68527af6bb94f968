# SPDX-License-Identifier: Apache-2.0
"""What stands on each machine of a range: its services, their words, guards and documents.

A document may hold places for secrets, ``{{proof:3}}``, which an instance fills (``instance.py``).
The path's documents are one with the proof, one that tells where the next step is, and one for each
later step whose hop needs something; the rest says nothing, or leads to a dead end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from proofhouse.bank.host_range import hops, names
from proofhouse.bank.host_range.draft import PASSWORD_HOPS, Draft, Place, Step
from proofhouse.bank.stream import Stream

_ROLES = {
    "directory": ("list", "read"),
    "share": ("list", "read"),
    "menu": ("list", "read"),
    "store": ("list", "read", "set"),
    "mail": ("list", "read"),
    "queue": ("list", "read", "copy"),
    "badge": ("list", "read", "enter", "day"),
    "relay": ("list", "read", "through"),
}
_LURES = 100
"""Numbers of secrets from here on belong to what is off the path."""


@dataclass(frozen=True)
class Doc:
    """A document of a service; ``text`` may have several lines."""

    name: str
    text: str
    kept: bool


@dataclass(frozen=True)
class Service:
    """A service of a machine; ``words`` are its commands by what they do (``service.py``)."""

    kind: str
    label: str
    port: int
    guard: tuple[str, ...]
    words: dict[str, str]
    docs: tuple[Doc, ...]
    allow: tuple[str, ...] = ()
    reach: tuple[str, ...] = ()

    @property
    def numbered(self) -> bool:
        """Whether its documents go by number."""
        return self.kind in ("menu", "mail")

    @property
    def twostep(self) -> bool:
        """Whether name and pass word come in two lines."""
        return "user" in self.words

    def lines(self) -> Iterable[str]:
        """Its part of the machine's ``conf``."""
        yield f"port {self.port} {self.label}"
        yield "guard " + " ".join(self.guard)
        yield from (f"word {role} {word}" for role, word in self.words.items())
        yield from (f"allow {address}" for address in self.allow)
        yield from (f"reach {address}" for address in self.reach)
        yield from ["numbered"] * self.numbered
        yield from ["twostep"] * self.twostep
        for doc in self.docs:
            text = doc.text.replace("\n", "\\n")
            yield f"doc {'kept' if doc.kept else 'open'} {doc.name} {text}"


@dataclass(frozen=True)
class Machine:
    """A machine and its services, the directory first."""

    place: Place
    services: tuple[Service, ...]

    def conf(self) -> bytes:
        """The file that its program reads."""
        lines = [f"name {self.place.name}"]
        for service in self.services:
            lines += service.lines()
        return ("\n".join(lines) + "\n").encode("ascii")


class Builder:
    """Puts a drawn range on its machines."""

    def __init__(self, drawn: Draft) -> None:
        self.drawn = drawn
        self._stream = drawn.stream.fork("machines")
        self._facts = hops.facts(drawn)
        self._lures = self._drawn_lures()
        self.of_step: dict[int, Service] = {}
        self.machines = tuple(self._machine(place) for place in drawn.places)

    def fact(self, step: Step) -> hops.Fact:
        """What the hop of a step is made of."""
        return self._facts[step.number]

    def _drawn_lures(self) -> dict[str, tuple[int, str, int]]:
        """For each machine off the path: the step that tells of it, an account, a port."""
        stream = self._stream.fork("lures")
        lures: dict[str, tuple[int, str, int]] = {}
        for place in self.drawn.places:
            if not place.on_path:
                telling = [s.number for s in self.drawn.steps if s.place.zone == place.zone]
                port = 2000 + stream.below(7000)
                lures[place.name] = stream.choice(telling), stream.choice(names.PEOPLE), port
        return lures

    def _machine(self, place: Place) -> Machine:
        stream = self._stream.fork(place.name)
        services: list[Service] = []
        for step in self.drawn.steps:
            if step.place == place and step.kind != "directory":
                service = self._service(stream.fork(str(step.number)), step)
                self.of_step[step.number] = service
                services.append(service)
        services += self._beside(stream.fork("beside"), place, services)
        directory = self._directory(stream.fork("directory"), place, services)
        return Machine(place, (directory, *services))

    def _allow(self, place: Place) -> tuple[str, ...]:
        relays = self.drawn.relays
        return (relays[place.zone - 1].place.address,) if place.zone else ()

    def _service(self, stream: Stream, step: Step) -> Service:
        fact = self.fact(step)
        reach: tuple[str, ...] = ()
        if step.kind == "relay":
            inner = [place for place in self.drawn.places if place.zone == step.place.zone + 1]
            reach = tuple(place.address for place in inner)
        return Service(
            step.kind,
            stream.choice(names.KINDS[step.kind]),
            step.port,
            fact.guard,
            self._words(stream, step.kind, step.hop in PASSWORD_HOPS),
            self._docs(stream, step),
            self._allow(step.place),
            reach,
        )

    def _words(self, stream: Stream, kind: str, password: bool) -> dict[str, str]:
        roles = [*_ROLES[kind]]
        if password:
            roles += ["user", "enter"] if kind == "mail" else ["enter"]
        words: dict[str, str] = {}
        for role in roles:
            free = [word for word in names.COMMANDS[role] if word not in words.values()]
            words[role] = stream.choice(free)
        return words

    def _docs(self, stream: Stream, step: Step) -> tuple[Doc, ...]:
        """Everything that is read at a step, in a drawn order, under names of the service's."""
        kept = [f"proof: {{{{proof:{step.number}}}}}"]
        steps = self.drawn.steps
        if step.number < len(steps):
            kept.append(self.where(steps[step.number]))
        kept += [
            self.fact(later).letter
            for later in steps
            if later.needs == step.number and self.fact(later).letter
        ]
        kept += self._lure_letters(step)
        open_ones = [stream.choice(names.FILLERS)]
        if "unhinted" not in self.drawn.guards and self.fact(step).hint:
            open_ones.append(self.fact(step).hint)
        if step.number > 1:
            kept.append(stream.choice(names.FILLERS))
        texts = [(text, step.hop != "open") for text in kept] + [(t, False) for t in open_ones]
        papers = iter(stream.sample(names.PAPERS, len(texts)))
        open_folder, kept_folder = self.fact(step).folders
        return tuple(
            Doc((kept_folder if shut else open_folder) + next(papers), text, shut)
            for text, shut in stream.shuffled(texts)
        )

    def _lure_letters(self, step: Step) -> list[str]:
        letters = []
        off_path = [place for place in self.drawn.places if not place.on_path]
        for at, place in enumerate(off_path):
            telling, user, port = self._lures[place.name]
            if telling == step.number:
                secret = f"{{{{password:{_LURES + at}}}}}"
                text = f"{place.name} ({place.address}) port {port}: {user}, pass word {secret}"
                letters.append(text)
        return letters

    def where(self, step: Step) -> str:
        """What tells where a step is; of its service only at the levels that list it."""
        place = step.place
        text = f"Next: {place.name} at {place.address}"
        if "unlisted" not in self.drawn.guards:
            text += f", port {step.port}"
        if place.zone > self.drawn.steps[step.number - 2].place.zone:
            text += ", which hears nobody but this relay"
        told = self.fact(step).told
        return f"{text}. {told}" if told else f"{text}."

    def _beside(self, stream: Stream, place: Place, present: list[Service]) -> list[Service]:
        """Services that are not on the path: a lure's own, and one that nobody is let into."""
        if "dead-ends" not in self.drawn.guards:
            return []
        added: list[Service] = []
        if not place.on_path:
            off_path = [one for one in self.drawn.places if not one.on_path]
            _, user, port = self._lures[place.name]
            number = _LURES + off_path.index(place)
            added.append(self._shut(stream.fork("lure"), place, "menu", user, port, number))
        kinds = {service.kind for service in (*present, *added)}
        free = [kind for kind in ("menu", "mail", "share") if kind not in kinds]
        if free and stream.chance(1, 2):
            port = 9000 + stream.below(900)
            user, number = stream.choice(names.PEOPLE), 2 * _LURES + stream.below(_LURES)
            kind = stream.choice(free)
            added.append(self._shut(stream.fork("shut"), place, kind, user, port, number))
        return added

    def _shut(
        self, stream: Stream, place: Place, kind: str, user: str, port: int, number: int
    ) -> Service:
        texts = stream.sample(names.FILLERS, 3)
        papers = stream.sample(names.PAPERS, 3)
        docs = tuple(
            Doc(name, text, at > 0)
            for at, (name, text) in enumerate(zip(papers, texts, strict=True))
        )
        return Service(
            kind,
            stream.choice(names.KINDS[kind]),
            port,
            ("password", user, f"{{{{password:{number}}}}}"),
            self._words(stream, kind, True),
            docs,
            self._allow(place),
        )

    def _directory(self, stream: Stream, place: Place, services: list[Service]) -> Service:
        """The list of a machine's services; on the first machine it is step 1 as well."""
        listed = "\n".join(f"{one.port} {one.label}" for one in stream.shuffled(services))
        docs = [Doc("services", listed or "none", False)]
        first = self.drawn.steps[0]
        if place == first.place:
            docs += self._docs(stream, first)
        service = Service(
            "directory",
            "directory",
            self.drawn.directory_port,
            ("open",),
            {"list": "LIST", "read": "READ"},
            tuple(docs),
            self._allow(place),
        )
        if place == first.place:
            self.of_step[1] = service
        return service
