"""The REST API as its description says: Schemathesis calls every operation with what the schemas allow, and do not."""

from __future__ import annotations

from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from web_client import Web

from playvisor.fleet.tools import register_tools
from playvisor.web.rest.endpoints import PREFIX

pytestmark = [pytest.mark.flow, pytest.mark.thorough]

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 3
# It would end the session that asks.
LEFT_OUT = {("delete", f"{PREFIX}/session")}


@pytest.fixture
def web(lab):
    register_tools()
    web = Web(lab.bridge)
    web.context.rate.rate = 1_000_000
    web.sign_in()
    return web


def test_the_description_is_valid_openapi(web):
    validate(web.get("/openapi.json"))


def call_often(operation, headers, statuses, wrong):
    """Call an operation with a few examples; what is wrong with an answer stands in `wrong` then."""

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
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
        except Exception as error:
            wrong[operation.label] = f"{error}"

    call()


def test_no_answer_is_a_defect_or_undocumented(web):
    headers = {"host": "127.0.0.1:8786", "x-csrf-token": web.csrf}
    headers["cookie"] = f"playvisor={web.browser.cookies['playvisor']}"
    schema = schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", web.app, headers={"host": headers["host"]})
    schema.config.generation.update(with_security_parameters=False)
    wrong, statuses = {}, Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        if (operation.method, operation.path) in LEFT_OUT:
            continue

        call_often(operation, headers, statuses, wrong)

    assert wrong == {}
    assert statuses[200] > 20
    assert statuses[401] <= 1, "it is tried by somebody who is signed in"
