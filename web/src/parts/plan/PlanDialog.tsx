// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { path, send } from "@/api/client";
import type { Problem } from "@/api/problem";
import { useCallTool, usePlan, useRun } from "@/api/queries";
import type { Failure, Result, Run } from "@/api/shapes";
import { useMay, useSession } from "@/app/session";
import { usePageWords, useWords } from "@/words";
import { Button, ButtonLink } from "../button/Button";
import { Dialog } from "../dialog/Dialog";
import { Stack } from "../layout/Panel";
import { Note } from "../notes/Note";
import { ProblemNote } from "../notes/ProblemNote";
import { SkeletonLines } from "../notes/Skeleton";
import { RunStatus } from "../status/Status";
import { readOutcome, viewPlan } from "./model";
import styles from "./plan.module.css";
import { PlanView } from "./PlanView";
import { planWords } from "./words";

/** What a form in a PlanDialog is told. */
export interface PlanFormState {
  /** What the server said of each argument: `problem.fields`. */
  fields: Readonly<Record<string, string>>;
}

export interface PlanDialogProps {
  title: ReactNode;
  description?: ReactNode;
  tool: string;
  /** What it is called with, without `check` and `wait`; undefined as long as the form lacks something. */
  args: Record<string, unknown> | undefined;
  /** The inputs that `args` are made of. Without, the plan is made as soon as the dialog opens. */
  children?: ReactNode | ((state: PlanFormState) => ReactNode);
  /** What the button that applies it says: the deed. */
  apply?: string;
  /** It loses something: the button says so. */
  danger?: boolean;
  /** The arguments hold a secret, which no kept plan does: the call itself is repeated to apply it. */
  hasSecret?: boolean;
  size?: "m" | "l" | "xl";
  onClose: () => void;
  /** Called when there is no plan, by a page that has the inputs and shows there what is wrong with them. */
  onFailed?: (problem: Problem) => void;
  /** Called once when it has been applied. */
  onDone?: (run: { run_id: string }) => void;
}

/**
 * The one way to change something from a page: a form, then the plan of the call (`check: true`), then exactly that
 * plan applied, and what came of it; or the way to its approval. Show it where it is open: `{isOpen && <PlanDialog …/>}`.
 */
export function PlanDialog(props: PlanDialogProps): ReactNode {
  const {
    title,
    description,
    tool,
    args,
    children,
    apply,
    danger,
    hasSecret,
    size = "l",
    onClose,
    onFailed,
    onDone,
  } = props;
  const words = useWords();
  const own = usePageWords(planWords);
  const [asked, setAsked] = useState<Record<string, unknown> | undefined>(children === undefined ? args : undefined);
  const plan = useQuery({
    queryKey: ["plan-of-call", tool, asked],
    queryFn: async ({ signal }) =>
      (await send<Result>("POST", path`/tools/${tool}`, { body: { ...asked, check: true }, signal })).data,
    enabled: asked !== undefined,
    retry: false,
    staleTime: Infinity,
    gcTime: 0,
  });
  const failure = plan.error as Problem | null;
  useEffect(() => {
    if (failure) onFailed?.(failure);
  }, [failure, onFailed]);
  const applying = useCallTool();
  const result = asked && !plan.isError ? plan.data : undefined;
  const isEmpty = result !== undefined && !result.plan?.steps.length;
  const kept = result?.plan?.id;
  const [startedRun, setStartedRun] = useState<string>();
  const go = (): void => {
    if (!result || !asked) return;
    applying.mutate(
      hasSecret || !kept
        ? { tool, args: { ...asked, wait: false } }
        : { tool: "apply_plan", args: { plan_id: kept, wait: false } },
      { onSuccess: ({ data }) => data.status !== "held" && setStartedRun(data.run_id) },
    );
  };
  const again = (): void => {
    applying.reset();
    void plan.refetch();
  };
  const heldId = applying.data?.data.status === "held" ? (applying.data.data.plan?.id ?? kept) : undefined;
  const isForm = asked === undefined || plan.isError;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size={isForm && children !== undefined ? "m" : size}
      title={title}
      {...(description !== undefined && { description })}
      actions={
        startedRun ? (
          <>
            <ButtonLink to="/runs/$id" params={{ id: startedRun }} icon="run">
              {own.openRun}
            </ButtonLink>
            <Button look="primary" onClick={onClose}>
              {words.actions.close}
            </Button>
          </>
        ) : isForm && children !== undefined ? (
          <>
            <Button onClick={onClose}>{words.actions.cancel}</Button>
            <Button
              look="primary"
              icon="document"
              disabled={!args}
              onClick={() => {
                // The same values again are asked for again.
                if (plan.isError && JSON.stringify(args) === JSON.stringify(asked)) void plan.refetch();
                setAsked(args);
              }}
            >
              {own.make}
            </Button>
          </>
        ) : (
          <>
            {children !== undefined && (
              <Button
                icon="left"
                onClick={() => {
                  applying.reset();
                  setAsked(undefined);
                }}
              >
                {own.back}
              </Button>
            )}
            <Button onClick={onClose}>{isEmpty ? words.actions.close : words.actions.cancel}</Button>
            {applying.isError && (
              <Button icon="reload" onClick={again}>
                {own.replan}
              </Button>
            )}
            {result && !isEmpty && !applying.isError && (
              <Act
                kept={hasSecret ? undefined : kept}
                heldId={heldId}
                text={apply ?? words.actions.apply}
                danger={danger ?? false}
                busy={applying.isPending}
                onApply={go}
              />
            )}
          </>
        )
      }
    >
      <Stack>
        {startedRun ? (
          <Outcome id={startedRun} onDone={onDone} />
        ) : (
          <>
            {plan.isError && <ProblemNote error={plan.error} what={own.failed} onRetry={() => void plan.refetch()} />}
            {isForm && children !== undefined && (
              <>
                {typeof children === "function"
                  ? children({ fields: plan.isError ? ((plan.error as Problem).fields ?? {}) : {} })
                  : children}
                <p className={styles.formNote}>{own.formFirst}</p>
              </>
            )}
            {asked && (plan.isPending || plan.isFetching) && !plan.isError && (
              <div role="status">
                <p className={styles.formNote}>{own.making}</p>
                <SkeletonLines lines={7} />
              </div>
            )}
            {applying.isError && <ProblemNote error={applying.error} what={own.notApplied} />}
            {result && !plan.isFetching && <Planned result={result} heldId={heldId} />}
          </>
        )}
      </Stack>
    </Dialog>
  );
}

/** The plan as it is kept, which says most; as it came where it is not. */
function Planned({ result, heldId }: { result: Result; heldId: string | undefined }): ReactNode {
  const own = usePageWords(planWords);
  const mode = useSession().mode;
  const mayOperate = useMay("operate");
  const id = result.plan?.id;
  const kept = usePlan(id ?? "", id !== undefined);
  const isHeld = heldId !== undefined || kept.data?.state === "held";
  const shown = kept.data?.view ?? viewPlan(result.plan ?? { digest: "", steps: [] }, result.diff);
  if (id && kept.isPending) return <SkeletonLines lines={7} />;
  return (
    <>
      {isHeld ? (
        <Note tone="warn" icon="hourglass" title={own.held}>
          {own.heldNext}
        </Note>
      ) : !mayOperate && result.plan?.steps.length ? (
        <Note tone="info" icon="lock" title={own.mayNot}>
          {own.mayNotNext}
        </Note>
      ) : mode !== "apply" && result.plan?.steps.length ? (
        <Note tone="info" icon="lock" title={own.only}>
          {own.onlyNext}
        </Note>
      ) : null}
      {result.warnings.map((warning) => (
        <Note key={warning} tone="warn">
          {warning}
        </Note>
      ))}
      <PlanView plan={shown} />
    </>
  );
}

interface ActProps {
  kept: string | undefined;
  heldId: string | undefined;
  text: string;
  danger: boolean;
  busy: boolean;
  onApply: () => void;
}

/** The button that goes on: to the approval of a plan that is held, or to applying it. */
function Act({ kept, heldId, text, danger, busy, onApply }: ActProps): ReactNode {
  const own = usePageWords(planWords);
  const mode = useSession().mode;
  const mayOperate = useMay("operate");
  const plan = usePlan(kept ?? "", kept !== undefined);
  if (kept && plan.isPending) return null;
  const held = heldId ?? (plan.data?.state === "held" ? kept : undefined);
  if (held) {
    return (
      <ButtonLink look="primary" icon="approval" to="/approvals/$id" params={{ id: held }}>
        {own.toApproval}
      </ButtonLink>
    );
  }
  if (mode !== "apply" || !mayOperate) return null;
  return (
    <Button look={danger ? "danger" : "primary"} icon={danger ? "warn" : "check"} busy={busy} onClick={onApply}>
      {text}
    </Button>
  );
}

/** What comes of a run that was started: what it does now, and how it ended. */
function Outcome({ id, onDone }: { id: string; onDone: PlanDialogProps["onDone"] }): ReactNode {
  const own = usePageWords(planWords);
  const query = useRun(id);
  const run = query.data as
    (Run & { returned?: { failure?: Failure }; running?: { phase: string; said: string[] } }) | undefined;
  const outcome = readOutcome(run?.outcome);
  const told = useRef(false);
  useEffect(() => {
    if (outcome !== "done" || told.current) return;
    told.current = true;
    onDone?.({ run_id: id });
  }, [outcome, id, onDone]);
  if (query.isError) return <ProblemNote error={query.error} onRetry={() => void query.refetch()} />;
  if (outcome === "running") {
    return (
      <Note tone="info" icon="live" title={own.running} actions={<RunStatus outcome="running" />}>
        <p role="status">{run?.running?.said.at(-1) ?? own.runningNext}</p>
        {run?.running?.said.length ? <p>{own.runningNext}</p> : null}
      </Note>
    );
  }
  if (outcome === "done") {
    return (
      <Note tone="ok" title={run?.changed ? own.done : own.noChange}>
        {run?.summary}
      </Note>
    );
  }
  const failure = run?.returned?.failure;
  return (
    <Note tone="bad" title={own.broken} actions={<RunStatus outcome={run?.outcome} />}>
      <p>{failure?.message ?? run?.summary}</p>
      {failure?.hint && <p>{failure.hint}</p>}
    </Note>
  );
}
