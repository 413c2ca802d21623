# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What calls on section files share: add, change with `delete` and `digest`, list, remove."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from pve_simulator.errors import ApiError, check_unmodified, wrap_errors
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import Handler, route
from pve_simulator.state.sections import ClusterFiles, Options, Section, SectionFile

_CONTROL = frozenset({"delete", "digest", "node", "lock-token"})

View = Callable[[Call, str, Section], dict[str, Any]]
Check = Callable[[Call, str, Section], None]


@dataclass(frozen=True)
class Sections:
    """A file of sections behind one path.

    `key` names a section in parameters and answers; `prefix` may stand before a name that is sent. `missing`,
    `missing_later` (of changes and removals) and `exists` are error texts with `{name}` for the section's. `what` is
    what fails as `create … failed:` while the file is locked. `options` are those of each type of section; without,
    they are what the schema allows. `builtin` sections are there without being in the file. `check` may refuse a
    section before it is written, `in_use` before it is removed; `guard` any change. `lenient_delete` lets a missing
    section be removed.
    """

    file: str
    key: str
    missing: str
    exists: str
    missing_later: str = ""
    status: int = 500
    exists_status: int = 500
    stale_status: int = 500
    what: str = ""
    prefix: str = ""
    options: Mapping[str, Options] = field(default_factory=dict)
    builtin: Mapping[str, Section] = field(default_factory=dict)
    view: View | None = None
    check: Check | None = None
    in_use: Check | None = None
    guard: Callable[[Call], None] | None = None
    lenient_delete: bool = False
    with_digest: bool = True

    def sections_of(self, call: Call) -> SectionFile:
        """The file."""
        return call.cluster.part(ClusterFiles).file(self.file)

    def all_sections(self, call: Call) -> dict[str, Section]:
        """The sections by name, built-in ones among them."""
        return {**self.builtin, **self.sections_of(call).sections}

    def show(self, call: Call, name: str, section: Section) -> dict[str, Any]:
        """One section as answers have it."""
        shown = self.view(call, name, section) if self.view else {self.key: name, **section}
        return {**shown, "digest": self.sections_of(call).digest} if self.with_digest else shown

    def list_sections(self, call: Call) -> list[dict[str, Any]]:
        """All sections."""
        kind = call.text("type")
        return [
            self.show(call, name, section)
            for name, section in self.all_sections(call).items()
            if kind is None or section.get("type", kind) == kind
        ]

    def read(self, call: Call) -> dict[str, Any]:
        """The section that the path names."""
        return self.show(call, self._name(call), self._existing(call, self.missing))

    def create(self, call: Call) -> None:
        """Add the section that the parameters describe."""
        name, file = self._name(call), self.sections_of(call)
        section = read_section(call.params, _CONTROL | {self.key})
        kind = str(section.get("type", ""))
        if kind in self.options:
            self.options[kind].check(section.keys() - {"type"}, create=True)
        with self._lock(call, "create"):
            if name in self.all_sections(call):
                raise ApiError(self.exists_status, self.exists.format(name=name))
            if self.check:
                self.check(call, name, section)
            file.sections[name] = section

    def update(self, call: Call) -> None:
        """Set and delete options of the section that the path names."""
        name, file = self._name(call), self.sections_of(call)
        with self._lock(call, "update"):
            check_unmodified(call.text("digest"), file.digest, self.stale_status)
            section = self._existing(call, self.missing_later or self.missing)
            given = call.params.keys() - _CONTROL - {self.key}
            changed = change_section(section, call.params, _CONTROL | {self.key})
            kind = str(section.get("type", ""))
            if kind in self.options:
                self.options[kind].check(given, create=False)
                self.options[kind].delete(changed, call.items("delete"), given)
            for option in call.items("delete"):
                changed.pop(option, None)
            if self.check:
                self.check(call, name, changed)
            file.sections[name] = changed

    def delete(self, call: Call) -> None:
        """Remove the section that the path names."""
        name, file = self._name(call), self.sections_of(call)
        if name not in file.sections and self.lenient_delete:
            return
        with self._lock(call, "delete"):
            section = self._existing(call, self.missing_later or self.missing)
            if self.in_use and name not in self.builtin:
                self.in_use(call, name, section)
            file.sections.pop(name, None)

    def serve(
        self, path: str, parameter: str | None = None, *, create: bool = True, listing: Handler | None = None
    ) -> None:
        """Register the five calls below a path whose members are at `path/{parameter}`."""
        member = f"{path}/{{{parameter or self.key}}}"
        route("GET", path)(listing or self.list_sections)
        if create:
            route("POST", path)(self.create)
        route("GET", member)(self.read)
        route("PUT", member)(self.update)
        route("DELETE", member)(self.delete)

    @contextmanager
    def _lock(self, call: Call, verb: str) -> Iterator[None]:
        """Word errors as they are while the file is locked."""
        with wrap_errors(f"{verb} {self.what} failed") if self.what else nullcontext():
            if self.guard:
                self.guard(call)
            yield

    def _name(self, call: Call) -> str:
        return call.need(self.key).removeprefix(self.prefix)

    def _existing(self, call: Call, missing: str) -> Section:
        name = self._name(call)
        section = self.all_sections(call).get(name)
        if section is None:
            raise ApiError(self.status, missing.format(name=name))
        return section


def read_section(params: Mapping[str, Any], control: Collection[str]) -> Section:
    """Parameters as a section keeps them: booleans as 1 and 0, empty texts not at all."""
    return change_section({}, params, control)


def change_section(section: Section, params: Mapping[str, Any], control: Collection[str]) -> Section:
    """A section with the parameters set, but for those of control; an empty text removes what was set."""
    new = {key: int(value) if isinstance(value, bool) else value for key, value in params.items()}
    changed = {**section, **{key: value for key, value in new.items() if key not in control}}
    return {key: value for key, value in changed.items() if value != ""}
