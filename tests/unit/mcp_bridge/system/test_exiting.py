"""A process ends as the interpreter ends it: nothing is lost but the time that it takes to clean up."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAD = "import atexit, sys, threading, time\nfrom mcp_bridge.system import exiting\n"


def run(program, **options):
    command = [sys.executable, "-c", HEAD + program]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False, **options)


def test_threads_registered_functions_and_buffers_are_waited_for():
    done = run(
        """
atexit.register(print, "registered")
threading.Thread(target=lambda: (time.sleep(0.1), print("thread"))).start()
print("main")
exiting.exit_process(exiting.run_for_status(lambda: sys.exit(3)))
""",
        stdout=subprocess.PIPE,
    )

    assert (done.returncode, done.stdout, done.stderr) == (3, "main\nthread\nregistered\n", "")


@pytest.mark.parametrize(("code", "status"), [("None", 0), ("0", 0), ("7", 7), ("'text'", 1)])
def test_the_status_is_that_of_the_exit(code, status):
    assert run(f"exiting.exit_process(exiting.run_for_status(lambda: sys.exit({code})))").returncode == status


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_output_that_is_lost_is_no_success():
    with open("/dev/full", "w", encoding="utf-8") as full:
        assert run("print('x'); exiting.exit_process(0)", stdout=full).returncode == 120
