# SPDX-FileCopyrightText: 2026 Playvisor contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What resources look like, as JSON Schemas that OpenAPI has as components. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp_bridge.result import FAILURE_CODES

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
TEXTS: Schema = {"type": "array", "items": TEXT}
TIME: Schema = {"type": "string", "description": "UTC, ISO 8601"}
MAYBE_TIME: Schema = {"type": ["string", "null"], "description": "UTC, ISO 8601"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
OBJECT: Schema = {"type": "object"}
NEXT: Schema = {"type": ["string", "null"], "description": "Cursor of the next page; null on the last one"}
_STATUSES = ("ok", "planned", "held", "running", "failed", "refused", "cancelled")
_RUN_OUTCOMES = ("running", "ok", "planned", "held", "refused", "failed", "cancelled", "interrupted")


def refer(name: str) -> Schema:
    """The schema that is the component of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def make_object(required: str = "", /, **properties: Schema) -> Schema:
    """Make the schema of an object; `required` are names with spaces between them."""
    return {"type": "object", "properties": properties, **({"required": required.split()} if required else {})}


def make_list(name: str, item: Schema, **further: Schema) -> Schema:
    """Make the schema of an answer that is a list."""
    return make_object(name, **{name: {"type": "array", "items": item}}, **further)


_FIELD = make_object("name after", name=TEXT, after=TEXT, before=MAYBE_TEXT)
_TARGET = make_object("name facts changes", name=TEXT, facts=TEXTS, changes={"type": "array", "items": _FIELD})
_REQUEST_VIEW = make_object(
    "method path effects meaning fields why",
    method=TEXT,
    path=TEXT,
    effects=TEXTS,
    meaning={**TEXTS, "description": "What it does in plain words, where its fields don't say it"},
    fields={"type": "array", "items": _FIELD},
    why=TEXT,
)
_RUN: Mapping[str, Schema] = {
    "run_id": TEXT,
    "tool": TEXT,
    "arguments": {**OBJECT, "description": "`hidden` for what is between its asker and guests"},
    "opened_at": TIME,
    "closed_at": MAYBE_TIME,
    "outcome": {"type": "string", "enum": list(_RUN_OUTCOMES)},
    "changed": {"type": ["boolean", "null"]},
    "mode": TEXT,
    "asker": {**MAYBE_TEXT, "description": "Who asked, as it was proven"},
    "asker_kind": {"type": ["string", "null"], "enum": ["person", "client", None]},
    "client_name": {**TEXT, "description": "What the asking program calls itself"},
    "summary": MAYBE_TEXT,
    "failure_code": MAYBE_TEXT,
    "approver": MAYBE_TEXT,
    "decision": MAYBE_TEXT,
}
_PLAN: Mapping[str, Schema] = {
    "plan_id": TEXT,
    "state": {"type": "string", "enum": ["ready", "held", "approved", "denied", "used", "expired"]},
    "tool": TEXT,
    "title": TEXT,
    "effects": TEXTS,
    "asker": TEXT,
    "asker_kind": {"type": "string", "enum": ["person", "client"]},
    "label": {**TEXT, "description": "What the asking program calls itself"},
    "cluster": TEXT,
    "digest": {**TEXT, "description": "Names exactly these requests"},
    "made_at": TIME,
    "expires_at": TIME,
    "reason": MAYBE_TEXT,
    "approval": MAYBE_TEXT,
    "approver": MAYBE_TEXT,
    "decided_at": MAYBE_TIME,
    "used_by": {**MAYBE_TEXT, "description": "The run that applied it"},
}
COMPONENTS: Mapping[str, Schema] = {
    "Problem": {
        **make_object(
            "type title status detail code",
            type=TEXT,
            title=TEXT,
            status=NUMBER,
            detail={**TEXT, "description": "One sentence"},
            hint={**TEXT, "description": "What to do next"},
            code={
                **TEXT,
                "description": f"A failure code ({', '.join(FAILURE_CODES)}), or one of this API's own",
            },
            fields={"type": "object", "additionalProperties": TEXT},
            details=OBJECT,
            run_id=TEXT,
            result=refer("Result"),
        ),
        "description": "Why nothing was done, or what failed (RFC 9457)",
    },
    "Result": {
        **make_object(
            "run_id tool status changed summary",
            run_id=TEXT,
            tool=TEXT,
            status={"type": "string", "enum": list(_STATUSES)},
            changed=FLAG,
            summary=TEXT,
            plan=refer("PlannedRequests"),
            diff=OBJECT,
            upids=TEXTS,
            warnings=TEXTS,
            failure=refer("Failure"),
        ),
        "description": "What came of a call; beyond these fields it has what its module returned",
    },
    "Failure": make_object(
        "code message",
        code=TEXT,
        message=TEXT,
        hint=MAYBE_TEXT,
        http_status={"type": ["integer", "null"]},
        fields={"type": "object", "additionalProperties": TEXT},
        task_log=TEXTS,
    ),
    "PlannedRequests": {
        **make_object(
            "digest steps",
            id={**TEXT, "description": "By which it is approved and applied, where it was not applied at once"},
            expires_at=TIME,
            digest=TEXT,
            steps={"type": "array", "items": make_object("method path", method=TEXT, path=TEXT, params=OBJECT)},
            effects=TEXTS,
        ),
        "description": "The API requests that a run would send or has sent",
    },
    "Tool": make_object(
        "name title description toolset effect input_schema",
        name=TEXT,
        title=TEXT,
        description=TEXT,
        toolset=TEXT,
        effect={"type": "string", "enum": ["read", "operate", "destroy"]},
        input_schema=OBJECT,
    ),
    "Run": make_object("run_id tool opened_at outcome", **_RUN),
    "RunInFull": {
        **make_object(
            "run_id tool opened_at outcome",
            **{name: schema for name, schema in _RUN.items() if name != "asker_kind"},
            asker_kind=MAYBE_TEXT,
            local_user=TEXT,
            cluster=TEXT,
            rules=TEXT,
            plan_digest=TEXT,
            upids=TEXTS,
            running=make_object("phase said upids", phase=TEXT, said=TEXTS, upids=TEXTS),
            waits={**TEXTS, "description": "What it waits for right now"},
            plan=OBJECT,
            kept_plan=make_object("plan_id state", plan_id=TEXT, state=TEXT, expires_at=TIME),
            returned={**OBJECT, "description": "What its module returned"},
            returned_left_out={**TEXT, "description": "Why that is not shown"},
        ),
        "description": "Everything about a run; what it has not is left out",
    },
    "Event": {
        **make_object(
            "phase",
            phase={**TEXT, "description": "read, plan, apply, search or after"},
            number=NUMBER,
            time=TIME,
            event=TEXT,
            task=TEXT,
            said=TEXT,
        ),
        "description": "An event of a playbook, as ansible-runner tells it",
    },
    "ApiRequest": {
        **make_object(
            "phase nr time method path",
            phase=TEXT,
            nr=NUMBER,
            time=TIME,
            method=TEXT,
            path=TEXT,
            status={"type": ["integer", "null"]},
            ms={"type": ["number", "null"]},
            bytes={"type": ["integer", "null"]},
            note={**MAYBE_TEXT, "description": "denied, unsent, shared, or why there is no answer"},
            upid={**TEXT, "description": "The task that it started"},
        ),
        "description": "A request that a run sent to the cluster",
    },
    "Call": make_object("tool arguments", tool=TEXT, arguments=OBJECT),
    "Artifact": make_object("path bytes", path=TEXT, bytes=NUMBER),
    "Plan": {
        **make_object("plan_id state tool title asker digest made_at expires_at", **_PLAN),
        "description": "A plan that was kept",
    },
    "PlanInFull": {
        **make_object(
            "plan_id state tool title asker digest made_at expires_at view text seal",
            **_PLAN,
            arguments={"type": ["object", "null"], "description": "null when they hold a secret"},
            view=refer("PlanView"),
            text={**TEXT, "description": "All that is decided on, as text"},
            seal={**TEXT, "description": "To be given with the decision: it says what was seen"},
            needs=make_object("passkey", passkey={**FLAG, "description": "Only a passkey can approve it"}),
        ),
        "description": "A plan with all that an approval of it is bound to",
    },
    "PlanView": make_object(
        "plan_id heading title asker cluster effects rules advice targets requests expires_at digest judged policy",
        plan_id=TEXT,
        heading=TEXT,
        title=TEXT,
        asker=TEXT,
        cluster=TEXT,
        effects=TEXTS,
        rules=TEXTS,
        advice=TEXT,
        targets={"type": "array", "items": _TARGET},
        requests={"type": "array", "items": _REQUEST_VIEW},
        expires_at=TIME,
        digest=TEXT,
        judged=TEXT,
        policy=TEXT,
    ),
    "Act": {
        **make_object("seq kind at who subject facts", seq=NUMBER, kind=TEXT, at=TIME, who=TEXT, subject=TEXT),
        "description": "Something that was done with authority besides runs, as the ledger has it",
    },
    "Token": make_object(
        "key name roles made_at made_by state",
        key=TEXT,
        name=TEXT,
        roles=TEXTS,
        made_at=TIME,
        made_by=TEXT,
        expires_at=MAYBE_TIME,
        revoked_at=MAYBE_TIME,
        state={"type": "string", "enum": ["valid", "expired", "revoked"]},
    ),
    "Freeze": make_object("frozen", frozen=FLAG, by=TEXT, since=TEXT, why=TEXT),
    "Verification": {
        **make_object(
            "state",
            state={"type": "string", "enum": ["never", "running", "intact", "damaged", "failed"]},
            began_at=MAYBE_TIME,
            ended_at=MAYBE_TIME,
            intact=FLAG,
            why={**TEXT, "description": "Why it failed"},
        ),
        "description": "Whether the ledger is as it was written, as it was found last",
    },
    "Setting": make_object("name value is_set default", name=TEXT, is_set=FLAG),
    "Profile": make_object(
        "name is_default url",
        name=TEXT,
        is_default=FLAG,
        url=MAYBE_TEXT,
        identity=MAYBE_TEXT,
        secret=MAYBE_TEXT,
    ),
}
"""Every component by its name."""
