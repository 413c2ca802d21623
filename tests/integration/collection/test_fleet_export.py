"""What `fleet export --to playbooks` writes runs with ansible-playbook, and changes nothing after an import."""

from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._observe.observation import Wish, observe_cluster

from playvisor.fleet.adopt.adoption import adopt_cluster
from playvisor.fleet.adopt.observed import read_observation
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
    assert all(sentence.endswith("uuid") for sentence in unsaid)
