// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { useCallTool, useRunPart } from "@/api/queries";
import { Button } from "@/parts/button/Button";
import { Dialog } from "@/parts/dialog/Dialog";
import { Stack } from "@/parts/layout/Panel";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { CodeBlock } from "@/parts/values/CodeBlock";
import { usePageWords } from "@/words";
import { runWords } from "./words";

interface UndoPlan {
  calls: { tool: string; arguments: Record<string, unknown> }[];
  irreversible: string[];
}

/** Undoes a run: shows by which calls, and what stays; then each is planned and judged like any other. */
export function Undo({ id }: { id: string }): ReactNode {
  const own = usePageWords(runWords);
  const [isOpen, setOpen] = useState(false);
  const navigate = useNavigate();
  const undo = useRunPart<UndoPlan>(id, "undo", isOpen);
  const call = useCallTool();
  const start = (): void =>
    call.mutate(
      { tool: "undo_run", args: { run_id: id } },
      { onSuccess: ({ data }) => void navigate({ to: "/runs/$id", params: { id: data.run_id } }) },
    );
  return (
    <Dialog
      open={isOpen}
      onOpenChange={setOpen}
      trigger={<Button icon="history">{own.undo}</Button>}
      title={own.undoTitle}
      actions={
        <Button look="primary" busy={call.isPending} disabled={!undo.data?.calls.length} onClick={start}>
          {own.undo}
        </Button>
      }
    >
      <Stack>
        {undo.isError && <ProblemNote error={undo.error} bare />}
        {undo.isPending && <SkeletonLines />}
        {undo.data && (undo.data.calls.length ? <p>{own.undoBy}</p> : <p>{own.undoNothing}</p>)}
        {undo.data?.calls.map((each, index) => (
          <CodeBlock key={index} label={each.tool} wrap text={`${each.tool} ${JSON.stringify(each.arguments)}`} />
        ))}
        {undo.data && undo.data.irreversible.length > 0 && (
          <Note tone="warn" title={own.undoLeft}>
            <ul>
              {undo.data.irreversible.map((reason) => (
                <li key={reason}>{reason}</li>
              ))}
            </ul>
          </Note>
        )}
        {call.isError && <ProblemNote error={call.error} bare />}
      </Stack>
    </Dialog>
  );
}
