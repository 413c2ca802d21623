"""The REST API as its description says: Schemathesis calls every operation with what the schemas allow, and do not."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from web_client import COOKIE, Web

from mcp_bridge.auth.caller import make_person
from playvisor.fleet.tools import register_tools
from playvisor.web.app import list_endpoints
from playvisor.web.rest.endpoints import PREFIX

pytestmark = pytest.mark.flow

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 3
# These run no playbook, so that they are asked each time that tests run.
QUICK = ("/runs", "/plans", "/ledger", "/policy", "/tokens", "/freeze", "/settings", "/profiles", "/tools/{name}")
# It would end the session that asks.
LEFT_OUT = {("delete", f"{PREFIX}/session")}


@pytest.fixture
def web(lab):
    register_tools()
    web = Web(lab.bridge)
    web.context.rate.rate = 1_000_000
    web.sign_in()
    return web


@pytest.mark.thorough
def test_the_description_is_valid_openapi(web):
    validate(web.get("/openapi.json"))


def call_often(operation, headers, statuses, wrong, *, examples=EXAMPLES, mode=GenerationMode.POSITIVE):
    """Call an operation with a few examples; what is wrong with an answer stands in `wrong` then."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(case):
        answer = case.call(headers=headers)
        statuses[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except (Exception, FailureGroup) as error:
            wrong[operation.label] = f"{error}"

    # Of what takes nothing, nothing can be given wrongly.
    with suppress(Unsatisfiable):
        call()


def list_operations(web):
    """Every operation, and the headers of somebody who is signed in."""
    headers = {"host": "127.0.0.1:8786", "x-csrf-token": web.csrf}
    headers["cookie"] = f"{COOKIE}={web.browser.cookies[COOKIE]}"
    schema = schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", web.app, headers={"host": headers["host"]})
    schema.config.generation.update(with_security_parameters=False)
    found = [one.ok() for one in schema.get_all_operations()]
    return [one for one in found if (one.method, one.path) not in LEFT_OUT], headers


@pytest.mark.thorough
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_answer_is_a_defect_or_undocumented(web, mode):
    operations, headers = list_operations(web)
    wrong, statuses = {}, Counter()
    for operation in operations:
        is_sign_in = operation.path.startswith(f"{PREFIX}/session")
        call_often(operation, headers, Counter() if is_sign_in else statuses, wrong, mode=mode)

    assert wrong == {}
    assert statuses[200 if mode == GenerationMode.POSITIVE else 422] > 20
    assert statuses[401] == 0, "it is tried by somebody who is signed in"


def test_what_runs_no_playbook_is_answered_as_described(web):
    operations, headers = list_operations(web)
    wrong, statuses = {}, Counter()
    for operation in operations:
        if operation.path.removeprefix(PREFIX).startswith(QUICK) and not operation.path.endswith("verify"):
            call_often(operation, headers, statuses, wrong, examples=1)

    assert wrong == {}
    assert statuses[200] > 10


def fill(endpoint):
    return re.sub(r"\{[^}]+\}", "x", endpoint.path)


def test_nothing_but_what_is_for_everybody_is_answered_to_strangers(lab):
    web = Web(lab.bridge)
    guarded = [endpoint for endpoint in list_endpoints() if endpoint.may is not None]

    answers = {endpoint.name: web.call(endpoint.method, fill(endpoint)).status_code for endpoint in guarded}
    assert len(answers) > 50
    assert set(answers.values()) == {401}


def test_who_only_reads_gets_nothing_that_takes_more(lab):
    web = Web(lab.bridge)
    session, secret = web.context.sessions.open(make_person("test"), ("viewer",))
    web.browser.cookies.set(COOKIE, secret)
    web.csrf = session.csrf
    more = [endpoint for endpoint in list_endpoints() if endpoint.may not in (None, "read")]

    answers = {endpoint.name: web.call(endpoint.method, fill(endpoint), {}).status_code for endpoint in more}
    assert {"decide_plan", "create_token", "freeze", "list_settings"} <= answers.keys()
    assert set(answers.values()) == {403}
    refused = web.call("POST", "/tools/stop_guest", {"vmid": 101})
    assert (refused.status_code, refused.json()["code"]) == (403, "refused")
    assert web.call("POST", "/tools/list_pools", {}).status_code == 200
