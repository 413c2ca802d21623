"""The part of docs/fleet.md that needs a cluster can be walked: its commands do, and print, what the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from trust.lab import Lab

from pve_simulator import Simulator, build_cluster

PAGE = Path(__file__).parents[3] / "docs" / "fleet.md"
TEXT = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
BLOCKS = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^\$ playvisor (?P<words>.*)\n(?P<output>(?:(?!\$ ).*\n)*)", re.MULTILINE)

pytestmark = [
    pytest.mark.flow,
    pytest.mark.thorough,
    pytest.mark.skipif(not TEXT, reason="there is no guide beside these tests"),
]


@pytest.fixture
def simulator():
    with Simulator(build_cluster(nodes=3, guests=12), port=0, task_seconds=0.0, resources_lag=0.0) as running:
        yield running


def make_pattern(output):
    """What output has to look like: a line with nothing but … stands for any lines."""
    return re.escape(output).replace("…\\\n", "(?:.*\n)*")


def test_each_command_of_the_life_of_a_fleet_prints_what_the_page_says(
    playvisor, env, simulator, state_dir, tmp_path, warm, monkeypatch
):
    life = TEXT[TEXT.index("## Plan and apply") :]
    file, *blocks = BLOCKS.finditer(life)
    (tmp_path / "life.yml").write_text(file["text"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    lab = Lab(simulator, state_dir, warm({}))
    count = 0
    for command in (command for block in blocks for command in COMMANDS.finditer(block["text"])):
        words = shlex.split(command["words"])
        if words[1] == "drift":
            lab.send("PUT", f"/nodes/{simulator.cluster.guests[103].node}/qemu/103/config", memory="8192")
        if words[1] == "prune":
            text = (tmp_path / "life.yml").read_text(encoding="utf-8")
            (tmp_path / "life.yml").write_text(text[: text.index("pools:")], encoding="utf-8")
            assert playvisor("fleet", "apply", "life.yml", "--yes").status == 0
        done = playvisor(*words, COLUMNS="80")
        printed = "".join(f"{line.rstrip()}\n" for line in (done.stdout + done.stderr).strip().splitlines())
        assert re.fullmatch(make_pattern(command["output"]), printed), f"{command['words']} prints\n{printed}"
        count += 1
    lab.close()

    assert count >= 8
