// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { toProblem } from "@/api/problem";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { usePageWords } from "@/words";
import { auditWords } from "./words";

/** Why something can't be shown; what this server does not have is no problem. */
export function Missing({ error, onRetry }: { error: unknown; onRetry: () => void }): ReactNode {
  const own = usePageWords(auditWords);
  if (toProblem(error).status === 404) return <Empty icon="lock" title={own.notOffered} />;
  return <ProblemNote error={error} what={own.failed} onRetry={onRetry} />;
}
