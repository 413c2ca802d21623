// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type ReactNode } from "react";
import type { JsonSchema } from "@/api/shapes";
import { classes } from "@/parts/classes";
import { Stack } from "@/parts/layout/Panel";
import { Badge } from "@/parts/status/Status";
import { CodeBlock } from "@/parts/values/CodeBlock";
import { makeCurl } from "@/parts/values/commands";
import { Prose } from "@/parts/values/Prose";
import { usePageWords, useWords } from "@/words";
import styles from "./api.module.css";
import { describeType, listRows, makeExample, type Operation } from "./model";
import { apiWords } from "./words";

export interface OperationItemProps {
  operation: Operation;
  schemas: Readonly<Record<string, JsonSchema>>;
}

/** One operation: its line, and all of it once it is opened. */
export function OperationItem({ operation, schemas }: OperationItemProps): ReactNode {
  const own = usePageWords(apiWords);
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={styles.operation} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={styles.line}>
        <span className={classes(styles.method, operation.method !== "GET" && styles.write)}>{operation.method}</span>
        <code className={styles.path}>{operation.path}</code>
        <span className={styles.summary}>{operation.summary}</span>
        {operation.isOpen && <Badge quiet>{own.open}</Badge>}
      </summary>
      {isOpen && <Details operation={operation} schemas={schemas} />}
    </details>
  );
}

function Details({ operation, schemas }: OperationItemProps): ReactNode {
  const own = usePageWords(apiWords);
  const words = useWords();
  const hasKey = operation.parameters.some((parameter) => parameter.name === "Idempotency-Key");
  const path = operation.path.replace(/\{(\w+)\}/g, (_whole, name: string) => name.toUpperCase());
  const curl = makeCurl({
    method: operation.method,
    url: `${location.origin}${path}`,
    isOpen: operation.isOpen,
    ...(operation.body && { body: makeExample(operation.body, schemas) }),
    ...(hasKey && { headers: ["Idempotency-Key: KEY"] }),
  });
  return (
    <div className={styles.details}>
      <Stack>
        {operation.description && (
          <p className={styles.faint}>
            <Prose text={operation.description} />
          </p>
        )}
        {operation.parameters.length > 0 && (
          <section>
            <h3 className={styles.sub}>{own.parameters}</h3>
            <div className={styles.scroll} role="region" aria-label={own.parameters} tabIndex={0}>
              <table className={styles.table}>
                <thead>
                  <tr>
                    <th scope="col">{own.name}</th>
                    <th scope="col">{own.place}</th>
                    <th scope="col">{own.type}</th>
                    <th scope="col">{own.meaning}</th>
                  </tr>
                </thead>
                <tbody>
                  {operation.parameters.map((parameter) => (
                    <tr key={`${parameter.in} ${parameter.name}`}>
                      <td>
                        <code>{parameter.name}</code>
                        {parameter.required && <Required text={words.parts.required} />}
                      </td>
                      <td>{own.places[parameter.in]}</td>
                      <td>
                        <code>{describeType(parameter.schema ?? {}, schemas)}</code>
                      </td>
                      <td>
                        <Prose text={parameter.description ?? ""} />
                        {parameter.schema?.default !== undefined && (
                          <code> = {JSON.stringify(parameter.schema.default)}</code>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </section>
        )}
        {operation.body && (
          <section>
            <h3 className={styles.sub}>{own.body}</h3>
            <Fields label={own.body} schema={operation.body} schemas={schemas} />
          </section>
        )}
        <section>
          <h3 className={styles.sub}>{own.answers}</h3>
          <ul className={styles.answers}>
            {operation.answers.map((answer) => (
              <li key={answer.status}>
                <Badge tone={answer.status.startsWith("2") ? "ok" : "idle"}>{answer.status}</Badge> {answer.description}
                {answer.schema && answer.status.startsWith("2") && (
                  <Fields label={`${own.answers} ${answer.status}`} schema={answer.schema} schemas={schemas} />
                )}
              </li>
            ))}
          </ul>
          <p className={styles.faint}>{own.problems}</p>
        </section>
        <section>
          <h3 className={styles.sub}>{own.curl}</h3>
          <CodeBlock label={own.curl} text={curl} wrap />
        </section>
      </Stack>
    </div>
  );
}

function Required({ text }: { text: string }): ReactNode {
  return (
    <span className={styles.required} title={text}>
      *<span className="unseen">{text}</span>
    </span>
  );
}

function Fields({
  label,
  schema,
  schemas,
}: {
  label: string;
  schema: JsonSchema;
  schemas: OperationItemProps["schemas"];
}): ReactNode {
  const own = usePageWords(apiWords);
  const words = useWords();
  const rows = listRows(schema, schemas);
  if (!rows.length) return <p className={styles.faint}>{own.noFields}</p>;
  return (
    <div className={styles.scroll} role="region" aria-label={label} tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{own.name}</th>
            <th scope="col">{own.type}</th>
            <th scope="col">{own.meaning}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              <td style={{ paddingLeft: `${String(0.5 + row.depth)}rem` }}>
                <code>{row.name}</code>
                {row.required && <Required text={words.parts.required} />}
              </td>
              <td>
                <code>{row.type}</code>
              </td>
              <td>
                <Prose text={row.description} />
                {row.limits.map((limit) => (
                  <code key={limit} className={styles.limit}>
                    {limit}
                  </code>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
