"""Rules of the firewall, planned for a list and applied to a model of the server that keeps it."""

from __future__ import annotations

import hashlib
import json
from itertools import combinations

import pytest
from ansible_collections.playvisor.proxmox.plugins.module_utils._api import errors
from ansible_collections.playvisor.proxmox.plugins.module_utils._firewall.lists import (
    Draft,
    join_comment,
    parse_listing,
    prepare_write,
    read_listing,
    split_comment,
)
from ansible_collections.playvisor.proxmox.plugins.module_utils._firewall.rules import (
    build_rule,
    find_longest_increasing,
    plan_rules,
)
from hypothesis import given, settings
from hypothesis import strategies as st

PATH = "/cluster/firewall/rules"
NOTHING = dict.fromkeys(("macro", "iface", "source", "dest", "sport", "icmp_type", "log", "comment"))


class Server:
    """One list of rules, as the API keeps it: added at the top, moved before another, guarded by a digest."""

    def __init__(self, rules):
        self.rules = [dict(rule) for rule in rules]

    @property
    def digest(self):
        return hashlib.sha256(json.dumps(self.rules, sort_keys=True).encode()).hexdigest()

    def get(self, path):
        assert path == PATH
        return [{**rule, "pos": pos, "digest": self.digest} for pos, rule in enumerate(self.rules)]

    def request(self, method, path, params):
        params = dict(params)
        digest = params.pop("digest", None)
        if method == "POST":
            self.rules.insert(0, params)
            return
        assert digest == self.digest, "detected modified configuration"
        position = int(path.removeprefix(f"{PATH}/"))
        rule = self.rules[position]
        if method == "DELETE":
            del self.rules[position]
        elif "moveto" in params:
            before = self.rules[: params["moveto"]]
            after = self.rules[params["moveto"] :]
            self.rules = [one for one in before if one is not rule] + [rule] + [one for one in after if one is not rule]
        else:
            for gone in filter(None, params.pop("delete", "").split(",")):
                del rule[gone]
            rule.update(params)


def spec(key, port="22", action="ACCEPT"):
    return {**NOTHING, "key": key, "type": "in", "action": action, "proto": "tcp", "dport": port, "enable": True}


def kept(key, port="22", action="ACCEPT"):
    """A rule in the server's list; without a key it is one made by hand."""
    comment = {"comment": f"[{key}]"} if key else {"comment": f"by hand {port}"}
    return {"type": "in", "action": action, "proto": "tcp", "dport": port, "enable": 1, **comment}


def planned(server, specs, absent=(), purge=False):
    draft = Draft({"rules": read_listing(server, PATH, "rules")})
    plan_rules(draft, "rules", [build_rule(one, {}) for one in specs], set(absent), purge)
    return draft


def apply(server, draft):
    for step in draft.steps:
        sent = prepare_write(server, step)
        server.request(sent.method, sent.path, sent.params)


def keys(server):
    return [split_comment(rule["comment"])[1] for rule in server.rules]


KEYS = st.sampled_from([f"k{number}" for number in range(9)])
PORTS = st.sampled_from(["22", "80", "443"])
PRESENT = st.lists(
    st.one_of(
        st.builds(kept, KEYS, PORTS),
        st.integers(1, 9999).map(lambda port: kept("", str(port))),
    ),
    max_size=10,
    unique_by=lambda rule: rule["comment"],
)
WISHED = st.lists(st.builds(spec, KEYS, PORTS), max_size=9, unique_by=lambda rule: rule["key"])


def longest_in_order(ranks):
    """The length of a longest increasing subsequence, by trying all."""
    for size in range(len(ranks), 0, -1):
        if any(list(chosen) == sorted(chosen) for chosen in combinations(ranks, size)):
            return size
    return 0


@settings(max_examples=200, deadline=None)
@given(PRESENT, WISHED)
def test_purging_leaves_exactly_the_wished_rules_in_order(present, wished):
    server = Server(present)
    draft = planned(server, wished, purge=True)

    apply(server, draft)

    assert server.rules == [dict(build_rule(one, {}).content) for one in wished]
    assert [(item.name, item.content) for item in read_listing(server, PATH, "rules").items] == [
        (item.name, item.content) for item in draft.items("rules")
    ]
    assert planned(server, wished, purge=True).steps == []


@settings(max_examples=200, deadline=None)
@given(PRESENT, WISHED, st.sets(KEYS, max_size=3))
def test_without_purge_other_rules_stay_and_the_wished_are_in_order(present, wished, absent):
    server = Server(present)
    wished = [one for one in wished if one["key"] not in absent]
    names = {one["key"] for one in wished}

    apply(server, planned(server, wished, absent))

    others = [rule for rule in present if split_comment(rule["comment"])[1] not in names | absent]
    assert [rule for rule in server.rules if split_comment(rule["comment"])[1] not in names] == others
    assert [key for key in keys(server) if key in names] == [one["key"] for one in wished]
    assert planned(server, wished, absent).steps == []


@settings(max_examples=200, deadline=None)
@given(PRESENT, WISHED, st.booleans())
def test_no_order_is_reached_with_fewer_moves(present, wished, purge):
    server = Server(present)
    rank = {one["key"]: number for number, one in enumerate(wished)}
    there = [rank[key] for key in keys(server) if key in rank]
    # New rules are added at the top in their order, so those of them stay that belong before all that stay.
    new = [number for key, number in rank.items() if key not in keys(server)]

    moves = [step for step in planned(server, wished, purge=purge).steps if "moveto" in step.params]

    assert len(moves) == len(rank) - longest_in_order([*new, *there])


@pytest.mark.parametrize(
    ("ranks", "staying"),
    [([], set()), ([0, 1, 2], {0, 1, 2}), ([3, 0, 1, 2], {0, 1, 2}), ([1, 2, 0], {1, 2}), ([4, 1, 3, 5, 0], {1, 3, 5})],
)
def test_the_rules_that_stay_are_a_longest_increasing_subsequence(ranks, staying):
    assert find_longest_increasing(ranks) == staying


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ("", "")),
        ("by hand", ("by hand", "")),
        ("[ssh]", ("", "ssh")),
        ("From the office [ssh]", ("From the office", "ssh")),
        (" From  the office  [ssh-2.a_b] ", ("From  the office", "ssh-2.a_b")),
        ("[a] [b]", ("[a]", "b")),
        ("[not a key]", ("[not a key]", "")),
        ("see [1] below", ("see [1] below", "")),
        ("[]", ("[]", "")),
    ],
)
def test_a_comment_is_split_into_text_and_key(text, parts):
    assert split_comment(text) == parts


@given(st.text("ab []#", max_size=12).map(str.strip), KEYS)
def test_a_comment_and_its_key_come_apart_as_they_were_joined(comment, key):
    assert split_comment(join_comment(comment, key)) == (comment, key)


def test_only_what_differs_is_sent_and_what_is_not_given_is_removed():
    server = Server([{**kept("ssh"), "log": "info", "source": "192.0.2.1"}])

    (step,) = planned(server, [{**spec("ssh", "2222"), "source": "192.0.2.1", "enable": False}]).steps

    assert (step.method, step.path) == ("PUT", f"{PATH}/0")
    assert step.params == {"dport": "2222", "enable": 0, "delete": "log", "digest": server.digest}


@pytest.mark.parametrize(
    "given",
    [
        {"macro": "ssh", "proto": None, "dport": None},
        {"dport": " 80 , 443"},
        {"source": "192.0.2.1, 192.0.2.2"},
        {"comment": "text "},
        {"type": "group", "action": "WebServers", "proto": None, "dport": None},
    ],
)
def test_a_rule_that_is_spelt_otherwise_is_the_same_rule(given):
    wished = build_rule({**spec("one"), **given}, {"ssh": "SSH"})
    as_kept = {
        **kept("one"),
        **({"macro": "SSH"} if "macro" in given else {}),
        **({"dport": "80,443"} if given.get("dport") else {}),
        **({"source": "192.0.2.1,192.0.2.2"} if "source" in given else {}),
        **({"comment": "text [one]"} if "comment" in given else {}),
        **({"type": "group", "action": "webservers"} if "type" in given else {}),
    }
    gone = {field for field, value in given.items() if value is None}
    server = Server([{field: value for field, value in as_kept.items() if field not in gone}])
    draft = Draft({"rules": read_listing(server, PATH, "rules")})

    plan_rules(draft, "rules", [wished], set(), True)

    assert draft.steps == []


def test_an_unknown_macro_is_refused_with_those_that_are_like_it():
    with pytest.raises(errors.PveError, match="macro SHH") as refusal:
        build_rule({**spec("one"), "macro": "SHH"}, {"shoutcast": "Shoutcast", "ssh": "SSH", "shtp": "SHTP"})

    assert refusal.value.hint == "Similar: SHTP, Shoutcast."


def test_two_rules_of_one_key_are_for_the_user_to_settle():
    server = Server([kept("ssh"), kept("other"), kept("ssh", "2222")])

    with pytest.raises(errors.PveError, match="positions 0, 2") as refusal:
        planned(server, [spec("ssh")])

    assert refusal.value.code == errors.AMBIGUOUS


@settings(deadline=None)
@given(st.lists(st.builds(kept, KEYS, PORTS), max_size=8), WISHED)
def test_purging_settles_rules_of_one_key_too(present, wished):
    server = Server(present)

    apply(server, planned(server, wished, purge=True))

    assert keys(server) == [one["key"] for one in wished]


@pytest.mark.parametrize(
    "interfere",
    [
        lambda rules: rules.insert(0, kept("", "1")),
        lambda rules: rules.pop(),
        lambda rules: rules.reverse(),
        lambda rules: rules[1].update(action="DROP"),
    ],
)
def test_nothing_more_is_sent_once_somebody_else_has_changed_the_rules(interfere):
    server = Server([kept("a"), kept("b"), kept("c")])
    first, second, *_rest = planned(server, [spec("c", "80"), spec("a"), spec("b")]).steps
    sent = prepare_write(server, first)
    server.request(sent.method, sent.path, sent.params)
    interfere(server.rules)
    before = [dict(rule) for rule in server.rules]

    with pytest.raises(errors.PveError) as refusal:
        prepare_write(server, second)

    assert (refusal.value.code, server.rules) == (errors.DIGEST_CONFLICT, before)


def test_what_the_server_derives_from_other_lists_is_no_change_of_the_rules():
    seen = [{**kept("a"), "pos": 0, "digest": "x"}]
    derived = [{**seen[0], "ipversion": 4, "errors": {"source": "no such alias"}, "digest": "y"}]

    assert parse_listing(PATH, "rules", seen).items == parse_listing(PATH, "rules", derived).items
