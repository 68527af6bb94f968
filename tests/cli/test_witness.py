# SPDX-License-Identifier: Apache-2.0
"""``proofhouse witness``: three witnesses, one lying, one down; then verify and audit."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from called import proofhouse as run
from proofhouse.publish import publish_case
from stories import rehearsal

CASE = "b0" * 32
PROGRAM = Path(sys.executable).with_name("proofhouse")


def said(done: subprocess.CompletedProcess[str], code: int = 0) -> Any:
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout.splitlines()[0])


class Liar(BaseHTTPRequestHandler):
    """Answers with a signature line that is none of anybody's."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = "— witness.example/2 AAAAAAAAAAAAAAAAAAAAAAAA\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def lying() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    server = subprocess.Popen(
        [PROGRAM, "witness", "serve", folder, "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        yield json.loads(server.stdout.readline())["url"]
    finally:
        server.terminate()
        server.communicate()


def test_a_log_is_witnessed(tmp_path: Path) -> None:
    """The honest witness's lines reach export, bundle, verify and audit; the others are told."""
    home = tmp_path / "home"
    with rehearsal.opened(home) as played:
        played.play(CASE, until="assessor_to_plan")
    policy = json.loads((home / "policy.json").read_text())
    with ExitStack() as stack:
        for number in (1, 2, 3):
            folder = tmp_path / f"w{number}"
            both = ("--algorithm", "ed25519", "--algorithm", "ml-dsa-44")
            algorithms = both if number == 1 else ()
            name = f"witness.example/{number}"
            made = said(run(home, "witness", "init", folder, "--name", name, *algorithms, "--json"))
            said(run(home, "witness", "watch", folder, policy["log"], "--json"))
            if number == 1:
                url = stack.enter_context(serving(folder))
            else:
                url = stack.enter_context(lying()) if number == 2 else "http://127.0.0.1:9"
            for key in made["keys"]:
                given = ("--url", url, "--threshold", "1", "--json")
                trusted = said(run(home, "witness", "trust", key, *given))
        assert trusted["threshold"] == 1
        assert len(trusted["witnesses"]) == 3
        found = said(run(home, "witness", "ask", "--json"))
    assert [one["result"] for one in found["asked"]] == ["cosigned", "refused", "unreachable"]
    assert found["standing"] == ["witness.example/1"]

    exported = said(run(home, "ledger", "export", tmp_path / "log", "--json"))
    assert exported["cosignatures"] == 2
    audited = said(run(home, "audit", tmp_path / "log", "--json"))
    (line,) = (check for check in audited["checks"] if check["name"] == "witnesses")
    assert "1 of the 3 witnesses" in line["sentence"]
    with rehearsal.opened(home) as played:
        publish_case(played.desk, CASE, played.home.review_folder(CASE))
    verified = said(run(home, "verify", home / "reviews" / CASE[:16] / "bundle.json", "--json"))
    (line,) = (check for check in verified["checks"] if check["name"] == "witnesses")
    assert line["sentence"].endswith("1 (witness.example/1).")
    assert not any("times claimed" in check["sentence"] for check in verified["checks"])

    # Nobody answers any more: too few stand by a newer checkpoint, and that exits 1.
    with rehearsal.opened(home) as played:
        played.play(CASE, until="assessor_to_run")
    done = run(home, "witness", "ask")
    assert done.returncode == 1
    assert "0 of the trusted witnesses stand by the checkpoint of 6 leaves" in done.stderr


def test_bad_input(tmp_path: Path) -> None:
    """What is missing or malformed is named, exits 2, and makes nothing."""
    home = tmp_path / "home"
    for arguments, told in (
        (("serve", tmp_path / "none"), "There is no witness"),
        (("watch", tmp_path / "none", "x"), "There is no witness"),
        (("init", tmp_path / "w", "--name", "two words"), "name of a key"),
        (("init", tmp_path / "w", "--name", "w", "--algorithm", "rsa"), "rsa"),
        (("ask",), "no trust policy"),
        (("trust", "x"), "no trust policy"),
    ):
        done = run(home, "witness", *arguments)
        assert done.returncode == 2, done.stderr
        assert told in done.stderr
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "w").exists()
    with rehearsal.opened(home):
        pass
    done = run(home, "witness", "ask")
    assert (done.returncode, "names no witness" in done.stderr) == (2, True)
