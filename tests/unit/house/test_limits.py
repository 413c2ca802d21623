"""docs/limits.md is true: it names every limit of the product, with the value that it has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from mcp_bridge.catalogue.docs import read_module_docs
from mcp_bridge.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/limits.md"
SHIPPED = ("mcp_bridge", "playvisor", "plugins")
# What a name is made of that is a limit, a time-out or a pace.
WORDS = {
    *("MAX", "MIN", "MOST", "LONGEST", "LARGEST", "SHORTEST", "DEEPEST", "NEWEST", "LIMIT", "LIMITS", "BYTES", "LINES"),
    *("TIMEOUT", "SECONDS", "MINUTES", "DAYS", "DELAY", "DELAYS", "LENGTHS"),
}
UNITS = {"s": 1, "min": 60, "h": 3600, "days": 86400, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
ROW = re.compile(r"^\| (?P<what>[^|]+) \| (?P<value>[^|]+) \| (?P<when>[^|]+) \| (?P<where>[^|]+) \|$", re.MULTILINE)
CONSTANT = re.compile(r"`([\w/]+\.py)` `([\w.]+)`")
OPTION = re.compile(r"`(\w+)` of `(pve_\w+)`")
VARIABLE = re.compile(r"`(PLAYVISOR_\w+)`")
Value = float | tuple[float, ...]


def is_limit(name: str) -> bool:
    """Whether a constant is named as a limit."""
    return bool(WORDS & set(re.split(r"[._]", name.upper()))) or "AT_ONCE" in name.upper()


def compute(node: ast.expr, known: dict[str, Value]) -> Value | None:
    """The number, or the numbers, that an expression of numbers and names comes to; None for anything else."""
    try:
        value = eval(compile(ast.Expression(node), "", "eval"), {"__builtins__": {}}, dict(known))
    except Exception:
        return None
    numbers = value if isinstance(value, tuple) else (value,)
    is_number = all(isinstance(number, (int, float)) and not isinstance(number, bool) for number in numbers)
    return value if numbers and is_number else None


def find_numbers(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, Value]]:
    """Every number that is given a name in a file or a class, and those that make a constant which is an object."""
    known: dict[str, Value] = {}
    for statement in body:
        if isinstance(statement, ast.ClassDef) and not prefix:
            yield from find_numbers(statement.body, f"{statement.name}.")
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
            continue
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        if not isinstance(target, ast.Name):
            continue
        value = compute(statement.value, known)
        if value is not None:
            known[target.id] = value
            yield prefix + target.id, value
        elif isinstance(statement.value, ast.Call) and not prefix:
            for keyword in statement.value.keywords:
                part = compute(keyword.value, known)
                if keyword.arg and part is not None:
                    yield f"{target.id}.{keyword.arg}", part


@cache
def read_numbers(file: Path) -> dict[str, Value]:
    return dict(find_numbers(ast.parse(file.read_text(encoding="utf-8")).body))


def list_limits() -> Iterator[str]:
    """Every limit in what is shipped, as the page names it; migrations stay as they were written."""
    for folder in SHIPPED:
        for file in sorted((ROOT / folder).rglob("*.py")):
            if "versions" not in file.parts:
                yield from (
                    f"`{file.relative_to(ROOT)}` `{name}`"
                    for name, value in read_numbers(file).items()
                    if value and is_limit(name)
                )


def list_named() -> list[tuple[str, str, str]]:
    """Each limit that the page names: how, its value, and of which kind it is."""
    found = []
    for row in ROW.finditer(PAGE.read_text(encoding="utf-8")):
        where = row["where"]
        for pattern in (CONSTANT, OPTION, VARIABLE):
            found += [(match[0], row["value"].strip()) for match in pattern.finditer(where)]
    return found


def read_value(named: str) -> Value | None:
    """The value that something has which the page names."""
    if match := CONSTANT.fullmatch(named):
        return read_numbers(ROOT / match[1]).get(match[2]) if (ROOT / match[1]).exists() else None
    if match := OPTION.fullmatch(named):
        return read_module_docs(match[2]).options[match[1]].get("default")
    fields = {field.validation_alias.choices[0]: field.default for field in Settings.model_fields.values()}
    return fields.get(named.strip("`"))


def says(text: str, value: Value, *, in_days: bool) -> bool:
    """Whether a text such as `64 MiB` or `0.1, 0.4, 1 s` is this value."""
    numbers, _space, unit = re.fullmatch(r"((?:[\d.]+, )*[\d.]+)( ?)([A-Za-z][\w ]*)?", text).groups()
    scale = UNITS.get(unit or "", 1) / (UNITS["days"] if in_days else 1)
    expected = value if isinstance(value, tuple) else (value,)
    return [float(number) * scale for number in numbers.split(", ")] == pytest.approx(list(expected))


def test_every_limit_is_on_the_page():
    named = {name for name, _value in list_named()}

    assert sorted(set(list_limits()) - named) == []


def test_every_number_among_the_settings_is_on_the_page():
    named = {name for name, _value in list_named()}
    numbers = {
        f"`{field.validation_alias.choices[0]}`"
        for field in Settings.model_fields.values()
        if isinstance(field.default, (int, float)) and not isinstance(field.default, bool)
    }

    assert numbers
    assert sorted(numbers - named) == []


def test_everything_on_the_page_has_the_value_that_stands_there():
    wrong = []
    for name, text in list_named():
        value = read_value(name)
        if value is None or not says(text, value, in_days="DAYS" in name.upper()):
            wrong.append(f"{name}: {text}, and it is {value}")

    assert wrong == []


def test_each_limit_stands_on_the_page_once():
    names = [name for name, _value in list_named()]

    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize(
    ("text", "value", "right"),
    [
        ("64 MiB", 64 * 2**20, True),
        ("64 MiB", 64 * 10**6, False),
        ("0.1, 0.4, 1 s", (0.1, 0.4, 1.0), True),
        ("0.1, 0.4 s", (0.1, 0.4, 1.0), False),
        ("6 h", 21600, True),
        ("2000 characters", 2000, True),
        ("20", 21, False),
    ],
)
def test_a_value_is_compared_with_its_unit(text, value, right):
    assert says(text, value, in_days=False) is right


def test_a_limit_is_found_wherever_it_is_declared():
    constants = "_MOST = 5\nLIMITS = make(total=2 * _MOST, name='x')\nNAMES = ('a',)\n"
    options = "class Options:\n    max_rows: int = 7\n    name: str = 'x'\n"

    assert dict(find_numbers(ast.parse(constants + options).body)) == {
        "_MOST": 5,
        "LIMITS.total": 10,
        "Options.max_rows": 7,
    }
