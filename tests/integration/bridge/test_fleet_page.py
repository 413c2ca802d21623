"""The part of docs/fleet.md that needs a cluster can be walked: its commands do, and print, what the page says."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
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


def test_each_ansible_playbook_of_the_page_does_what_it_says(env, simulator, tmp_path, collections_path):
    section = TEXT[TEXT.index("## In CI, and in AWX") :]
    life = BLOCKS.search(TEXT[TEXT.index("## Plan and apply") :])
    variables, commands = list(BLOCKS.finditer(section))[:2]
    (tmp_path / "life.yml").write_text(life["text"], encoding="utf-8")
    (tmp_path / "vars.yml").write_text(variables["text"], encoding="utf-8")
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {**env, "PATH": programs, "ANSIBLE_COLLECTIONS_PATH": str(collections_path)}

    def run(command):
        return subprocess.run(
            command, shell=True, check=False, cwd=tmp_path, env=settings, capture_output=True, text=True, timeout=300
        )

    found = re.findall(r"^\$ (ansible-playbook .*)\n((?:(?!\$ ).*\n)*)", commands["text"], re.MULTILINE)
    for command, output in found:
        done = run(command)
        printed = "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())
        assert done.returncode == 0, printed + done.stderr
        assert re.fullmatch(make_pattern(output), printed), printed
    assert len(found) == 2
    assert simulator.cluster.pools["shop"]
    # What was applied so is as the command line has it, too.
    for kind, status in (("json", 0), ("markdown", 0)):
        assert run(f"playvisor fleet plan life.yml -o {kind}").returncode == status
    (tmp_path / "life.yml").write_text(life["text"].replace("6144", "5120"), encoding="utf-8")
    for kind in ("json", "markdown"):
        assert run(f"playvisor fleet plan life.yml -o {kind}").returncode == 2
    (tmp_path / "life.yml").write_text(life["text"].replace("memory: 6144", "vmid: 101"), encoding="utf-8")
    for kind in ("json", "markdown"):
        assert run(f"playvisor fleet plan life.yml -o {kind}").returncode == 1
