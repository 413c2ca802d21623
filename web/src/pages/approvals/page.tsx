// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { usePlans } from "@/api/queries";
import type { HeldPlan } from "@/api/shapes";
import { useSearchValue } from "@/app/useSearchValue";
import { Select } from "@/parts/fields/Select";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel, Row } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Effect, Status } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Time } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import { approvalsWords } from "./words";

/** The plans that wait for a decision, or all that are kept. */
export default function ApprovalsPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(approvalsWords);
  const navigate = useNavigate();
  const [state, setState] = useSearchValue<"held" | "all">("state", "held");
  const plans = usePlans(state);
  const columns = useMemo<Column<HeldPlan>[]>(
    () => [
      {
        id: "title",
        header: own.what,
        value: (plan) => plan.title,
        text: (plan) => `${plan.title ?? ""} ${plan.tool ?? ""} ${plan.plan_id}`,
        cell: (plan) => <strong>{plan.title}</strong>,
        width: 260,
        grow: 3,
        fixed: true,
      },
      {
        id: "effects",
        header: words.parts.effects,
        value: (plan) => (plan.effects as string[] | undefined)?.join(" "),
        cell: (plan) => (
          <Row>
            {(plan.effects as string[] | undefined)?.map((effect) => (
              <Effect key={effect} effect={effect} quiet />
            ))}
          </Row>
        ),
        width: 180,
        grow: 1,
        wide: true,
      },
      { id: "asker", header: own.by, value: (plan) => plan.asker, width: 130, wide: true },
      {
        id: "state",
        header: words.fields.state,
        value: (plan) => plan.state,
        cell: (plan) => <Status state={plan.state === "used" ? "applied" : plan.state} quiet />,
        width: 170,
      },
      {
        id: "made",
        header: own.made,
        value: (plan) => plan.made_at,
        cell: (plan) =>
          plan.state === "held" ? (
            <Time value={plan.expires_at} render={(text) => own.expires(text)} />
          ) : (
            <Time value={plan.made_at} />
          ),
        width: 170,
        wide: true,
      },
    ],
    [own, words],
  );
  return (
    <>
      <PageHead title={words.nav.approvals} lead={own.lead} />
      {plans.isError ? (
        <ProblemNote error={plans.error} what={own.failed} onRetry={() => void plans.refetch()} />
      ) : (
        <Panel flush>
          <DataTable
            id="approvals"
            label={words.nav.approvals}
            rows={plans.data?.plans}
            columns={columns}
            getRowId={(plan) => plan.plan_id}
            onOpen={(plan) => void navigate({ to: "/approvals/$id", params: { id: plan.plan_id } })}
            filters={
              <Select
                label={own.show}
                hideLabel
                value={state}
                onChange={(value) => setState(value)}
                options={[
                  { value: "held" as const, text: own.held },
                  { value: "all" as const, text: own.all },
                ]}
              />
            }
            empty={
              <Empty icon="approval" title={state === "held" ? own.none : own.noneAll}>
                {own.noneNext}
              </Empty>
            }
          />
        </Panel>
      )}
    </>
  );
}
