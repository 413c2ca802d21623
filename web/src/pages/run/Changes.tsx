// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { useRunPart } from "@/api/queries";
import type { DiffSides } from "@/api/shapes";
import { Diff } from "@/parts/diff/Diff";
import { Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { usePageWords } from "@/words";
import { hasDiff } from "./model";
import { runWords } from "./words";

/** What a run changed, field by field, or would have. */
export function Changes({ id }: { id: string }): ReactNode {
  const own = usePageWords(runWords);
  const changes = useRunPart<{ applied: boolean; diff: DiffSides }>(id, "changes");
  if (changes.isError) return <ProblemNote error={changes.error} onRetry={() => void changes.refetch()} />;
  if (!changes.data) return <SkeletonLines lines={4} />;
  if (!hasDiff(changes.data.diff)) return <Empty icon="check" title={own.noChanges} />;
  return (
    <Stack>
      {!changes.data.applied && <Note tone="info">{own.notApplied}</Note>}
      <Diff before={changes.data.diff.before} after={changes.data.diff.after} />
    </Stack>
  );
}
