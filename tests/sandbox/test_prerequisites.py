# SPDX-License-Identifier: Apache-2.0
"""The tier fails closed: what is missing is said with one remedy, and nothing weaker starts."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from proofhouse.errors import PrerequisiteError
from proofhouse.sandbox import build, cgroup, check_tier, launch, start_session
from proofhouse.sandbox.bwrap import BwrapTier
from proofhouse.sandbox.image import base_arguments
from proofhouse.sandbox.limits import Limits

pytestmark = pytest.mark.sandbox


@pytest.fixture
def forgetful():
    """Nothing is remembered from an earlier start, nor kept for a later one."""
    remembered = (
        build.init_binary,
        build.network_binary,
        launch.bubblewrap,
        launch.system_call_filter,
        cgroup.controllers,
    )
    for function in remembered:
        function.cache_clear()
    yield
    for function in remembered:
        function.cache_clear()


def refusals() -> list[PrerequisiteError]:
    """What the check and a start answer, which is the same."""
    with pytest.raises(PrerequisiteError) as checked:
        check_tier("bwrap")
    with pytest.raises(PrerequisiteError) as started:
        asyncio.run(start_session(Limits()))
    assert str(checked.value) == str(started.value)
    return [checked.value, started.value]


def a_program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_no_bubblewrap(forgetful, monkeypatch, tmp_path):
    """Without bubblewrap the remedy is to install it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refusals()[0].hint == "Run `apt-get install bubblewrap`."


def test_an_old_bubblewrap(forgetful, monkeypatch, tmp_path):
    """A bubblewrap that can't forbid user namespaces inside is as good as none."""
    a_program(tmp_path, "bwrap", "echo bubblewrap 0.6.1")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert "0.8 or newer, not 'bubblewrap 0.6.1'" in refusals()[0].message


def test_no_compiler(forgetful, monkeypatch, tmp_path):
    """Without a C compiler the remedy is to install one."""
    (tmp_path / "bwrap").symlink_to("/usr/bin/bwrap")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refusals()[0].hint == "Run `apt-get install gcc libc6-dev`."


def test_a_compiler_that_fails(forgetful, monkeypatch, tmp_path):
    """A compiler without a C library is told apart from a sandbox that fails."""
    a_program(tmp_path, "cc", "echo 'stdio.h: No such file' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert "does not compile: stdio.h: No such file" in refusals()[0].message


def test_no_control_group(forgetful, monkeypatch):
    """Without a control group that limits memory nothing starts."""
    monkeypatch.setattr(cgroup, "_mounts", lambda: iter(()))
    refusal = refusals()[0]
    assert "Memory can't be limited here" in refusal.message
    assert "systemd-run --user --scope -p Delegate=yes" in refusal.hint


def test_swap_that_can_not_be_limited(forgetful, monkeypatch, tmp_path):
    """Swap outside the limit would make it none, so it is refused."""
    where = cgroup.Controllers(2, tmp_path, tmp_path, tmp_path)
    (tmp_path / "memory.max").write_text("max")
    monkeypatch.setattr(cgroup.Path, "read_text", lambda _: "Filename\n/swapfile\n")
    with pytest.raises(PrerequisiteError, match="swapoff -a"):
        cgroup._limit_memory(where, tmp_path, 1 << 30)


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """A directory at the head of the path, which sandboxes' users outside can search."""
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/tmp"):
            folder.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def test_a_fence_that_was_not_raised(forgetful, programs):
    """A bubblewrap that comes up without one of its fences is found out, and not used."""
    real = shutil.which("bwrap", path=os.defpath)
    a_program(
        programs,
        "bwrap",
        f'[ "$1" = --version ] && exec {real} --version\n'
        'for word; do shift; if [ "$skip" ]; then skip=; '
        'elif [ "$word" = --seccomp ]; then skip=1; else set -- "$@" "$word"; fi; done\n'
        f'exec {real} "$@"',
    )
    refusal = refusals()[0]
    assert "bubblewrap did not see to Seccomp" in refusal.message
    assert "--reinstall bubblewrap" in refusal.hint


@pytest.mark.parametrize(
    ("file", "value", "remedy"),
    [
        ("unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        ("max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"),
        ("apparmor_restrict_unprivileged_userns", "1", "bwrap-userns-restrict"),
    ],
)
def test_barred_user_namespaces(forgetful, monkeypatch, programs, file, value, remedy):
    """Where user namespaces are barred, the remedy is for the very setting that bars them."""
    a_program(
        programs,
        "bwrap",
        '[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit; '
        "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1",
    )
    setting = programs / file
    setting.write_text(f"{value}\n")
    bars = tuple((str(setting), v, hint) for path, v, hint in launch._BARS if path.endswith(file))
    monkeypatch.setattr(launch, "_BARS", bars)
    refusal = refusals()[0]
    assert "User namespaces are barred on this machine" in refusal.message
    assert "setting up uid map: Permission denied" in refusal.message
    assert remedy in refusal.hint


def test_a_start_that_fails_leaves_nothing(forgetful, monkeypatch, tmp_path):
    """A sandbox that does not come up says bubblewrap's reason, and its group is removed."""
    monkeypatch.setattr(launch, "_FENCES", (*launch._FENCES, "--bind", "/no/such", "/x"))
    assert "/no/such" in refusals()[0].message
    assert "seccomp=unconfined" in refusals()[1].hint
    for directory in cgroup.controllers().directories:
        own = [name for name in os.listdir(directory) if f".{os.getpid()}." in name]
        assert own == []


def test_an_unknown_architecture(forgetful, monkeypatch):
    """Without a system-call filter for the machine nothing starts."""
    monkeypatch.setattr(launch.os, "uname", lambda: os.uname_result(("", "", "", "", "riscv64")))
    assert "no system-call filter for riscv64" in refusals()[0].message


def test_the_binary_is_built_once_and_is_ours(forgetful, monkeypatch, tmp_path):
    """The first process is compiled into a private place of the cache, and then found there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", "")
    built = build.init_binary()
    assert built.parents[2] == tmp_path / "proofhouse"
    assert stat.S_IMODE(built.stat().st_mode) == 0o755
    assert (built.stat().st_uid, list(built.parent.iterdir())) == (os.geteuid(), [built])
    before = built.stat().st_mtime_ns
    command = [sys.executable, "-m", "proofhouse.sandbox"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{built}\n", "")
    assert built.stat().st_mtime_ns == before


def test_a_binary_that_others_can_write_is_refused(forgetful, monkeypatch, tmp_path):
    """What somebody else may have put into the cache is never executed."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    built = build.init_binary()
    for path in (built, built.parent):
        build.init_binary.cache_clear()
        path.chmod(0o777)
        with pytest.raises(PrerequisiteError, match="somebody else can write it"):
            build.init_binary()
        path.chmod(0o755)
    built.unlink()
    built.symlink_to("/bin/true")
    with pytest.raises(PrerequisiteError, match="somebody else can write it"):
        build.init_binary()


def test_top_level_directories(tmp_path):
    """A host's /bin or /lib64 is a link inside where it is one, else a read-only mount."""
    base_arguments.cache_clear()
    for folder in ("usr/bin", "usr/local", "lib64", "etc/alternatives"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "etc/alternatives/cc").symlink_to("/usr/bin/gcc")
    (tmp_path / "etc/alternatives/odd").symlink_to("/opt/vendor/tool")
    assert base_arguments(tmp_path) == (
        *("--ro-bind", f"{tmp_path}/usr", "/usr"),
        *("--symlink", "usr/bin", "/bin"),
        *("--ro-bind", f"{tmp_path}/lib64", "/lib64"),
        *("--size", "4096", "--tmpfs", "/usr/local", "--remount-ro", "/usr/local"),
        *("--dir", "/etc/alternatives"),
        *("--symlink", "/usr/bin/gcc", "/etc/alternatives/cc"),
    )


def test_a_tier_is_asked_for_a_user_it_can_be():
    """A tier told to be root outside refuses, whoever asks."""
    with pytest.raises(Exception, match="can't run as user 0"):
        BwrapTier(outside_uid=0).check()
