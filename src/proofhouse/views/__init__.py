# SPDX-License-Identifier: Apache-2.0
"""Folds for people: what a case, a determination or a review looks like to whoever reads it.

    from proofhouse.views import case_view, summary_lines

    view = case_view(case, record, opened)      values, frozen; nothing worked out around a seal
    print("\n".join(summary_lines(view)))       the same in a terminal, a dozen lines

A view is never stored: it is folded anew from statements and openings each time (the one idea).
``values`` holds what comes out, ``case`` the fold, ``openings`` the reading of opened values,
``headline`` and ``words`` the sentences, ``plain`` numbers and times, ``summary`` the terminal's
lines. ``figures`` says which pictures a view has, ``pictures`` what each shows in numbers, and
``terminal_charts`` draws them with letters. Pages are made of a view in ``proofhouse.dossier``.
"""

from proofhouse.views.case import case_view, decided_run
from proofhouse.views.summary import summary_lines
from proofhouse.views.values import CaseView, Sealed, Standing

__all__ = ["CaseView", "Sealed", "Standing", "case_view", "decided_run", "summary_lines"]
