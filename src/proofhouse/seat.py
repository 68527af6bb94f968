# SPDX-License-Identifier: Apache-2.0
"""Where a party sits: its keys, whom it trusts, a clock, and what it knows of a case.

    with open_seat() as seat:
        known = seat.case(case_id, case_file)       from the home's log, or from a bundle
        handover = seat.sign(draft, ("developer",))
        seat.register(handover)                     where the log is; elsewhere it is sent there

A home that holds the log reads cases from it and registers. A party's own home has only keys and a
trust policy: it reads a case from the bundle that it was sent (``proofhouse bundle``), after
verifying it, and what it signs goes to the log's home as a ``handover``. The private key of a
party is nowhere but in its own home.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofhouse.audit import audit
from proofhouse.bootstrap import (
    Home,
    is_party_home,
    open_home,
    read_home,
    utc_now,
)
from proofhouse.desk import measure
from proofhouse.desk.desk import Desk
from proofhouse.desk.draft import Draft
from proofhouse.durable import told, write_file
from proofhouse.errors import InputError, PrerequisiteError, VerificationError
from proofhouse.formats.bundle import opened
from proofhouse.formats.envelope import Envelope, sign
from proofhouse.formats.handover import Handover
from proofhouse.formats.policy import Policy
from proofhouse.home import default_path
from proofhouse.keyring import Keyring, role_of
from proofhouse.ledger.published import published
from proofhouse.rules.keys import LAST_LEAF, Keys, Speaker
from proofhouse.rules.registration import SIGNERS, Case, Entry, Record
from proofhouse.said import figure, say
from proofhouse.verify import verify


@dataclass(frozen=True)
class Known:
    """What is known of a case here: its statements, the clear ones it cites, and what is opened."""

    case: Case
    record: Record
    opened: Mapping[str, Any] = field(default_factory=dict)

    def value(self, entry: Entry, name: str) -> Any:
        """What the hidden field ``name`` of ``entry`` holds. Raises InputError if it is closed."""
        hidden = entry.predicate[name]
        digest = hidden.get("salted") or hidden["sha256"]
        if digest not in self.opened:
            raise InputError(
                say(
                    "The %(name)s of the statement “%(statement)s” is not opened here.",
                    name=name,
                    statement=entry.name,
                ),
                hint="Do this in the home of the assessor, or ask for a bundle that opens it.",
            )
        return self.opened[digest]

    def clear(self, digest: str, name: str) -> Entry:
        """The clear statement ``digest``, a ``name``. Raises InputError if it is not known."""
        entry = self.record.get(digest, name)
        if entry is None:
            raise InputError(
                say("The “%(name)s” that this case is measured by is not known here.", name=name)
            )
        return entry


@dataclass(frozen=True)
class Seat:
    """A party's home in use. ``home`` is there if it holds a log; ``policy`` once it has one."""

    path: Path
    keys: Keyring
    policy: Policy | None
    clock: Callable[[], str] = utc_now
    home: Home | None = None

    # ------------------------------------------------------------------------------- knowing

    @property
    def desk(self) -> Desk:
        """The desk. Raises InputError in a home without a log."""
        return self.log_home.desk

    @property
    def log_home(self) -> Home:
        """The home with its log. Raises InputError in a home without one."""
        if self.home is None:
            raise InputError(
                "This home holds no log: nothing can be registered or looked up in it.",
                hint="Write the statement with --out FILE and send it to the home that holds the "
                "log; read a case from the bundle you were sent, with --case-file.",
            )
        return self.home

    @property
    def trusted(self) -> Policy:
        """The trust policy. Raises PrerequisiteError if this home has none yet."""
        if self.policy is None:
            raise PrerequisiteError(
                "This home has no trust policy yet.",
                hint="Get the log's policy.json from somebody you trust: "
                "proofhouse init --policy FILE",
            )
        return self.policy

    def case(self, case_id: str | None, case_file: Path | None) -> Known:
        """The case by its id, from the log, or from a bundle, verified.

        An id may be told by its first 8 digits or more. Raises InputError, VerificationError.
        """
        if case_file is not None:
            return self._from_file(case_file, case_id)
        if case_id is None:
            raise InputError("Which case?", hint="Name it with --case, or --case-file BUNDLE.")
        return self._from_log(self.whole_id(case_id))

    def whole_id(self, start: str) -> str:
        """The id of the one case that begins so. Raises InputError."""
        if len(start) == 64 and self.desk.has_begun(start):
            return start
        found = [case for case in self.desk.cases() if case.startswith(start)]
        hint = "`proofhouse status` lists the cases; give 8 digits or more."
        if len(start) < 8:
            raise InputError(
                say("%(start)s is too short for the id of a case.", start=repr(start)),
                hint=hint,
            )
        if not found:
            raise InputError(
                say("There is no case %(start)s in this home.", start=repr(start[:64])),
                hint=hint,
            )
        if len(found) > 1:
            raise InputError(
                say("%(start)s does not tell one case from another.", start=repr(start)),
                hint=hint,
            )
        return found[0]

    def _from_log(self, case_id: str) -> Known:
        opened_here: dict[str, Any] = {}
        cited: set[str] = set()
        for kept in self.desk.statements(case_id):
            opened_here |= {opened(opening): opening.value for opening in kept.openings}
            fields = (kept.entry.predicate.get(name) for name in ("bank", "threshold", "notice"))
            cited |= {digest for digest in fields if isinstance(digest, str)}
        case = self.desk.case(case_id)
        inquiry = case.last("inquiry")
        if inquiry is not None:
            threshold = self.desk.find_clear("threshold", inquiry.predicate["bank"])
            cited |= {threshold.entry.digest} if threshold else set()
        record = self.desk.record(sorted(cited))
        for digest in sorted(cited):
            for kept in self.desk.cited([digest]):
                opened_here |= {opened(opening): opening.value for opening in kept.openings}
        return Known(case, record, opened_here)

    def _from_file(self, path: Path, case_id: str | None) -> Known:
        report = verify(read_input(path, "bundle"), self.trusted)
        if report.status != "verified" or report.case is None or report.record is None:
            raise VerificationError(
                say(
                    "The bundle %(name)s does not verify: %(sentence)s",
                    name=path.name,
                    sentence=report.checks[-1].sentence,
                ),
                hint="Nothing is built on a file that does not verify. Ask for it again.",
            )
        if case_id is not None and not report.case.id.startswith(case_id):
            raise InputError(
                say(
                    "The bundle %(name)s is of another case than %(case_id)s.",
                    name=path.name,
                    case_id=case_id[:64],
                )
            )
        return Known(report.case, report.record, report.opened)

    def party_of(self, start: str, role: str) -> str:
        """The keyid, as the trust policy names it, of the party whose key id begins so.

        Raises InputError if it is nobody's of that role, or several parties'.
        """
        policy = self.trusted
        keys = self.desk.keys() if self.home else Keys(policy)
        speaking = keys.speaking(LAST_LEAF)
        mine = {keyid: one.party for keyid, one in speaking.items() if one.role == role}
        found = {party for keyid, party in mine.items() if keyid.startswith(start)}
        if len(found) != 1:
            listed = ", ".join(
                f"{keyid[:8]} ({policy.names[party]})" for keyid, party in sorted(mine.items())
            )
            raise InputError(
                say(
                    "The key id %(start)s is no %(role)s's here.", start=repr(start[:64]), role=role
                )
                if not found
                else say(
                    "Which %(role)s? Several have a key id that begins with %(start)s.",
                    role=role,
                    start=repr(start),
                ),
                hint=say("There are: %(names)s.", names=listed or "none"),
            )
        return found.pop()

    def bank(self, digest: str | None = None, ledger: str | None = None) -> Entry:
        """The bank that a question is asked under: the newest that is open to it, or ``digest``.

        ``ledger`` is where the exported log is read in a home without one. Raises InputError.
        """
        if self.home is None:
            return self._public_bank(digest, ledger)
        found = (
            measure.active_bank(self.desk)
            if digest is None
            else self.desk.find_clear("statement", digest)
        )
        if found is None or found.entry.name != "bank-commitment":
            raise InputError(
                "There is no such bank in this log.", hint="Commit one: proofhouse bank commit"
            )
        return found.entry

    def _public_bank(self, digest: str | None, ledger: str | None) -> Entry:
        if ledger is None:
            raise InputError(
                "Which log is asked?", hint="Name its exported ledger: --ledger DIR-or-URL"
            )
        banks = self._audited(ledger).named("bank-commitment")
        found = [bank for bank in banks if digest is None or bank.digest == digest]
        if not found:
            raise InputError("There is no such bank in that ledger.")
        return found[-1]

    def _audited(self, ledger: str) -> Record:
        """The clear statements of an exported ledger, audited first."""
        policy = self.trusted
        files = published(ledger)
        try:
            report = audit(files, policy.log, policy=policy, now=self.clock(), seen=None)
        finally:
            files.close()
        if report.status != "verified" or report.public is None:
            failed = [check.sentence for check in report.checks if check.result == "failed"]
            raise VerificationError(
                say(
                    "The ledger at %(ledger)s does not hold: %(why)s",
                    ledger=ledger,
                    why=(failed or [say("nothing is said")])[0],
                ),
                hint="`proofhouse audit` tells more. Ask the log's operator.",
            )
        return report.public.record

    def threshold(self, known: Known, bank: Entry) -> Entry:
        """The one threshold of ``bank`` (R16). Raises InputError if none is committed yet."""
        for entry in known.record.named("threshold-commitment"):
            if entry.predicate["bank"] == bank.digest:
                return entry
        raise InputError(
            "No threshold is committed yet for the bank of this case.",
            hint="A submission waits for it; ask for a newer bundle of the case.",
        )

    # ------------------------------------------------------------------------------- signing

    def roles_for(self, name: str) -> tuple[str, ...]:
        """The keys of this home that sign a statement ``name`` if nobody chooses.

        Those that the trust policy names; where it names none (a changed key, in a home without the
        log), those of the role by name, before further keys of it. Raises PrerequisiteError if
        there is none.
        """
        roles = SIGNERS[name]
        mine = [key for key in self.keys.names() if self.may_be(key, roles)]
        named = [key for key in mine if self._speaking(key) is not None]
        held = named or [key for key in mine if role_of(key) is not None] or mine
        if not held:
            raise PrerequisiteError(
                say(
                    "This home holds no key of the %(roles)s, who makes “%(name)s”.",
                    roles=" or ".join(roles),
                    name=name,
                ),
                hint="Write it unsigned with --as nobody --out FILE and have it signed elsewhere.",
            )
        return tuple(held)

    def may_be(self, key: str, roles: Sequence[str]) -> bool:
        """Whether the trust policy, or where it knows it not the key, gives it one of ``roles``."""
        if self.home is None and self._speaking(key) is None:
            # A party's own home need not know of every key change; the log's home will.
            return self.keys.about(key).role in roles
        speaking = self._speaking(key)
        return speaking is not None and speaking.role in roles

    def _speaking(self, key: str) -> Speaker | None:
        """Who the trust policy says speaks by ``key`` now."""
        if self.policy is None:
            return None
        keys = self.desk.keys() if self.home else Keys(self.policy)
        return keys.speaking(LAST_LEAF).get(self.keys.about(key).public.keyid)

    def sign(
        self, draft: Draft, keys: Sequence[str], *, notice: Envelope | None = None
    ) -> Handover:
        """``draft`` signed with the keys of those names; with none, unsigned."""
        payload = draft.statement.to_bytes()
        handover = Handover(payload, (), draft.openings, notice)
        if not keys:
            return handover
        return handover.with_signatures(sign(payload, [self.keys[key] for key in keys]))

    def sign_more(self, handover: Handover, keys: Sequence[str]) -> Handover:
        """``handover`` with further signatures."""
        if not keys:
            return handover
        signers = [self.keys[key] for key in keys]
        have = {signature.keyid for signature in handover.signatures}
        twice = [key for key, signer in zip(keys, signers, strict=True) if signer.keyid in have]
        if twice:
            raise InputError(
                say("The key “%(twice)s” has signed this statement already.", twice=twice[0])
            )
        return handover.with_signatures(sign(handover.payload, signers))

    def register(self, handover: Handover) -> Entry:
        """Register a finished statement in this home's log. Raises as ``Desk.register`` does."""
        return self.desk.register(handover.envelope(), handover.openings, notice=handover.notice)


@contextmanager
def open_seat(path: Path | None = None, *, reading: bool = False) -> Iterator[Seat]:
    """The home at ``path`` (default: the user's), with or without a log.

    ``reading``: nothing will be written, so another process may be using the home.
    Raises InputError if there is no home, and as ``bootstrap.open_home`` does.
    """
    path = path or default_path()
    with contextlib.ExitStack() as stack:
        if is_party_home(path):
            yield Seat(path, Keyring(path / "keys"), _policy_of(path))
            return
        if not (path / "home.json").exists():
            raise InputError(
                say("There is no home at %(path)s.", path=path),
                hint="Make one: proofhouse init --hold ROLE, or choose it with PROOFHOUSE_HOME.",
            )
        home = stack.enter_context(read_home(path) if reading else open_home(path))
        yield Seat(path, home.keys, home.desk.policy, home.desk.clock, home)


def _policy_of(path: Path) -> Policy | None:
    try:
        return Policy.parse((path / "policy.json").read_bytes())
    except FileNotFoundError:
        return None


MAX_BYTES = 64 * 1024 * 1024
"""No bundle and no handover is larger."""


def read_input(path: Path, what: str) -> bytes:
    """The bytes of a file that was named on the command line. Raises InputError."""
    try:
        if path.exists() and not path.is_file():
            raise InputError(say("The %(what)s %(path)s is not a file.", what=what, path=path))
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(say("There is no %(what)s at %(path)s.", what=what, path=path)) from None
    except OSError as error:
        raise InputError(
            say(
                "The %(what)s %(path)s can't be read: %(strerror)s.",
                what=what,
                path=path,
                strerror=error.strerror,
            )
        ) from None
    if len(data) > MAX_BYTES:
        raise InputError(
            say(
                "The %(what)s %(path)s is larger than %(max_bytes)s bytes.",
                what=what,
                path=path,
                max_bytes=figure(f"{MAX_BYTES:,}"),
            )
        )
    return data


def check_output(path: Path) -> None:
    """Raise InputError unless a file could be written at ``path``."""
    if not path.absolute().parent.is_dir():
        raise InputError(
            say(
                "There is no folder %(parent)s to write %(name)s to.",
                parent=path.parent,
                name=path.name,
            ),
            hint="Make it first.",
        )
    if path.is_dir():
        raise InputError(
            say("%(path)s is a folder.", path=path),
            hint="Name a file in it.",
        )


def write_output(
    path: Path, data: bytes, *, replaces: Callable[[bytes], bool] = lambda _old: False
) -> None:
    """Write a confidential file whole, mode 0600.

    What stands there already is replaced only if it is the same, or ``replaces`` says so of it: a
    signed statement, a key or a policy is never lost by a mistyped name. Raises InputError,
    StorageError.
    """
    check_output(path)
    with told("the file", path):
        if path.exists():
            old = path.read_bytes() if path.is_file() else b""
            if not path.is_file() or (old != data and not replaces(old)):
                raise InputError(
                    say(
                        "There is a file at %(path)s already, and it holds something else.",
                        path=path,
                    ),
                    hint="Name another with --out, or move that one away.",
                )
        write_file(path, data)


def read_trusted(path: Path) -> tuple[str, str, str]:
    """Role, name and public key of the file that ``proofhouse key show ROLE --json`` prints."""
    try:
        about = json.loads(read_input(path, "key file"))
        found = about["role"], about["name"], about["key"]
    except (ValueError, KeyError, TypeError):
        found = ("", "", "")
    if not all(isinstance(part, str) and part for part in found):
        raise InputError(
            say("The file %(path)s does not tell a role, a name and a key.", path=path),
            hint="It is what `proofhouse key show ROLE --json` prints in the other home.",
        )
    return found
