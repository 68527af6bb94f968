# SPDX-License-Identifier: Apache-2.0
"""Versions of a bank from the drawing of their seed on: drawn, committed, retired, opened.

    drawn = draw(desk, bank, packs, open_by="2027-12-01T00:00:00Z", at=now)     in the vault only
    waiting(desk, "proofhouse-cyber")       the version that is drawn and not committed, or None
    commit(drawn, at=later)                 the draft that the owning bodies sign

What is drawn lies among the vault's secrets under ``bank/NAME/VERSION/SERIAL``: seed, salt and
blinding, so that what ``bank new`` prints is what ``bank commit`` commits to. A version that was
drawn in vain is drawn anew under the next serial, until it is committed; nothing is ever replaced.
The code of sealed generators lies there under ``generator/DIGEST``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

from proofhouse.bank import families as installed
from proofhouse.bank import sealed_code
from proofhouse.bank.digests import with_sealed
from proofhouse.bank.families import Family
from proofhouse.bank.sealed_code import Pack
from proofhouse.desk import measure, seal_bank
from proofhouse.desk.desk import CLEAR_OPENINGS, Desk, Kept
from proofhouse.desk.draft import Draft
from proofhouse.desk.openings import check_openings
from proofhouse.desk.seal_bank import Bank
from proofhouse.errors import DamagedError, InputError, RefusedError
from proofhouse.formats import canonical, commitment
from proofhouse.formats.digest import sha256_hex
from proofhouse.rules.registration import LONGEST_PROMISE_YEARS
from proofhouse.said import say
from proofhouse.vault.vault import Body

FORMAT = "proofhouse-drawn-bank/v1"
MOST = 10_000

TO_RUN = frozenset(
    (
        *("assessor_to_plan", "assessor_to_run", "run_under_way"),
        *("assessor_to_plan_review", "assessor_to_run_review", "review_run_under_way"),
        *("assessor_to_run_retest", "retest_under_way"),
    )
)
"""States of a case that has yet to meet items of its bank."""


@dataclass(frozen=True)
class Drawn:
    """A version whose seed is drawn: what will be committed, and what opens it."""

    bank: Bank
    opening: commitment.Opening
    open_by: str
    drawn_at: str

    @property
    def name(self) -> str:
        """``NAME@VERSION``."""
        return f"{self.bank.name}@{self.bank.version}"

    def to_bytes(self) -> bytes:
        """What the vault keeps, canonical JSON."""
        about = {**asdict(self.bank), "families": dict(self.bank.families)}
        return canonical.dumps(
            {
                "format": FORMAT,
                "bank": {name: _plain(value) for name, value in about.items()},
                "opening": self.opening.to_json(),
                "openBy": self.open_by,
                "drawnAt": self.drawn_at,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Drawn:
        """What ``to_bytes`` wrote. Raises DamagedError."""
        body: Any = canonical.loads(data)
        if body.get("format") != FORMAT:
            raise DamagedError("The vault holds a drawn bank of another format.")
        opening = commitment.Opening.from_json(body["opening"])
        return cls(Bank(**body["bank"]), opening, body["openBy"], body["drawnAt"])


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def versions(desk: Desk, name: str) -> Iterator[Kept]:
    """Every committed version of the bank ``name``, oldest first."""
    for version in range(1, MOST):
        found = desk.find_clear("bank", name, str(version))
        if found is None:
            return
        yield found


def version(desk: Desk, name: str, number: int | None) -> Kept:
    """The version ``number`` of a bank, or its newest. Raises InputError if there is none."""
    found = [
        kept
        for kept in versions(desk, name)
        if number is None or kept.entry.predicate["version"] == number
    ]
    if not found:
        which = "" if number is None else f" version {number}"
        raise InputError(
            say("This log has no committed bank %(name)s%(which)s.", name=name[:80], which=which),
            hint="Commit it first: proofhouse bank commit",
        )
    return found[-1]


def next_version(desk: Desk, name: str) -> int:
    """The number that the next version will have."""
    return 1 + max((kept.entry.predicate["version"] for kept in versions(desk, name)), default=0)


def draw(
    desk: Desk, bank: Bank, packs: Sequence[Pack], seed: bytes, *, open_by: str, again: bool = False
) -> Drawn:
    """Draw the next version of ``bank`` with ``seed`` (32 bytes) and keep it in the vault.

    Raises RefusedError if that version waits to be committed already and not ``again``, or if
    ``open_by`` is past or too far off.
    """
    at = desk.clock()
    _check_open_by(open_by, at)
    serial = _serial(desk, bank.name, bank.version)
    if serial and not again:
        raise RefusedError(
            say(
                "The bank %(name)s@%(version)s is drawn already, and not committed.",
                name=bank.name,
                version=bank.version,
            ),
            rule="R16",
            hint="Commit it: proofhouse bank commit; or draw it anew: proofhouse bank new --again",
        )
    value: dict[str, Any] = {"seed": seed.hex()}
    data = {pack.family: pack.to_bytes() for pack in packs}
    if data:
        value["generators"] = {name: sha256_hex(pack) for name, pack in data.items()}
    drawn = Drawn(bank, commitment.Opening(value), open_by, at)
    for pack in data.values():
        desk.vault.put_secret(f"generator/{sha256_hex(pack)}", pack)
    desk.vault.put_secret(_secret(bank.name, bank.version, serial + 1), drawn.to_bytes())
    return drawn


def _check_open_by(open_by: str, at: str) -> None:
    if open_by <= at or int(open_by[:4]) > int(at[:4]) + LONGEST_PROMISE_YEARS:
        raise RefusedError(
            say(
                "A bank is opened after it was made and within %(longest_promise_years)s "
                "years, not at %(open_by)s.",
                longest_promise_years=LONGEST_PROMISE_YEARS,
                open_by=open_by,
            ),
            rule="R5, R16",
            hint="Give --open-by as YYYY-MM-DDTHH:MM:SSZ.",
        )


def _secret(name: str, number: int, serial: int) -> str:
    return f"bank/{name}/{number}/{serial}"


def _serial(desk: Desk, name: str, number: int) -> int:
    """How often a version was drawn."""
    serial = 0
    while desk.vault.secret(_secret(name, number, serial + 1)) is not None:
        serial += 1
    return serial


def waiting(desk: Desk, name: str) -> Drawn | None:
    """The version that was drawn last and is not committed."""
    number = next_version(desk, name)
    data = desk.vault.secret(_secret(name, number, _serial(desk, name, number)))
    return None if data is None else Drawn.parse(data)


def commit(drawn: Drawn, now: Bank, *, at: str) -> Draft:
    """The commitment to what was drawn.

    ``now`` is what this program would commit to. Raises RefusedError if generator, calibration or
    compiler are other ones than when it was drawn: what was printed then is what is committed.
    """
    for what in ("generator", "toolchain", "calibration"):
        if getattr(drawn.bank, what) != getattr(now, what):
            raise RefusedError(
                say(
                    "The %(what)s has changed since %(name)s was drawn.", what=what, name=drawn.name
                ),
                rule="R16",
                hint="Draw it anew: proofhouse bank new --again",
            )
    _check_open_by(drawn.open_by, at)
    return seal_bank.draft_opened(drawn.bank, drawn.opening, at=at, open_by=drawn.open_by)


def as_made_here(desk: Desk, drawn: Drawn) -> Bank:
    """``drawn`` with the digests of this program and machine as they are now."""
    now = measure.describe_bank(desk, tuple(drawn.bank.owners))
    sealed: Mapping[str, str] = _value(drawn.opening).get("generators", {})
    return replace(
        drawn.bank,
        generator=with_sealed(now.generator, sealed),
        toolchain=now.toolchain,
        calibration=now.calibration,
    )


# --------------------------------------------------------------------- what a version holds


def opening_of(kept: Kept) -> commitment.Opening:
    """What opens the seed of a committed version. Raises DamagedError if this vault lacks it."""
    wanted = kept.entry.predicate["seed"]["sha256"]
    for opening in kept.openings:
        if isinstance(opening, commitment.Opening) and opening.commitment.sha256 == wanted:
            return opening
    raise DamagedError(
        say("The vault does not hold the seed of %(kept)s.", kept=name_of(kept)),
        hint="Its custodians can bring it back: proofhouse bank seed recover",
    )


def name_of(kept: Kept) -> str:
    """``NAME@VERSION`` of a committed version."""
    return f"{kept.entry.predicate['bank']}@{kept.entry.predicate['version']}"


def packs_of(desk: Desk, opening: commitment.Opening) -> dict[str, bytes]:
    """The sealed generators that an opening of a seed names, by digest. Raises DamagedError."""
    found = {}
    for family, digest in _value(opening).get("generators", {}).items():
        data = desk.vault.secret(f"generator/{digest}")
        if data is None or sha256_hex(data) != digest:
            raise DamagedError(
                say(
                    "The vault does not hold the code of the sealed family %(family)s.",
                    family=family,
                )
            )
        found[digest] = data
    return found


def families_of(
    table: Mapping[str, int], opening: commitment.Opening, packs: Mapping[str, bytes]
) -> Mapping[str, Family]:
    """The families that a version consists of, each with as many levels as its ``table`` says.

    ``packs`` are its sealed generators by digest; they are loaded, that is, run. Raises
    VerificationError for other code than is committed to, InputError for an unknown family.
    """
    sealed = _value(opening).get("generators", {})
    families: dict[str, Family] = {}
    for name, levels in table.items():
        if name in sealed:
            found = sealed_code.load(packs.get(sealed[name], b""), sealed[name])
        elif name in installed.FAMILIES:
            found = installed.FAMILIES[name]
        else:
            raise InputError(say("This program has no family %(name)s.", name=repr(name[:64])))
        families[name] = replace(found, levels=found.levels[:levels])
    return MappingProxyType(families)


def families_here(desk: Desk, kept: Kept) -> Mapping[str, Family]:
    """The families of a committed version that this home owns, its sealed code loaded."""
    opening = opening_of(kept)
    return families_of(kept.entry.predicate["families"], opening, packs_of(desk, opening))


def seed_in(opening: commitment.Opening) -> bytes:
    """The 32 bytes of the seed that ``opening`` shows."""
    return bytes.fromhex(str(_value(opening)["seed"]))


def _value(opening: commitment.Opening) -> dict[str, Any]:
    assert isinstance(opening.value, dict)
    return opening.value


def check_closable(desk: Desk, kept: Kept) -> None:
    """Raise RefusedError if a case of this home has yet to meet items of the version."""
    live = [
        case.id[:8]
        for case in map(desk.case, desk.cases())
        if case.state in TO_RUN and case.need("submission").predicate["bank"] == kept.entry.digest
    ]
    if live:
        raise RefusedError(
            say(
                "Cases have yet to meet items of %(kept)s: %(live)s. Once it is opened "
                "everybody knows them.",
                kept=name_of(kept),
                live=", ".join(live[:10]),
            ),
            rule="R5",
            hint="End those cases first, or open it all the same with --anyway.",
        )


def restore(desk: Desk, kept: Kept, opening: commitment.Opening, packs: Sequence[bytes]) -> bool:
    """Put what opens a committed version back into the vault; whether it was missing.

    Raises VerificationError or InputError if it does not open the commitment, or the code is not
    what the seed's value names; nothing is changed then.
    """
    check_openings([kept.entry], [opening])
    named = set(_value(opening).get("generators", {}).values())
    if {sha256_hex(pack) for pack in packs} != named:
        raise InputError("The code of sealed generators is not that which the seed names.")
    missing = not kept.openings
    for pack in packs:
        desk.vault.put_secret(f"generator/{sha256_hex(pack)}", pack)
    data = canonical.dumps([opening.to_json()])
    body = Body(kept.entry.digest, kept.envelope.to_bytes(), b"", data)
    desk.vault.put_body(CLEAR_OPENINGS, body)
    return missing
