"""What `fleet export --to playbooks` writes runs with ansible-playbook, and changes nothing after an import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._observe.observation import Wish, observe_cluster
from guest_shapes import describe, number_shapes

from playvisor.fleet.adopt.adoption import adopt_cluster
from playvisor.fleet.adopt.observed import Observed, make_guest, read_observation
from playvisor.fleet.export.playbooks import render_playbook


@pytest.mark.flow
@pytest.mark.thorough
@pytest.mark.parametrize("simulator", [3], indirect=True)
def test_an_exported_playbook_changes_nothing(client, play, tmp_path):
    seen = observe_cluster(client, Wish())
    file = tmp_path / "observed.jsonl"
    file.write_text("".join(seen.lines.render(seen.header)))
    observed = read_observation(file)
    text, unsaid = render_playbook(adopt_cluster(observed, observed.list_guests()).document)
    (tmp_path / "site.yml").write_text(text)
    run = play(str(tmp_path / "site"), "--check")
    assert run.rc == 0, run.stdout
    assert "changed=0" in run.stdout
    assert all(sentence.startswith("uuid of ") for sentence in unsaid)


@pytest.mark.thorough
def test_an_exported_playbook_of_any_guests_has_nothing_that_linters_complain_about(tmp_path):
    guests = [make_guest(vmid, describe(shape, vmid), shape.ha) for vmid, shape in number_shapes().items()]
    (tmp_path / "site.yml").write_text(render_playbook(adopt_cluster(Observed("lab", {}), guests).document)[0])
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(Path(__file__).parents[3] / ".collections")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    command = ["ansible-lint", "--offline", "--nocolor", "--profile", "production", "site.yml"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
