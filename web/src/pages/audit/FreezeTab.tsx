// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { post, remove } from "@/api/client";
import type { Problem } from "@/api/problem";
import { keys, useFreeze } from "@/api/queries";
import { useMay } from "@/app/session";
import { Button } from "@/parts/button/Button";
import { AlertDialog } from "@/parts/dialog/Dialog";
import { TextInput } from "@/parts/fields/TextInput";
import { Row, Stack } from "@/parts/layout/Panel";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Time } from "@/parts/values/Time";
import { usePageWords } from "@/words";
import styles from "./audit.module.css";
import { auditWords } from "./words";

/** Whether all changes are refused; refusing them, and allowing them again. */
export function FreezeTab(): ReactNode {
  const own = usePageWords(auditWords);
  const may = useMay("administer");
  const client = useQueryClient();
  const freeze = useFreeze();
  const [why, setWhy] = useState("");
  const forget = (): Promise<void> => client.invalidateQueries({ queryKey: keys.freeze });
  const begin = useMutation<{ writes_under_way: boolean }, Problem, void>({
    mutationFn: () => post("/freeze", { why: why.trim() }),
    onSuccess: () => {
      setWhy("");
      return forget();
    },
  });
  const end = useMutation<unknown, Problem, void>({ mutationFn: () => remove("/freeze"), onSuccess: forget });
  if (freeze.isError)
    return <ProblemNote error={freeze.error} what={own.failed} onRetry={() => void freeze.refetch()} />;
  if (!freeze.data) return <SkeletonLines lines={4} />;
  if (freeze.data.frozen) {
    return (
      <Stack>
        <Note tone="bad" icon="freeze" title={own.frozen}>
          <p>{freeze.data.why}</p>
          <p className={styles.faint}>
            {own.frozenBy(freeze.data.by ?? "")} · <Time value={freeze.data.since} />
          </p>
        </Note>
        {begin.data?.writes_under_way && <Note tone="warn">{own.underWay}</Note>}
        {may && (
          <Row>
            <AlertDialog
              trigger={
                <Button look="primary" icon="play">
                  {own.thaw}
                </Button>
              }
              title={own.thawTitle}
              confirm={own.thaw}
              onConfirm={() => end.mutateAsync()}
            >
              <Stack>
                <p>{own.thawText}</p>
                <p>{freeze.data.why}</p>
                {end.isError && <ProblemNote error={end.error} bare />}
              </Stack>
            </AlertDialog>
          </Row>
        )}
      </Stack>
    );
  }
  return (
    <Stack>
      <Note tone="ok" title={own.thawed}>
        {!may && own.mayNot}
      </Note>
      {may && (
        <div className={styles.narrow}>
          <Stack>
            <TextInput
              label={own.freezeWhy}
              help={own.freezeWhyHelp}
              required
              value={why}
              onChange={setWhy}
              maxLength={200}
              error={begin.error?.fields.why}
            />
            <Row>
              <AlertDialog
                trigger={
                  <Button look="danger" icon="freeze" disabled={!why.trim()}>
                    {own.freezeDo}
                  </Button>
                }
                title={own.freezeTitle}
                confirm={own.freezeDo}
                danger
                onConfirm={() => begin.mutateAsync()}
              >
                <Stack>
                  <p>{own.freezeText}</p>
                  {begin.isError && <ProblemNote error={begin.error} bare />}
                </Stack>
              </AlertDialog>
            </Row>
          </Stack>
        </div>
      )}
    </Stack>
  );
}
