// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { makeIdempotencyKey, path, post, send } from "@/api/client";
import type { Result } from "@/api/shapes";
import { Button, ButtonLink } from "@/parts/button/Button";
import { Dialog } from "@/parts/dialog/Dialog";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Effect } from "@/parts/status/Status";
import { showToast } from "@/parts/toast/Toasts";
import { usePageWords, useWords } from "@/words";
import styles from "./fleet.module.css";
import { PlanCounts, PlanList } from "./PlanList";
import type { Planned } from "./shapes";
import { fleetWords } from "./words";

export interface ApplyDialogProps {
  name: string;
  environment: string;
  /** Leads back to this version; without, to what the files declare. */
  version?: number;
  onClose: () => void;
}

/** Makes a plan that is kept, shows it, and applies exactly it; or leads to its approval. */
export function ApplyDialog({ name, environment, version, onClose }: ApplyDialogProps): ReactNode {
  const words = useWords();
  const own = usePageWords(fleetWords);
  const navigate = useNavigate();
  const plan = useQuery({
    queryKey: ["fleet-plan-kept", name, environment, version ?? 0],
    queryFn: ({ signal }) =>
      version === undefined
        ? post<Planned>(path`/fleets/${name}/plan`, environment ? { environment } : {}, { signal })
        : post<Planned>(path`/fleets/${name}/versions/${version}/plan`, {}, { signal }),
    retry: false,
    gcTime: 0,
    staleTime: Infinity,
  });
  const apply = useMutation({
    mutationFn: async (planned: Planned) =>
      send<Result>("POST", path`/fleets/${name}/apply`, {
        idempotencyKey: makeIdempotencyKey(),
        body: {
          ...(planned.plan?.id ? { plan_id: planned.plan.id } : { digest: planned.plan?.digest }),
          ...(environment && version === undefined && { environment }),
          ...(version !== undefined && { version }),
          wait: !planned.plan?.id,
        },
      }),
    onSuccess: ({ data }) => {
      onClose();
      if (data.status === "running") void navigate({ to: "/runs/$id", params: { id: data.run_id } });
      else showToast(own.recorded);
    },
  });
  const planned = plan.data;
  const isHeld = planned?.plan_state === "held";
  const isBlocked = Boolean(planned?.failure);
  const isEmpty = planned !== undefined && !planned.plan?.steps.length && !isBlocked;
  const act =
    !planned || isBlocked ? null : isHeld && planned.plan?.id ? (
      <ButtonLink look="primary" icon="approval" to="/approvals/$id" params={{ id: planned.plan.id }}>
        {own.toApproval}
      </ButtonLink>
    ) : (
      <Button look="primary" icon="check" busy={apply.isPending} onClick={() => apply.mutate(planned)}>
        {isEmpty ? own.record : own.applyNow}
      </Button>
    );
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="l"
      title={version === undefined ? own.applyTitle(name) : own.applyVersionTitle(name, version)}
      {...(version !== undefined && { description: own.applyVersionNote })}
      actions={
        <>
          <Button onClick={onClose}>{words.actions.cancel}</Button>
          {act}
        </>
      }
    >
      <div className={styles.dialogBody} aria-live="polite">
        {plan.isPending && (
          <>
            <p className={styles.faint}>{own.makingPlan}</p>
            <SkeletonLines lines={6} />
          </>
        )}
        {plan.isError && <ProblemNote error={plan.error} onRetry={() => void plan.refetch()} />}
        {apply.isError && <ProblemNote error={apply.error} />}
        {planned && (
          <>
            {isHeld && (
              <Note tone="warn" icon="hourglass" title={own.held}>
                {own.heldNext}
              </Note>
            )}
            {planned.plan_state === "approved" && <Note tone="ok" title={own.approved} />}
            {isBlocked && (
              <Note tone="bad" title={own.nothingApplied}>
                {planned.failure?.hint}
              </Note>
            )}
            {planned.warnings?.map((warning) => (
              <Note key={warning} tone="warn">
                {warning}
              </Note>
            ))}
            {isEmpty && (
              <Empty icon="check" title={own.planEmpty}>
                {own.recordHelp}
              </Empty>
            )}
            {planned.objects.length > 0 && (
              <>
                <div className={styles.planLine}>
                  <PlanCounts objects={planned.objects} />
                  {planned.plan?.effects?.map((effect) => (
                    <Effect key={effect} effect={effect} />
                  ))}
                </div>
                <PlanList objects={planned.objects} />
              </>
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}
