// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { path, post } from "@/api/client";
import { keys, useCallTool, usePlan } from "@/api/queries";
import type { HeldPlan } from "@/api/shapes";
import { useMay } from "@/app/session";
import { getAssertion, hasPasskeys } from "@/app/signin/passkey";
import { Button, ButtonLink } from "@/parts/button/Button";
import { TextArea } from "@/parts/fields/TextInput";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel, Row, Stack } from "@/parts/layout/Panel";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { PlanView } from "@/parts/plan/PlanView";
import { Status } from "@/parts/status/Status";
import { CodeBlock } from "@/parts/values/CodeBlock";
import { Time } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import { approvalWords } from "./words";

const route = getRouteApi("/inside/approvals/$id");

interface Drift {
  drifted: boolean;
  summary: string;
}

/** One plan as Playvisor made it, and the decision on it. What the asking model says of it stands nowhere. */
export default function ApprovalPage(): ReactNode {
  const { id } = route.useParams();
  const words = useWords();
  const own = usePageWords(approvalWords);
  const query = usePlan(id);
  const plan = query.data;
  if (query.isError) {
    return (
      <>
        <PageHead title={words.nav.approval} up={{ to: "/approvals", text: own.up }} />
        <ProblemNote error={query.error} what={own.failed} onRetry={() => void query.refetch()} />
      </>
    );
  }
  return (
    <>
      <PageHead
        title={plan?.view?.heading ?? words.nav.approval}
        aside={plan && <Status state={plan.state === "used" ? "applied" : plan.state} />}
        lead={plan ? <Asker plan={plan} /> : " "}
        up={{ to: "/approvals", text: own.up }}
      />
      <Stack>
        {plan?.state === "held" && <DriftBanner id={plan.plan_id} />}
        {plan && <Standing plan={plan} />}
        <Panel title={own.view} icon="document">
          {plan?.view ? <PlanView plan={plan.view} /> : <SkeletonLines lines={8} />}
        </Panel>
        {plan?.text && (
          <details>
            <summary>{own.text}</summary>
            <CodeBlock label={own.text} text={plan.text} wrap />
            <p>
              {own.seal}: <code>{plan.seal}</code>
            </p>
          </details>
        )}
      </Stack>
    </>
  );
}

function Asker({ plan }: { plan: HeldPlan }): ReactNode {
  const own = usePageWords(approvalWords);
  const label = plan.label as string | undefined;
  return (
    <>
      {own.asked(plan.asker, String(plan.asker_kind))} {label && plan.asker_kind === "client" ? own.label(label) : null}{" "}
      <Time value={plan.made_at} />
    </>
  );
}

/** Plans the same call again, without keeping that plan, and says whether it is still this one. */
function DriftBanner({ id }: { id: string }): ReactNode {
  const own = usePageWords(approvalWords);
  const drift = useQuery({
    queryKey: [...keys.plan(id), "drift"],
    queryFn: ({ signal }) => post<Drift>(path`/plans/${id}/drift`, {}, { signal }),
    staleTime: 30_000,
    retry: false,
  });
  if (drift.data?.drifted) {
    return (
      <Note tone="bad" icon="drift" title={own.drifted}>
        {own.driftedText}
      </Note>
    );
  }
  return (
    <Note
      tone={drift.data ? "ok" : "idle"}
      icon={drift.data ? "check" : "drift"}
      title={drift.data ? own.same : own.check}
      actions={
        <Button size="s" icon="reload" busy={drift.isFetching} onClick={() => void drift.refetch()}>
          {own.check}
        </Button>
      }
    >
      {drift.isError && <ProblemNote error={drift.error} bare />}
    </Note>
  );
}

/** What became of a plan, or the decision on it. */
function Standing({ plan }: { plan: HeldPlan }): ReactNode {
  const own = usePageWords(approvalWords);
  const may = useMay("approve");
  const decided = plan.approver ? own.decidedBy(String(plan.approver), String(plan.approval)) : undefined;
  switch (plan.state) {
    case "held":
      return may ? (
        <Decision plan={plan} />
      ) : (
        <Note tone="info" icon="lock" title={own.mayNot}>
          {own.mayNotNext}
        </Note>
      );
    case "approved":
      return <Approved plan={plan} decided={decided} />;
    case "denied":
      return <Note tone="bad" title={decided} />;
    case "used":
      return (
        <Note
          tone="ok"
          title={own.used}
          actions={
            plan.used_by ? (
              <ButtonLink size="s" to="/runs/$id" params={{ id: String(plan.used_by) }}>
                {own.usedBy}
              </ButtonLink>
            ) : undefined
          }
        >
          {decided}
        </Note>
      );
    case "expired":
      return (
        <Note tone="idle" icon="clock" title={own.expired}>
          {own.expiredNext}
        </Note>
      );
    default:
      return null;
  }
}

function Approved({ plan, decided }: { plan: HeldPlan; decided: string | undefined }): ReactNode {
  const own = usePageWords(approvalWords);
  const navigate = useNavigate();
  const mayOperate = useMay("operate");
  const call = useCallTool();
  const apply = (): void =>
    call.mutate(
      { tool: "apply_plan", args: { plan_id: plan.plan_id, wait: false } },
      { onSuccess: ({ data }) => void navigate({ to: "/runs/$id", params: { id: data.run_id } }) },
    );
  return (
    <Stack gap="2">
      <Note
        tone="ok"
        title={decided}
        actions={
          mayOperate && (
            <Button look="primary" size="s" busy={call.isPending} onClick={apply}>
              {own.apply}
            </Button>
          )
        }
      >
        {own.applyText}
      </Note>
      {call.isError && <ProblemNote error={call.error} />}
    </Stack>
  );
}

/** How a decision is sent: alone, or signed by a passkey. */
interface Choice {
  approve: boolean;
  byKey: boolean;
}

function Decision({ plan }: { plan: HeldPlan }): ReactNode {
  const own = usePageWords(approvalWords);
  const words = useWords();
  const [reason, setReason] = useState("");
  const decide = useMutation<HeldPlan, Error, Choice>({
    mutationFn: async ({ approve, byKey }) => {
      const assertion = byKey
        ? await getAssertion(await post<Record<string, unknown>>(path`/plans/${plan.plan_id}/options`, { approve }))
        : undefined;
      const decision = { approve, seal: plan.seal, ...(reason && { reason }), ...(byKey && { assertion }) };
      return post<HeldPlan>(path`/plans/${plan.plan_id}/decision`, decision);
    },
  });
  const isBusy = (approve: boolean, byKey: boolean): boolean =>
    decide.isPending && decide.variables.approve === approve && decide.variables.byKey === byKey;
  const needsKey = plan.needs?.passkey === true;
  return (
    <Panel title={own.decideTitle} icon="approval">
      <Stack gap="3">
        <p>{own.decideText}</p>
        {needsKey && (
          <Note
            icon="fingerprint"
            title={own.needsKey}
            actions={
              <ButtonLink size="s" to="/audit" search={{ tab: "passkeys" }}>
                {own.keys}
              </ButtonLink>
            }
          >
            {hasPasskeys() ? own.needsKeyNext : words.signIn.passkeyUnsupported}
          </Note>
        )}
        <TextArea
          label={own.reason}
          help={own.reasonHelp}
          value={reason}
          onChange={setReason}
          rows={2}
          maxLength={500}
        />
        {decide.error instanceof DOMException ? (
          <Note tone="warn" title={words.signIn.passkeyCancelled}>
            {own.keyFailed}
          </Note>
        ) : (
          decide.isError && <ProblemNote error={decide.error} bare />
        )}
        <Row justify="end">
          <Button
            look="danger"
            busy={isBusy(false, false)}
            onClick={() => decide.mutate({ approve: false, byKey: false })}
          >
            {own.deny}
          </Button>
          {hasPasskeys() && (
            <Button
              look={needsKey ? "primary" : "quiet"}
              icon="fingerprint"
              busy={isBusy(true, true)}
              onClick={() => decide.mutate({ approve: true, byKey: true })}
            >
              {own.approveKey}
            </Button>
          )}
          {!needsKey && (
            <Button
              look="primary"
              icon="check"
              busy={isBusy(true, false)}
              onClick={() => decide.mutate({ approve: true, byKey: false })}
            >
              {own.approve}
            </Button>
          )}
        </Row>
      </Stack>
    </Panel>
  );
}
