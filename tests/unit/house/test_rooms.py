"""Which room may import which: imports lead downwards through the layers, never up and never round in a circle.

A room is a folder or a file at the top of a package; of `plugins/module_utils`, the folders in it. What counts is
what runs: imports inside functions do, those under `if TYPE_CHECKING` don't.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
# The collection's files may import each other by this name, too.
COLLECTION = "ansible_collections.playvisor.proxmox."

# The rooms of each package, lowest layer first: a room imports rooms of lower layers only, so none of its own layer.
# `__init__` is the file of the package itself.
LAYERS = {
    "mcp_bridge": (
        ("__init__", "errors", "result", "text"),
        ("collection", "system"),
        ("database",),
        ("ledger",),
        ("history",),
        ("auth", "catalogue", "executor", "settings"),
        ("gateway", "policy"),
        ("evidence",),
        ("authority",),
        ("run",),
        ("mcp",),
        ("__main__",),
    ),
    "playvisor": (
        ("__init__",),
        ("fleet",),
        ("web",),
        ("cli",),
        ("__main__",),
    ),
    "plugins": (
        ("doc_fragments", "module_utils._api", "module_utils._values"),
        ("module_utils._module", "plugin_utils"),
        ("module_utils._guest",),
        ("module_utils._checks",),
        ("module_utils._run",),
        (
            "module_utils._access",
            "module_utils._capture",
            "module_utils._cluster",
            "module_utils._firewall",
            "module_utils._storage",
        ),
        ("module_utils._backup", "module_utils._observe"),
        ("module_utils._resources",),
        ("module_utils._fleet",),
        ("action", "filter", "inventory", "modules"),
    ),
    "pve_simulator": (
        ("errors", "schema"),
        ("http", "state"),
        ("firewall", "nodes", "world"),
        ("requests",),
        ("access", "storage"),
        ("clusters", "guests"),
        ("backup", "consoles"),
        ("server",),
        ("__init__", "api", "cli", "replay"),
        ("__main__", "pytest_plugin"),
    ),
}

# The packages that each package may import. Between the collection and the bridge are the playbooks, and only those.
PACKAGES = {
    "mcp_bridge": (),
    "playvisor": ("mcp_bridge", "pve_simulator"),
    "plugins": (),
    "pve_simulator": (),
}

# What the command line may import of other packages: three doors of the bridge, what they are put together from, and
# words. One that it needs no longer has to go.
DOORS = {
    "do: one call of a tool, from the request to its result": [
        "mcp_bridge.auth.addresses",
        "mcp_bridge.auth.caller",
        "mcp_bridge.auth.issuer",
        "mcp_bridge.auth.rate_limit",
        "mcp_bridge.auth.principals",
        "mcp_bridge.errors",
        "mcp_bridge.executor",
        "mcp_bridge.result",
        "mcp_bridge.run",
        "mcp_bridge.run.call",
        "mcp_bridge.run.factory",
        "mcp_bridge.run.sync",
        "mcp_bridge.run.tools.fleets",
        "mcp_bridge.run.tools.results",
        "mcp_bridge.run.tools.undo",
    ],
    "what was done: the runs, plans, tokens and history that are shown, exported, decided on and pruned": [
        "mcp_bridge.auth.passkeys",
        "mcp_bridge.auth.tokens",
        "mcp_bridge.evidence.changes",
        "mcp_bridge.evidence.events",
        "mcp_bridge.evidence.export",
        "mcp_bridge.evidence.plan_view",
        "mcp_bridge.evidence.undo",
        "mcp_bridge.history.account",
        "mcp_bridge.history.observation",
        "mcp_bridge.history.retention",
        "mcp_bridge.history.store",
        "mcp_bridge.ledger.periods",
        "mcp_bridge.ledger.records",
        "mcp_bridge.ledger.repeats",
        "mcp_bridge.ledger.store",
        "mcp_bridge.ledger.verify",
        "mcp_bridge.run.recovery.interrupted",
        "mcp_bridge.run.tools.history",
        "mcp_bridge.run.tools.runs",
        "mcp_bridge.run.visibility",
    ],
    "what can be done: the tools, what they take and need, and who may": [
        "mcp_bridge.catalogue",
        "mcp_bridge.catalogue.arguments",
        "mcp_bridge.catalogue.commands",
        "mcp_bridge.catalogue.completions",
        "mcp_bridge.catalogue.docs",
        "mcp_bridge.catalogue.fleets",
        "mcp_bridge.catalogue.hints",
        "mcp_bridge.catalogue.offer",
        "mcp_bridge.catalogue.privileges",
        "mcp_bridge.catalogue.run_tools",
        "mcp_bridge.policy",
        "mcp_bridge.policy.cases",
        "mcp_bridge.policy.explanation",
    ],
    "putting it together: settings, the servers that it starts, starting and ending fast, being forked": [
        "mcp_bridge.collection",
        "mcp_bridge.executor.forkserver.head_start",
        "mcp_bridge.executor.forkserver.lending",
        "mcp_bridge.executor.forkserver.supervisor",
        "mcp_bridge.executor.warm",
        "mcp_bridge.mcp.opening",
        "mcp_bridge.mcp.start",
        "mcp_bridge.settings",
        "mcp_bridge.settings.identities",
        "mcp_bridge.settings.profiles",
        "mcp_bridge.settings.secrets",
        "mcp_bridge.settings.web",
        "mcp_bridge.system.bounded_stderr",
        "mcp_bridge.system.connections",
        "mcp_bridge.system.exiting",
        "mcp_bridge.system.memory",
        "mcp_bridge.system.peers",
        "mcp_bridge.system.processes",
        "mcp_bridge.system.serving",
        "pve_simulator",
    ],
    "words for people": [
        "mcp_bridge",
        "mcp_bridge.run.summary",
        "mcp_bridge.system.identity",
        "mcp_bridge.text.plain",
        "mcp_bridge.text.redaction",
        "mcp_bridge.text.yaml",
    ],
}

# What decides, admits or records: only the authority may use it, apart from files of the same rooms. Others ask the
# authority, so that it can become a process of its own.
ONLY_FOR_THE_AUTHORITY = {
    "mcp_bridge.gateway.grants": "says what a run may send",
    "mcp_bridge.gateway.service": "admits runs to the cluster",
    "mcp_bridge.ledger.entries": "appends to the ledger",
    "mcp_bridge.ledger.writer": "records",
}

# Imports by name that may lead up, and why.
LOADED_BY_NAME = {
    ("playvisor.cli.loading", "playvisor.cli"): "makes the tree of commands before anybody calls one",
    ("pve_simulator.requests.router", "pve_simulator.api"): "each handler registers itself when it is loaded",
}


@dataclass(frozen=True)
class Import:
    """One import that runs: `importer` and `imported` are modules of the repository."""

    place: str
    importer: str
    imported: str

    def __str__(self) -> str:
        return f"{self.place} imports {self.imported}"


def package_of(module: str) -> str:
    return module.split(".")[0]


def room_of(module: str) -> str:
    """The room of a module, as LAYERS calls it."""
    parts = module.split(".")[1:]
    depth = 2 if parts[:1] == ["module_utils"] else 1
    return ".".join(parts[:depth]) or "__init__"


def find_modules(root: Path) -> dict[str, Path]:
    """The files of all packages by their modules' names."""
    paths = [path for package in LAYERS for path in sorted((root / package).rglob("*.py"))]
    return {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def find_imports(root: Path) -> list[Import]:
    """All imports of one module of the repository by another."""
    modules = find_modules(root)
    return [
        Import(f"{path.relative_to(root)}:{node.lineno}", importer, imported)
        for importer, path in modules.items()
        for node in walk_runtime(ast.parse(path.read_text(encoding="utf-8")))
        for imported in dict.fromkeys(resolve(node, importer, path.name == "__init__.py", modules))
        if imported != importer and (importer, imported) not in LOADED_BY_NAME
    ]


def walk_runtime(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree without what only type checkers read."""
    yield node
    checked = isinstance(node, ast.If) and ast.unparse(node.test).removeprefix("typing.") == "TYPE_CHECKING"
    for child in node.orelse if checked else ast.iter_child_nodes(node):
        yield from walk_runtime(child)


def resolve(node: ast.AST, importer: str, is_package: bool, modules: Mapping[str, Path]) -> Iterator[str]:
    """The modules among `modules` that a statement imports; also by `import_module` of a literal name."""
    match node:
        case ast.Import(names=names):
            found = [name.name for name in names]
        case ast.ImportFrom(module=module, names=names, level=level):
            base = importer.split(".")
            base = base[: len(base) - level + is_package] if level else []
            start = ".".join([*base, *([module] if module else [])])
            found = [f"{start}.{name.name}" for name in names]
        case ast.Call(
            func=ast.Name(id="import_module") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str() as name)],
        ):
            found = [name]
        case _:
            found = []
    for name in found:
        known = name.removeprefix(COLLECTION)
        if known not in modules:
            known = known.rpartition(".")[0]
        if known in modules:
            yield known


def find_circle(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """A circle among (importer, imported): each name imports the next. Empty when there is none."""
    graph: dict[str, set[str]] = {}
    for importer, imported in pairs:
        graph.setdefault(importer, set()).add(imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def find_crossings(imports: Iterable[Import], layers: tuple[tuple[str, ...], ...]) -> list[str]:
    """The imports within one package that don't lead to a lower layer, each with the reason why it may not be."""
    heights = {room: height for height, layer in enumerate(layers) for room in layer}
    crossings = []
    for each in imports:
        upper, lower = room_of(each.importer), room_of(each.imported)
        if upper != lower and heights[lower] >= heights[upper]:
            where = "above" if heights[lower] > heights[upper] else "beside"
            crossings.append(f"{each}, but {lower} is {where} {upper}: imports lead down only (LAYERS)")
    return crossings


@pytest.fixture(scope="module")
def imports() -> list[Import]:
    return find_imports(ROOT)


def within(imports: list[Import], package: str) -> list[Import]:
    return [each for each in imports if package_of(each.importer) == package_of(each.imported) == package]


def expect_none(complaints: Iterable[str]) -> None:
    """Fail with all complaints, one a line."""
    found = sorted(complaints)
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("package", LAYERS)
def test_no_file_imports_itself_through_others(imports, package):
    assert " imports ".join(find_circle((each.importer, each.imported) for each in within(imports, package))) == ""


@pytest.mark.parametrize("package", LAYERS)
def test_no_room_imports_itself_through_others(imports, package):
    pairs = [(room_of(each.importer), room_of(each.imported), each) for each in within(imports, package)]
    circle = find_circle((importer, imported) for importer, imported, _each in pairs if importer != imported)
    steps = set(pairwise(circle))

    expect_none(str(each) for importer, imported, each in pairs if (importer, imported) in steps)


@pytest.mark.parametrize("package", LAYERS)
def test_rooms_import_lower_rooms_only(imports, package):
    expect_none(find_crossings(within(imports, package), LAYERS[package]))


@pytest.mark.parametrize("package", LAYERS)
def test_every_room_has_a_layer(package):
    rooms = {room_of(module) for module in find_modules(ROOT) if package_of(module) == package}
    layered = [room for layer in LAYERS[package] for room in layer]

    assert sorted(layered) == sorted(rooms), "the rooms of LAYERS are not those of the package"


def test_packages_keep_apart(imports):
    expect_none(
        f"{each}, but {package_of(each.importer)} may import {', '.join(allowed) or 'no other package'} (PACKAGES)"
        for each in imports
        for allowed in [PACKAGES[package_of(each.importer)]]
        if package_of(each.imported) not in (package_of(each.importer), *allowed)
    )


def test_the_command_line_comes_in_by_the_doors(imports):
    doors = {module for modules in DOORS.values() for module in modules}
    entered = [each for each in imports if package_of(each.importer) == "playvisor" != package_of(each.imported)]

    expect_none(f"{each}, which is none of its doors (DOORS)" for each in entered if each.imported not in doors)
    expect_none(f"{door} is a door that nobody uses (DOORS)" for door in doors - {each.imported for each in entered})


def test_nothing_but_the_authority_decides_admits_or_records(imports):
    modules = find_modules(ROOT)

    expect_none(
        f"{each}, which {ONLY_FOR_THE_AUTHORITY[each.imported]}: ask the authority (ONLY_FOR_THE_AUTHORITY)"
        for each in imports
        if each.imported in ONLY_FOR_THE_AUTHORITY
        and room_of(each.importer) not in ("authority", room_of(each.imported))
    )
    expect_none(f"{name} is no module (ONLY_FOR_THE_AUTHORITY)" for name in ONLY_FOR_THE_AUTHORITY.keys() - modules)


@pytest.fixture
def repository(tmp_path):
    """Writes files into an empty repository, and finds the imports in it."""

    def write(files: Mapping[str, str]) -> list[tuple[str, str]]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return [(each.importer, each.imported) for each in find_imports(tmp_path)]

    return write


@pytest.mark.parametrize(
    ("statement", "imported"),
    [
        ("import mcp_bridge.text.plain", "mcp_bridge.text.plain"),
        ("from mcp_bridge.text import plain", "mcp_bridge.text.plain"),
        ("from mcp_bridge.text import one_line", "mcp_bridge.text"),
        ("from ..text.plain import one_line", "mcp_bridge.text.plain"),
        ("from . import chain", "mcp_bridge.ledger.chain"),
        ("def late():\n    from mcp_bridge.text import plain", "mcp_bridge.text.plain"),
        ("import_module('mcp_bridge.text.plain')", "mcp_bridge.text.plain"),
        ("importlib.import_module('mcp_bridge.text.plain')", "mcp_bridge.text.plain"),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    from mcp_bridge import text", "mcp_bridge.text"),
        ("if TYPE_CHECKING:\n    from mcp_bridge import text", None),
        ("import json", None),
    ],
)
def test_imports_that_run_are_found(repository, statement, imported):
    found = repository(
        {
            "mcp_bridge/text/__init__.py": "",
            "mcp_bridge/text/plain.py": "",
            "mcp_bridge/ledger/chain.py": "",
            "mcp_bridge/ledger/store.py": statement,
        }
    )

    assert found == ([("mcp_bridge.ledger.store", imported)] if imported else [])


def test_both_ways_to_import_inside_the_collection_are_found(repository):
    found = repository(
        {
            "plugins/module_utils/_api/client.py": "",
            "plugins/module_utils/_run/apply.py": "from .._api.client import Client",
            "plugins/modules/pve_guest.py": f"from {COLLECTION}plugins.module_utils._run import apply",
        }
    )

    assert found == [
        ("plugins.module_utils._run.apply", "plugins.module_utils._api.client"),
        ("plugins.modules.pve_guest", "plugins.module_utils._run.apply"),
    ]


def test_a_circle_is_told_in_the_order_of_its_imports():
    circle = find_circle([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])

    assert circle[0] == circle[-1]
    assert set(pairwise(circle)) == {("a", "b"), ("b", "c"), ("c", "a")}


@pytest.mark.parametrize(
    ("importer", "imported", "where"),
    [("run", "errors", None), ("errors", "run", "above"), ("errors", "text", "beside"), ("run", "run", None)],
)
def test_an_import_that_does_not_lead_down_is_found(importer, imported, where):
    each = Import("mcp_bridge/x.py:1", f"mcp_bridge.{importer}.x", f"mcp_bridge.{imported}.y")

    crossings = find_crossings([each], (("errors", "text"), ("run",)))

    assert [f" is {where} " in crossing for crossing in crossings] == ([True] if where else [])


def test_a_migration_imports_no_code_that_may_change():
    """It has to do in ten years what it does today."""
    folder = ROOT / "mcp_bridge/database/migrations"
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.py"))}
    froms = [
        (path, node) for path, tree in trees.items() for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
    ]

    assert len(trees) > 5
    assert [
        f"{path.relative_to(ROOT)}:{node.lineno} imports {node.module}"
        for path, node in froms
        if node.level or str(node.module).startswith("mcp_bridge")
    ] == []
