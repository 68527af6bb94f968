# SPDX-License-Identifier: Apache-2.0
"""The docket for programs: what the public says of what is tested, and what it is answered (R7).

A comment is handed in without a token and waits to be read. What was shown stays shown; an erasure
takes its words away and leaves a line that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proofhouse.portal.api.account import named
from proofhouse.portal.api.operation import PREFIX, Answer, Call, Operation
from proofhouse.portal.api.record import bank_at
from proofhouse.portal.api.shapes import COUNT, digest, ref, several, text, time, whole
from proofhouse.portal.docket import ERASURES, REASONS, Comment, Docket
from proofhouse.portal.fields import Field, NotThereError
from proofhouse.portal.public import (
    ANSWER,
    COMMENT,
    count_comment,
    docketed,
    keep_comment,
    name_of,
)
from proofhouse.portal.visitor import address_of


def _comment(one: Comment) -> dict[str, Any]:
    told: dict[str, Any] = {
        "number": one.number,
        "bank": one.bank,
        "words": one.words,
        "signed": one.signed,
        "at": one.at,
        "answers": [{"words": a.words, "signed": a.signed, "at": a.at} for a in one.answers],
        "erased": None,
    }
    if one.erasure is not None:
        it = one.erasure
        told["erased"] = {"reason": it.reason, "by": it.signed, "at": it.at}
    return told


def _comments(call: Call) -> Answer:
    bank = bank_at(call).commitment.digest
    shown, left_out = docketed(call.house, lambda kept: (kept.shown(bank), kept.left_out(bank)))
    return Answer({"items": [_comment(one) for one in shown], "leftOut": left_out})


def _hand_in(call: Call) -> Answer:
    bank, now = bank_at(call).commitment.digest, call.house.clock()
    count_comment(call.house, address_of(call.request))
    number = docketed(call.house, lambda kept: keep_comment(kept, bank, call.filled, now))
    return Answer({"number": number}, 201, {"Location": f"{PREFIX}/banks/{bank}/comments"})


def _docket(call: Call) -> Answer:
    waiting, shown = docketed(call.house, lambda kept: (kept.waiting(), kept.all_shown()))
    return Answer(
        {
            "waiting": [_comment(one) for one in waiting],
            "shown": [_comment(one) for one in reversed(shown)],
        }
    )


def _change(what: Callable[[Docket, int, Call, str], None]) -> Callable[[Call], Answer]:
    def handler(call: Call) -> Answer:
        said, now = call.path["number"], call.house.clock()
        if not said.isascii() or not said.isdigit() or len(said) > 15:
            raise NotThereError("There is no such comment.")
        with named():
            docketed(call.house, lambda kept: what(kept, int(said), call, now))
        return Answer(None, 204)

    return handler


def _show(kept: Docket, number: int, call: Call, now: str) -> None:
    kept.show(number, now)


def _leave_out(kept: Docket, number: int, call: Call, now: str) -> None:
    kept.leave_out(number, call.filled["reason"], now)


def _answer(kept: Docket, number: int, call: Call, now: str) -> None:
    kept.answer(number, call.filled["words"], name_of(call.who), now)


def _erase(kept: Docket, number: int, call: Call, now: str) -> None:
    kept.erase(number, call.filled["reason"], name_of(call.who), now)


SCHEMAS: dict[str, Any] = {
    "Comment": whole(
        {
            "number": COUNT,
            "bank": digest("The bank version, by its commitment."),
            "words": text("Plain text of the public: shown, never obeyed. Empty if erased."),
            "signed": text("Who says so; empty if unnamed or erased."),
            "at": time("When it was handed in."),
            "answers": several(whole({"words": text(), "signed": text(), "at": time("When.")})),
            "erased": {
                "oneOf": [
                    whole({"reason": text(), "by": text(), "at": time("When.")}),
                    {"type": "null"},
                ]
            },
        }
    ),
    "CommentList": whole(
        {
            "items": several(ref("Comment")),
            "leftOut": {
                "type": "object",
                "additionalProperties": COUNT,
                "description": f"How many are not shown, by reason: {', '.join(REASONS)}.",
            },
        }
    ),
    "NewComment": whole({"number": COUNT}, "It waits to be read."),
    "Docket": whole({"waiting": several(ref("Comment")), "shown": several(ref("Comment"))}),
}


def _changes(
    name: str,
    path: str,
    summary: str,
    what: Callable[[Docket, int, Call, str], None],
    asked: tuple[Field, ...] = (),
    action: str = "answer-docket",
) -> Operation:
    return Operation(
        name,
        "POST",
        f"/docket/{{number}}/{path}",
        action,
        summary,
        _change(what),
        "Docket",
        status=204,
        fields=asked,
        problems=(404, 409),
        takes_nothing=not asked,
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listComments",
        "GET",
        "/banks/{bank}/comments",
        "",
        "What was said of a bank version, and what it was answered",
        _comments,
        "Docket",
        gives="CommentList",
        problems=(404,),
    ),
    Operation(
        "commentOnBank",
        "POST",
        "/banks/{bank}/comments",
        "",
        "Say something of what is tested and how; nobody needs a token",
        _hand_in,
        "Docket",
        gives="NewComment",
        status=201,
        fields=COMMENT,
        problems=(404, 409),
    ),
    Operation(
        "readDocket",
        "GET",
        "/docket",
        "answer-docket",
        "What waits to be read, and what is shown",
        _docket,
        "Docket",
        gives="Docket",
    ),
    _changes("showComment", "show", "Show a comment to everybody, for good", _show),
    _changes(
        "leaveOutComment",
        "leave-out",
        "Leave a comment out, for a stated reason that is counted",
        _leave_out,
        (Field("reason", "Why", kind="choice", options=dict(REASONS)),),
    ),
    _changes("answerComment", "answer", "Answer a comment that is shown", _answer, ANSWER),
    _changes(
        "eraseComment",
        "erasure",
        "Erase a comment’s words and its answers, and leave a line that says so",
        _erase,
        (Field("reason", "Why", kind="choice", options=dict(ERASURES)),),
        "erase",
    ),
)
