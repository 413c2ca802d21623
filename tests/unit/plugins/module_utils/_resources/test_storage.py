from __future__ import annotations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._module.plan import HIDDEN
from ansible_collections.playvisor.proxmox.plugins.module_utils._resources.storage import (
    KEEP,
    PLAIN,
    Definition,
    Definitions,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._storage.definitions import (
    SECRETS,
    find_differing_options,
    normalize_value,
)

NONE = Definition()
PRINT = ":".join(["AA"] * 32)
CONFIG = {"storage": "nas", "type": "nfs", "server": "s", "export": "/e", "content": "iso,images", "digest": "d1"}
NAS = Definition({**CONFIG, "path": "/mnt/pve/nas", "nodes": "pve2,pve1", "prune-backups": "keep-last=2,keep-daily=7"})
SHARE = Definition({"storage": "nas", "type": "cifs", "server": "s", "share": "x", "subdir": "/a", "content": "images"})
OPTIONS = {
    "storage": "nas",
    "state": "present",
    "type": None,
    "content": None,
    "nodes": None,
    "disable": None,
    "shared": None,
    **dict.fromkeys(PLAIN),
    "monhost": None,
    "retention": None,
    "config": {},
    **{option.replace("-", "_"): None for option in SECRETS},
    "update_password": "on_create",
}


def plan(definition, **options):
    params = {**OPTIONS, **options}
    return Definitions(params).plan(definition, params)


def kept(**numbers):
    return {**dict.fromkeys(KEEP), **numbers}


@pytest.mark.parametrize(
    ("definition", "options", "requests"),
    [
        (
            NONE,
            {"type": "nfs", "server": "s", "export": "/e", "content": ["iso", "images"], "nodes": [], "disable": False},
            [
                (
                    "POST",
                    "",
                    {
                        "storage": "nas",
                        "type": "nfs",
                        "server": "s",
                        "export": "/e",
                        "content": "images,iso",
                        "disable": 0,
                    },
                )
            ],
        ),
        (
            NONE,
            {
                "type": "pbs",
                "server": "s",
                "datastore": "d",
                "password": "p",
                "encryption_key": "autogen",
                "server_fingerprint": PRINT,
            },
            [
                (
                    "POST",
                    "",
                    {
                        "storage": "nas",
                        "type": "pbs",
                        "server": "s",
                        "datastore": "d",
                        "password": "p",
                        "encryption-key": "autogen",
                        "fingerprint": PRINT,
                    },
                )
            ],
        ),
        (NAS, {}, []),
        (NAS, {"type": "nfs", "server": "s", "content": ["images", "iso", "iso"], "nodes": ["pve1", "pve2"]}, []),
        (NAS, {"retention": kept(daily=7, last=2), "disable": False, "password": "p"}, []),
        (NAS, {"content": ["iso"]}, [("PUT", "/nas", {"content": "iso", "digest": "d1"})]),
        (NAS, {"nodes": []}, [("PUT", "/nas", {"delete": "nodes", "digest": "d1"})]),
        (NAS, {"disable": True}, [("PUT", "/nas", {"disable": 1, "digest": "d1"})]),
        (NAS, {"retention": kept(last=3)}, [("PUT", "/nas", {"prune-backups": "keep-last=3", "digest": "d1"})]),
        (NAS, {"retention": kept()}, [("PUT", "/nas", {"delete": "prune-backups", "digest": "d1"})]),
        (NAS, {"retention": kept(all=True)}, [("PUT", "/nas", {"prune-backups": "keep-all=1", "digest": "d1"})]),
        (NAS, {"config": {"preallocation": False}}, [("PUT", "/nas", {"preallocation": "off", "digest": "d1"})]),
        (NAS, {"config": {"preallocation": "metadata", "is_mountpoint": False}}, []),
        (
            NAS,
            {"config": {"bwlimit": {"default": 100, "move": 5.0}, "mkdir": False}},
            [("PUT", "/nas", {"bwlimit": "default=100,move=5", "mkdir": 0, "digest": "d1"})],
        ),
        (SHARE, {"config": {"smbversion": 3.0}}, [("PUT", "/nas", {"smbversion": "3.0"})]),
        (SHARE, {"subdir": "/a/", "shared": False, "content": []}, []),
        (NAS, {"content": []}, [("PUT", "/nas", {"delete": "content", "digest": "d1"})]),
        (
            NONE,
            {"type": "zfspool", "pool": "tank", "shared": False, "content": [], "config": {"sparse": "yes"}},
            [("POST", "", {"storage": "nas", "type": "zfspool", "pool": "tank", "sparse": 1})],
        ),
        (
            NAS,
            {"config": {"options": "vers=4", "prune-backups": None, "bwlimit": None}},
            [("PUT", "/nas", {"options": "vers=4", "delete": "prune-backups", "digest": "d1"})],
        ),
        (NAS, {"password": "p", "update_password": "always"}, [("PUT", "/nas", {"password": "p", "digest": "d1"})]),
        (NAS, {"state": "absent"}, [("DELETE", "/nas", {})]),
        (NONE, {"state": "absent"}, []),
    ],
)
def test_a_definition_is_reached_by_these_requests(definition, options, requests):
    made = plan(definition, **options)

    assert [(step.method, step.path, step.params) for step in made.steps] == [
        (method, f"/storage{path}", params) for method, path, params in requests
    ]


@pytest.mark.parametrize(
    ("definition", "options", "code"),
    [
        (NONE, {}, errors.INVALID_PARAMETER),
        (NAS, {"type": "dir"}, errors.UNSUPPORTED),
        (NAS, {"server": "other"}, errors.UNSUPPORTED),
        (NAS, {"config": {"snapshot-as-volume-chain": True}}, errors.UNSUPPORTED),
        (NAS, {"config": {"password": "p"}}, errors.INVALID_PARAMETER),
        (NAS, {"config": {"type": "dir"}}, errors.INVALID_PARAMETER),
        (NAS, {"content": ["iso"], "config": {"content": "iso"}}, errors.INVALID_PARAMETER),
        (Definition(CONFIG, (101,)), {"state": "absent"}, errors.PROTECTED),
        (Definition(CONFIG, users=("lv",)), {"state": "absent"}, errors.PROTECTED),
        (NAS, {"shared": True}, errors.INVALID_PARAMETER),
        (NAS, {"vgname": "pve"}, errors.INVALID_PARAMETER),
        (NAS, {"content": ["backup", "none"]}, errors.INVALID_PARAMETER),
        (NAS, {"retention": {"all": True, **kept(last=3)}}, errors.INVALID_PARAMETER),
        (NONE, {"type": "nfs", "server": "s"}, errors.INVALID_PARAMETER),
        (NONE, {"type": "dir"}, errors.INVALID_PARAMETER),
        (NONE, {"type": "zfspool", "pool": "tank", "shared": True}, errors.INVALID_PARAMETER),
        (NONE, {"type": "lvmthin", "vgname": "pve", "thinpool": "d", "content": ["iso"]}, errors.INVALID_PARAMETER),
        (NONE, {"type": "esxi", "server": "s", "username": "u"}, errors.INVALID_PARAMETER),
        (NONE, {"type": "pbs", "server": "s", "datastore": "d", "server_fingerprint": "AA"}, errors.INVALID_PARAMETER),
        (NONE, {"type": "dir", "path": "/mnt/x y"}, errors.INVALID_PARAMETER),
        (NONE, {"type": "nfs", "server": "nas:2049", "export": "/e"}, errors.INVALID_PARAMETER),
    ],
)
def test_what_can_not_be_or_would_lose_something_is_refused(definition, options, code):
    with pytest.raises(errors.PveError) as caught:
        plan(definition, **options)

    assert caught.value.code == code
    assert caught.value.hint


def test_what_is_fixed_for_one_type_can_change_for_another():
    esxi = Definition({"storage": "nas", "type": "esxi", "server": "s"})

    assert plan(esxi, server="other").steps[0].params == {"server": "other"}


@pytest.mark.parametrize(
    ("definition", "options"), [(NONE, {"type": "cifs", "server": "s", "share": "x"}), (NAS, {"type": "nfs"})]
)
def test_secrets_are_sent_but_not_shown(definition, options):
    secrets = {"password": "s1", "keyring": "s2", "encryption_key": "s3", "master_pubkey": "s4"}

    made = plan(definition, update_password="always", **options, **secrets)

    (step,) = made.steps
    assert {step.params[option] for option in SECRETS} == set(secrets.values())
    assert {step.public_params[option] for option in SECRETS} == {HIDDEN}
    assert not set(secrets.values()) & set(str([made.before, made.after]).split("'"))


@pytest.mark.parametrize(
    "options",
    [
        {"content": ["iso"], "nodes": []},
        {"config": {"bwlimit": "default=1"}, "disable": True},
        {"retention": kept(last=3)},
    ],
)
def test_the_state_after_needs_nothing_more(options):
    made = plan(NAS, **options)
    params = made.steps[0].params
    config = {**NAS.config, **params}
    for option in params.get("delete", "").split(","):
        config.pop(option, None)

    assert plan(Definition(config), **options).steps == ()
    assert plan(Definition(config), **options).before == made.after


@pytest.mark.parametrize(
    ("option", "wished", "found"),
    [
        ("content", ["iso", "images", "iso"], "images,iso"),
        ("nodes", ["b", "a"], "a b"),
        ("nodes", [], None),
        ("krbd", False, None),
        ("mkdir", True, None),
        ("mkdir", "yes", 1),
        ("shared", True, "1"),
        ("prune-backups", "keep-last=1,keep-daily=2", "keep-daily=2,keep-last=1"),
        ("prune-backups", {"keep-last": 1, "keep-weekly": 0}, {"keep-last": "1"}),
        ("prune-backups", {"keep-all": True}, None),
        ("port", "8007", 8007),
        ("preallocation", False, "off"),
        ("preallocation", "metadata", None),
        ("is_mountpoint", "on", 1),
        ("is_mountpoint", "/mnt/x", "/mnt/x"),
        ("smbversion", 3, "3"),
        ("saferemove-stepsize", 32, None),
        ("content-dirs", {"iso": "my/iso"}, "iso=my/iso"),
        ("options", "vers=4.2", "vers=4.2"),
    ],
)
def test_a_wish_is_what_proxmox_ve_returns(option, wished, found):
    definition = {} if found is None else {option: found}

    assert find_differing_options(definition, {option: normalize_value(option, wished)}) == []


@pytest.mark.parametrize(
    ("option", "wished", "found"),
    [("mkdir", False, None), ("krbd", True, None), ("path", "/a", "/A"), ("port", 8007, 8008), ("nodes", ["a"], None)],
)
def test_two_values_are_told_apart(option, wished, found):
    assert find_differing_options({option: found}, {option: normalize_value(option, wished)}) == [option]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("preallocation", "none"),
        ("bwlimit", 1000),
        ("port", 0),
        ("content", ["iso", "bogus"]),
        ("krbd", "maybe"),
        ("smbversion", 4),
        ("prune-backups", {"last": 3}),
        ("path", ["/a"]),
    ],
)
def test_what_proxmox_ve_would_refuse_is_refused_by_the_plan(option, value):
    with pytest.raises(errors.PveError) as caught:
        plan(NAS, config={option: value})

    assert caught.value.code == errors.INVALID_PARAMETER
    assert option in caught.value.message
