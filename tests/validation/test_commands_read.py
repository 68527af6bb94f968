# SPDX-License-Identifier: Apache-2.0
"""The command that a program is run with: variables before it, options of sanitizers, a shell."""

from __future__ import annotations

import pytest

from proofhouse.errors import InputError
from proofhouse.validation.commands import asked, check_run, command, leading

TOLD = [
    ("./x {proof}", {}, ["./x", "/p"], False),
    ("LC_ALL=C TERM=dumb ./x {proof}", {"LC_ALL": "C", "TERM": "dumb"}, ["./x", "/p"], False),
    ("env FOO=1 ./x {proof}", {"FOO": "1"}, ["./x", "/p"], False),
    ("FOO='a b' BAR=\"c d\" ./x", {"FOO": "a b", "BAR": "c d"}, ["./x"], False),
    ("PYTHONPATH=src python3 -m app {proof}", {"PYTHONPATH": "src"}, None, False),
    ("UBSAN_OPTIONS=print_stacktrace=1 ./x", None, ["./x"], False),
    ("FOO=$HOME ./x {proof}", {}, ["/bin/sh", "-c", "FOO=$HOME ./x /p"], True),
    ("cd sub && ./x {proof}", {}, ["/bin/sh", "-c", "cd sub && ./x /p"], True),
]


@pytest.mark.parametrize(("run", "given", "argv", "by_shell"), TOLD)
def test_what_a_command_says(
    run: str, given: dict[str, str] | None, argv: list[str] | None, by_shell: bool
) -> None:
    """Variables are split off; what a shell must read goes to one."""
    assert check_run(run) == run
    assert given is None or leading(run)[0] == given
    found, shell = command(run, "/p")
    assert shell == by_shell
    assert argv is None or list(found) == argv


@pytest.mark.parametrize(
    "run",
    [
        "",
        "UBSAN_OPTIONS=print_stacktrace=1",
        "LD_PRELOAD=./x.so ./x",
        "GORACE=exitcode=0 ./x",
        "env PROOFHOUSE_NONCE=1 ./x",
        "ASAN_OPTIONS=log_path=/dev/null ./x",
        "ASAN_OPTIONS=suppressions=mine ./x {proof}",
        "cd sub; LD_PRELOAD=./x.so ./x",
    ],
)
def test_what_steers_the_oracle_is_refused(run: str) -> None:
    """Whoever may say where a report is written may write one."""
    with pytest.raises(InputError):
        check_run(run)


def test_a_sanitizer_may_be_asked_to_look_for_more() -> None:
    """What makes it look is kept, what is set for each run is passed over."""
    given = "detect_stack_use_after_return=1:exitcode=7:strict_string_checks=1:detect_leaks=1"
    assert asked("ASAN_OPTIONS", given) == (
        ":detect_stack_use_after_return=1:strict_string_checks=1"
    )
