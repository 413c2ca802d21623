// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { makeUrl, path } from "@/api/client";
import { useCallTool, useRun, useTools } from "@/api/queries";
import type { Failure, Plan, Run } from "@/api/shapes";
import { printWhole, usePrinting } from "@/app/printing";
import { useMay } from "@/app/session";
import { useSearchValue } from "@/app/useSearchValue";
import { Button, ButtonAnchor, ButtonLink } from "@/parts/button/Button";
import { AlertDialog } from "@/parts/dialog/Dialog";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel, Stack } from "@/parts/layout/Panel";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { viewPlan } from "@/parts/plan/model";
import { PlanView } from "@/parts/plan/PlanView";
import { Badge, RunStatus } from "@/parts/status/Status";
import { Tabs, type Tab } from "@/parts/tabs/Tabs";
import { CodeBlock } from "@/parts/values/CodeBlock";
import { KeyValues } from "@/parts/values/KeyValues";
import { Duration } from "@/parts/values/Names";
import { Time, useNow } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import { Artifacts } from "./Artifacts";
import { Changes } from "./Changes";
import { measureRun } from "./model";
import { Progress } from "./Progress";
import { Requests } from "./Requests";
import styles from "./run.module.css";
import { Undo } from "./Undo";
import { runWords } from "./words";

const route = getRouteApi("/inside/runs/$id");
type TabName = "progress" | "changes" | "plan" | "requests" | "result" | "artifacts";

/** What its module returned is of its own kind. */
type ShownRun = Run & {
  plan?: Plan;
  returned?: Record<string, unknown> & { failure?: Failure };
};

/** One run: what was asked and decided, what it does as it does it, and its evidence. */
export default function RunPage(): ReactNode {
  const { id } = route.useParams();
  const words = useWords();
  const own = usePageWords(runWords);
  const [tab, setTab] = useSearchValue<TabName>("tab", "progress");
  const tools = useTools();
  const query = useRun(id);
  const run = query.data as ShownRun | undefined;
  const mayOperate = useMay("operate");
  const isPrinting = usePrinting();
  if (query.isError) {
    return (
      <>
        <PageHead title={words.nav.run} up={{ to: "/runs", text: own.up }} />
        <ProblemNote error={query.error} what={own.failed} onRetry={() => void query.refetch()} />
      </>
    );
  }
  const tool = tools.data?.find((each) => each.name === run?.tool);
  const isRunning = run?.outcome === "running";
  const tabs: Tab<TabName>[] = run
    ? [
        { value: "progress", text: own.progress, icon: "run", content: <Progress id={run.run_id} /> },
        {
          value: "changes",
          text: own.changes,
          icon: "edit",
          content: isRunning ? <SkeletonLines /> : <Changes id={run.run_id} />,
        },
        ...(run.plan
          ? [
              {
                value: "plan" as const,
                text: own.plan,
                icon: "document" as const,
                count: run.plan.steps.length,
                content: <PlanView plan={viewPlan(run.plan as Plan, undefined)} />,
              },
            ]
          : []),
        { value: "requests", text: own.requests, icon: "network", content: <Requests id={run.run_id} /> },
        ...(run.returned
          ? [
              {
                value: "result" as const,
                text: own.result,
                icon: "code" as const,
                content: <CodeBlock label={own.result} text={JSON.stringify(run.returned, null, 2)} />,
              },
            ]
          : []),
        { value: "artifacts", text: own.artifacts, icon: "audit", content: <Artifacts id={run.run_id} /> },
      ]
    : [];
  const padded = tabs.map((part) => ({ ...part, content: <div className={styles.part}>{part.content}</div> }));
  return (
    <>
      <PageHead
        title={tool?.title ?? run?.tool ?? words.nav.run}
        aside={run && <RunStatus outcome={run.outcome} />}
        lead={run ? (run.summary ?? own.runningNow) : " "}
        up={{ to: "/runs", text: own.up }}
        actions={
          run && (
            <>
              {isRunning && mayOperate && <Cancel id={run.run_id} />}
              {run.changed && mayOperate && <Undo id={run.run_id} />}
              {run.outcome === "ok" && (
                <ButtonAnchor icon="download" href={makeUrl(path`/runs/${run.run_id}/playbook`)} download>
                  {own.playbook}
                </ButtonAnchor>
              )}
              <Button icon="print" onClick={() => void printWhole()}>
                {own.print}
              </Button>
            </>
          )
        }
      />
      <Stack>
        {run?.running && (run.running.said.length > 0 || Boolean(run.waits?.length)) && (
          <Note
            tone="info"
            icon="live"
            title={run.waits?.length ? `${own.waitsFor} ${run.waits.join(", ")}` : run.running.phase}
          >
            {run.running.said.at(-1)}
          </Note>
        )}
        {run?.outcome === "held" && run.kept_plan && (
          <Note
            tone="warn"
            icon="hourglass"
            title={own.heldNote}
            actions={
              <ButtonLink to="/approvals/$id" params={{ id: run.kept_plan.plan_id }} look="primary" size="s">
                {own.heldOpen}
              </ButtonLink>
            }
          />
        )}
        <Panel>{run ? <Facts run={run} /> : <SkeletonLines lines={4} />}</Panel>
        {isPrinting ? (
          tabs.map((part) => (
            <Panel key={part.value} title={part.text} {...(part.icon && { icon: part.icon })}>
              {part.content}
            </Panel>
          ))
        ) : (
          <Panel flush>
            {run ? (
              <Tabs label={words.nav.run} tabs={padded} value={tab} onChange={setTab} />
            ) : (
              <SkeletonLines lines={6} />
            )}
          </Panel>
        )}
      </Stack>
    </>
  );
}

function Facts({ run }: { run: ShownRun }): ReactNode {
  const own = usePageWords(runWords);
  const seconds = measureRun(run, useNow());
  return (
    <KeyValues
      columns
      items={[
        { name: own.asker, value: run.asker },
        { name: own.client, value: run.client_name },
        { name: own.when, value: <Time value={run.opened_at} style="short" /> },
        { name: own.took, value: seconds === undefined ? undefined : <Duration seconds={seconds} /> },
        {
          name: own.decision,
          value: run.decision && <Badge tone={run.decision === "refused" ? "bad" : "idle"}>{run.decision}</Badge>,
        },
        { name: own.rules, value: run.rules && <code>{run.rules}</code> },
        { name: own.approver, value: run.approver },
        {
          name: own.arguments,
          value: run.arguments && Object.keys(run.arguments).length > 0 && <code>{JSON.stringify(run.arguments)}</code>,
        },
        {
          name: own.tasksOfPve,
          value: run.upids?.length
            ? run.upids.map((upid) => (
                <div key={upid}>
                  <code>{upid}</code>
                </div>
              ))
            : undefined,
        },
        { name: own.digest, value: run.plan_digest && <code>{run.plan_digest.slice(0, 16)}</code> },
        { name: own.id, value: <code>{run.run_id}</code> },
      ]}
    />
  );
}

function Cancel({ id }: { id: string }): ReactNode {
  const own = usePageWords(runWords);
  const call = useCallTool();
  return (
    <AlertDialog
      trigger={
        <Button look="danger" icon="stop">
          {own.cancel}
        </Button>
      }
      title={own.cancelTitle}
      confirm={own.cancel}
      danger
      onConfirm={() => call.mutateAsync({ tool: "cancel_run", args: { run_id: id } })}
    >
      <Stack>
        <p>{own.cancelText}</p>
        {call.isError && <ProblemNote error={call.error} bare />}
      </Stack>
    </AlertDialog>
  );
}
