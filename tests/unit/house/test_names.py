"""Functions are called by verbs of the field: not by a bare participle, particle or pronoun."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("mcp_bridge", "playvisor", "pve_simulator", "plugins")
# Participles that don't end in -ed.
IRREGULAR = frozenset(
    [
        "been",
        "begun",
        "bought",
        "brought",
        "built",
        "caught",
        "chosen",
        "done",
        "drawn",
        "driven",
        "fallen",
        "felt",
        "found",
        "given",
        "gone",
        "grown",
        "heard",
        "held",
        "kept",
        "known",
        "laid",
        "led",
        "left",
        "lent",
        "lost",
        "made",
        "meant",
        "met",
        "paid",
        "proven",
        "said",
        "seen",
        "sent",
        "shown",
        "spoken",
        "spent",
        "stood",
        "taken",
        "taught",
        "thought",
        "told",
        "understood",
        "worn",
        "woven",
        "written",
    ]
)
PARTICLES = frozenset(
    [
        "about",
        "above",
        "across",
        "after",
        "again",
        "against",
        "all",
        "along",
        "also",
        "always",
        "another",
        "any",
        "around",
        "at",
        "aside",
        "away",
        "back",
        "before",
        "behind",
        "below",
        "beside",
        "besides",
        "between",
        "beyond",
        "both",
        "by",
        "down",
        "each",
        "either",
        "else",
        "enough",
        "ever",
        "every",
        "few",
        "first",
        "for",
        "forth",
        "from",
        "further",
        "here",
        "how",
        "in",
        "inside",
        "instead",
        "into",
        "it",
        "its",
        "last",
        "later",
        "least",
        "less",
        "like",
        "long",
        "many",
        "more",
        "most",
        "much",
        "near",
        "never",
        "next",
        "no",
        "none",
        "not",
        "now",
        "of",
        "off",
        "often",
        "on",
        "once",
        "one",
        "only",
        "onto",
        "other",
        "others",
        "out",
        "outside",
        "over",
        "own",
        "past",
        "per",
        "same",
        "since",
        "so",
        "some",
        "still",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "this",
        "those",
        "through",
        "to",
        "together",
        "too",
        "toward",
        "under",
        "until",
        "up",
        "upon",
        "what",
        "when",
        "where",
        "whether",
        "which",
        "while",
        "who",
        "whom",
        "whose",
        "why",
        "with",
        "within",
        "without",
        "yet",
        "you",
        "your",
    ]
)
# Verbs that look like participles.
VERBS = frozenset({"embed", "feed", "need", "proceed", "seed", "shed", "speed", "succeed"})
# What a property may be called: a state, as the field calls it.
STATES = frozenset({"changed", "closed", "expired", "failed", "frozen", "listed", "locked", "paused", "stopped"})


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def is_property(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("property" in ast.unparse(decorator) for decorator in function.decorator_list)


def is_no_verb(name: str) -> bool:
    """Whether a name is a bare participle, or begins with a particle or a pronoun."""
    first, *rest = name.strip("_").split("_")
    if not rest and first in VERBS:
        return False
    participle = first in IRREGULAR or (first.endswith("ed") and len(first) > 4)
    return (participle and not rest) or (first in PARTICLES and (not rest or first in ("of", "by")))


def offenders(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}"
        for function in functions(tree)
        if is_no_verb(function.name) and not (is_property(function) and function.name.strip("_") in STATES)
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_functions_are_called_by_verbs(package):
    assert [line for path in sorted((ROOT / package).rglob("*.py")) for line in offenders(path)] == []


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("told", True),
        ("_settled", True),
        ("again", True),
        ("of_token", True),
        ("every", True),
        ("feed", False),
        ("seed", False),
        ("describe", False),
        ("written_result", False),
        ("next_page", False),
        ("from_params", False),
    ],
)
def test_what_is_no_verb_is_known(name, refused):
    assert is_no_verb(name) is refused
