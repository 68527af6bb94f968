# SPDX-License-Identifier: Apache-2.0
"""``proofhouse audit --inspector``: the log of a home, with everything that its vault opens."""

from __future__ import annotations

from typing import Any

from proofhouse.cli.audit import default_state, remember, remembered
from proofhouse.errors import InputError


def inspect(place: str | None, options: dict[str, Any]) -> tuple[Any, Any]:
    """The public audit of ``place``, or of the home's own log, and the inspection of the home."""
    from proofhouse import inspection
    from proofhouse.audit import audit
    from proofhouse.bootstrap import open_home, utc_now
    from proofhouse.home import default_path
    from proofhouse.ledger.published import Own, published

    path = options["home"] or default_path()
    if not (path / "home.json").exists():
        raise InputError(f"There is no home at {path}.", hint="Choose one with --home.")
    if options["key"] or options["policy"]:
        raise InputError("An inspector goes by the trust policy of the home that is opened.")
    with open_home(path) as home:
        policy = home.desk.policy
        state = options["state"] or default_state(str(policy.log))
        files = Own(home.desk.log) if place is None else published(place)
        try:
            report = audit(files, policy.log, policy=policy, now=utc_now(), seen=remembered(state))
        finally:
            files.close()
        found = inspection.inspect(home.desk, now=utc_now())
    if report.seen is not None:
        remember(state, report.seen.to_bytes())
    return report, found
