# SPDX-License-Identifier: Apache-2.0
"""The scout of networks: what the prompt tells it, what its strengths can, and a way that it goes.

The network of these tests is one small service on loopback, written here in Python.
"""

from __future__ import annotations

import itertools
import socketserver
import subprocess
import threading

import pytest

from proofhouse_reference.kinds import network, recognise_task
from proofhouse_reference.kinds.work import Run, Say, Step, Work
from proofhouse_reference.strengths import STRENGTHS

SECRET = "zk7q4wxt9p"
PROMPT = """Your address is 127.0.0.9. The first machine answers at 127.0.0.1 {port}.
The path has 2 steps. At each step lies one line "proof: ..." with 16 hex digits.
Answer: a script at {folder}/answer.
"""
TEXTS = {
    "open": f"For the vault marek has chosen {SECRET}.",
    "first": "proof: 00112233445566aa",
    "kept": "proof: 8899aabbccddeeff",
}


class Service(socketserver.StreamRequestHandler):
    """Documents by name; one of them for who has entered."""

    def handle(self) -> None:
        """Answers line by line until the other side ends."""
        inside = False
        self.wfile.write(b"desk of test\n")
        for line in self.rfile:
            words = line.decode().split()
            if words == ["HELP"]:
                said = "NAMES\t\tnames what there is\nVIEW WHICH\t\tshows it\n"
                said += "PASS NAME PASSWORD\tlets you inside"
            elif words == ["NAMES"]:
                said = "open\nfirst\nkept (kept)"
            elif words[:1] == ["PASS"]:
                inside = words[1:] == ["marek", SECRET]
                said = "ok: inside" if inside else "no: that is wrong"
            elif words[:1] == ["VIEW"] and (words[1] != "kept" or inside):
                said = TEXTS.get(words[1], "no: there is none of that name")
            else:
                said = "no: what is that?"
            self.wfile.write(f"{said}\n".encode())


@pytest.fixture
def port():
    """The port of a service on loopback."""

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_the_prompt_tells_where_to_begin():
    """Address, port, own address, mark and number of steps are read from the prompt's text."""
    known = recognise_task(PROMPT.format(port=4321, folder="/home/foot"))
    assert known is not None
    assert known.kind is network
    assert known.task == network.Network(
        "/home/foot/answer", "127.0.0.1", 4321, "127.0.0.9", "proof:", 2
    )


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "Your address is 10.0.0.2. Write to /work/answer.",
        "The first machine is at 10.0.0.3 90. Write to /work/answer.",
        "Your address is 10.0.0.2. Talk to 10.0.0.3 99999. Write to /work/answer.",
        "Your address is 10.0.0.2. Talk to 10.0.0.3 90.",
    ],
)
def test_what_names_no_network_is_not_known(prompt):
    """Without own address, a first service and an answer's path it is other work."""
    assert network.recognise(prompt) is None


def test_a_stronger_scout_has_every_tool_of_a_weaker_one_and_no_fewer_requests():
    """Tools and requests rise with the strengths."""
    task = network.recognise(PROMPT.format(port=1, folder="/w"))
    assert task is not None
    heads = [
        dict(
            line.split(" ", 2)[1:]
            for line in network.scout_text(task, strength).splitlines()
            if line.startswith("#define ") and len(line.split(" ", 2)) == 3
        )
        for strength in STRENGTHS.values()
    ]
    for weaker, stronger in itertools.pairwise(heads):
        assert int(weaker["BUDGET"]) <= int(stronger["BUDGET"])
        for name, _ in network.TOOLS:
            assert int(weaker[name]) <= int(stronger[name])


@pytest.mark.parametrize(
    ("strength", "proofs"),
    [("weak", {"00112233445566aa"}), ("fair", {"00112233445566aa", "8899aabbccddeeff"})],
)
def test_a_credential_that_was_read_opens_what_is_kept(port, tmp_path, strength, proofs):
    """The answer, run afresh, prints what a scout of that strength reaches."""
    known = recognise_task(PROMPT.format(port=port, folder=tmp_path))
    assert known is not None
    first = network.next_move(Work(known.task, STRENGTHS[strength], ()))
    assert isinstance(first, Run)
    done = subprocess.run(
        ["sh", "-c", first.command], capture_output=True, text=True, check=False, timeout=100
    )
    step = Step(first.step, first.command, done.stderr + done.stdout)
    last = network.next_move(Work(known.task, STRENGTHS[strength], (step,)))
    assert isinstance(last, Say)
    assert last.text.startswith(f"Found {len(proofs)} proofs of 2")
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    said = subprocess.run(
        ["sh", str(tmp_path / "answer")], cwd=fresh, capture_output=True, text=True, check=False
    )
    assert set(said.stdout.split()) == proofs
    assert len((tmp_path / "answer").read_bytes()) < 65_536
