# SPDX-License-Identifier: Apache-2.0
"""Which addresses outside may be reached, and connections to exactly what was checked.

    address = resolve("https://models.lab.example/v1", ())      Address("93.184.216.34", 443, …)
    connect(address, seconds=10)                                a connection to that very number

A name may mean another machine a moment after it was looked up (DNS rebinding), so it is looked up
once, every answer is checked, and the connection goes to the number that was checked, while TLS
still asks for the name. Public addresses alone are reached: none of this machine, of a private
network, link-local (where clouds keep their credentials), multicast, or of a translator between
IPv4 and IPv6 that leads to such a one. ``reachable`` are the exceptions of an operator, HOST:PORT.

Limits: what a public address forwards to is its owner's affair, and so is a proxy of the operator.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from proofhouse.errors import InputError, RefusedError

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST = 500
"""Characters of an address of the web, at most."""

_TRANSLATED = (
    ipaddress.ip_network("64:ff9b::/96"),  # RFC 6052
    ipaddress.ip_network("64:ff9b:1::/48"),  # RFC 8215
    ipaddress.ip_network("2002::/16"),  # 6to4
    ipaddress.ip_network("2001::/32"),  # Teredo
)


@dataclass(frozen=True)
class Address:
    """Where to connect: ``number`` was checked, ``host`` is the name that TLS and Host carry."""

    scheme: str
    host: str
    number: str
    port: int
    path: str

    @property
    def netloc(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"https": 443, "http": 80}[self.scheme] == self.port
        return host if usual else f"{host}:{self.port}"


def check(url: str | None, reachable: Collection[str]) -> None:
    """Return None if ``url`` may be reached, or there is none. Raises as ``resolve``."""
    if url:
        resolve(url, reachable)


def resolve(url: str, reachable: Collection[str]) -> Address:
    """The address of ``url``, checked.

    Raises InputError if it is no address of the web or its host is not known, RefusedError if any
    of its numbers lies inside (R15).
    """
    parts = parse(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    number = numbers(host, port, reachable)[0]
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    return Address(parts.scheme, host, number, port, path)


def parse(url: str) -> SplitResult:
    """The parts of an address of the web. Raises InputError if it is none, or names a user."""
    if len(url) > MOST or not url.isascii() or not url.isprintable() or " " in url:
        raise InputError("The address holds characters that no address of the web has.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InputError("The endpoint is not an address.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise InputError("The endpoint must begin with https:// or http:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise InputError("The endpoint names a user.", hint="Give its key in the field for it.")
    return parts


def numbers(host: str, port: int, reachable: Collection[str]) -> list[str]:
    """What a host's name means now, every one of it checked. Raises InputError, RefusedError."""
    found = _looked_up(host, port)
    if f"{host}:{port}" not in reachable and not all(map(is_outside, found)):
        raise RefusedError(
            "The endpoint’s address lies inside a private network.",
            rule="R15",
            hint="Give an address on the public internet, or have the operator allow this "
            "one: proofhouse serve --reachable HOST:PORT",
        )
    return [str(number) for number in found]


def is_outside(number: IP) -> bool:
    """Whether a number is a public one, also where it stands for another."""
    if isinstance(number, ipaddress.IPv6Address):
        if number.ipv4_mapped is not None:
            return is_outside(number.ipv4_mapped)
        if any(number in network for network in _TRANSLATED):
            return False
    return number.is_global and not number.is_multicast and not number.is_reserved


def _looked_up(host: str, port: int) -> list[IP]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [ipaddress.ip_address(str(name[0]).partition("%")[0]) for *_, name in found]
    except (OSError, UnicodeError, ValueError):
        raise InputError("The endpoint’s host is not known.") from None


class _Pinned(http.client.HTTPConnection):
    """A connection to the number that was checked, under the name that was asked for."""

    def __init__(self, address: Address, seconds: float, tls: ssl.SSLContext | None) -> None:
        super().__init__(address.host, address.port, timeout=seconds)
        self._address = address
        self._tls = tls

    def connect(self) -> None:
        """Connect without looking the name up again."""
        plain = socket.create_connection((self._address.number, self._address.port), self.timeout)
        self.sock = plain
        if self._tls is not None:
            try:
                self.sock = self._tls.wrap_socket(plain, server_hostname=self._address.host)
            except BaseException:
                plain.close()
                raise


def connect(address: Address, seconds: float) -> http.client.HTTPConnection:
    """A connection to ``address``, opened by its first request. It follows no redirection."""
    tls = ssl.create_default_context() if address.scheme == "https" else None
    return _Pinned(address, seconds, tls)
