// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { remove } from "@/api/client";
import type { Problem } from "@/api/problem";
import { Button } from "@/parts/button/Button";
import { AlertDialog } from "@/parts/dialog/Dialog";
import { Stack } from "@/parts/layout/Panel";
import { ProblemNote } from "@/parts/notes/ProblemNote";

/** A button that ends a token, session or passkey, after a question. */
export function Revoke({
  where,
  text,
  title,
  children,
}: {
  where: string;
  text: string;
  title: string;
  children: ReactNode;
}): ReactNode {
  const client = useQueryClient();
  const revoke = useMutation<unknown, Problem, void>({
    mutationFn: () => remove(where),
    onSuccess: () => client.invalidateQueries({ queryKey: ["resource"] }),
  });
  return (
    <AlertDialog
      trigger={
        <Button size="s" look="quiet" icon="close" aria-label={title}>
          {text}
        </Button>
      }
      title={title}
      confirm={text}
      danger
      onConfirm={() => revoke.mutateAsync()}
    >
      <Stack>
        <p>{children}</p>
        {revoke.isError && <ProblemNote error={revoke.error} bare />}
      </Stack>
    </AlertDialog>
  );
}
