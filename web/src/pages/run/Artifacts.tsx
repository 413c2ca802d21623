// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, type ReactNode } from "react";
import { makeUrl, path } from "@/api/client";
import { useRunPart } from "@/api/queries";
import { Stack } from "@/parts/layout/Panel";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Bytes } from "@/parts/values/Names";
import { usePageWords } from "@/words";
import { runWords } from "./words";

interface Artifact {
  path: string;
  bytes: number;
}

/** The files that prove what a run did, sealed by the ledger. */
export function Artifacts({ id }: { id: string }): ReactNode {
  const own = usePageWords(runWords);
  const artifacts = useRunPart<{ artifacts: Artifact[]; sealed: string | null }>(id, "artifacts");
  const columns = useMemo<Column<Artifact>[]>(
    () => [
      {
        id: "path",
        header: own.file,
        value: (file) => file.path,
        cell: (file) => (
          <a
            href={makeUrl(`${path`/runs/${id}/artifacts`}/${file.path.split("/").map(encodeURIComponent).join("/")}`)}
            target="_blank"
            rel="noreferrer"
          >
            <code>{file.path}</code>
          </a>
        ),
        width: 320,
        grow: 1,
        fixed: true,
      },
      {
        id: "bytes",
        header: own.size,
        value: (file) => file.bytes,
        cell: (file) => <Bytes value={file.bytes} />,
        width: 100,
        align: "end",
      },
    ],
    [id, own],
  );
  if (artifacts.isError) return <ProblemNote error={artifacts.error} onRetry={() => void artifacts.refetch()} />;
  return (
    <Stack>
      {artifacts.data?.sealed && (
        <Note tone="ok" icon="lock" title={own.sealed}>
          <code>{artifacts.data.sealed}</code>
        </Note>
      )}
      <DataTable
        id="run-artifacts"
        label={own.artifacts}
        rows={artifacts.data?.artifacts}
        columns={columns}
        getRowId={(file) => file.path}
        filterKey={null}
        maxHeight="32rem"
      />
    </Stack>
  );
}
