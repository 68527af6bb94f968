# SPDX-License-Identifier: Apache-2.0
"""The dossier: one page that tells a person the outcome of an inquiry, and of its review.

    from proofhouse.dossier import render
    from proofhouse.views import case_view

    html = render(case_view(case, record, opened))

The page is self-contained: styles and charts inline, no script, no network, a Content Security
Policy that forbids both. It reads on a phone, on a wide screen, in the dark and on paper, and keeps
WCAG 2.2 AA. It is under 150 kB. Hostile names stay text (R20); what is sealed is said to be sealed.

What it leaves to others: ``views`` folds the case; ``verify`` checks the bundle, which the page
only reports; which values are opened is decided when the bundle is made (``rules.audience``).
docs/dossier.md describes the page for its readers.
"""

from proofhouse.dossier.page import render

__all__ = ["render"]
