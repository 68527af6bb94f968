# SPDX-License-Identifier: Apache-2.0
"""Sending: one POST a message, signed, repeated less and less often, given up after three days.

    POST /hook HTTP/1.1
    webhook-id: msg_5f1c…                   the same at every repetition
    webhook-timestamp: 1796115600           of this attempt
    webhook-signature: v1,K5oZfzN95Z…       HMAC-SHA256 over "id.timestamp.body", base64

as Standard Webhooks says. The other side has it when it answers 200 to 299; a redirection is a
failure. Waits double from ten seconds to six hours, each drawn between half and one and a half
of that, so that many messages of one outage do not come back at once.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import secrets
import threading
from base64 import b64encode
from collections.abc import Callable, Collection

from proofhouse.errors import InputError, ProofhouseError
from proofhouse.outbox.outward import connect, resolve
from proofhouse.outbox.store import Message, Outbox
from proofhouse.rules.window import parse_time

SECONDS = 10.0
"""How long the other side may say nothing."""
FIRST_WAIT = 10
LONGEST_WAIT = 6 * 3_600
GIVE_UP_AFTER = 3 * 86_400
LOOK_EVERY = 5
READ_MOST = 4_096
"""Bytes of an answer that are read, so that a connection ends in order."""


def signature(secret: bytes, message: str, timestamp: int, body: bytes) -> str:
    """What the header ``webhook-signature`` says."""
    signed = f"{message}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


def wait_after(attempts: int) -> int:
    """Seconds from a failed attempt, the ``attempts``-th, to the next."""
    whole = min(LONGEST_WAIT, FIRST_WAIT << min(attempts - 1, 16))
    return max(1, whole // 2 + secrets.randbelow(whole + 1))


class Delivery:
    """Sends what is due, in a thread of its own once begun.

    ``reachable`` are the private addresses that an operator allows; ``failed`` is told of an error
    of ours.
    """

    def __init__(
        self,
        outbox: Outbox,
        clock: Callable[[], str],
        reachable: Collection[str],
        failed: Callable[[str], None] = lambda _what: None,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._reachable = reachable
        self._failed = failed
        self._stop = threading.Event()

    def begin(self) -> None:
        """Look for what is due, again and again."""
        threading.Thread(target=self._go, name="outbox", daemon=True).start()

    def end(self) -> None:
        """Look no more."""
        self._stop.set()

    def _go(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            try:
                self.once()
                self._outbox.sweep(self._clock())
            except Exception:
                self._failed("The outbox")

    def once(self) -> int:
        """Try whatever is due now; how many arrived. One webhook that fails keeps none waiting."""
        count, silent = 0, set[str]()
        for message in self._outbox.due(self._clock()):
            if self._stop.is_set():
                break
            if message.hook in silent:
                continue  # it said nothing a moment ago; its other messages wait with this one
            if self._try(message):
                count += 1
            else:
                silent.add(message.hook)
        return count

    def _try(self, message: Message) -> bool:
        now = parse_time(self._clock())
        status, said = self._post(message, now)
        if 200 <= status < 300:
            self._outbox.arrived(message.id, said)
            return True
        if now - parse_time(message.made_at) >= GIVE_UP_AFTER:
            self._outbox.given_up(message.id, said)
        else:
            self._outbox.again(message.id, now + wait_after(message.attempts + 1), said)
        return False

    def _post(self, message: Message, now: int) -> tuple[int, str]:
        """The status of the answer, 0 without one, and a word for people. Nothing is raised."""
        hook = next((one for one in self._outbox.hooks() if one.id == message.hook), None)
        secret = self._outbox.secret_of(message.hook)
        if hook is None or secret is None:
            return 0, "its webhook was removed"
        try:
            address = resolve(hook.url, self._reachable)
        except ProofhouseError as error:
            return 0, "no such host" if isinstance(error, InputError) else "an address inside"
        headers = {
            "Host": address.netloc,
            "Content-Type": "application/json",
            "User-Agent": "Proofhouse",
            "webhook-id": message.id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(secret, message.id, now, message.body),
        }
        connection = connect(address, SECONDS)
        try:
            connection.request("POST", address.path, message.body, headers)
            response = connection.getresponse()
            response.read(READ_MOST)
            return response.status, f"status {response.status}"
        except (OSError, http.client.HTTPException, ValueError):
            return 0, "no answer"
        finally:
            connection.close()
