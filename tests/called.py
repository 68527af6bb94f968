# SPDX-License-Identifier: Apache-2.0
"""The program as it is typed, played in this process: its words, its output, its exit code.

What a process of its own would prove (that it starts, that two of them meet at a lock, what it
does when it is killed) is tested where it is the claim; everything else costs a second or two less
here. It begins where the console script begins: `proofhouse.cli.main` and ``sys.argv``.
"""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from proofhouse.cli import main


def proofhouse(home: Path | None, *words: str | Path, **variables: str) -> CompletedProcess[str]:
    """What ``proofhouse WORDS`` in ``home`` prints and exits with, as `subprocess.run` tells it.

    A traceback is raised, where a process would print it and exit with 1.
    """
    line = ["proofhouse", *map(str, words)]
    out, err = io.StringIO(), io.StringIO()
    if home is not None:
        variables = {"PROOFHOUSE_HOME": str(home), **variables}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", line)
        patch.setattr(sys, "stdin", io.StringIO())
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main()
    return CompletedProcess(line, int(ended.value.code or 0), out.getvalue(), err.getvalue())
