# SPDX-License-Identifier: Apache-2.0
"""Messages are kept before they are sent, signed, repeated until they arrive, and forgotten."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proofhouse.errors import DamagedError, InputError, RefusedError
from proofhouse.outbox import Delivery, Outbox, delivery
from proofhouse.rules.window import parse_time, print_time

AT = "2026-07-01T09:00:00Z"
CASE = "c" * 64
OTHER = "d" * 64


class Kept(dict[str, bytes]):
    """What the vault keeps."""

    def keep(self, name: str, data: bytes) -> None:
        self[name] = data

    def kept(self, name: str) -> bytes | None:
        return self.get(name)

    def drop(self, name: str) -> None:
        self.pop(name, None)


@pytest.fixture
def keeper() -> Kept:
    return Kept()


@pytest.fixture
def outbox(tmp_path: Path, keeper: Kept) -> Iterator[Outbox]:
    made = Outbox.open(tmp_path / "outbox.sqlite", keeper)
    yield made
    made.close()


class Receiver:
    """A server on loopback: what it was sent, and what it answers."""

    def __init__(self) -> None:
        self.answers = [204]
        self.got: list[tuple[dict[str, str], bytes]] = []
        got, answers = self.got, self.answers

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                status = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"http://127.0.0.1:{server.server_port}/other")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_about: Any) -> None:
                """Say nothing."""

        self.server = server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


class Clock:
    """Tells the time that it is set to."""

    def __init__(self) -> None:
        self.now = parse_time(AT)

    def __call__(self) -> str:
        return print_time(self.now)


def test_a_message_arrives_signed(outbox: Outbox, receiver: Receiver) -> None:
    """Whoever has the secret can tell that a message is ours, whole and of now."""
    hook, secret = outbox.add_hook("lab", receiver.url, AT)
    number = outbox.put(hook.id, CASE, "case.moved", b'{"event":"case.moved"}', AT)
    assert Delivery(outbox, Clock(), (receiver.place,)).once() == 1
    ((headers, body),) = receiver.got
    assert json.loads(body) == {"event": "case.moved"}
    assert headers["webhook-id"] == number
    signed = f"{number}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    (message,) = outbox.messages("lab", hook.id)
    assert (message.state, message.body, message.said) == ("arrived", b"", "status 204")


def test_a_failure_is_repeated_with_the_same_id(outbox: Outbox, receiver: Receiver) -> None:
    """What did not arrive comes again, later and later, under the same id, until it does."""
    receiver.answers[:] = [500, 302, 200]
    hook, _ = outbox.add_hook("lab", receiver.url, AT)
    outbox.put(hook.id, CASE, "case.moved", b"{}", AT)
    clock = Clock()
    sender = Delivery(outbox, clock, (receiver.place,))
    arrived = []
    for _ in range(3):
        arrived.append(sender.once())
        assert sender.once() == 0, "it is not due yet"
        clock.now += 60
    assert arrived == [0, 0, 1]
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    assert len(receiver.got) == 3, "no redirection is followed"


def test_a_message_is_given_up_after_days_and_listed(outbox: Outbox, receiver: Receiver) -> None:
    """What can't be delivered for three days is tried no more, and its owner sees it."""
    receiver.answers[:] = [503]
    hook, _ = outbox.add_hook("lab", receiver.url, AT)
    outbox.put(hook.id, CASE, "case.moved", b"{}", AT)
    clock = Clock()
    clock.now += delivery.GIVE_UP_AFTER
    sender = Delivery(outbox, clock, (receiver.place,))
    sender.once()
    (message,) = outbox.messages("lab", hook.id)
    assert (message.state, message.said) == ("given-up", "status 503")
    clock.now += 10 * delivery.LONGEST_WAIT
    sender.once()
    assert len(receiver.got) == 1


def test_an_address_inside_is_not_reached(outbox: Outbox, receiver: Receiver) -> None:
    """What an operator did not allow is not connected to, whatever was registered."""
    hook, _ = outbox.add_hook("lab", receiver.url, AT)
    outbox.put(hook.id, CASE, "case.moved", b"{}", AT)
    assert Delivery(outbox, Clock(), ()).once() == 0
    assert receiver.got == []
    (message,) = outbox.messages("lab", hook.id)
    assert message.said == "an address inside"


def test_a_crash_loses_no_message(tmp_path: Path, receiver: Receiver) -> None:
    """A message that was kept is sent by the next process."""
    keeper = Kept()
    first = Outbox.open(tmp_path / "outbox.sqlite", keeper)
    hook, _ = first.add_hook("lab", receiver.url, AT)
    first.put(hook.id, CASE, "case.moved", b"{}", AT)
    first.close()
    second = Outbox.open(tmp_path / "outbox.sqlite", keeper)
    assert Delivery(second, Clock(), (receiver.place,)).once() == 1
    second.close()


def test_erasing_a_case_drops_its_messages_and_answers(outbox: Outbox, keeper: Kept) -> None:
    """Nothing of a case is left, and nothing of another is touched."""
    hook, _ = outbox.add_hook("lab", "https://lab.example/hook", AT)
    outbox.put(hook.id, CASE, "case.moved", b"{}", AT)
    outbox.put(hook.id, OTHER, "case.moved", b"{}", AT)
    assert outbox.begin("a" * 64, b"one", "", AT) is None
    outbox.give("a" * 64, b"confidential", CASE)
    assert outbox.forget(CASE) == 2
    assert "a" * 64 not in keeper
    assert len(outbox.due(AT)) == 1
    assert CASE not in (outbox.path).read_bytes().decode("latin-1")


def test_the_secret_stands_in_no_row(outbox: Outbox) -> None:
    """The file holds no secret: whoever steals it can sign nothing."""
    _, secret = outbox.add_hook("lab", "https://lab.example/hook", AT)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    outbox.close()
    for path in outbox.path.parent.iterdir():
        assert key not in path.read_bytes()
        assert secret.encode() not in path.read_bytes()


def test_a_webhook_is_its_owners_alone(outbox: Outbox) -> None:
    """Nobody sees or removes another's webhook, and a removed one waits for nothing."""
    hook, _ = outbox.add_hook("lab", "https://lab.example/hook", AT)
    outbox.put(hook.id, CASE, "case.moved", b"{}", AT)
    with pytest.raises(InputError):
        outbox.remove_hook("other", hook.id)
    with pytest.raises(InputError):
        outbox.messages("other", hook.id)
    outbox.remove_hook("lab", hook.id)
    assert (outbox.hooks(), outbox.due(AT)) == ((), ())


def test_a_webhook_names_events_and_there_are_ten(outbox: Outbox) -> None:
    """An event that is none is refused, and so is an eleventh webhook."""
    with pytest.raises(InputError, match="no such event"):
        outbox.add_hook("lab", "https://lab.example/hook", AT, ["case.approved"])
    for _ in range(10):
        outbox.add_hook("lab", "https://lab.example/hook", AT)
    with pytest.raises(RefusedError):
        outbox.add_hook("lab", "https://lab.example/hook", AT)


def test_the_same_key_gets_the_same_answer(outbox: Outbox) -> None:
    """A repetition is answered alike; another request under the same key is refused."""
    name = "b" * 64
    assert outbox.begin(name, b"one", CASE, AT) is None
    begun = outbox.begin(name, b"one", CASE, AT)
    assert begun is not None
    assert begun.answer is None
    outbox.give(name, b"made", CASE)
    again = outbox.begin(name, b"one", CASE, AT)
    assert again is not None
    assert again.answer == b"made"
    with pytest.raises(RefusedError, match="another request"):
        outbox.begin(name, b"two", CASE, AT)
    assert outbox.sweep(print_time(parse_time(AT) + 2 * 86_400)) == 1
    assert outbox.begin(name, b"two", CASE, AT) is None


def test_waits_grow_and_differ() -> None:
    """Waits double up to six hours, and are drawn around that."""
    for attempts in range(1, 40):
        whole = min(delivery.LONGEST_WAIT, 10 * 2 ** (attempts - 1))
        assert all(whole // 2 <= delivery.wait_after(attempts) <= 2 * whole for _ in range(20)), (
            attempts
        )


def test_a_file_that_was_changed_is_noticed(tmp_path: Path) -> None:
    """A file of another kind under the outbox's name is not used."""
    (tmp_path / "outbox.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(DamagedError):
        Outbox.open(tmp_path / "outbox.sqlite", Kept())
