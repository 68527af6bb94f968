# SPDX-License-Identifier: Apache-2.0
"""Messages to programs outside: kept before they are sent, signed, repeated until they arrive.

    outbox = Outbox.open(home / "outbox.sqlite", secrets)
    hook, secret = outbox.add_hook(owner, "https://lab.example/hook", at)       shown once
    outbox.put(hook.id, case, "case.moved", body, at)                           kept, not yet sent
    Delivery(outbox, clock, reachable).once()                                   how many arrived

Rule 1: at least once. A message is kept before anything is tried and forgotten only when the other
side said that it has it; its id stays the same, so that a receiver can tell a repetition.
Rule 2: nothing confidential. A message says that something happened, and where to look; what
happened is read there, by whoever may.
Rule 3: nobody makes us reach inside. The address that was checked is the address that is reached
(``outward``), and no redirection is followed.
Rule 4: erasing a case drops its messages.

    outward.py    which addresses may be reached, and connections to just those
    store.py      webhooks, messages, and the answers of requests that carried a key of their own
    delivery.py   sending: signature, back-off, giving up

Signatures are those of Standard Webhooks (standardwebhooks.com), for which there are libraries.
Nothing here is evidence. A crash between the log and this file loses a message: whoever must miss
nothing also asks how the case stands.
"""

from proofhouse.outbox.delivery import Delivery, signature
from proofhouse.outbox.outward import Address, check, connect, resolve
from proofhouse.outbox.store import Given, Hook, Message, Outbox, Secrets

__all__ = [
    "Address",
    "Delivery",
    "Given",
    "Hook",
    "Message",
    "Outbox",
    "Secrets",
    "check",
    "connect",
    "resolve",
    "signature",
]
