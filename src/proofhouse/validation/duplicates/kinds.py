# SPDX-License-Identifier: Apache-2.0
"""The kind of a flaw as its words and weakness numbers tell it.

    kinds("stored XSS in the admin panel", ())         →  {"cross-site scripting"}
    kinds("panics on a crafted packet", ("CWE-400",))  →  {"denial of service"}

A table of some twenty kinds, each with the words that tell it and the CWE numbers (MITRE, Common
Weakness Enumeration) that mean it. Two reports that tell different kinds are rarely one flaw; two
that tell the same kind need not be one. A text that tells no kind gives the empty set.
"""

from __future__ import annotations

import re

TABLE: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    (
        "cross-site scripting",
        r"xss|cross.site.script|script injection|html injection",
        (79, 80, 83, 87),
    ),
    ("SQL injection", r"sql.?injection|sqli\b", (89, 564)),
    (
        "command injection",
        r"command.injection|os command|shell injection|argument injection",
        (77, 78, 88),
    ),
    (
        "code execution",
        r"code.execution|code.injection|arbitrary code|\brce\b|template injection|eval\b",
        (94, 95, 1336),
    ),
    ("deserialisation", r"deseriali[sz]|unseriali[sz]|pickle", (502,)),
    (
        "path traversal",
        r"travers|zip.?slip|directory climb|\.\./|symlink|link following",
        (22, 23, 29, 36, 59, 61),
    ),
    ("request forgery by server", r"ssrf|server.side request", (918,)),
    ("request forgery by site", r"csrf|xsrf|cross.site request", (352,)),
    ("open redirect", r"open redirect|url redirect|redirect to untrusted", (601,)),
    (
        "denial of service",
        r"denial.of.service|\bdos\b|panic|crash|exhaust|infinite (?:loop|recursion)|"
        r"uncontrolled resource|memory consumption|out of memory|hang\b|redos",
        (400, 770, 835, 674, 1333, 248, 476, 617),
    ),
    (
        "memory flaw",
        r"overflow|out.of.bounds|use.after.free|double free|memory corruption|"
        r"null pointer|unsound|data race|uninitiali[sz]ed",
        (119, 120, 121, 122, 125, 787, 416, 415, 190, 476, 908),
    ),
    (
        "disclosure",
        r"disclos|leak|expos|sensitive (?:info|data)|cleartext|plain ?text|clear text",
        (200, 201, 203, 209, 312, 319, 532),
    ),
    (
        "authentication",
        r"authenticat|login|password|brute.force|session|jwt|mfa|2fa|otp\b",
        (287, 288, 290, 294, 305, 306, 307, 384, 613, 640),
    ),
    (
        "authorisation",
        r"authori[sz]|access.control|permission|privilege|idor|bypass",
        (284, 285, 269, 276, 639, 862, 863, 266, 732),
    ),
    (
        "certificates and signatures",
        r"certificate|signature|tls\b|x\.?509|verif",
        (295, 347, 345, 354),
    ),
    (
        "cryptography",
        r"crypto|cipher|encrypt|decrypt|timing|side.channel|padding oracle|predictable|"
        r"entropy|hard.?coded",
        (208, 310, 321, 326, 327, 330, 337, 338, 798),
    ),
    ("request smuggling", r"smuggl|crlf|header injection|response splitting", (444, 113, 93)),
    ("XML entities", r"xxe|external entit", (611,)),
    ("prototype pollution", r"prototype pollution", (1321,)),
    ("upload", r"upload", (434,)),
    ("race", r"race condition|toctou|time.of.check", (362, 367)),
    ("log injection", r"log injection|log forging|escape sequence", (117, 150)),
)
"""Kind, the words that tell it, the weaknesses that mean it."""

_WORDS = tuple((name, re.compile(pattern)) for name, pattern, _ in TABLE)
_NUMBERS = {f"CWE-{number}": name for name, _, numbers in TABLE for number in numbers}


def kinds(text: str, cwes: tuple[str, ...] = ()) -> frozenset[str]:
    """The kinds that a text (lower-cased here, at most 4,000 characters read) and CWEs tell."""
    low = text[:4000].lower()
    told = {name for name, pattern in _WORDS if pattern.search(low)}
    told.update(_NUMBERS[cwe.upper()] for cwe in cwes if cwe.upper() in _NUMBERS)
    return frozenset(told)
