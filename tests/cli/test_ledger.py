# SPDX-License-Identifier: Apache-2.0
"""``proofhouse ledger``: what a person sees of a home's log, and an older copy of a home."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from called import proofhouse as run
from proofhouse import bootstrap
from proofhouse.errors import DamagedError
from proofhouse.formats.policy import Policy
from proofhouse.formats.proof import TlogProof
from stories import rehearsal

CASE = "b0" * 32
PROGRAM = Path(sys.executable).with_name("proofhouse")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an inquiry up to its submission."""
    home = tmp_path_factory.mktemp("ledger") / "home"
    with rehearsal.opened(home) as played:
        played.play(CASE, until="assessor_to_plan")
    return home


def test_list_and_show(home: Path) -> None:
    """Clear leaves are named and dated, sealed ones are a digest; show gives one whole."""
    done = run(home, "ledger", "list")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].endswith(", 5 leaves")
    names = ["log-opened", "bank-commitment", "threshold-commitment", "sealed", "sealed"]
    assert [line.split()[:2] for line in lines[1:]] == [[str(i), n] for i, n in enumerate(names)]
    found = json.loads(run(home, "ledger", "list", "--from", "1", "--count", "1", "--json").stdout)
    shown = json.loads(run(home, "ledger", "show", "1", "--json").stdout)
    assert found["leaves"] == [shown]
    assert shown["predicate"]["bank"]
    assert json.loads(run(home, "ledger", "show", "1").stdout) == shown


def test_a_leaf_that_is_not_there(home: Path) -> None:
    """A number beyond the log exits 2 and says which there are."""
    for arguments in (("show", "5"), ("show", "--", "-1"), ("prove", "5"), ("list", "--from", "9")):
        done = run(home, "ledger", *arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
    assert "from 0 to 4" in run(home, "ledger", "show", "5").stderr


def test_prove(home: Path, tmp_path: Path) -> None:
    """A proof verifies offline against the log's key, from the screen and from a file."""
    policy = Policy.parse((home / "policy.json").read_bytes())
    done = run(home, "ledger", "prove", "3", "--json", "--out", tmp_path / "proof")
    found = json.loads(done.stdout)
    proof = TlogProof.parse(found["proof"])
    proof.verify_inclusion(found["leaf"].encode())
    assert (tmp_path / "proof").read_text() == found["proof"]
    assert run(home, "ledger", "prove", "3").stdout == found["proof"]
    assert proof.head.origin == policy.log.name


def test_export_and_serve(home: Path, tmp_path: Path) -> None:
    """Files are exported, and served from the home itself on loopback until interrupted."""
    done = run(home, "ledger", "export", tmp_path / "log", "--json")
    assert json.loads(done.stdout)["size"] == 5
    assert (tmp_path / "log" / "tile" / "entries" / "000.p" / "5").is_file()
    server = subprocess.Popen(
        [PROGRAM, "ledger", "serve", home, "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{url}/checkpoint", timeout=60) as response:
            assert response.read() == (tmp_path / "log" / "checkpoint").read_bytes()
        audited = run(home, "audit", url, "--json")
        assert json.loads(audited.stdout)["status"] == "verified"
        assert audited.returncode == 0
        server.send_signal(signal.SIGINT)
        _, stderr = server.communicate(timeout=100)
        assert (server.returncode, "Traceback" in stderr) == (0, False)
    finally:
        server.kill()
        server.wait()


def test_reading_does_not_wait_for_a_home_in_use(home: Path, tmp_path: Path) -> None:
    """While one process holds the home, others list, prove and export its log."""
    words = "ledger", "export", tmp_path / "log"
    environment = {**os.environ, "PROOFHOUSE_HOME": str(home)}
    with bootstrap.open_home(home):
        assert run(home, "ledger", "list").returncode == 0
        subprocess.run([PROGRAM, *words], env=environment, check=True, timeout=150)


def test_no_home(tmp_path: Path) -> None:
    """Where there is no home none is made."""
    done = run(tmp_path / "nowhere", "ledger", "list")
    assert done.returncode == 2
    assert "There is no home" in done.stderr
    assert not (tmp_path / "nowhere").exists()


def test_an_older_copy_of_a_home_is_noticed(tmp_path: Path) -> None:
    """A home put back from an old copy is refused before it forks its log; the newest goes on."""
    home, old = tmp_path / "home", tmp_path / "old"
    with rehearsal.opened(home) as played:
        played.play(CASE, until="developer_to_submit")
    shutil.copytree(home, old)
    with rehearsal.opened(home) as played:
        played.play(CASE, until="assessor_to_plan")
    with (
        pytest.raises(DamagedError, match="had 5 leaves before, and now it has 4"),
        bootstrap.open_home(old),
    ):
        pass
    done = run(old, "ledger", "list")
    assert done.returncode == 7
    assert "older copy" in done.stderr
    with bootstrap.open_home(home) as whole:
        assert whole.desk.log.size == 5
