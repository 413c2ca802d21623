// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useSession } from "@/app/session";
import { Button, IconButton } from "@/parts/button/Button";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Tip } from "@/parts/popover/Tip";
import { Effect } from "@/parts/status/Status";
import { usePageWords } from "@/words";
import styles from "./fleet.module.css";
import { PlanCounts, PlanList, type GoTo } from "./PlanList";
import type { Planned } from "./shapes";
import { fleetWords } from "./words";

export interface PlanPaneProps {
  plan: UseQueryResult<Planned>;
  /** Whether the texts have errors: then there is no plan of them. */
  hasErrors: boolean;
  /** Whether the plan is of texts that are not saved. */
  isDraft: boolean;
  /** Whether a newer text waits to be planned. */
  isStale: boolean;
  onGoTo: GoTo;
  onApply: () => void;
  /** Leads to what somebody else has changed. */
  onDrift: () => void;
}

/** What the texts would change, while they are typed. */
export function PlanPane({ plan, hasErrors, isDraft, isStale, onGoTo, onApply, onDrift }: PlanPaneProps): ReactNode {
  const own = usePageWords(fleetWords);
  const { mode } = useSession();
  if (mode === "read") return <Note tone="info">{own.planMode}</Note>;
  const planned = plan.data;
  const isBusy = plan.isFetching || isStale;
  const isOld = Boolean(planned) && (isBusy || hasErrors || plan.isPlaceholderData);
  const hasSteps = Boolean(planned?.plan?.steps.length);
  const isBlocked = Boolean(planned?.failure);
  const hasConflicts = Boolean(planned?.objects.some(({ conflicts }) => conflicts?.length));
  const applyButton =
    (isBlocked && !hasSteps) || !planned ? null : (
      <Button
        look={hasSteps && !isDraft ? "primary" : "plain"}
        icon="check"
        disabled={isDraft || isOld || isBlocked}
        onClick={onApply}
      >
        {hasSteps ? own.apply : own.record}
      </Button>
    );
  return (
    <div className={styles.pane}>
      <div className={styles.paneHead}>
        <div className={styles.planState} role="status">
          {isBusy && !hasErrors ? (
            <span className={styles.busy}>
              <span className={styles.spinner} aria-hidden />
              {own.planning}
            </span>
          ) : (
            <>
              {planned && !hasErrors && planned.objects.length > 0 && <PlanCounts objects={planned.objects} />}
              {!hasErrors && (
                <IconButton icon="reload" size="s" label={own.planAgain} onClick={() => void plan.refetch()} />
              )}
            </>
          )}
          {isDraft && !hasErrors && <span className={styles.draftMark}>{own.planUnsaved}</span>}
        </div>
        {applyButton && (isDraft ? <Tip text={own.applySaveFirst}>{<span>{applyButton}</span>}</Tip> : applyButton)}
      </div>
      {hasErrors && <Note tone="warn">{own.planWaits}</Note>}
      {plan.isError && !hasErrors && <ProblemNote error={plan.error} onRetry={() => void plan.refetch()} />}
      {!planned && !hasErrors && !plan.isError && <SkeletonLines lines={8} />}
      {planned && !plan.isError && (
        <div className={styles.planBody} aria-busy={isBusy}>
          {hasErrors && <p className={styles.faint}>{own.planStale}</p>}
          {planned.warnings?.map((warning) => (
            <Note key={warning} tone="warn">
              {warning}
            </Note>
          ))}
          {planned.plan?.effects && planned.plan.effects.length > 0 && (
            <div className={styles.planLine}>
              {planned.plan.effects.map((effect) => (
                <Effect key={effect} effect={effect} />
              ))}
            </div>
          )}
          {planned.objects.length > 0 ? (
            <>
              {hasConflicts && (
                <p>
                  <Button size="s" icon="drift" onClick={onDrift}>
                    {own.toDrift}
                  </Button>
                </p>
              )}
              <PlanList objects={planned.objects} onGoTo={onGoTo} />
              <p className={styles.faint}>{own.unchanged(planned.unchanged)}</p>
            </>
          ) : (
            <Empty icon="check" title={own.planEmpty}>
              {own.planEmptyNext}
            </Empty>
          )}
        </div>
      )}
    </div>
  );
}
