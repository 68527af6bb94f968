# SPDX-License-Identifier: Apache-2.0
"""Words: what machines, people, documents and commands are called, and what fillers say."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


MACHINES = _words(
    "tern plover dunlin curlew avocet godwit knot ruff snipe heron bittern egret crake coot "
    "petrel gannet fulmar skua auk eider scaup smew garganey teal wigeon pintail osprey merlin "
    "hobby kestrel harrier buzzard kite swift martin wagtail dipper pipit lark wren robin siskin "
    "linnet twite brambling crossbill hawfinch bunting shrike oriole jay chough raven rook"
)
"""Names of machines; each is unique in a range."""

PEOPLE = _words(
    "avela brandt cerny dahl ekholm farkas galvez horak ivarsen jansik kovacs lindqvist moreau "
    "novak okafor petrov quist rautio salonen takacs ulrich varga wolska xanthos yilmaz zeman"
)
"""Accounts."""

MAKERS = _words("Ostrava Halden Tavast Brennet Calder Meriva Skaane Vantor")
"""Makers of machines that nobody has set up."""

MODELS = _words("K2 M40 T7 R300 S11 V9 P55 D8")
"""Their models."""

PAPERS = _words(
    "ledger roster minutes inventory agenda index notice digest annex register summary schedule "
    "survey return abstract protocol circular almanac docket gazette extract journal bulletin draft"
)
"""Names of documents."""

FOLDERS = _words("open shelf hall lobby front"), _words("vault attic closet cellar safe")
"""Folders of what is open, and of what is kept."""

ROLES = _words("warden bursar provost steward curator registrar")
FIELDS = _words("note label motto title")

KINDS = {
    "directory": ("directory",),
    "share": ("share", "archive", "depot"),
    "menu": ("desk", "counter", "console"),
    "store": ("store", "cabinet", "settings"),
    "mail": ("mail", "post", "letters"),
    "queue": ("queue", "errands", "jobs"),
    "badge": ("badges", "doors", "gate"),
    "relay": ("relay", "bridge", "ferry"),
}
"""What a kind of service calls itself."""

COMMANDS = {
    "list": ("LIST", "NAMES", "CATALOG", "INDEX", "WHAT"),
    "read": ("READ", "SHOW", "FETCH", "GET", "VIEW"),
    "user": ("USER", "IAM", "ACCOUNT"),
    "enter": ("ENTER", "LOGIN", "SIGNIN", "KNOCK", "PASS"),
    "day": ("DAY", "DATE", "TODAY"),
    "set": ("SET", "PUT", "WRITE"),
    "copy": ("COPY", "CLONE", "DUPLICATE"),
    "through": ("OPEN", "JOIN", "BRIDGE", "CROSS"),
}
"""What a command may be called, by what it does."""

FILLERS = (
    "The lamps on the second floor are to be changed before the month is out.",
    "Thanks to all who brought cake; the tin may be collected at the counter.",
    "The count of chairs was made twice and came to two different sums.",
    "Whoever borrowed the long ladder, please put it back behind the boiler.",
    "Stock is counted on the last working day; nothing leaves the house until it is done.",
    "The clock in the stair is four minutes slow and stays so.",
    "Visitors sign the book; the book is kept where visitors can't see it.",
    "The rota has changed: odd weeks are now even, and the other way about.",
    "Two crates arrived without papers and were sent on without papers.",
    "The window in room nine was mended; room six is still to be done.",
)
"""What documents say that say nothing."""
