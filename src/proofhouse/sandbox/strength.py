# SPDX-License-Identifier: Apache-2.0
"""How strong each tier is: one table, the weakest first; a wish is never met by less.

    require("bwrap", at_least="gvisor")       RefusedError: bwrap is weaker than gvisor

Strength is by what a program must break to stand on the machine: a filtered part of the machine's
kernel, a kernel in user space of which the machine sees few calls, or a machine of its own. Tiers
named ``inspect:NAME`` are sandbox providers of Inspect, which the evaluation starts; what they
fence is theirs to say, so each stands here at the least it promises. A provider that isn't in the
table has no strength and is refused wherever one is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from proofhouse.errors import InputError, RefusedError


@dataclass(frozen=True)
class Strength:
    """One row: ``rank`` compares, ``boundary`` says what stands between, ``remedy`` how to have it.

    ``package`` is the Python package that brings an Inspect provider, empty where none is needed.
    """

    tier: str
    rank: int
    boundary: str
    remedy: str
    package: str = ""


TABLE: tuple[Strength, ...] = (
    Strength(
        "inspect:docker",
        1,
        "the machine's kernel, as docker filters it; runs as root inside by default",
        "Install Docker Engine 24.0.6 and Docker Compose 2.21 or newer (docs.docker.com/engine).",
    ),
    Strength(
        "inspect:k8s",
        1,
        "what the cluster's runtime class gives, the node's kernel at least",
        "Run `pip install inspect-k8s-sandbox` and give it a cluster.",
        "inspect-k8s-sandbox",
    ),
    Strength(
        "bwrap",
        2,
        "the machine's kernel, by some 260 system calls, as an unprivileged user",
        "Run `apt-get install bubblewrap`.",
    ),
    Strength(
        "gvisor",
        3,
        "a kernel in user space, inside a bubblewrap",
        "Run `apt-get install runsc` (Debian 12, Ubuntu 24.04), or see gvisor.dev/docs.",
    ),
    Strength(
        "inspect:proxmox",
        4,
        "a virtual machine",
        "Install inspect_proxmox_sandbox and give it a Proxmox host.",
        "inspect-proxmox-sandbox",
    ),
    Strength(
        "inspect:ec2",
        4,
        "a virtual machine of a cloud",
        "Install inspect_ec2_sandbox and give it an account.",
        "inspect-ec2-sandbox",
    ),
)
_ROWS = {row.tier: row for row in TABLE}


def strength(tier: str) -> Strength:
    """The row of a tier. Raises `InputError` for a name that isn't in the table."""
    if tier not in _ROWS:
        raise InputError(
            f"There is no sandbox tier {tier!r}.", hint=f"The tiers are: {', '.join(_ROWS)}."
        )
    return _ROWS[tier]


def require(tier: str, *, at_least: str) -> None:
    """Refuse a tier that is weaker than another. Raises `RefusedError`, `InputError` as above."""
    had, wanted = strength(tier), strength(at_least)
    if had.rank < wanted.rank:
        enough = ", ".join(row.tier for row in TABLE if row.rank >= wanted.rank)
        raise RefusedError(
            f"The tier {tier} ({had.boundary}) is weaker than {at_least} ({wanted.boundary}).",
            rule="tier",
            hint=f"Strong enough are: {enough}.",
        )
