# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleet files from an adoption: readable YAML with short comments."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString, SingleQuotedScalarString

from mcp_bridge.errors import UsageError
from mcp_bridge.text.plain import is_clean, one_line
from playvisor.fleet.adopt.adoption import Adoption
from playvisor.fleet.adopt.profiles import lift_profiles

ENDINGS = (".yml", ".yaml")
# The files of a folder, and which sections stand in which.
_FILES = {
    "fleet.yml": ("fleet", "cluster", "profiles"),
    "guests.yml": ("guests",),
    "cluster.yml": ("pools", "storages", "backup_jobs", "ha_rules", "firewall", "access"),
}
# A list or device that fits is written on one line.
_LONGEST_LINE = 100
_TEMPLATE = re.compile(r"\{[{%#]")
# Stands for a text until it is escaped.
_MARK = "playvisor_escaped_"
_HIDDEN = re.compile(f"{_MARK}([0-9a-f]*){_MARK}")


def render_files(adoption: Adoption, into: Path) -> dict[Path, str]:
    """The text of each file; `into` is a folder, or one file by its ending."""
    document = dict(adoption.document)
    profiles, guests = lift_profiles(adoption.guests)
    if profiles:
        document["profiles"] = profiles
    if guests:
        document["guests"] = guests
    files = {into: tuple(_ORDER)} if into.suffix in ENDINGS else {into / name: keys for name, keys in _FILES.items()}
    texts = {}
    for file, sections in files.items():
        chosen = {section: document[section] for section in sections if section in document}
        if chosen:
            texts[file] = _render(chosen, adoption.notes)
    first = next(iter(texts))
    texts[first] = _describe_origin(adoption) + texts[first]
    return texts


def _describe_origin(adoption: Adoption) -> str:
    """The comment that a fleet begins with."""
    cluster = one_line(str(adoption.document.get("cluster", "")))
    name = f" {cluster}" if cluster else ""
    return f"# What the cluster{name} was like when it was imported. What does not stand here is not managed.\n"


_ORDER = [section for sections in _FILES.values() for section in sections]


def check_place(into: Path, *, force: bool) -> None:
    """Raise UsageError for a place where files would be lost, or would come together with others."""
    if into.suffix in ENDINGS:
        if into.is_dir() or not into.absolute().parent.is_dir():
            raise UsageError(f"{into} can't be written.", "Name a file in a folder that exists, or a folder.")
        existing = [into] if into.exists() else []
    else:
        if any(place.exists() and not place.is_dir() for place in (into, *into.parents)):
            raise UsageError(f"{into} is no folder.", f"Name a folder, or a file that ends in {ENDINGS[0]}.")
        found = [file for ending in ENDINGS for file in into.rglob(f"*{ending}")]
        strangers = sorted(str(file) for file in found if file.parent != into or file.name not in _FILES)
        if strangers:
            raise UsageError(
                f"In {into} are other files, which would be part of the fleet: {', '.join(strangers[:3])}.",
                "Name a folder that has none.",
            )
        existing = sorted(found)
    if existing and not force:
        raise UsageError(
            f"{existing[0]} is there already.", "Give --force to write it anew; what was changed in it by hand is lost."
        )


def write_files(texts: Mapping[Path, str], into: Path) -> None:
    """Write the files, each as a whole. Of a folder those go that an earlier import wrote, and this one does not.

    Raises UsageError where that can't be done.
    """
    try:
        for file, text in texts.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_name(f".{file.name}.draft")
            draft.write_text(text, encoding="utf-8")
            draft.replace(file)
        if into.suffix not in ENDINGS:
            for name in _FILES:
                if into / name not in texts:
                    (into / name).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{into} can't be written: {error}.", "Name a place where you may write.") from error


def _render(document: Mapping[str, Any], notes: Mapping[tuple[str, ...], Sequence[str]]) -> str:
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    # Long lines stay whole: a folded one reads as several.
    yaml.width = 2**16
    root = _convert(document)
    for number, (section, entries) in enumerate(document.items()):
        is_apart = number > 0 and isinstance(entries, Mapping)
        _comment(root, section, notes.get((section,), ()), 0, is_apart=is_apart)
        if isinstance(entries, Mapping):
            for position, name in enumerate(entries):
                is_apart = position > 0 and _needs_room(entries)
                _comment(root[section], name, notes.get((section, name), ()), 2, is_apart=is_apart)
    stream = io.StringIO()
    yaml.dump(root, stream)
    return _HIDDEN.sub(lambda match: _escape_characters(bytes.fromhex(match[1]).decode()), stream.getvalue())


def _needs_room(entries: Mapping[str, Any]) -> bool:
    """Whether entries are told apart by blank lines: those that have more than one line."""
    return any(entry and isinstance(entry, Mapping | list) for entry in entries.values())


def _comment(place: CommentedMap, key: str, phrases: Sequence[str], indent: int, *, is_apart: bool) -> None:
    """Put a comment before a key, and a blank line before both."""
    # One line each, whatever a guest's description or a comment holds.
    lines = [*([""] if is_apart else []), *map(one_line, phrases)]
    if lines:
        place.yaml_set_comment_before_after_key(key, before="\n".join(lines), indent=indent)


def _convert(value: Any) -> Any:
    if isinstance(value, Mapping):
        mapping = CommentedMap((key, _convert(item)) for key, item in value.items())
        if not value:
            mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list | tuple):
        sequence = CommentedSeq(_convert(item) for item in value)
        for item, original in zip(sequence, value, strict=True):
            if isinstance(original, Mapping) and _fits(original):
                item.fa.set_flow_style()
        if not any(isinstance(item, Mapping | list) for item in value) and _fits(value):
            sequence.fa.set_flow_style()
        return sequence
    return _convert_text(value) if isinstance(value, str) else value


def _fits(value: Any) -> bool:
    # Most texts have no quotes in YAML.
    return len(str(value).replace("'", "")) <= _LONGEST_LINE and "\\n" not in repr(value)


def _convert_text(text: str) -> str:
    """A text as it reads in a file whose texts are templates."""
    if _TEMPLATE.search(text):
        text = _escape_template(text)
    if not is_clean(text):
        # YAML would have it as it is; whoever reads the file is to see what it holds.
        return f"{_MARK}{text.encode().hex()}{_MARK}"
    # Blank lines at the end of a block would be part of it, and so would those that follow it.
    is_block = "\n" in text.rstrip("\n") and not text.startswith((" ", "\n", "\t")) and not text.endswith("\n\n")
    # Within braces not every reader takes a text that begins so for one.
    is_quoted = text.startswith(("?", ":", "-")) and "\n" not in text
    styled: str = LiteralScalarString(text) if is_block else SingleQuotedScalarString(text) if is_quoted else text
    return styled


def _escape_template(text: str) -> str:
    """A template that renders to the text."""
    return re.sub(r"\{(?=[{%#])", "{{ '{' }}", text)


def _escape_characters(text: str) -> str:
    """A text in double quotes, in which everything but ASCII that is seen is an escape."""
    return f'"{"".join(map(_escape_character, text))}"'


def _escape_character(character: str) -> str:
    code = ord(character)
    if character in '"\\':
        return f"\\{character}"
    if 0x20 <= code < 0x7F:
        return character
    return "\\n" if character == "\n" else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
