# SPDX-License-Identifier: Apache-2.0
"""What a generated program is about, and how the things in it are called.

    a theme       "gauge": a tide gauge's upload, struct station, functions like trim_crest
    a scope       the local names of one function: `count`, `offset`, `seal`, never one twice

Flawed and harmless parts draw from the same pools in the same way, so that no name tells one from
the other. Words which the C library or the language uses are not in the pools.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.bank.stream import Stream


@dataclass(frozen=True)
class Theme:
    """One subject: ``base`` names files, ``what`` ends the sentence "It reads …" of the prompt."""

    base: str
    what: str
    context: str
    nouns: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _theme(base: str, what: str, context: str, nouns: str) -> Theme:
    return Theme(base, what, context, _words(nouns))


THEMES: tuple[Theme, ...] = (
    _theme(
        "gauge",
        "the uploads of tide gauges",
        "station",
        "tide crest ebb buoy datum surge swell pier reef sonar harbor mooring current shoal",
    ),
    _theme(
        "orchard",
        "the notes of an orchard's irrigation",
        "orchard",
        "row tree valve drip soil bloom graft harvest crate frost sprinkler season fruit hedge",
    ),
    _theme(
        "postal",
        "the sorting slips of a parcel office",
        "office",
        "parcel slip route bin postage sender depot courier bag franking locker carton shelf cart",
    ),
    _theme(
        "choir",
        "the programmes of a concert hall",
        "hall",
        "voice score tempo chord aisle balcony verse refrain usher podium ticket encore solo canon",
    ),
    _theme(
        "kiln",
        "the firing logs of a pottery",
        "kiln",
        "glaze clay ramp soak cone shard ember flue vent batch tile bowl crackle ash",
    ),
    _theme(
        "atlas",
        "the tiles of a hiking map",
        "atlas",
        "ridge trail summit contour meadow ford cairn valley pass legend bearing marker creek hut",
    ),
    _theme(
        "rail",
        "the movements on a model railway",
        "layout",
        "coach siding track points tender platform bogie tunnel semaphore shunt wagon yard crew",
    ),
    _theme(
        "weave",
        "the patterns of a jacquard loom",
        "loom",
        "warp weft shuttle reed heddle spool selvage motif thread pick bobbin fringe twill hem",
    ),
    _theme(
        "museum",
        "the loan records of a museum",
        "museum",
        "exhibit donor lender curator plinth vitrine gallery loan caption frame relic wing urn",
    ),
    _theme(
        "apiary",
        "the hive journals of beekeepers",
        "apiary",
        "hive comb brood nectar smoker queen drone swarm honey pollen super entrance colony wax",
    ),
    _theme(
        "ferry",
        "the manifests of an island ferry",
        "ferry",
        "deck berth cargo ramp lounge crossing pilot jetty vehicle hold cabin anchor tide quay",
    ),
    _theme(
        "bakery",
        "the batch sheets of a bakery",
        "bakery",
        "dough loaf oven proof crust flour yeast tray knead crumb starter glaze rack roll",
    ),
    _theme(
        "stargaze",
        "the exposures of an observatory",
        "dome",
        "lens exposure filter nebula comet mount guider plate flat aperture field focus zenith arc",
    ),
    _theme(
        "fitness",
        "the sessions of a sports watch",
        "watch",
        "lap pace pulse stride cadence climb split rest effort zone streak sprint calorie stretch",
    ),
)

_GENERIC = _words("""
    entry block panel group piece strip notch layer sheet scale shade trace patch band stack queue
    token ledger roster mirror beacon pocket column corner figure garden handle island jacket
    kettle ladder magnet needle object pencil ribbon socket tablet vessel window basket candle
    drawer engine fabric hammer insert jigsaw lantern mosaic nozzle outlet packet saddle thimble
""")
_VERBS = _words("""
    note place load apply trim blend merge carry assign collect fetch gather hand keep list move
    order pack quote rate settle tally update view weigh adjust build check draw enter fill grade
    handle import join label map paint queue record shift stamp store sum switch tune wrap
""")
_LOCAL = {
    "size": "count length span width extent amount total reach run portion share quota",
    "offset": "offset start origin base first from slot lead",
    "marker": "mode flavor variant grade tint kind profile",
    "token": "seal stamp proof cookie ticket voucher tag hallmark",
    "operand": "alpha beta left right major minor north south inner outer odd even",
    "value": "value level weight shade gain bias pitch tone depth phase angle",
    "buffer": "buffer scratch line row cells text window area work copy block temp",
    "pointer": "head spare fresh wider next other item node link ahead",
    "counter": "k j m step pos cell turn",
    "result": "acc mix check outcome status verdict",
}


class Scope:
    """The local names of one function; each role has its own pool, nothing is given twice."""

    def __init__(self, stream: Stream) -> None:
        self._pools = {
            role: list(stream.fork(role).shuffled(_words(words))) for role, words in _LOCAL.items()
        }
        self._taken: set[str] = set()

    def take(self, role: str) -> str:
        """A fresh name for a thing of this ``role``."""
        pool = self._pools[role]
        while pool:
            name = pool.pop()
            if name not in self._taken:
                self._taken.add(name)
                return name
        raise LookupError(f"The pool of local names for {role} is too small.")


class Names:
    """The names a whole program shares: functions, members, types, constants, files."""

    def __init__(self, stream: Stream, theme: Theme) -> None:
        self.theme = theme
        self._stream = stream
        generic = stream.fork("generic").shuffled([w for w in _GENERIC if w not in theme.nouns])
        first = stream.fork("nouns").shuffled(theme.nouns + generic[:26])
        self._nouns = list(generic[26:] + first)
        self._verbs = list(stream.fork("verbs").shuffled(_VERBS))
        self._prefixed = stream.fork("prefix").chance(1, 3)

    def noun(self) -> str:
        """A fresh noun, the theme's own and others mixed."""
        return self._nouns.pop()

    def function(self) -> str:
        """A fresh function name, verb and noun; every program has its own habit of prefixing."""
        name = f"{self._verbs.pop()}_{self.noun()}"
        return f"{self.theme.base}_{name}" if self._prefixed else name

    def type(self) -> str:
        """A fresh tag for a struct."""
        return self.noun()

    def scope(self, label: str) -> Scope:
        """Local names for the function that the generator calls ``label``."""
        return Scope(self._stream.fork(f"scope/{label}"))
