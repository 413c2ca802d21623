"""Finding the endpoint of a path."""

from __future__ import annotations

import pytest

from pve_simulator.schema import Facts
from pve_simulator.schema.formats import VALIDATORS
from pve_simulator.schema.formats.property_strings import named_property_string
from pve_simulator.schema.indexes import expand_index
from pve_simulator.schema.perl import compile_pattern, split_list, to_text


@pytest.mark.parametrize(
    ("method", "path", "template", "path_params"),
    [
        ("GET", "/", "/", {}),
        ("GET", "/version", "/version", {}),
        ("POST", "/nodes/pve1/qemu", "/nodes/{node}/qemu", {"node": "pve1"}),
        (
            "GET",
            "/nodes/pve1/qemu/100/status/current",
            "/nodes/{node}/qemu/{vmid}/status/current",
            {"node": "pve1", "vmid": "100"},
        ),
        (
            "GET",
            "/nodes/pve1/storage/local/content/local:100/vm-100-disk-0.qcow2",
            "/nodes/{node}/storage/{storage}/content/{volume}",
            {"node": "pve1", "storage": "local", "volume": "local:100/vm-100-disk-0.qcow2"},
        ),
        (
            "DELETE",
            "/cluster/firewall/ipset/office/10.0.0.0/24",
            "/cluster/firewall/ipset/{name}/{cidr}",
            {"name": "office", "cidr": "10.0.0.0/24"},
        ),
        ("GET", "/cluster/ha/rules/r1/", "/cluster/ha/rules/{rule}", {"rule": "r1"}),
    ],
)
def test_a_path_has_its_endpoint(
    facts: Facts, method: str, path: str, template: str, path_params: dict[str, str]
) -> None:
    match = facts.find(method, path)

    assert match is not None
    assert (match.endpoint.method, match.endpoint.path_template) == (method, template)
    assert match.path_params == path_params


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nosuch"),
        ("POST", "/version"),
        ("GET", "/nodes/pve1/qemu/100/status/start"),
        ("GET", "/pools/p1/sub"),
        ("POST", "/access/users/audit@pve/token/bad tok"),
        ("DELETE", "/nodes/pve1/storage/local/content/local:iso/a b.iso"),
    ],
)
def test_what_the_api_does_not_have_is_none(facts: Facts, method: str, path: str) -> None:
    assert facts.find(method, path) is None


def test_an_unknown_method_is_told_from_an_unknown_path(facts: Facts) -> None:
    assert facts.methods("/nodes/pve1/qemu") == {"GET", "POST"}
    assert facts.methods("/nosuch") == frozenset()


def test_an_endpoint_knows_how_it_is_served(facts: Facts) -> None:
    start = facts.endpoint("POST", "/nodes/{node}/qemu/{vmid}/status/start")
    assert (start.protected, start.proxyto, start.allow_token, start.returns) == (True, "node", True, "string")

    rules = facts.endpoint("GET", "/nodes/{node}/qemu/{vmid}/firewall/rules")
    assert rules.proxyto is None
    assert not facts.endpoint("PUT", "/access/password").allow_token


def test_an_endpoint_that_is_not_there_is_a_key_error(facts: Facts) -> None:
    with pytest.raises(KeyError):
        facts.endpoint("GET", "/nosuch")


def test_every_endpoint_can_be_built_and_its_patterns_compiled(facts: Facts) -> None:
    endpoints = list(facts.endpoints())

    assert len(endpoints) > 650
    for endpoint in endpoints:
        waiting = [endpoint.parameters]
        while waiting:
            schema = waiting.pop()
            assert schema.regex is None or schema.regex.pattern
            waiting.extend((schema.properties or {}).values())
            if schema.format is not None and not isinstance(schema.format, str):
                waiting.extend(schema.format.values())


def test_every_format_of_the_table_is_known(facts: Facts) -> None:
    unknown = set()
    for endpoint in facts.endpoints():
        for schema in (endpoint.parameters.properties or {}).values():
            inner = schema.format.values() if schema.format and not isinstance(schema.format, str) else ()
            for name in (schema.format, *(value.format for value in inner)):
                if not isinstance(name, str) or name in VALIDATORS or named_property_string(name):
                    continue
                base, dummy, kind = name.rpartition("-")
                if base not in VALIDATORS or kind not in ("list", "opt"):
                    unknown.add(name)
    assert not unknown


def test_an_indexed_name_stands_for_all_its_numbers() -> None:
    assert list(expand_index("ide[n]")) == ["ide0", "ide1", "ide2", "ide3"]
    assert list(expand_index("cores")) == ["cores"]


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("(?^:[a-z]+)", "abc", True),
        ("(?^:[a-z]+)", "ABC", False),
        ("(?^i:[a-z]+)", "ABC", True),
        ("(?^i:[a-z](?^:[a-z]))", "Ab", True),
        ("(?^i:[a-z](?^:[a-z]))", "AB", False),
        (r"\d+\z", "12\n", False),
        (r"\d+", "12\n", True),
        (r"[A-Za-z0-9\s]{,3}", "ab c", False),
    ],
)
def test_perl_patterns_mean_the_same(pattern: str, text: str, matches: bool) -> None:
    assert bool(compile_pattern(pattern).search(text)) is matches


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        (",a;; b c,", ["a", "b", "c"]),
        ("a b\0c", ["a b", "c"]),
    ],
)
def test_a_list_is_split_as_the_server_splits_it(text: str, items: list[str]) -> None:
    assert split_list(text) == items


@pytest.mark.parametrize(("value", "text"), [(True, "1"), (False, "0"), (1.0, "1"), (0.1, "0.1"), (7, "7"), ("x", "x")])
def test_values_of_a_json_body_read_as_perl_reads_them(value: object, text: str) -> None:
    assert to_text(value) == text
