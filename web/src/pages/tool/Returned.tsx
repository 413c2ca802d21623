// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, useState, type ReactNode } from "react";
import type { Result } from "@/api/shapes";
import { ButtonLink } from "@/parts/button/Button";
import { formatPlain } from "@/parts/diff/compare";
import { Panel, Stack } from "@/parts/layout/Panel";
import { Note } from "@/parts/notes/Note";
import { RunStatus } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Tabs } from "@/parts/tabs/Tabs";
import { CodeBlock } from "@/parts/values/CodeBlock";
import { KeyValues } from "@/parts/values/KeyValues";
import { usePageWords } from "@/words";
import { listColumns, splitReturned, takeReturned, type Row } from "./model";
import styles from "./tool.module.css";
import { toolWords } from "./words";

/** What a call returned: its lists as tables, or all of it as JSON. */
export function Returned({ result }: { result: Result }): ReactNode {
  const own = usePageWords(toolWords);
  const [look, setLook] = useState<"table" | "json">("table");
  const returned = useMemo(() => takeReturned(result), [result]);
  const { lists, rest } = useMemo(() => splitReturned(returned), [returned]);
  const isEmpty = !lists.length && !Object.keys(rest).length;
  return (
    <Panel
      title={own.result}
      icon="document"
      aside={<RunStatus outcome={result.status} />}
      actions={
        <ButtonLink size="s" look="quiet" icon="run" to="/runs/$id" params={{ id: result.run_id }}>
          {own.run}
        </ButtonLink>
      }
    >
      <Stack gap="3">
        <p>{result.summary}</p>
        {result.warnings?.map((warning) => (
          <Note key={warning} tone="warn">
            {warning}
          </Note>
        ))}
        {isEmpty ? (
          <p className={styles.faint}>{own.nothing}</p>
        ) : (
          <Tabs
            label={own.result}
            value={look}
            onChange={setLook}
            tabs={[
              {
                value: "table",
                text: own.table,
                icon: "table",
                content: (
                  <Stack>
                    {Object.keys(rest).length > 0 && (
                      <KeyValues
                        items={Object.entries(rest).map(([name, value]) => ({
                          key: name,
                          name,
                          value: <Value value={value} />,
                        }))}
                      />
                    )}
                    {lists.map(([name, rows]) => (
                      <section key={name}>
                        <h3 className={styles.listName}>{name}</h3>
                        <Rows name={name} tool={result.tool} rows={rows} />
                      </section>
                    ))}
                  </Stack>
                ),
              },
              {
                value: "json",
                text: own.json,
                icon: "code",
                content: <CodeBlock label={own.json} text={JSON.stringify(returned, null, 2)} />,
              },
            ]}
          />
        )}
      </Stack>
    </Panel>
  );
}

function Value({ value }: { value: unknown }): ReactNode {
  if (value !== null && typeof value === "object" && JSON.stringify(value).length > 80)
    return <pre className={styles.value}>{JSON.stringify(value, null, 2)}</pre>;
  return formatPlain(value) || "–";
}

function Rows({ name, tool, rows }: { name: string; tool: string; rows: readonly Row[] }): ReactNode {
  const columns = useMemo<Column<Row>[]>(
    () =>
      listColumns(rows).map((column, index) => ({
        id: column,
        header: column,
        value: (row) => asCell(row[column]),
        cell: (row) => (typeof row[column] === "object" ? <code>{asCell(row[column])}</code> : asCell(row[column])),
        width: /id$/.test(column) ? 80 : typeof rows[0]?.[column] === "number" ? 100 : 150,
        ...(!/id$/.test(column) && { grow: 1 }),
        ...(typeof rows[0]?.[column] === "number" && !/id$/.test(column) && { align: "end" as const }),
        ...(index > 7 && { hidden: true }),
        ...(index > 2 && { wide: true }),
      })),
    [rows],
  );
  const ids = useMemo(() => new Map(rows.map((row, index) => [row, String(index)])), [rows]);
  return (
    <DataTable
      id={`tool-${tool}-${name}`}
      label={name}
      rows={rows}
      columns={columns}
      getRowId={(row) => ids.get(row) ?? ""}
      filterKey={null}
      maxHeight="34rem"
    />
  );
}

function asCell(value: unknown): string | number | boolean | null | undefined {
  if (value === null || value === undefined || typeof value === "number") return value;
  return formatPlain(value);
}
