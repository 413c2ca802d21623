"""How the command ends when its words, or the place for its output, are wrong."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = "from playvisor.cli import main; main()"


def run(tmp_path, *words, **options):
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    command = [sys.executable, "-c", PROGRAM, *words]
    return subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True, check=False, **options)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["guest", "list", "-o", "jsn"], "Did you mean json?"),
        (["guest", "list", "--status", "Runing"], "Did you mean running?"),
    ],
)
def test_what_was_meant_by_a_wrong_choice_is_guessed(tmp_path, words, told):
    done = run(tmp_path, *words, stdout=subprocess.PIPE)

    assert done.returncode == 2
    assert "is not one of" in done.stderr
    assert told in done.stderr
    assert "Value error" not in done.stderr


@pytest.mark.parametrize(("number", "told"), [("-1", "It must be 1 or more."), ("x", "It must be a whole number.")])
def test_what_a_number_must_be_is_told_in_plain_words(tmp_path, number, told):
    done = run(tmp_path, "runs", "list", "--limit", number, stdout=subprocess.PIPE)

    assert done.returncode == 2
    assert f"Invalid value for '--limit' / '-n': {told}\n" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_output_for_which_there_is_no_room_is_no_bug(tmp_path):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = run(tmp_path, "--version", stdout=full)

    assert done.returncode == 1
    assert "can't be written: No space left on device." in done.stderr
    assert "bug" not in done.stderr
