# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes a plain document of an authored one: ranges, profiles, templates; and checks what comes out."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from playvisor.fleet.convert import Converter
from playvisor.fleet.names import MOST_GUESTS, Instance, NameProblem, count_instances, expand_range
from playvisor.fleet.nodes import (
    DEEPEST,
    MOST_VALUES,
    Node,
    Source,
    TooDeepError,
    count_values,
    is_encodable,
    join_path,
    list_parts,
    make_node,
    walk,
)
from playvisor.fleet.problems import Problems
from playvisor.fleet.profiles import PROFILES, Profiles
from playvisor.fleet.shape import SLOTS, Shape, read_shape
from playvisor.fleet.templates import TemplateProblem, Templates

_MOST_NEEDS = 200_000
_MOST_CIRCLES = 10
_LONGEST_CIRCLE = 10
_TOO_DEEP = (f"Values are nested more than {DEEPEST} deep.", "Nothing in a fleet is.")


def expand_node(root: Node, values: Mapping[str, Any], problems: Problems, *, templates: Templates | None) -> Expanded:
    """The plain document of an authored one, with its nodes. Everything that is wrong is noted in `problems`."""
    return _Expansion(root, values, problems, templates).run()


class Expanded:
    """A plain document, the nodes that it was made from, and the profiles that were used."""

    def __init__(self, document: dict[str, Any], tree: Node, used_profiles: set[str]) -> None:
        self.document = document
        self.tree = tree
        self.used_profiles = used_profiles


class _Expansion:
    def __init__(self, root: Node, values: Mapping[str, Any], problems: Problems, templates: Templates | None) -> None:
        self._root = root
        self._values = values
        self._problems = problems
        self._templates = templates
        self._shape = read_shape()
        self._guest = self._find_shape("guests")
        # What is written is checked as it stands there, and what comes out of templates once they are filled.
        self._written = Converter(problems, is_written=True, has_templates=templates is not None)
        self._filled = Converter(problems, is_written=False)
        self._profiles = Profiles(self._get_mapping("profiles"), self._guest, problems)
        # Entries over their profiles, which the guests of a range share, with the number of their values.
        self._merged: dict[tuple[int, tuple[str, ...]], tuple[Node, int]] = {}
        self._values_left = MOST_VALUES
        self._needs_left = _MOST_NEEDS
        # The guests that entries of depends_on name.
        self._needs: dict[str, list[str]] = {}

    def run(self) -> Expanded:
        self._written.convert(self._root, self._shape, "")
        if self._problems.is_incomplete:
            return Expanded({}, self._root, set())
        self._profiles.check()
        plain = read_shape(is_authored=False)
        document: dict[str, Any] = {}
        tree: dict[str, Node] = {}
        for section, shape in (plain.options or {}).items():
            node = self._root.value.get(section)
            if node is None:
                continue
            if section == "guests":
                tree[section] = node.copy(self._expand_guests())
                tree[section].is_dynamic = False
            else:
                tree[section] = self._fill(node, self._values, section)
            value = self._filled.convert(tree[section], shape, section)
            if value is not None:
                document[section] = value
        if "fleet" not in tree or tree["fleet"].value is None:
            hint = "Write fleet: NAME, in small letters, digits and hyphens."
            self._problems.add(self._root, "fleet", "The fleet has no name.", hint)
        result = Expanded(document, self._root.copy(tree), self._profiles.used)
        self._check_guests(document.get("guests") or {}, result.tree)
        return result

    def _find_shape(self, section: str) -> Shape:
        shape = self._shape.find(section)
        return (shape.each if shape else None) or self._shape

    def _get_mapping(self, section: str) -> dict[str, Node]:
        node = self._root.value.get(section)
        return node.value if node is not None and isinstance(node.value, dict) else {}

    def _expand_guests(self) -> dict[str, Node]:
        guests: dict[str, Node] = {}
        keys: dict[str, tuple[Node, str]] = {}
        for key, entry in self._get_mapping("guests").items():
            path = join_path("guests", key)
            for instance in self._list_instances(key, entry, path):
                if instance.name in guests:
                    self._refuse_twin(instance.name, (entry, key), keys[instance.name])
                    continue
                if len(guests) >= MOST_GUESTS or self._values_left < 0:
                    limit = f"{MOST_GUESTS} guests, or {MOST_VALUES} values"
                    self._problems.add(entry, path, f"The fleet has more than {limit}.", "Split it.", at_key=True)
                    return {}
                keys[instance.name] = (entry, key)
                guests[instance.name] = self._expand_guest(instance, entry)
        return guests

    def _list_instances(self, key: str, entry: Node, path: str) -> list[Instance]:
        try:
            return expand_range(key)
        except NameProblem as problem:
            self._problems.add(entry, path, problem.message, problem.hint, at_key=True)
            return []

    def _refuse_twin(self, name: str, second: tuple[Node, str], first: tuple[Node, str]) -> None:
        entry, key = first
        line, column = entry.key or (entry.line, entry.column)
        where = f"{entry.source.name}:{line}:{column}" if line else f"guests.{key}"
        origin = f" as one of {key}" if key != name else ""
        self._problems.add(
            second[0],
            join_path("guests", name),
            f"There are two guests {name}; the first stands in {where}{origin}.",
            "Guests have names of their own: rename one, or make both one entry.",
            at_key=True,
        )

    def _expand_guest(self, instance: Instance, entry: Node) -> Node:
        path = join_path("guests", instance.name)
        place = id(entry)
        if entry.value is None:
            entry = entry.copy({})
        if not isinstance(entry.value, dict):
            return entry
        context = self._make_context(instance)
        named = self._list_profiles(entry, context, path)
        key = (place, tuple(str(node.value) for node in named))
        if key not in self._merged:
            merged = self._profiles.merge(entry, named, path)
            plain = {name: node for name, node in merged.value.items() if name != PROFILES}
            merged = merged.copy(plain)
            self._merged[key] = (merged, count_values(merged))
        merged, size = self._merged[key]
        filled = self._fill(merged, context, path)
        self._values_left -= size if filled is merged else count_values(filled)
        return filled

    def _make_context(self, instance: Instance) -> Mapping[str, Any]:
        own: dict[str, Any] = {"name": instance.name}
        if instance.index is not None:
            own |= {"index": instance.index, "parts": list(instance.parts)}
        return {**self._values, **own}

    def _list_profiles(self, entry: Node, context: Mapping[str, Any], path: str) -> list[Node]:
        named = entry.value.get(PROFILES)
        if named is None:
            return []
        filled = self._fill(named, context, join_path(path, PROFILES))
        return [node for node in filled.value if node.value is not None] if isinstance(filled.value, list) else []

    def _fill(self, node: Node, values: Mapping[str, Any], path: str) -> Node:
        """The node with its templates filled; the same node where there are none."""
        if not node.is_dynamic or self._templates is None:
            return node
        if isinstance(node.value, dict):
            value: Any = {key: self._fill(item, values, join_path(path, key)) for key, item in node.value.items()}
        elif isinstance(node.value, list):
            value = [self._fill(item, values, join_path(path, index)) for index, item in enumerate(node.value)]
        else:
            return self._fill_template(node, values, path)
        filled = node.copy(value)
        filled.is_dynamic = False
        return filled

    def _fill_template(self, node: Node, values: Mapping[str, Any], path: str) -> Node:
        assert self._templates is not None  # noqa: S101
        filled = node.copy(None, template=node.value)
        filled.is_plain = filled.is_dynamic = False
        try:
            filled.value = make_node(self._templates.fill(node.value, values), node, template=node.value).value
        except TemplateProblem as problem:
            self._problems.add(node, path, problem.message, problem.hint)
        except TooDeepError:
            self._problems.add(node, path, *_TOO_DEEP)
        return filled

    def _check_guests(self, guests: Mapping[str, Any], tree: Node) -> None:
        nodes = tree.value["guests"].value if "guests" in tree.value else {}
        vmids: dict[int, str] = {}
        uuids: dict[str, str] = {}
        needs: dict[str, list[str]] = {}
        for name, guest in guests.items():
            node = nodes[name]
            path = join_path("guests", name)
            self._check_slots(guest, node, path)
            vmid = guest.get("vmid")
            if vmid is not None:
                self._check_vmid(vmid, name, node, vmids)
            uuid = guest.get("uuid")
            if uuid is not None and uuids.setdefault(uuid.lower(), name) != name:
                message = f"{uuids[uuid.lower()]} and {name} have the same UUID."
                self._problems.add(node.value["uuid"], f"{path}.uuid", message, "A UUID is one guest's.")
            if guest.get("depends_on") and self._needs_left >= 0:
                guest["depends_on"] = needs[name] = self._expand_needs(
                    guest, guests, node.value["depends_on"], join_path(path, "depends_on")
                )
        if self._needs_left >= 0:
            self._check_circle(needs, nodes)

    def _check_slots(self, guest: Mapping[str, Any], node: Node, path: str) -> None:
        """Check that the slots are some of the guest's type, where it says that."""
        kind = str(guest.get("type", ""))
        if kind not in SLOTS["disks"] or "disks" not in guest:
            return
        hint = "Containers have rootfs and mp0 to mp255." if kind == "lxc" else "QEMU guests have scsi0, sata0, ide2…"
        for name, item in list_parts(node.value["disks"]):
            # What is a slot of neither is told already.
            if not re.fullmatch(SLOTS["disks"][kind], name) and any(
                re.fullmatch(slots, name) for slots in SLOTS["disks"].values()
            ):
                message = f"{name} is no slot of its type, {kind}."
                self._problems.add(item, join_path(f"{path}.disks", name), message, hint, kind="slot")

    def _check_vmid(self, vmid: int, name: str, node: Node, vmids: dict[int, str]) -> None:
        place = node.value["vmid"]
        path = join_path(join_path("guests", name), "vmid")
        if vmid in vmids:
            hint = (
                'Of a range, write "{{ 200 + index }}".'
                if self._templates
                else "Give each guest an id of its own, or none."
            )
            self._problems.add(place, path, f"{vmids[vmid]} and {name} have the same id, {vmid}.", hint, kind="clash")
        vmids.setdefault(vmid, name)

    def _expand_needs(self, guest: Mapping[str, Any], guests: Mapping[str, Any], node: Node, path: str) -> list[str]:
        """The guests that one depends on, ranges of them expanded."""
        names: list[str] = []
        for need in guest.get("depends_on") or ():
            found = self._expand_need(need, guests, node, path)
            self._needs_left -= len(found)
            if self._needs_left < 0:
                message = f"Guests depend on others in more than {_MOST_NEEDS} ways."
                self._problems.add(node, path, message, "Depend on fewer guests.")
                return []
            names += found
        return list(dict.fromkeys(names))

    def _expand_need(self, need: str, guests: Mapping[str, Any], node: Node, path: str) -> list[str]:
        if need not in self._needs:
            try:
                # Of ranges that are not there nobody makes thousands of names, entry by entry.
                self._needs_left -= count_instances(need)
                self._needs[need] = [instance.name for instance in expand_range(need)] if self._needs_left >= 0 else []
            except NameProblem as problem:
                self._problems.add(node, path, problem.message, problem.hint)
                return []
        unknown = next((name for name in self._needs[need] if name not in guests), None)
        if unknown is not None:
            hint = self._problems.suggest(unknown, guests)
            self._problems.add(
                node, path, f"There is no guest {unknown}.", hint or "It has to be a guest of this fleet."
            )
            return []
        return self._needs[need]

    def _check_circle(self, needs: Mapping[str, list[str]], nodes: Mapping[str, Node]) -> None:
        left = dict(needs)
        for _count in range(_MOST_CIRCLES):
            circle = _find_circle(left)
            if not circle:
                break
            name = circle[0]
            for each in circle:
                left.pop(each, None)
            if len(circle) > _LONGEST_CIRCLE:
                circle = [*circle[:_LONGEST_CIRCLE], "…", circle[-1]]
            self._problems.add(
                nodes[name].value["depends_on"],
                join_path(join_path("guests", name), "depends_on"),
                f"Guests depend on each other in a circle: {' → '.join(circle)}.",
                "One of them has to come first.",
            )


def _find_circle(needs: Mapping[str, list[str]]) -> list[str]:
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        # In graphlib's, each one is needed by the next.
        circle: list[str] = list(reversed(error.args[1]))
        return circle
    return []


def make_root(data: Mapping[str, Any], problems: Problems) -> Node:
    """The nodes of a document that was handed over: nothing in it is a template, and nothing has lines."""
    place = Node({}, Source("document", "document"))
    if not isinstance(data, Mapping):
        problems.add(place, "", "A fleet is a mapping of keys and values.", "Begin with fleet and guests.")
        return place
    try:
        root = make_node(data, place)
    except TooDeepError:
        problems.add(place, "", *_TOO_DEEP)
        return place
    for path, node in walk(root):
        if isinstance(node.value, float) and not math.isfinite(node.value):
            problems.add(node, path, f"{node.value} is no number.", "Write one that has an end.")
        elif not is_encodable(path) or (isinstance(node.value, str) and not is_encodable(node.value)):
            shown = path.encode(errors="replace").decode()
            problems.add(node, shown, "It has half a character in it.", "Write whole ones: a surrogate alone is none.")
            problems.is_incomplete = True
    return root
