"""An answer counts for the question that it answers, once, and when a person can have given it."""

from __future__ import annotations

import time
from dataclasses import replace

import anyio
import pytest
from mcp import types

from mcp_bridge.auth.caller import make_local_client
from mcp_bridge.mcp.elicitation import Question, Questions, Reply, ask, find_doubt, fits_form, hash_call, read_answer
from mcp_bridge.result import Plan, Result
from mcp_bridge.run import Request

CALLER = make_local_client("claude-code", "1.0")


@pytest.fixture
def question():
    plan = Plan(id="p1", digest="d" * 64)
    result = Result(run_id="p1", tool="stop_guest", status="held", summary="Held.", plan=plan)
    return Question("stop web-01" + " " * 989, "seen", result, CALLER, "stdio", "call", time.monotonic() + 900)


def test_a_question_is_taken_once_by_the_call_that_it_was_about(question):
    questions = Questions()
    state = questions.add(question)

    assert questions.take(state, CALLER, "stdio", "call") is question
    assert "answered already" in questions.take(state, CALLER, "stdio", "call")


@pytest.mark.parametrize(
    ("caller", "session", "call", "why"),
    [
        (replace(CALLER, identity="mallory"), "stdio", "call", "another client"),
        (replace(CALLER, label="cursor"), "stdio", "call", "another client"),
        (replace(CALLER, kind="person"), "stdio", "call", "another client"),
        (CALLER, "http:1234", "call", "another client"),
        (CALLER, "stdio", "other", "another call"),
    ],
)
def test_a_question_that_was_put_to_another_is_not_answered_and_is_used_up(question, caller, session, call, why):
    questions = Questions()
    state = questions.add(question)

    assert why in questions.take(state, caller, session, call)
    assert isinstance(questions.take(state, CALLER, "stdio", "call"), str)


@pytest.mark.parametrize("forge", [lambda _: None, lambda _: "", lambda _: "p1", lambda state: state[:-1], str.lower])
def test_a_state_that_was_never_given_out_answers_nothing(question, forge):
    questions = Questions()
    state = questions.add(question)

    assert isinstance(questions.take(forge(state), CALLER, "stdio", "call"), str)
    assert questions.take(state, CALLER, "stdio", "call") is question


def test_a_question_that_is_out_of_date_is_not_answered(question):
    questions = Questions()
    state = questions.add(replace(question, expires=time.monotonic()))

    assert "out of date" in questions.take(state, CALLER, "stdio", "call")


def test_questions_that_nobody_answers_are_forgotten_oldest_first(question):
    questions = Questions()
    states = [questions.add(question) for _number in range(300)]

    assert isinstance(questions.take(states[0], CALLER, "stdio", "call"), str)
    assert questions.take(states[-1], CALLER, "stdio", "call") is question


@pytest.mark.parametrize(
    ("answer", "seconds", "label", "doubt"),
    [
        ("accept", 0.01, "claude-code", "sooner than a person"),
        ("accept", 1.9, "claude-code", "sooner than a person"),
        ("accept", 2.1, "claude-code", None),
        ("decline", 0.01, "claude-code", "sooner than a person"),
        ("decline", 2.1, "claude-code", None),
        ("cancel", 0.01, "claude-code", None),
        ("decline", 99.0, "codex-mcp-client", "known to do by itself"),
        ("accept", 99.0, "codex-mcp-client", None),
    ],
)
def test_what_a_person_cannot_have_answered_is_doubted(question, answer, seconds, label, doubt):
    question = replace(question, caller=replace(CALLER, label=label))
    found = find_doubt(question, Reply(answer, seconds), 1.0)

    assert (doubt in found) if doubt else found is None


@pytest.mark.parametrize(
    ("action", "content", "answer"),
    [
        ("accept", {"approve": True}, "accept"),
        ("accept", {"approve": False}, "decline"),
        # A client that shows no form says nothing of what a person wants.
        ("accept", {}, "cancel"),
        ("accept", None, "cancel"),
        ("accept", {"approve": "true"}, "cancel"),
        ("decline", None, "decline"),
        ("cancel", None, "cancel"),
    ],
)
def test_only_a_form_that_is_filled_in_is_an_answer(action, content, answer):
    replies = {"approve": types.ElicitResult(action=action, content=content)}

    assert read_answer(types.CallToolRequestParams(name="stop_guest", input_responses=replies)) == answer


@pytest.mark.parametrize("reply", [{}, {"action": "ACCEPT"}, {"action": "accept", "content": "yes"}])
def test_a_client_whose_answer_is_none_has_not_answered(question, reply):
    class Session:
        """The SDK's session, as far as it reads what a client sends."""

        async def elicit_form(self, *_args, **_options):
            return types.ElicitResult.model_validate(reply)

    class Context:
        session, request_id = Session(), 1

    assert anyio.run(ask, Context(), question).answer == "cancel"


def test_calls_that_differ_in_anything_are_different_calls():
    calls = [
        Request("stop_guest", {"vmid": 101}, "apply"),
        Request("stop_guest", {"vmid": 102}, "apply"),
        Request("stop_guest", {"vmid": "101"}, "apply"),
        Request("stop_guest", {"vmid": 101, "force": True}, "apply"),
        Request("reset_guest", {"vmid": 101}, "apply"),
    ]

    assert len({hash_call(call) for call in calls}) == len(calls)
    assert hash_call(Request("a", {"x": 1, "y": 2}, "apply")) == hash_call(Request("a", {"y": 2, "x": 1}, "apply"))


def test_what_a_person_would_not_read_to_its_end_does_not_fit():
    assert fits_form("x" * 4000)
    assert not fits_form("x" * 4001)
    assert not fits_form("\n" * 80)
