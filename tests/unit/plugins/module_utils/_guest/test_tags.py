from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api.errors import INVALID_PARAMETER, PveError
from ansible_collections.playvisor.proxmox.plugins.module_utils._guest.tags import choose_tags


@pytest.mark.parametrize(
    ("present", "wished", "sensitive", "folded"),
    [
        (["DMZ", "Prod"], {"added": ["reviewed"]}, ["DMZ", "Prod", "reviewed"], ["dmz", "prod", "reviewed"]),
        (["DMZ", "Prod"], {"added": ["prod"]}, ["DMZ", "Prod", "prod"], ["DMZ", "Prod"]),
        (["DMZ", "Prod"], {"removed": ["prod"]}, ["DMZ", "Prod"], ["dmz"]),
        (["DMZ", "Prod"], {"removed": ["Prod"]}, ["DMZ"], ["dmz"]),
        (["DMZ"], {"tags": ["dmz"]}, ["dmz"], ["DMZ"]),
        (["web"], {"tags": ["Web", "web"]}, ["Web", "web"], ["web"]),
        (["web"], {"tags": []}, [], []),
        (["web"], {"added": ["b"], "removed": ["web"]}, ["b"], ["b"]),
        (["web"], {}, None, None),
    ],
    ids=range(9),
)
def test_the_tags_to_have_keep_their_case_where_it_makes_a_difference(present, wished, sensitive, folded):
    options = [wished.get(name) for name in ("tags", "added", "removed")]

    assert choose_tags(present, *options, case_sensitive=True) == sensitive
    assert choose_tags(present, *options, case_sensitive=False) == folded


@pytest.mark.parametrize("option", ["tags", "add_tags", "remove_tags"])
@pytest.mark.parametrize("tag", ["Prod Env", "env=prod", "a;b", "a,b", "-x", "über"])
def test_what_can_not_be_one_tag_is_refused(option, tag):
    wished = [[tag] if name == option else None for name in ("tags", "add_tags", "remove_tags")]

    with pytest.raises(PveError) as caught:
        choose_tags(["web"], *wished, case_sensitive=False)

    assert caught.value.code == INVALID_PARAMETER
    assert set(caught.value.fields) == {option}
    assert repr(tag) in caught.value.message


@pytest.mark.parametrize(
    ("tags", "chosen"),
    [(["web", " prod"], ["prod", "web"]), ([""], []), (["Prod"], ["prod"]), (["a+b.c_d-e"], ["a+b.c_d-e"])],
)
def test_spaces_around_a_tag_and_empty_ones_do_not_count(tags, chosen):
    assert choose_tags(["old"], tags, None, None, case_sensitive=False) == chosen
