"""Templates have values in and a value out, and nothing else."""

from __future__ import annotations

import pytest

from playvisor.fleet.templates import TemplateProblem, Templates, find_names

VALUES = {
    "n": 5,
    "big": "x" * 50_000,
    "numbers": list(range(5_000)),
    "web": {"items": 3, "sizes": {"small": 1}},
    "flag": False,
    "nothing": None,
    "huge": "x" * 10**6,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ n }}", 5),
        ("  {{ n }}\n", 5),
        ("{{ n }}{{ n }}", "55"),
        ("a {{ n }}\n", "a 5\n"),
        ("{{ n / 2 }}", 2.5),
        ("{{ n > 3 and not flag }}", True),
        ("{{ [n, {'a': none}] }}", [5, {"a": None}]),
        ("{{ web }}", VALUES["web"]),
        ("{{ web.items + web['sizes'].small }}", 4),
        ("{{ 'yes' if flag }}", None),
        ("[{{ 'yes' if flag }}]", "[]"),
        ("{{ nope is defined }}", False),
        ("{{ nope | default('x') }}", "x"),
        ("{{ '%02d' % n }} {{ '10.0.0.%d/24' | format(n + 10) }}", "05 10.0.0.15/24"),
        ("{{ 'a' ~ n }}", "a5"),
        ("{{ '%(items)d' % web }}", "3"),
        ("{{ 'a,b'.split(',') | map('upper') | join('-') }}", "A-B"),
        ("{% if n > 3 %}a{% else %}b{% endif %}", "a"),
        ("{% for i in range(3) %}{{ i }}{{ ',' if not loop.last }}{% endfor %}", "0,1,2"),
        ("{% raw %}{{ n }}{% endraw %}{# nothing #}", "{{ n }}"),
        ("{{ '{{ n }}' }}", "{{ n }}"),
        ("{{ web | tojson }}", '{"items": 3, "sizes": {"small": 1}}'),
        ("{{ -7 // 2 }}", -4),
        ("{{ 2.567 | round(1) }}", 2.6),
        ("a {{ nothing | default('b', true) }}", "a b"),
        ("{{ nothing }}", None),
        ("{{ {'a': '<&>'} | tojson }}", '{"a": "<&>"}'),
    ],
)
def test_a_template_has_a_value(text, value):
    assert Templates().fill(text, VALUES) == value


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 10**9 }}",
        "{{ 10**9 * 'a' }}",
        "{{ [big] * 10**6 }}",
        "{{ 10**10**8 }}",
        "{{ 2**(2**30) }}",
        "{{ range(10**9) | list }}",
        "{{ range(90000) | list * 100 }}",
        "{{ big | replace('x', big) }}",
        "{{ numbers | join(big) }}",
        "{{ big ~ big ~ big }}",
        "{{ big + big + big }}",
        "{{ numbers | map('replace', '1', big) | list }}",
        "{% for a in range(50000) %}{% for b in range(50000) %}{% endfor %}{% endfor %}",
        "{% for a in numbers %}{% for b in numbers %}{% endfor %}{% endfor %}",
        "{% for a in numbers %}{{ big }}{% endfor %}",
        "{% for a in numbers %}{{ '' if huge == huge }}{% endfor %}",
        "{% for a in numbers %}{{ '' if 'y' in huge }}{% endfor %}",
        "{% for a in numbers %}{{ '' if huge.startswith('y') }}{% endfor %}",
        "{% for a in numbers %}{{ '' if huge[1:] }}{% endfor %}",
        pytest.param("{{ " + "(" * 3_000 + "n" + ")" * 3_000 + " }}", id="many brackets"),
        pytest.param("{{ " + "-" * 5_000 + "n }}", id="many signs"),
    ],
)
def test_a_template_can_not_make_much_of_little(text):
    with pytest.raises(TemplateProblem, match="makes too much"):
        Templates().fill(text, VALUES)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ n.real }}",
        "{{ range.__globals__ }}",
        "{{ self }}",
        "{{ self._TemplateReference__context }}",
        "{{ range }}",
        "{{ lipsum() }}",
        "{{ cycler }}",
        "{{ environment }}",
        "{{ lookup('file', '/etc/passwd') }}",
        "{{ '{:>999999999}'.format(1) }}",
        "{{ 'a'.ljust(10**9) }}",
        "{{ 'a' | center(10**9) }}",
        "{{ 'a' | indent(10**9) }}",
        "{{ numbers | slice(10**9) | list }}",
        "{{ '%0999999999d' % 1 }}",
        "{{ '%*d' % (999999999, 1) }}",
        "{{ web.update({'a': 1}) }}",
        "{% set x = 1 %}{{ x }}",
        "{% macro m() %}{% endmacro %}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% extends 'x' %}",
        "{% filter upper %}a{% endfilter %}",
        "{% for x in numbers recursive %}{{ loop(numbers) }}{% endfor %}",
        "{{ n + 'a' }}",
        "{{ n // 0 }}",
        "{{ numbers[99999] }}",
        "{{ 1.0e400 }}",
        "{{ web.nope }}",
        "{{ nope.deeper }}",
        "{{ n",
        "{% if %}",
        "{{ 1 | nope }}",
        "{{ 1.5 | round(999999999, 'ceil') }}",
        "{{ numbers | tojson(indent=999999999) }}",
        "a {{ nothing }}",
        "a {{ numbers }}",
        "a {{ web }}",
        "a {{ big.upper }}",
        "{{ 'a' ~ nothing }}",
        "{{ [nothing] | join }}",
        pytest.param("{{ n }}" + " " * 20_000, id="a long one"),
    ],
)
def test_what_a_template_may_not_do_is_refused(text):
    with pytest.raises(TemplateProblem):
        Templates().fill(text, VALUES)


def test_all_templates_together_have_a_budget_as_well(monkeypatch):
    monkeypatch.setattr("playvisor.fleet.templates._MOST_WORK_OF_ALL", 200_000)
    templates = Templates()
    for _time in range(2):
        templates.fill("{{ 'a' * 45000 }}", VALUES)

    templates.fill("{{ 'a' * 45000 }}", VALUES)
    with pytest.raises(TemplateProblem, match="All templates together"):
        templates.fill("{{ n }}", VALUES)


def test_the_names_in_what_is_too_deep_to_read_are_none():
    assert find_names("{{ " + "(" * 3_000 + "n" + ")" * 3_000 + " }}") == []


def test_one_that_failed_takes_nothing_from_the_next():
    templates = Templates()
    with pytest.raises(TemplateProblem):
        templates.fill("{{ 'a' * 10**9 }}", VALUES)

    assert len(templates.fill("{{ 'a' * 45000 }}", VALUES)) == 45_000


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ web.memory }} {{ web['cores'] }} {{ n }}", ["web.memory", "web.cores", "n"]),
        ("{{ web.sizes[name] }}", ["web.sizes", "name"]),
        ("{% for x in hosts %}{{ x.name }}{% endfor %}", ["hosts"]),
        ("{{ n if n is defined else m }}", ["n", "m"]),
        ("{{", []),
    ],
)
def test_the_values_that_a_template_names_are_found(text, names):
    assert sorted(find_names(text)) == sorted(names)
