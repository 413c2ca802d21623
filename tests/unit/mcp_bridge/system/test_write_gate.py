"""A freeze that has waited for the gate knows that nothing is sent any more."""

from __future__ import annotations

import subprocess
import sys
import threading

from mcp_bridge.system.write_gate import WriteGate


def test_it_is_closed_when_nobody_sends(tmp_path):
    assert WriteGate(tmp_path).wait_until_closed(0)


def test_it_is_open_until_the_last_of_several_is_answered(tmp_path):
    gate, freezing = WriteGate(tmp_path), WriteGate(tmp_path)

    with gate.open_for_write():
        with gate.open_for_write():
            assert not freezing.wait_until_closed(0)
        assert not freezing.wait_until_closed(0)
    assert freezing.wait_until_closed(0)


def test_whoever_freezes_waits_for_what_is_being_sent(tmp_path):
    gate, is_sent, may_end, frozen = WriteGate(tmp_path), threading.Event(), threading.Event(), []

    def send():
        with gate.open_for_write():
            is_sent.set()
            may_end.wait(30)

    sender = threading.Thread(target=send)
    sender.start()
    is_sent.wait(30)
    freezer = threading.Thread(target=lambda: frozen.append(WriteGate(tmp_path).wait_until_closed(30)))
    freezer.start()
    assert frozen == []
    may_end.set()
    sender.join()
    freezer.join()

    assert frozen == [True]


def test_a_process_that_is_killed_leaves_it_closed(tmp_path):
    code = (
        "import sys; from pathlib import Path; from mcp_bridge.system.write_gate import WriteGate\n"
        f"with WriteGate(Path({str(tmp_path)!r})).open_for_write():\n"
        "    print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "open\n"
        assert not WriteGate(tmp_path).wait_until_closed(0)
        process.kill()

    assert WriteGate(tmp_path).wait_until_closed(30)
