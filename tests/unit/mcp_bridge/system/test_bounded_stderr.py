"""What a server writes to stderr is limited, and never waits for its reader."""

from __future__ import annotations

import fcntl
import logging
import os
import sys

from mcp_bridge.system.bounded_stderr import MOST_LINES, MOST_OF_A_KIND, BoundedStderr, LineLimit, bound_stderr


def test_one_kind_of_line_is_said_a_few_times_a_minute_and_then_counted():
    now = [0.0]
    limit = LineLimit(lambda: now[0])

    passed = [limit.pass_line(f"Invalid request {number} from '10.0.0.{number % 7}'") for number in range(12_365)]
    assert sum(passed) == MOST_OF_A_KIND
    assert limit.pass_line("Something else")
    assert limit.end_minute() == []
    now[0] = 61.0
    assert limit.end_minute() == ["and 12,345 more: Invalid request # from #"]
    assert limit.end_minute() == []
    assert limit.pass_line("Invalid request 1 from '10.0.0.1'")


def test_lines_that_all_differ_are_limited_too():
    limit = LineLimit()
    passed = [limit.pass_line("".join(chr(97 + int(digit)) for digit in f"{number:06}")) for number in range(50_000)]

    assert sum(passed) <= MOST_LINES
    told = limit.end_minute(is_last=True)
    assert len(told) <= 4
    assert sum(int(line.split()[1].replace(",", "")) for line in told) == 50_000 - sum(passed)


def full_pipe():
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writer, True)
    return reader, writer


def test_who_writes_does_not_wait_for_a_reader_that_does_not_read():
    reader, writer = full_pipe()
    stderr = BoundedStderr(writer)
    kinds = "abcdefghijklmnopqrstuvw"
    for first in kinds:
        for second in kinds:
            stderr.write(f"{first}{second} " + "y" * 3000 + "\n")
    stderr.write("no end")
    stderr.finish()

    # Nobody could have waited: the pipe is still full. Now it is read, and what waited comes.
    os.read(reader, 4096)
    assert os.read(reader, 4096)[:2] == b"aa"
    os.close(reader)


def test_logging_and_tracebacks_go_through_it(capfd):
    with bound_stderr():
        logging.StreamHandler().handle(logging.makeLogRecord({"msg": "from logging"}))
        print("from\nprint", file=sys.stderr)
        try:
            raise ValueError("from a traceback")
        except ValueError as error:
            sys.excepthook(ValueError, error, None)
        for number in range(100):
            sys.stderr.write(f"again {number}\n")

    said = capfd.readouterr().err
    assert said.count("again") == MOST_OF_A_KIND + 1
    assert "and 80 more: again #" in said
    assert [word in said for word in ("from logging", "from\nprint", "ValueError: from a traceback")] == [True] * 3
    assert not isinstance(sys.stderr, BoundedStderr)
