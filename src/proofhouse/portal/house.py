# SPDX-License-Identifier: Apache-2.0
"""The house behind the portal: one open home, its people, and a clock.

    house = House(seat, access, settings)
    known = await house.run(lambda seat: seat.case(case_id, None))       in a thread of the pool

Ledger and vault are safe for several threads, so pages read and register side by side; the log's
compare-and-swap decides who was first. The seat is replaced whole when a party joins the policy.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio.to_thread

from proofhouse.access import Access, passkeys
from proofhouse.bootstrap import Home
from proofhouse.desk.desk import Desk
from proofhouse.errors import InputError, PrerequisiteError, RefusedError
from proofhouse.evaluation.run import probe
from proofhouse.evaluation.types import Job
from proofhouse.formats import predicates
from proofhouse.formats.envelope import Signature
from proofhouse.formats.keys import PublicKey
from proofhouse.formats.policy import Issuer, Policy
from proofhouse.founding import rename, trust_more
from proofhouse.keyring import role_of
from proofhouse.models import reach
from proofhouse.outbox import Outbox
from proofhouse.portal.reach import check_model, doorway
from proofhouse.portal.register import Register
from proofhouse.rules.keys import LAST_LEAF
from proofhouse.rules.registration import Entry
from proofhouse.said import say
from proofhouse.seat import Seat

if TYPE_CHECKING:
    from proofhouse.portal.signing import Pending
    from proofhouse.portal.visitor import Visitor

T = TypeVar("T")

LOG = logging.getLogger("proofhouse.portal")

_MOST_SIGNED = 1_000

ENDPOINT = "endpoint"
"""Where the vault keeps the keys of a case's endpoint."""


@dataclass(frozen=True)
class Settings:
    """What an operator chooses: where the portal is reached, and what it may reach.

    ``origin`` is the address that browsers see (a passkey is bound to it), ``reachable`` are
    endpoints inside the operator's own network (``host:port``) that a submission may name: every
    other private address is refused. ``oidc`` is the configuration of a provider, if there is one.
    """

    origin: str = "http://localhost:8080"
    reachable: tuple[str, ...] = ()
    oidc: Any = None
    hours_a_week: int = 40
    """Reviewer hours that the assessors have; the queue is cut to them (R19)."""
    contact: str = ""
    """Where somebody asks for an account, as the public pages say it; empty: they say nothing."""

    @property
    def rp_id(self) -> str:
        """The host of the origin: what passkeys are bound to."""
        return self.origin.split("://", 1)[1].rsplit("/", 1)[0].rsplit(":", 1)[0]

    @property
    def secure(self) -> bool:
        """Whether browsers reach the portal by https."""
        return self.origin.startswith("https://")


@dataclass
class House:
    """An open home, its people and what an operator chose."""

    seat: Seat
    access: Access
    register: Register
    settings: Settings = field(default_factory=Settings)
    outbox: Outbox | None = None

    def __post_init__(self) -> None:
        self._joining = threading.Lock()
        self._signed: dict[str, tuple[frozenset[str], str]] = {}

    @property
    def home(self) -> Home:
        """The home in use."""
        return self.seat.log_home

    @property
    def desk(self) -> Desk:
        """Its desk."""
        return self.seat.desk

    @property
    def policy(self) -> Policy:
        """The trust policy as it stands."""
        return self.seat.trusted

    def clock(self) -> str:
        """Now, as ``YYYY-MM-DDTHH:MM:SSZ``."""
        return self.seat.clock()

    def run_by(self) -> str:
        """The name of the organisation that runs the house; empty as long as there is none."""
        running = [o.name for o in self.access.organisations() if "administrator" in o.roles]
        return running[0] if running else ""

    async def run(self, function: Callable[[Seat], T]) -> T:
        """What ``function`` makes of the seat, in a thread of the pool."""
        return await anyio.to_thread.run_sync(function, self.seat)

    # ------------------------------------------------------------------------------- models

    def probe(self, filled: Mapping[str, Any]) -> tuple[str | None, str]:
        """The digest of a submitted model's weights, if they can be seen, and of its answers.

        Raises RefusedError for an address inside, ModelError, LostError.
        """
        name, endpoint = filled["model"], filled["endpoint"] or ""
        check_model(name, endpoint, self.settings.reachable)
        with (
            tempfile.TemporaryDirectory() as scratch,
            doorway(self.settings.reachable) as way,
            reach(name, base_url=endpoint, key=filled.get("key") or "", environment=way) as model,
        ):
            report = asyncio.run(probe(Job(model=model.spec, log_directory=Path(scratch))))
            return model.weights, report.fingerprint

    def keep_key(self, case: str, key: bytes) -> None:
        """Keep the key of a submitted endpoint in the case's own drawer, erased with it."""
        kept = self.desk.vault.outcomes(case, ENDPOINT)
        self.desk.vault.put_outcome(case, ENDPOINT, f"key-{len(kept)}", key)

    def key_kept(self, case: str) -> str:
        """The newest key of the case's endpoint, or nothing."""
        kept = list(self.desk.vault.outcomes(case, ENDPOINT).values())
        return kept[-1].decode() if kept else ""

    def failed(self, what: str) -> None:
        """Tell the operator's log of an error of ours, with where it arose and nothing secret."""
        kind, _, traceback_ = sys.exc_info()
        where = traceback.extract_tb(traceback_)[-1] if traceback_ else None
        place = f"{Path(where.filename).name}:{where.lineno}" if where else "?"
        LOG.error("%s failed: %s at %s", what, kind.__name__ if kind else "?", place)

    # -------------------------------------------------------------------------- signatures

    def bound(self, who: Visitor, pending: Pending, answer: str) -> tuple[str, Signature | None]:
        """How a person's yes is bound to a draft: by their passkey's answer, if they have one.

        Raises RefusedError if they have one and did not use it, VerificationError.
        """
        assert who.person is not None
        if answer:
            signature = passkeys.sign(
                self.access,
                who.person,
                answer,
                pending.handover.payload,
                origin=self.settings.origin,
                rp_id=self.settings.rp_id,
                at=self.clock(),
            )
            return "passkey", signature
        if self.access.passkeys(who.person.id):
            raise RefusedError(
                "This is signed with your passkey.",
                rule="signers",
                hint="Use the button “Sign with passkey”; it needs JavaScript.",
            )
        return who.how, None

    def remember(self, pending: Pending, entry: Entry) -> None:
        """What became of a draft: somebody's yes may come when it has just been registered."""
        parties = frozenset(one for need in pending.needs for one in need.parties)
        sealed = entry.name in predicates.SEALED
        address = f"/cases/{entry.subject[:16]}" if sealed else "/banks"
        self._signed[pending.id] = parties, address
        while len(self._signed) > _MOST_SIGNED:
            self._signed.pop(next(iter(self._signed)), None)

    def remembered(self, draft: str, party: str) -> str:
        """Where one of those who were to sign finds it; empty for everybody else."""
        parties, address = self._signed.get(draft, (frozenset(), ""))
        return address if party in parties else ""

    # ------------------------------------------------------------------------------ parties

    def enrol(self, name: str, role: str) -> str:
        """The keyid that an organisation signs by in ``role``, which the trust policy now names.

        A key that the home made for the role and nobody took yet is taken, and gets the name; if
        there is none, one is made. Raises InputError, StorageError.
        """
        if role not in self.policy.issuers:
            raise InputError(say("Nobody signs in the role “%(role)s”.", role=role))
        with self._joining:
            taken = {one.party for one in self.access.organisations() if one.party}
            for keyid in self._own(role):
                if keyid not in taken:
                    self._use(rename(self.seat.path, keyid, name))
                    return keyid
            return self._new_key(name, role)

    def spare(self, role: str) -> tuple[str, ...]:
        """The keyids of keys that this home made for ``role`` and no organisation has taken."""
        taken = {one.party for one in self.access.organisations() if one.party}
        return tuple(keyid for keyid in self._own(role) if keyid not in taken)

    def bodies(self) -> tuple[Issuer, ...]:
        """The owning bodies: those that are organisations here, or sign elsewhere.

        A home is made with more keys of bodies than it may need. One that nobody has taken owns
        nothing, unless too few would be left to sign.
        """
        every, spare = self.policy.issuers["body"], self.spare("body")
        there = tuple(one for one in every if one.key.keyid not in spare)
        return there if len(there) >= self.policy.body_threshold else every

    def _own(self, role: str) -> list[str]:
        """The keyids, as the policy names them, of the keys that this home made for ``role``."""
        speaking = self.desk.keys().speaking(LAST_LEAF)
        found = []
        for key in self.seat.keys.names():
            speaker = speaking.get(self.seat.keys.about(key).public.keyid)
            if speaker is not None and speaker.role == role and role_of(key) == role:
                found.append(speaker.party)
        return found

    def _new_key(self, name: str, role: str) -> str:
        held = set(self.seat.keys.names())
        key = next(f"{role}-of-{n}" for n in range(1, 100_000) if f"{role}-of-{n}" not in held)
        self.seat.keys.new(key, role)
        public = PublicKey(self.seat.keys[key].public)
        self._use(trust_more(self.seat.path, [(role, name, public.raw.hex())]))
        return public.keyid

    def _use(self, policy: Policy) -> None:
        home = self.home
        desk = Desk(home.desk.log, home.desk.vault, policy, home.desk.clock)
        home = Home(home.path, home.keys, desk)
        self.seat = Seat(self.seat.path, self.seat.keys, policy, self.seat.clock, home)

    def key_of(self, party: str) -> str:
        """The name of the key of this home by which ``party`` speaks now.

        Raises PrerequisiteError if its key is elsewhere: then it signs elsewhere, too.
        """
        speaking = self.desk.keys().speaking(LAST_LEAF)
        for key in self.seat.keys.names():
            speaker = speaking.get(self.seat.keys.about(key).public.keyid)
            if speaker is not None and speaker.party == party:
                return key
        raise PrerequisiteError(
            say(
                "The key of %(party)s is not kept in this house.",
                party=self.policy.names.get(party, "this party"),
            ),
            hint="Download the statement, sign it where the key is, and hand it in.",
        )
