// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { get, post } from "@/api/client";
import { Problem } from "@/api/problem";
import { useResource } from "@/api/queries";
import { Button } from "@/parts/button/Button";
import { Row, Stack } from "@/parts/layout/Panel";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Skeleton } from "@/parts/notes/Skeleton";
import { DataTable } from "@/parts/table/DataTable";
import { CopyButton } from "@/parts/values/CodeBlock";
import { KeyValues } from "@/parts/values/KeyValues";
import { Prose } from "@/parts/values/Prose";
import { useFormats, usePageWords } from "@/words";
import styles from "./audit.module.css";
import type { Verification } from "./shapes";
import { auditWords } from "./words";

/** Verify, however long that takes: the server answers after a while, and is asked again. */
async function verifyLedger(): Promise<Verification> {
  let found = await post<Verification>("/ledger/verify");
  while (found.state === "running") found = await get<Verification>("/ledger/verify");
  if (found.state === "failed") throw new Problem(500, { code: "internal", detail: found.why ?? "" });
  return found;
}

/** How far the ledger goes, and whether it is as it was written. */
export function LedgerTab(): ReactNode {
  const own = usePageWords(auditWords);
  const ledger = useResource<{ entry: number; limits: string }>("/ledger");
  const verify = useMutation<Verification, Problem, void>({ mutationFn: verifyLedger });
  const formats = useFormats();
  if (ledger.isError)
    return <ProblemNote error={ledger.error} what={own.failed} onRetry={() => void ledger.refetch()} />;
  return (
    <Stack>
      <Row justify="between" gap="4">
        <KeyValues
          items={[
            {
              name: own.entry,
              value: ledger.data ? (
                <strong className={styles.figure}>{formats.number(ledger.data.entry)}</strong>
              ) : (
                <Skeleton width="4rem" />
              ),
            },
          ]}
        />
        <Button look="primary" icon="audit" busy={verify.isPending} onClick={() => verify.mutate()}>
          {own.verify}
        </Button>
      </Row>
      <p className={styles.faint}>{verify.isPending ? own.verifying : own.verifyText}</p>
      {verify.isError && <ProblemNote error={verify.error} what={own.verifyFailed} />}
      {verify.data && <Verified found={verify.data} />}
      <details>
        <summary>{own.limits}</summary>
        <p className={styles.faint}>{ledger.data && <Prose text={ledger.data.limits} />}</p>
      </details>
    </Stack>
  );
}

function Verified({ found }: { found: Verification }): ReactNode {
  const own = usePageWords(auditWords);
  const formats = useFormats();
  const [seq, hash] = found.newest;
  return (
    <Stack>
      <Note
        tone={found.intact ? "ok" : "bad"}
        icon={found.intact ? "audit" : "bad"}
        title={found.intact ? own.intact : own.broken(found.faults.length)}
      >
        <p>{own.checked(formats.number(found.entries), formats.number(found.runs), formats.number(found.artifacts))}</p>
        {found.elsewhere > 0 && <p>{own.elsewhere(formats.number(found.elsewhere))}</p>}
        {found.since && <p>{own.since(formats.time(Date.parse(found.since), "short"))}</p>}
      </Note>
      {found.notes.map((note) => (
        <Note key={note} tone="info">
          {note}
        </Note>
      ))}
      {found.faults.length > 0 && (
        <DataTable
          id="audit-faults"
          label={own.fault}
          rows={found.faults}
          simple
          filterKey={null}
          getRowId={(fault) => `${String(fault.seq)} ${fault.run_id} ${fault.what}`}
          columns={[
            { id: "seq", header: own.faultOf, value: (fault) => fault.seq, width: 80, align: "end" },
            {
              id: "about",
              header: own.about,
              value: (fault) => fault.run_id,
              cell: (fault) => <code>{fault.run_id}</code>,
              width: 140,
              wide: true,
            },
            { id: "what", header: own.fault, value: (fault) => fault.what, width: 220, grow: 1 },
          ]}
        />
      )}
      <div>
        <h3 className={styles.sub}>{own.keep}</h3>
        <p className={styles.hash}>
          <strong>{seq}</strong> <code>{hash}</code>
          <CopyButton text={`${String(seq)} ${hash}`} />
        </p>
      </div>
    </Stack>
  );
}
