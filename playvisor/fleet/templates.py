# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fills templates in a sandbox: values in, a value out; nothing to read files or the environment with, and no way to
make much of little.

Whatever makes text or lists, or goes through one, pays for it from a budget that each template gets anew.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.filters import do_round
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from playvisor.fleet.nodes import is_encodable
from playvisor.fleet.problems import suggest

# What one template may make: characters, elements and rounds of loops together.
_MOST_WORK = 100_000
_MOST_WORK_OF_ALL = 100_000_000
_LONGEST_TEMPLATE = 20_000
_LARGEST_INTEGER = 2**128
# Digits that numbers are rounded to, and blanks that JSON is indented by.
_MOST_DIGITS = 30
_FORMAT = re.compile(r"%(?:\((\w+)\))?([-+ #0]{0,3})(\d{0,3})(?:\.(\d{1,2}))?([sdifeEgGxXo%])")

_FILTERS = (
    *("abs", "capitalize", "d", "default", "dictsort", "first", "float", "int", "items", "last", "length"),
    *("list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "select", "selectattr", "sort"),
    *("string", "sum", "title", "trim", "unique", "upper"),
)
_METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(
        [
            *("capitalize", "count", "endswith", "find", "isalpha", "isdigit", "lower", "lstrip", "removeprefix"),
            *("removesuffix", "rstrip", "split", "startswith", "strip", "title", "upper"),
        ]
    ),
    dict: frozenset(["get", "items", "keys", "values"]),
    list: frozenset(["count", "index"]),
}
_SIZED = (str, list, tuple)
_LOOP = frozenset(
    ["index", "index0", "first", "last", "length", "revindex", "revindex0", "depth", "cycle", "previtem", "nextitem"]
)
_NODES = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Expr, nodes.Helper),
    *(nodes.Pair, nodes.Keyword, nodes.Operand),
)


_LOOK = "Look at the values that it names: they are not what it takes."


class TemplateProblem(Exception):
    """What is wrong with a template."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class _TooMuch(Exception):
    """A template makes more than it may."""


class Templates:
    """Compiles each template once, and fills it with what each guest has."""

    def __init__(self) -> None:
        self._environment = _Environment()
        self._compiled: dict[str, Any] = {}
        self._left = _MOST_WORK_OF_ALL

    def fill(self, text: str, values: Mapping[str, Any]) -> Any:
        """The value that a template has: of any type when it is one expression, text otherwise.

        Raises TemplateProblem."""
        environment = self._environment
        environment.left = _MOST_WORK
        try:
            return self._fill(text, values)
        finally:
            self._left -= min(_MOST_WORK, _MOST_WORK - environment.left)

    def _fill(self, text: str, values: Mapping[str, Any]) -> Any:
        environment = self._environment
        try:
            if self._left < 0:
                message = f"All templates together make more than {_MOST_WORK_OF_ALL} characters and elements."
                raise TemplateProblem(message, "Make less in loops, or split the fleet.")
            if text not in self._compiled:
                self._compiled[text] = environment.compile_value(text)
            template, is_expression = self._compiled[text]
            context = template.new_context(dict(values))
            parts = []
            for part in template.root_render_func(context):
                environment.pay(len(part))
                parts.append(part)
            result = context.vars["result"] if is_expression else "".join(parts)
            if isinstance(result, Undefined):
                # Raises, except for what an if without else leaves open.
                str(result)
                result = None
            return environment.make_plain(result)
        except TemplateSyntaxError as error:
            raise TemplateProblem(f"It is no template: {str(error.message).rstrip('.')}.", _hint(text, error)) from None
        except (_TooMuch, MemoryError, RecursionError):
            raise TemplateProblem(
                "The template makes too much.", f"It may make {_MOST_WORK} characters or elements."
            ) from None
        except SecurityError as error:
            message = f"The template does what is not allowed: {str(error).rstrip('.')}."
            raise TemplateProblem(message, "It has filters, and a few methods of text, lists and mappings.") from None
        except TemplateError as error:
            raise self._explain(str(error), values) from None
        except TemplateProblem:
            raise
        except Exception as error:
            # Whatever filters and operators raise about the values that they get.
            raise TemplateProblem(f"The template fails: {str(error).rstrip('.')}.", _LOOK) from None

    def _explain(self, message: str, values: Mapping[str, Any]) -> TemplateProblem:
        named = re.match(r"'(\w+)' is undefined", message)
        if named:
            hint = suggest(named[1], values, lists_all=False) or "Give it in values.yml, or with --set."
            return TemplateProblem(f"{named[1]} is not defined.", hint)
        attribute = re.search(r"has no attribute '(\w+)'", message)
        if attribute:
            return TemplateProblem(f"{attribute[1]} is not defined there.", "Give it in values.yml, or with --set.")
        return TemplateProblem(f"The template fails: {message.rstrip('.')}.", _LOOK)


def _hint(text: str, error: TemplateSyntaxError) -> str:
    """What to do about what is no template."""
    unknown = re.match(r"No (filter|test) named '(\w+)'", str(error.message))
    if unknown and unknown[1] == "filter":
        known = sorted(_Environment().filters)
        return suggest(unknown[2], known, lists_all=False) or f"There are: {', '.join(known)}."
    closed = text.count("{{") == text.count("}}") and text.count("{%") == text.count("%}")
    return "Look at brackets, quotes and operators." if closed else "Close each {{ with }} and each {% with %}."


def find_names(text: str) -> list[str]:
    """The values that a template names, with the parts of them that it takes, such as `web.memory`."""
    environment = _Environment()
    try:
        tree = environment.parse(text)
    except (TemplateSyntaxError, RecursionError):
        return []
    wanted = meta.find_undeclared_variables(tree)
    names = [name for name in map(_read_name, tree.find_all((nodes.Name, nodes.Getattr, nodes.Getitem))) if name]
    # Of `web` and `web.memory`, which both stand in the tree for one, the longer.
    return [
        name
        for name in dict.fromkeys(names)
        if name.split(".")[0] in wanted and not any(other.startswith(f"{name}.") for other in names)
    ]


def _read_name(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return str(node.name)
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        inner = _read_name(node.node)
        key = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
        return f"{inner}.{key}" if inner and isinstance(key, str) else inner
    return ""


class _Environment(ImmutableSandboxedEnvironment):
    """Has only what is named here, and counts what it costs."""

    intercepted_binops = frozenset(["+", "*", "**", "%"])

    def __init__(self) -> None:
        # Folding constants would compute them before anybody counts.
        super().__init__(
            undefined=StrictUndefined, keep_trailing_newline=True, optimized=False, cache_size=0, finalize=_require_text
        )
        self.left = 0
        self.globals = {"range": self._range}
        own = {
            "format": self._format,
            "join": self._join,
            "replace": self._replace,
            "round": self._round,
            "tojson": self._limit(_write_json),
            "walk": self._walk,
            "weigh": self._weigh,
        }
        self.filters = {name: self._limit(self.filters[name]) for name in _FILTERS} | own

    def _limit(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A filter of Jinja's that pays for what it takes and what it makes."""

        @functools.wraps(function)
        def run(*arguments: Any, **named: Any) -> Any:
            self.pay(1 + sum(len(each) for each in arguments if isinstance(each, _SIZED)))
            result = function(*arguments, **named)
            self.pay(len(result) if isinstance(result, _SIZED) else 0)
            return result

        return run

    def pay(self, amount: int) -> None:
        """Take the cost of something from the budget."""
        self.left -= amount
        if self.left < 0:
            raise _TooMuch

    def compile_value(self, text: str) -> tuple[Any, bool]:
        """A template, and whether it is one expression, whose value then is in `result`."""
        if len(text) > _LONGEST_TEMPLATE:
            raise TemplateProblem(f"The template has more than {_LONGEST_TEMPLATE} characters.")
        tree = self.parse(text.strip())
        parts = tree.body[0].nodes if len(tree.body) == 1 and isinstance(tree.body[0], nodes.Output) else []
        is_expression = len(parts) == 1 and not isinstance(parts[0], nodes.TemplateData)
        if not is_expression:
            tree = self.parse(text)
        _check_nodes(tree)
        tree = _Counting().visit(tree)
        if is_expression:
            expression = tree.body[0].nodes[0]
            tree = nodes.Template([nodes.Assign(nodes.Name("result", "store"), expression, lineno=1)], lineno=1)
        tree.set_environment(self)
        return self.from_string(tree), is_expression

    def make_plain(self, value: Any) -> Any:
        """The data that a value is, within the budget."""
        if isinstance(value, str):
            self.pay(len(value))
            if not is_encodable(value):
                raise TemplateProblem("The template gives half a character.", "Write characters, or \\U and 8 digits.")
            return str(value)
        if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            return value
        if isinstance(value, Mapping):
            return {str(key): self.make_plain(item) for key, item in self._walk(value.items())}
        if isinstance(value, Iterable):
            return [self.make_plain(item) for item in self._walk(value)]
        if isinstance(value, float):
            raise TemplateProblem("The template gives no number, but infinity.", _LOOK)
        if callable(value):
            raise TemplateProblem("The template gives no value, but a method.", "Call it, as in {{ name.upper() }}.")
        raise TemplateProblem(f"The template gives no value, but {type(value).__name__}.", _LOOK)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Compute what is bounded."""
        if operator == "*" and (isinstance(left, _SIZED) or isinstance(right, _SIZED)):
            sequence, count = (left, right) if isinstance(left, _SIZED) else (right, left)
            self.pay(len(sequence) * max(0, count))
        elif operator == "+" and isinstance(left, _SIZED) and isinstance(right, _SIZED):
            self.pay(len(left) + len(right))
        elif operator == "%" and isinstance(left, str):
            named = right if isinstance(right, Mapping) else {}
            values = right if isinstance(right, tuple) else () if named else (right,)
            return self._format(left, *values, **named)
        elif operator == "**" and not (abs(left) <= _LARGEST_INTEGER and abs(right) <= 128):
            raise _TooMuch
        value = super().call_binop(context, operator, left, right)
        if isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
            raise _TooMuch
        return value

    def call(self, *arguments: Any, **named: Any) -> Any:
        """Count calls, and what a method goes through."""
        owners = (getattr(each, "__self__", None) for each in arguments)
        self.pay(1 + sum(len(each) for each in (*owners, *arguments) if isinstance(each, _SIZED)))
        return super().call(*arguments, **named)

    def wrap_str_format(self, value: Any) -> None:
        """Have no str.format, whose widths nobody could count."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a mapping before a method of it: values may be called `items`."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether templates may use it: a few methods, and what loops know."""
        if type(obj).__name__ == "LoopContext":
            return attr in _LOOP
        return any(isinstance(obj, kind) and attr in names for kind, names in _METHODS.items())

    def _walk(self, iterable: Iterable[Any]) -> Iterator[Any]:
        for item in iterable:
            self.pay(1)
            yield item

    def _weigh(self, value: Any) -> Any:
        """The value, which is gone through."""
        self.pay(len(value) if isinstance(value, _SIZED) else 0)
        return value

    def _round(self, value: Any, precision: int = 0, method: str = "common") -> Any:
        if abs(precision) > _MOST_DIGITS:
            raise TemplateProblem(f"Numbers can't be rounded to {precision} digits.", f"At most {_MOST_DIGITS} can be.")
        return do_round(value, precision, method)  # type: ignore[arg-type]

    def _range(self, *limits: int) -> range:
        numbers = range(*limits)
        self.pay(len(numbers))
        return numbers

    def _format(self, text: Any, *values: Any, **named: Any) -> str:
        text = str(text)
        if "%" in _FORMAT.sub("", text):
            raise TemplateProblem(f"{text!r} is a format that can't be used.", "Such as '%02d' are known.")
        widths = sum(int(match[3] or 0) + int(match[4] or 0) for match in _FORMAT.finditer(text))
        self.pay(len(text) + widths + sum(len(str(value)) for value in (*values, *named.values())))
        return str(text % (named or values))

    def _join(self, value: Iterable[Any], separator: Any = "", attribute: str | None = None) -> str:
        parts = []
        for item in self._walk(value):
            parts.append(str(_require_text(self.getitem(item, attribute) if attribute else item)))
            self.pay(len(parts[-1]) + len(str(separator)))
        return str(separator).join(parts)

    def _replace(self, value: Any, old: Any, new: Any) -> str:
        text, old, new = str(value), str(old), str(new)
        self.pay(len(text) + text.count(old) * len(new))
        return text.replace(old, new)


class _Counting(NodeTransformer):
    """Has loops and joined texts pay for what they take."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """Count the rounds."""
        node.iter = nodes.Filter(node.iter, "walk", [], [], None, None, lineno=node.lineno)
        return self.generic_visit(node)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        """Count what is compared, and what is searched."""
        node.expr = _weigh(node.expr)
        for operand in node.ops:
            operand.expr = _weigh(operand.expr)
        return self.generic_visit(node)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        """Count what a slice copies."""
        is_slice = isinstance(node.arg, nodes.Slice)
        visited = self.generic_visit(node)
        return _weigh(visited) if is_slice and isinstance(visited, nodes.Expr) else visited

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """Join with a filter that counts."""
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return self.generic_visit(nodes.Filter(parts, "join", [], [], None, None, lineno=node.lineno))


def _weigh(node: nodes.Expr) -> nodes.Expr:
    return nodes.Filter(node, "weigh", [], [], None, None, lineno=node.lineno)


def _require_text(value: Any) -> Any:
    """The value, if it can be a part of a text; Python's words for others are never meant."""
    if value is None:
        raise TemplateProblem("A value in the text is empty.", "Give it, or write {{ NAME | default('', true) }}.")
    if callable(value) and not isinstance(value, Undefined):
        raise TemplateProblem("A method stands in the text.", "Call it, as in {{ name.upper() }}.")
    if isinstance(value, Mapping | list | tuple):
        what = "mapping" if isinstance(value, Mapping) else "list"
        raise TemplateProblem(f"A {what} stands in the text.", "Write {{ NAME | join(', ') }} or {{ NAME | tojson }}.")
    return value


def _write_json(value: Any, indent: int | None = None) -> str:
    """JSON of a value. It is no HTML."""
    if indent is not None and not 0 <= indent <= _MOST_DIGITS:
        raise TemplateProblem(f"JSON can't be indented by {indent}.", f"At most {_MOST_DIGITS} can be.")
    return json.dumps(value, indent=indent, sort_keys=True, ensure_ascii=False)


def _check_nodes(tree: nodes.Node) -> None:
    """Refuse statements that templates of values don't need."""
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _NODES) or getattr(node, "recursive", False):
            raise TemplateProblem(
                f"{{% {type(node).__name__.lower()} %}} can't be used here.",
                "There are expressions, if and for.",
            )
