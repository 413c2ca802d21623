"""What is valid in a policy, but matches nothing or means something else than it did."""

from __future__ import annotations

import pytest

from mcp_bridge.policy import Policy


def warn(text, *users):
    policy = Policy(f'@id("own") {text}', "test")
    assert policy.find_problems() == []
    return policy.find_warnings(lambda name: name in users)


def rule(condition):
    return f"permit (principal, action, resource) when {{ {condition} }};"


@pytest.mark.parametrize(
    "text",
    [
        'permit (principal == Client::"claude", action, resource);',
        rule('principal == Client::"claude"'),
        rule('[Client::"token:ci", Client::"claude"].contains(principal)'),
        'forbid (principal, action, resource) unless { principal == Client::"claude" };',
    ],
)
def test_a_name_that_a_client_gives_itself_is_no_principal(text):
    (warning,) = warn(text)

    assert warning.startswith('Rule own: nobody is proven to be Client::"claude".')
    assert "context.label" in warning
    assert warn(text, "claude") == []


@pytest.mark.parametrize("identity", ["token:ci", "oauth:ann@example.org", "anonymous", "uid:1000"])
def test_proven_identities_are_principals(identity):
    assert warn(f'permit (principal == Client::"{identity}", action, resource);') == []


@pytest.mark.parametrize(
    ("condition", "attribute", "word"),
    [
        ('context.effects.contains("loses-data")', "effects", "loses-data"),
        ('context.effects.containsAny(["interrupts", "stops"])', "effects", "stops"),
        ('["changes", "Degrades"].containsAll(context.effects)', "effects", "Degrades"),
        ('context.all_effects.contains("access")', "all_effects", "access"),
        ('context.approval == "person"', "approval", "person"),
        ('context.approval != "operater"', "approval", "operater"),
        ('context.weekday == "Sunday"', "weekday", "Sunday"),
        ('["saturday", "sun"].contains(context.weekday)', "weekday", "sun"),
        ('context.asker_kind == "ai"', "asker_kind", "ai"),
        ('context.proof == "password"', "proof", "password"),
        ('context.url_host_class == "metadata service"', "url_host_class", "metadata service"),
        ('context.use == "cloned"', "use", "cloned"),
        ('context.mode == "shutdown"', "mode", "shutdown"),
        ('context.steps.contains("halt")', "steps", "halt"),
    ],
)
def test_a_word_that_never_occurs_is_told(condition, attribute, word):
    (warning,) = warn(rule(condition))

    assert f'context.{attribute} is never "{word}"' in warning


def test_what_changed_its_meaning_is_told():
    assert "principal.identity" in warn(rule('principal.name == "token:ci"'))[0]
    assert "context.effects" in warn('permit (principal, action in Action::"destroy", resource);')[0]
    assert warn('permit (principal, action in Action::"power", resource);') == []


def test_the_default_policy_gives_no_warning():
    assert Policy.load().find_warnings(lambda _name: False) == []
