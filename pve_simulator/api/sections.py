# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What calls on section files share: add, change with `delete` and `digest`, list, remove."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pve_simulator.errors import ApiError, failure
from pve_simulator.requests.call import Call
from pve_simulator.requests.router import route
from pve_simulator.state.sections import ClusterFiles, Section, SectionFile

_STALE = "detected modified configuration - file changed by other user? Try again."
_CONTROL = frozenset({"delete", "digest", "node", "lock-token"})

View = Callable[[Call, str, Section], dict[str, Any]]
Check = Callable[[Call, str, Section], None]


@dataclass(frozen=True)
class Sections:
    """A file of sections behind one path.

    `key` names a section in parameters and answers. `missing` and `exists` are error texts with `{name}`
    for the section's. `check` may refuse a section before it is written, `in_use` before it is removed.
    `lenient_delete` lets a missing section be removed.
    """

    file: str
    key: str
    missing: str
    exists: str
    status: int = 500
    view: View | None = None
    check: Check | None = None
    in_use: Check | None = None
    lenient_delete: bool = False
    with_digest: bool = True

    def sections_of(self, call: Call) -> SectionFile:
        """The file."""
        return call.cluster.part(ClusterFiles).file(self.file)

    def show(self, call: Call, name: str, section: Section) -> dict[str, Any]:
        """One section as answers have it."""
        shown = self.view(call, name, section) if self.view else {self.key: name, **section}
        return {**shown, "digest": self.sections_of(call).digest} if self.with_digest else shown

    def list_sections(self, call: Call) -> list[dict[str, Any]]:
        """All sections."""
        kind = call.text("type")
        return [
            self.show(call, name, section)
            for name, section in self.sections_of(call).sections.items()
            if kind is None or section.get("type", kind) == kind
        ]

    def read(self, call: Call) -> dict[str, Any]:
        """The section that the path names."""
        return self.show(call, call.need(self.key), self._existing(call))

    def create(self, call: Call) -> None:
        """Add the section that the parameters describe."""
        name, file = call.need(self.key), self.sections_of(call)
        if name in file.sections:
            raise failure(self.exists.format(name=name))
        section = read_section(call.params, _CONTROL | {self.key})
        if self.check:
            self.check(call, name, section)
        file.sections[name] = section

    def update(self, call: Call) -> None:
        """Set and delete options of the section that the path names."""
        name, file, section = call.need(self.key), self.sections_of(call), self._existing(call)
        digest = call.text("digest")
        if digest is not None and digest != file.digest:
            raise failure(_STALE)
        changed = change_section(section, call.params, _CONTROL | {self.key})
        for option in call.items("delete"):
            changed.pop(option, None)
        if self.check:
            self.check(call, name, changed)
        file.sections[name] = changed

    def delete(self, call: Call) -> None:
        """Remove the section that the path names."""
        name, file = call.need(self.key), self.sections_of(call)
        if name not in file.sections and self.lenient_delete:
            return
        section = self._existing(call)
        if self.in_use:
            self.in_use(call, name, section)
        del file.sections[name]

    def serve(self, path: str, parameter: str | None = None, *, create: bool = True) -> None:
        """Register the five calls below a path whose members are at `path/{parameter}`."""
        member = f"{path}/{{{parameter or self.key}}}"
        route("GET", path)(self.list_sections)
        if create:
            route("POST", path)(self.create)
        route("GET", member)(self.read)
        route("PUT", member)(self.update)
        route("DELETE", member)(self.delete)

    def _existing(self, call: Call) -> Section:
        name = call.need(self.key)
        section = self.sections_of(call).sections.get(name)
        if section is None:
            raise ApiError(self.status, self.missing.format(name=name))
        return section


def read_section(params: Mapping[str, Any], control: Collection[str]) -> Section:
    """Parameters as a section keeps them: booleans as 1 and 0, empty texts not at all."""
    return change_section({}, params, control)


def change_section(section: Section, params: Mapping[str, Any], control: Collection[str]) -> Section:
    """A section with the parameters set, but for those of control; an empty text removes what was set."""
    new = {key: int(value) if isinstance(value, bool) else value for key, value in params.items()}
    changed = {**section, **{key: value for key, value in new.items() if key not in control}}
    return {key: value for key, value in changed.items() if value != ""}
