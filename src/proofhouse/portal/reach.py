# SPDX-License-Identifier: Apache-2.0
"""Whether a submitted endpoint may be reached: never an address inside the house's own network.

    check_endpoint("https://models.lab.example/v1", ())            nothing, or RefusedError
    check_endpoint("http://127.0.0.1:8000/v1", ("127.0.0.1:8000",))    an operator allowed it

Every address that the name resolves to must be a public one. What is checked here is checked again
when a run begins; between the two a name may come to mean something else, so whoever can should
also fence the machine's network.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from proofhouse.errors import InputError, RefusedError


def check_endpoint(endpoint: str | None, reachable: Collection[str]) -> None:
    """Return None if ``endpoint`` may be reached, or there is none.

    Raises InputError if it is no address of the web, RefusedError if it lies inside (R15).
    """
    if not endpoint:
        return
    host, port = _parts(endpoint)
    if f"{host}:{port}" in reachable:
        return
    for address in _addresses(host, port):
        if not address.is_global or address.is_multicast:
            raise RefusedError(
                "The endpoint’s address lies inside a private network.",
                rule="R15",
                hint="Give an address on the public internet, or have the operator allow this "
                "one: proofhouse serve --reachable HOST:PORT",
            )


def _parts(endpoint: str) -> tuple[str, int]:
    try:
        parts = urlsplit(endpoint)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise InputError("The endpoint is not an address.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError("The endpoint must begin with https:// or http:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise InputError("The endpoint names a user.", hint="Give its key in the field for it.")
    return parts.hostname, port


def _addresses(host: str, port: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise InputError("The endpoint’s host is not known.") from None
    addresses = []
    for *_, name in found:
        address = ipaddress.ip_address(str(name[0]).partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        addresses.append(mapped or address)
    return addresses
