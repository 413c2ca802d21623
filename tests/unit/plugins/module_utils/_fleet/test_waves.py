from __future__ import annotations

from itertools import pairwise

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.units import WAVES, Unit
from ansible_collections.playvisor.proxmox.plugins.module_utils._fleet.waves import count_share, order_units
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import Plan, Step

# The waves by the aspects of a unit in these tests.
ASPECTS = {
    "storage": "storages",
    "pool": "pools",
    "template": "templates",
    "made": "guests",
    "config": "configuration",
    "rule": "cluster",
    "firewall": "cluster",
    "power": "power",
    "health": "health",
}


def build(text):
    """A unit from C(web/config <- nas/storage db/health): its guest or name, its aspect and its needs.

    C(web/config=) has no steps, and C(web/power!) interrupts its guest.
    """
    unit_id, _arrow, needs = text.partition("<-")
    unit_id = unit_id.strip()
    action = "status/reboot" if unit_id.endswith("!") else "config"
    steps = () if unit_id.endswith("=") else (Step("POST", f"/nodes/pve1/qemu/101/{action}", "it differs"),)
    unit_id = unit_id.rstrip("=!")
    name, aspect = unit_id.split("/")
    kind = aspect + "s" if aspect in ("storage", "pool", "rule") else "guests"
    return Unit(
        unit_id, f"{kind}.{name}", WAVES.index(ASPECTS[aspect]), None, {}, tuple(needs.split()), None, Plan({}, steps)
    )


def order(texts, **limits):
    """The stages as texts, with the number of the batch where they are of one."""
    stages = order_units([build(text) for text in texts], **limits)
    return [
        f"{'' if stage.batch is None else f'{stage.batch}: '}{' '.join(unit.id for unit in stage.units)}"
        for stage in stages
    ]


ORDERS = {
    "waves": (
        ["a/power", "a/config", "a/made", "nas/storage", "prod/pool", "a/firewall", "a/health"],
        {},
        ["nas/storage", "prod/pool", "a/made", "0: a/config", "0: a/firewall", "0: a/power", "0: a/health"],
    ),
    "side by side": (["b/config", "a/config", "a/made", "b/made"], {}, ["a/made b/made", "0: b/config a/config"]),
    "needs within a wave": (
        ["copy/template <- base/template", "base/template"],
        {},
        ["base/template", "copy/template"],
    ),
    "a guest on another": (
        ["web/config <- db/health", "web/power", "db/config", "db/health"],
        {},
        ["0: db/config", "0: db/health", "1: web/config", "1: web/power"],
    ),
    "made after another runs": (
        ["web/made <- db/health", "web/config <- web/made", "db/made", "db/health <- db/made"],
        {},
        ["db/made", "0: db/health", "web/made", "1: web/config"],
    ),
    "through one that needs nothing": (
        ["web/config <- cache/power", "cache/power= <- db/power", "db/power"],
        {},
        ["0: db/power", "cache/power", "1: web/config"],
    ),
    "what guests need comes first": (
        ["a/firewall <- guard/rule", "guard/rule", "a/config", "apart/rule <- a/firewall"],
        {},
        ["guard/rule", "0: a/config", "0: a/firewall", "apart/rule"],
    ),
    "a need that is not there": (["a/config <- b/config"], {}, ["0: a/config"]),
    "serial": (
        ["a/config", "b/config", "c/config", "a/power", "b/power", "c/power"],
        {"serial": 2},
        ["0: a/config b/config", "0: a/power b/power", "1: c/config", "1: c/power"],
    ),
    "serial by those that change": (
        ["a/config", "b/config=", "c/config"],
        {"serial": 2},
        ["b/config", "0: a/config c/config"],
    ),
    "serial as a share": (
        ["a/config", "b/config", "c/config"],
        {"serial": "50%", "total": 4},
        ["0: a/config b/config", "1: c/config"],
    ),
    "serial does not make guests": (
        ["a/made", "b/made", "a/config <- a/made", "b/config <- b/made"],
        {"serial": 1},
        ["a/made b/made", "0: a/config", "1: b/config"],
    ),
    "interrupted ones one by one": (
        ["a/power!", "b/config", "c/power!", "d/config"],
        {"max_unavailable": 1},
        ["0: b/config", "0: a/power", "1: d/config", "1: c/power"],
    ),
    "both limits": (
        ["a/power!", "b/power!", "c/power!", "d/config"],
        {"serial": 3, "max_unavailable": 2},
        ["0: a/power b/power", "1: d/config", "1: c/power"],
    ),
    "no batch of one with what it needs": (
        ["web/config <- db/config", "db/config", "other/config"],
        {"serial": 3},
        ["0: db/config other/config", "1: web/config"],
    ),
}


@pytest.mark.parametrize(("texts", "limits", "stages"), ORDERS.values(), ids=ORDERS)
def test_units_are_in_the_order_of_needs_waves_and_batches(texts, limits, stages):
    assert order(texts, **limits) == stages


@pytest.mark.parametrize(
    ("texts", "members"),
    [
        (["a/config <- b/config", "b/config <- a/config"], {"guests.a", "guests.b"}),
        # They change at different times, but each waits for the other guest.
        (["a/config", "b/config", "a/power <- b/config", "b/power <- a/config"], {"guests.a", "guests.b"}),
        (["a/config <- c/power", "b/config <- a/config", "c/power <- b/config"], {"guests.a", "guests.b", "guests.c"}),
        (["x/template <- y/template", "y/template <- x/template"], {"guests.x", "guests.y"}),
    ],
)
def test_a_cycle_is_told_with_its_members(texts, members):
    with pytest.raises(PveError) as failure:
        order(texts)

    _start, _colon, chain = failure.value.message.rstrip(".").partition(": ")
    named = chain.split(" needs ")
    assert set(named) == members
    assert named[0] == named[-1]
    needs = {(build(text).path, f"guests.{need.split('/')[0]}") for text in texts for need in build(text).needs}
    assert needs.issuperset(pairwise(named))


@pytest.mark.parametrize(
    ("value", "count"), [(None, None), (3, 3), ("3", 3), ("25%", 2), ("1 %", 1), ("100%", 10), ("7%", 1)]
)
def test_a_share_is_rounded_down_to_at_least_one(value, count):
    assert count_share(value, 10, "serial") == count


@pytest.mark.parametrize("value", [0, -1, "0%", "101%", "half", "", True])
def test_other_limits_are_refused(value):
    with pytest.raises(PveError, match="serial is"):
        count_share(value, 10, "serial")


def test_many_guests_are_put_in_order():
    aspects = ("made", "config", "firewall", "power", "health")
    texts = [
        f"g{number}/{aspect}" + (f" <- g{number}/{aspects[place - 1]}" if place else "")
        for number in range(500)
        for place, aspect in enumerate(aspects)
    ]

    stages = order_units([build(text) for text in texts], serial="10%", total=500)

    assert len(stages) == 1 + 10 * 4
    assert sum(len(stage.units) for stage in stages) == len(texts)
