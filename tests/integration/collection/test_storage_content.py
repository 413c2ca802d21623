"""pve_storage_content through ansible-playbook against a simulated cluster: what scenarios can't show."""

from __future__ import annotations

import pytest

from pve_simulator.state.appliances import Appliance, Appliances

pytestmark = pytest.mark.flow

ISO = "debian-13.1.0-amd64-netinst.iso"


def test_an_iso_image_in_a_drive_stays_unless_it_is_forced(play, simulator):
    guest = next(g for g in simulator.cluster.guests.values() if g.type == "qemu" and g.node == "pve1")
    guest.config["ide2"] = f"local:iso/{ISO},media=cdrom"
    options = {"storage": "local", "node": "pve1", "filename": ISO, "state": "absent"}

    refused = play("storage_content", **options)
    assert refused.result["failure"]["code"] == "protected"
    assert str(guest.vmid) in refused.result["msg"]

    forced = play("storage_content", **options, force=True)
    assert forced.rc == 0, forced.stdout
    assert forced.result["volumes"][0]["after"] == {"exists": False, "size": None}


def test_a_template_comes_from_the_appliance_index_once(play, simulator):
    name = "debian-13-standard_13.1-2_amd64.tar.zst"
    index = simulator.cluster.part(Appliances).templates
    index[name] = Appliance(location=f"https://example.org/{name}")
    options = {"storage": "local", "node": "pve1", "content": "vztmpl", "template": name}

    got = play("storage_content", **options)
    assert got.rc == 0, got.stdout
    assert got.result["volumes"][0]["after"]["exists"]
    assert not play("storage_content", **options).result["changed"]
