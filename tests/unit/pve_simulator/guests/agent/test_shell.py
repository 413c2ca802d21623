"""What `sh -c` makes of a line, and what programs answer."""

from __future__ import annotations

import pytest

from pve_simulator.guests.agent.programs import Result
from pve_simulator.guests.agent.shell import run_shell


@pytest.mark.parametrize(
    ("script", "exitcode", "out", "err"),
    [
        ("echo hello; echo err >&2; exit 3", 3, "hello\n", "err\n"),
        ("echo a && echo b", 0, "a\nb\n", ""),
        ("false && echo no || echo yes", 0, "yes\n", ""),
        ("true || echo no", 0, "", ""),
        ("false; echo $?", 0, "1\n", ""),
        ("echo ${HOSTNAME}:$HOME:$NOSUCH.", 0, "web-01:/root:.\n", ""),
        ("echo 'one two'  three", 0, "one two three\n", ""),
        ("echo -n x", 0, "x", ""),
        ("echo '' x", 0, " x\n", ""),
        ("echo a\necho b", 0, "a\nb\n", ""),
        ("echo one | cat | wc -l", 0, "1\n", ""),
        ("nosuch", 127, "", "sh: 1: nosuch: not found\n"),
        ("nosuch 2>/dev/null", 127, "", ""),
        ("cat /nosuch 2>&1", 1, "cat: /nosuch: No such file or directory\n", ""),
        ("echo kept > /tmp/f; echo more >> /tmp/f; cat /tmp/f", 0, "kept\nmore\n", ""),
        ("echo in > /tmp/f && cat < /tmp/f", 0, "in\n", ""),
        ("echo x > /nosuch/f", 2, "", "sh: 1: cannot create /nosuch/f: Directory nonexistent\n"),
        ("hostname; whoami; id -u", 0, "web-01\nroot\n0\n", ""),
        ("cat /etc/hostname", 0, "web-01\n", ""),
        ("sh -c 'exit 7'", 7, "", ""),
        ("test -f /etc/hostname && [ -d /etc ] && echo both", 0, "both\n", ""),
        ("test -e /nosuch || echo gone", 0, "gone\n", ""),
        ("[ a = a ] && [ a != b ] && test -n x && echo yes", 0, "yes\n", ""),
        ("[ a = b ]", 1, "", ""),
        ("echo 'a\nb\nc' | head -n 2 | tail -n 1", 0, "b\n", ""),
        ("uname -s -n", 0, "Linux web-01\n", ""),
        ("date +%Y", 0, "2026\n", ""),
        ("echo 'open", 2, "", "sh: 1: Syntax error: No closing quotation\n"),
        ("", 0, "", ""),
    ],
)
def test_a_shell_line_is_run(machine, script, exitcode, out, err):
    assert run_shell(machine, ["-c", script], "") == Result(exitcode, out, err)


def test_sleeping_takes_its_time(machine):
    assert run_shell(machine, ["-c", "sleep 2; sleep 1m"], "").seconds == 62


def test_compound_commands_are_refused_by_name(machine):
    result = run_shell(machine, ["-c", "for x in a b; do echo $x; done"], "")

    assert result.exitcode == 2
    assert "compound commands" in result.err
