// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Problem } from "@/api/problem";
import { Button } from "@/parts/button/Button";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { useWords } from "@/words";

const OUTDATED = /dynamically imported module|Importing a module script failed|Unable to preload/;

/** Shows, in the place of a page, that it has failed. */
export function PageFailed({ error, reset }: ErrorComponentProps): ReactNode {
  const words = useWords();
  const router = useRouter();
  const retry = (): void => {
    reset();
    void router.invalidate();
  };
  if (error instanceof Problem) return <ProblemNote error={error} onRetry={retry} />;
  const message = error instanceof Error ? error.message : String(error);
  const isOutdated = OUTDATED.test(message);
  return (
    <Note
      tone={isOutdated ? "info" : "bad"}
      title={isOutdated ? words.problems.update : words.problems.unexpected}
      actions={
        <Button icon="reload" onClick={() => (isOutdated ? location.reload() : retry())}>
          {words.actions.reload}
        </Button>
      }
    >
      <p>{isOutdated ? words.problems.updateNext : words.problems.unexpectedNext}</p>
      {!isOutdated && <p>{message}</p>}
    </Note>
  );
}
