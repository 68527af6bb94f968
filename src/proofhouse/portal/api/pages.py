# SPDX-License-Identifier: Apache-2.0
"""Page → the operations by which a program does the same; and the few pages for people alone.

    PAGES["POST /people"]                      ("addPerson", "linkPerson")
    FOR_PEOPLE["POST /account/passkey"]        why no program does that

A test walks the routes of every page: one that stands in neither table fails it, and so does a row
whose page or operation is gone. The form of something stands with what is done by it: its fields
are those of the operation's body. ``ACT`` stands for the operation of the act that the address
names, ``RECORD`` for that of recording it.
"""

from __future__ import annotations

from collections.abc import Mapping

ACT, RECORD = "(act)", "(record)"

PAGES: Mapping[str, tuple[str, ...]] = {
    # cases
    "GET /home": ("readMe", "listCases", "listDrafts", "listInvitations", "listBeginnings"),
    "GET /cases/{start}": ("readCase", "listStatements", "listActs", "readRun"),
    "GET /begin/{name}": (ACT, "listBeginnings"),
    "POST /begin/{name}": (ACT,),
    "GET /cases/{start}/do/{name}": (ACT, "listActs"),
    "POST /cases/{start}/do/{name}": (ACT,),
    "GET /drafts/{draft}": ("readDraft", "readPayload"),
    "POST /drafts/{draft}/sign": ("signDraft", "registerStatement"),
    "POST /drafts/{draft}/drop": ("dropDraft",),
    "POST /cases/{start}/errand/{what}": ("planRun", "startRun"),
    "GET /cases/{start}/live": ("watchRun",),
    "GET /cases/{start}/bundle.json": ("readBundle",),
    "GET /cases/{start}/policy.json": ("readCasePolicy",),
    "GET /cases/{start}/dossier.html": ("readDossier",),
    "GET /cases/{start}/findings": ("listStatements",),
    "POST /cases/{start}/findings": (ACT,),
    "POST /cases/{start}/retest": ("planRetest",),
    "GET /cases/{start}/recuse": ("recuse",),
    "POST /cases/{start}/recuse": ("recuse",),
    "GET /views": ("listViews", "listAllViews"),
    # staff
    "GET /cases/{start}/simulate": ("simulatePlan",),
    "GET /cases/{start}/held": ("listHeldScores",),
    "POST /cases/{start}/held": ("decideHeld",),
    "GET /cases/{start}/record/{name}": (RECORD,),
    "POST /cases/{start}/record/{name}": (RECORD,),
    "GET /queue": ("readQueue",),
    "GET /invite": ("inviteDeveloper", "listInvitable", "listSentInvitations"),
    "POST /invite": ("inviteDeveloper",),
    "POST /invitations/{invitation}": ("ignoreInvitation",),
    "GET /inspect": ("readInspection",),
    "POST /inspect": ("inspectEverything",),
    "GET /cases/{start}/erase": ("eraseCase",),
    "POST /cases/{start}/erase": ("eraseCase",),
    # partners
    "GET /partners": ("listPartners", "listApplications"),
    "GET /partners/apply": ("readCriteria", "applyAsPartner"),
    "POST /partners/apply": ("applyAsPartner",),
    "GET /partners/application/{secret}": ("readApplied",),
    "POST /partners/application/{secret}": ("askSecondLook",),
    "GET /partners/numbers": ("readPartnerNumbers",),
    "GET /partners/{number:int}": ("readApplication",),
    "POST /partners/{number:int}": ("decideApplication",),
    "GET /cases/{start}/uses": ("listUses", "listViews"),
    "POST /cases/{start}/uses": ("reportUse",),
    # the public record
    "GET /": ("readNumbers",),
    "GET /log": ("listLeaves", "readCheckpoint"),
    "GET /log/{index:int}": ("readLeaf", "readProof"),
    "GET /audit": ("readAudit",),
    "GET /audit.json": ("readAudit",),
    "GET /policy.json": ("readPolicy",),
    "GET /tested": ("listBanks",),
    "GET /tested/{index:int}": ("readBank", "listComments"),
    "POST /tested/{index:int}/comments": ("commentOnBank",),
    "GET /docket": ("readDocket",),
    "POST /docket/{number:int}": ("showComment", "leaveOutComment", "answerComment"),
    "POST /docket/{number:int}/erase": ("eraseComment",),
    "GET /numbers": ("readNumbers",),
    "GET /numbers.json": ("readNumbers",),
    "GET /feed.xml": ("listClearStatements",),
    "GET /banks": ("listBanks", "readBank"),
    # one's own account, and the people of the house
    "GET /account": ("readMe", "readAccount"),
    "POST /account/looks": ("setLooks",),
    "POST /account/passkeys/remove": ("removePasskey",),
    "POST /account/sessions/end": ("endSession", "endSessions"),
    "POST /account/tokens/revoke": ("revokeToken",),
    "POST /account/identities/remove": ("removeIdentity",),
    "GET /people": ("listPeople", "listOrganisations", "listRecusals"),
    "POST /people": ("addPerson", "linkPerson"),
    "POST /people/organisations": ("addOrganisation",),
    "GET /people/{person}": ("readPerson",),
    "POST /people/{person}/join": ("giveRole",),
    "POST /people/{person}/leave": ("takeRole",),
    "POST /people/{person}/invite": ("linkPerson",),
    "POST /people/{person}/deactivate": ("deactivatePerson",),
    "POST /people/{person}/activate": ("activatePerson",),
}

_CEREMONY = "a passkey is made and used by a browser, for the person before it"
_COMING_IN = "a session is a browser’s; a program comes with a token"
_FRESH = "it lets somebody stay: made by a person who has just signed in"
_ONE_ROLE = "a token acts in the role that it was made for"
_WORDS = "words for people; nothing of this house is in them"
_COOKIE = "a choice that a browser’s cookie keeps"
_OWN_FORMAT = "is for programs as it is"

FOR_PEOPLE: Mapping[str, str] = {
    "GET /sign-in": _COMING_IN,
    "POST /sign-in/passkey.json": _CEREMONY,
    "POST /sign-in/passkey": _CEREMONY,
    "POST /sign-in/oidc": _COMING_IN,
    "GET /sign-in/oidc/callback": _COMING_IN,
    "POST /sign-out": _COMING_IN,
    "GET /link/{secret}": _COMING_IN,
    "POST /link/{secret}": _COMING_IN,
    "GET /setup/{secret}": _COMING_IN,
    "POST /setup/{secret}": _COMING_IN,
    "GET /start": _COMING_IN,
    "GET /account/passkey": _CEREMONY,
    "POST /account/passkey.json": _CEREMONY,
    "POST /account/passkey": _CEREMONY,
    "POST /account/tokens": _FRESH,
    "POST /account/identities": _FRESH,
    "GET /account/role": _ONE_ROLE,
    "POST /account/role": _ONE_ROLE,
    "GET /choose/{what}/{value}": _COOKIE,
    "GET /about/rules": _WORDS,
    "GET /accessibility": _WORDS,
    "GET /privacy": _WORDS,
    "GET /api": _OWN_FORMAT,
    "GET /openapi.json": _OWN_FORMAT,
    "GET /log/tiles/{path:path}": _OWN_FORMAT,
}
"""Page → why it has no operation. This list is to stay short."""
