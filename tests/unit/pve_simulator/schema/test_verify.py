"""Parameter verification, rule by rule, in the words of the server."""

from __future__ import annotations

from typing import Any

import pytest

from pve_simulator.schema import Facts, ParameterError, verify
from pve_simulator.schema.build import from_plain
from pve_simulator.schema.model import Endpoint

UNKNOWN = "property is not defined in schema and the schema does not allow additional properties"
MISSING = "property is missing and it is not optional"


def _endpoint(**properties: dict[str, Any]) -> Endpoint:
    schema = from_plain({"properties": properties, "additionalProperties": False})
    return Endpoint("POST", "/x", schema, None, False, None, True, None)


def _errors(endpoint: Endpoint, params: dict[str, Any], path_params: dict[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(ParameterError) as refused:
        verify(endpoint, params, path_params or {})
    return refused.value.errors


OPTIONAL = {"optional": 1}
REFUSED = [
    ({"type": "integer"}, "two", "type check ('integer') failed - got 'two'"),
    ({"type": "integer"}, "1.5", "type check ('integer') failed - got '1.5'"),
    ({"type": "integer"}, 1.5, "type check ('integer') failed - got '1.5'"),
    ({"type": "integer"}, "", "type check ('integer') failed - got ''"),
    ({"type": "integer"}, ["1", "2"], "type check ('integer') failed - got ARRAY"),
    ({"type": "string"}, ["a", "b"], "type check ('string') failed - got ARRAY"),
    ({"type": "boolean"}, {"a": 1}, "type check ('boolean') failed - got HASH"),
    ({"type": "number"}, "1,5", "type check ('number') failed - got '1,5'"),
    ({"type": "boolean"}, "yes", "type check ('boolean') failed - got 'yes'"),
    ({"type": "boolean"}, "true", "type check ('boolean') failed - got 'true'"),
    ({"type": "boolean"}, 2, "type check ('boolean') failed - got '2'"),
    ({"type": "array"}, "", "type check ('array') failed"),
    ({"type": "array"}, {"a": 1}, "type check ('array') failed"),
    ({"type": "object"}, "a", "type check ('object') failed"),
    ({"type": "null"}, "a", "type check ('null') failed - value is not null"),
    ({"type": "integer", "minimum": 1}, "0", "value must have a minimum value of 1"),
    ({"type": "number", "minimum": 0.5}, "0.4", "value must have a minimum value of 0.5"),
    ({"type": "integer", "maximum": 4094}, 5000, "value must have a maximum value of 4094"),
    ({"type": "string", "minLength": 5}, "abc", "value must be at least 5 characters long"),
    ({"type": "string", "maxLength": 3}, "abcd", "value may only be 3 characters long"),
    ({"type": "string", "pattern": "[a-z]+"}, "abc1", "value does not match the regex pattern"),
    (
        {"type": "string", "enum": ["in", "out"]},
        "IN",
        "value 'IN' does not have a value in the enumeration 'in, out'",
    ),
    (
        {"type": "string", "format": "pve-configid", "maxLength": 1},
        "1a",
        "invalid format - invalid configuration ID '1a'\n",
    ),
]


@pytest.mark.parametrize(("schema", "value", "text"), REFUSED)
def test_a_value_that_does_not_fit_is_named_with_what_is_wrong(schema: dict[str, Any], value: Any, text: str) -> None:
    assert _errors(_endpoint(x=schema), {"x": value}) == {"x": text}


ACCEPTED = [
    ({"type": "integer"}, "+5", 5),
    ({"type": "integer"}, 7, 7),
    ({"type": "number"}, "1e3", 1000.0),
    ({"type": "number"}, ".5", 0.5),
    ({"type": "number"}, "3", 3),
    ({"type": "boolean"}, "1", True),
    ({"type": "boolean"}, "0", False),
    ({"type": "boolean"}, True, True),
    ({"type": "string"}, 12, "12"),
    ({"type": "string"}, "", ""),
    ({"type": "string"}, True, "1"),
    ({}, "anything", "anything"),
    ({"type": "array", "items": {"type": "integer"}}, ["1", "2"], [1, 2]),
    ({"type": "array", "items": {"type": "string"}}, "one", ["one"]),
    ({"type": "string", "format": "pve-vmid-list"}, ["100", "101"], "100,101"),
    ({"type": "string", "format": "pve-vmid-list"}, "", ""),
    ({"type": "string", "format": "email-opt"}, "", ""),
    ({"type": "string", "format": "some-format-of-a-later-version"}, "x", "x"),
    # The anchors bind to the outer alternatives only, as Perl reads m/^a|b$/.
    ({"type": "string", "pattern": "/dev/a|/dev/b"}, "/dev/a and more", "/dev/a and more"),
    ({"type": "string", "minLength": 2, "maximum": 3}, "abc", "abc"),
]


@pytest.mark.parametrize(("schema", "value", "typed"), ACCEPTED)
def test_a_value_that_fits_comes_back_with_its_type(schema: dict[str, Any], value: Any, typed: Any) -> None:
    result = verify(_endpoint(x=schema), {"x": value}, {})

    assert result == {"x": typed}
    assert type(result["x"]) is type(typed)


def test_all_errors_are_reported_at_once() -> None:
    endpoint = _endpoint(vmid={"type": "integer"}, cores={"type": "integer", "minimum": 1, **OPTIONAL})

    assert _errors(endpoint, {"cores": "0", "bogus": "1"}) == {
        "vmid": MISSING,
        "cores": "value must have a minimum value of 1",
        "bogus": UNKNOWN,
    }


def test_a_null_of_a_json_body_is_a_parameter_that_was_not_given() -> None:
    assert verify(_endpoint(x={"type": "integer", **OPTIONAL}), {"x": None}, {}) == {}


def test_items_of_an_array_are_named_by_index() -> None:
    endpoint = _endpoint(x={"type": "array", "items": {"type": "integer"}})

    assert _errors(endpoint, {"x": ["1", "b"]}) == {"x[1]": "type check ('integer') failed - got 'b'"}


def test_properties_of_an_object_are_named_by_path() -> None:
    endpoint = _endpoint(x={"type": "object", "additionalProperties": False, "properties": {"y": {"type": "integer"}}})

    assert _errors(endpoint, {"x": {"z": 1}}) == {"x.y": MISSING, "x.z": UNKNOWN}


def test_a_property_may_require_another() -> None:
    endpoint = _endpoint(
        checksum={"type": "string", "requires": "algorithm", **OPTIONAL}, algorithm={"type": "string", **OPTIONAL}
    )

    assert _errors(endpoint, {"checksum": "a"}) == {"algorithm": "missing property required by 'checksum'"}
    assert verify(endpoint, {"checksum": "a", "algorithm": "md5"}, {}) == {"checksum": "a", "algorithm": "md5"}


def test_two_errors_of_one_parameter_are_joined_as_the_server_joins_them() -> None:
    endpoint = _endpoint(
        a={"type": "string", "requires": "c", **OPTIONAL},
        b={"type": "string", "requires": "c", **OPTIONAL},
        c={"type": "string", **OPTIONAL},
    )

    texts = ("missing property required by 'a'", "missing property required by 'b'")
    assert _errors(endpoint, {"a": "1", "b": "1"}) == {"c": "\\n".join(texts)}


def test_a_parameter_must_not_contradict_the_path() -> None:
    endpoint = _endpoint(vmid={"type": "integer"})

    conflict = "duplicate parameter (already defined in URI) with conflicting values!"
    assert _errors(endpoint, {"vmid": "120"}, {"vmid": "110"}) == {"vmid": conflict}
    assert verify(endpoint, {"vmid": 110}, {"vmid": "110"}) == {"vmid": 110}


@pytest.mark.parametrize(
    ("params", "errors"),
    [
        ({"resources": "vm:100"}, {"rule": MISSING, "type": MISSING}),
        (
            {"rule": "r1", "type": "bogus", "resources": "vm:100"},
            {"type": "value 'bogus' does not have a value in the enumeration 'node-affinity, resource-affinity'"},
        ),
        ({"rule": "r1", "type": "node-affinity", "resources": "vm:100"}, {"nodes": MISSING}),
        (
            {"rule": "r1", "type": "resource-affinity", "resources": "vm:100", "affinity": "positive", "strict": "1"},
            {"strict": UNKNOWN},
        ),
    ],
)
def test_the_type_of_a_section_decides_which_parameters_there_are(
    facts: Facts, params: dict[str, Any], errors: dict[str, str]
) -> None:
    assert _errors(facts.endpoint("POST", "/cluster/ha/rules"), params) == errors


def test_each_index_is_a_parameter_of_its_own(facts: Facts) -> None:
    create = facts.endpoint("POST", "/nodes/{node}/qemu")
    last = {"net31": "virtio", "scsi30": "local:1", "virtio15": "local:1", "sata5": "local:1", "ide3": "none"}

    assert verify(create, {"vmid": "100", **last}, {"node": "pve1"})["net31"] == "virtio"
    beyond = {"net32": "x", "scsi31": "x", "virtio16": "x", "sata6": "x", "ide4": "x", "usb14": "x", "net[n]": "x"}
    assert _errors(create, {"vmid": "100", **beyond}, {"node": "pve1"}) == dict.fromkeys(beyond, UNKNOWN)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"net0": "bridge=vmbr0"}, f"net0.model: {MISSING}"),
        ({"net0": "virtio,tag=5000"}, "net0.tag: value must have a maximum value of 4094"),
        (
            {"scsi0": "local:8,size=1X"},
            "scsi0.size: invalid format - value does not look like a valid disk size: 1X\n",
        ),
        ({"boot": "order=bogus9"}, "boot.order: invalid format - invalid boot device 'bogus9'\n"),
        ({"ipconfig0": "gw=10.0.0.1"}, "ipconfig0.ip: missing property required by 'ipconfig0.gw'"),
        ({"agent": "1,foo=2"}, f"agent.foo: {UNKNOWN}"),
        ({"vga": "cirrus,memory=1"}, "vga.memory: value must have a minimum value of 4"),
    ],
)
def test_errors_inside_a_property_string_carry_its_name(facts: Facts, params: dict[str, str], text: str) -> None:
    update = facts.endpoint("PUT", "/nodes/{node}/qemu/{vmid}/config")

    (name,) = params
    errors = _errors(update, params, {"node": "pve1", "vmid": "100"})
    assert errors == {name: f"invalid format - format error\n{text}\n"}
