// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { post } from "@/api/client";
import type { Problem } from "@/api/problem";
import { useResource, useTools } from "@/api/queries";
import type { JsonSchema } from "@/api/shapes";
import { Button } from "@/parts/button/Button";
import { Editor } from "@/parts/editor/Editor";
import { Combobox } from "@/parts/fields/Combobox";
import { SchemaForm } from "@/parts/form/SchemaForm";
import { Panel, Row, Stack } from "@/parts/layout/Panel";
import { Note, type Tone } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Badge, Effect } from "@/parts/status/Status";
import { CodeBlock } from "@/parts/values/CodeBlock";
import { usePageWords } from "@/words";
import styles from "./audit.module.css";
import type { Decision, Explained, Policy, Tested } from "./shapes";
import { auditWords } from "./words";

const EFFECTS = [
  ...[
    "changes",
    "interrupts",
    "degrades",
    "loses data",
    "gives access",
    "duplicates identity",
    "reaches out",
    "unknown",
  ],
];
const TEXTS: JsonSchema = { type: "array", items: { type: "string" } };
const QUESTION: JsonSchema = {
  type: "object",
  required: ["tool"],
  properties: {
    tool: { type: "string" },
    kind: { type: "string", enum: ["person", "client"] },
    roles: TEXTS,
    tags: TEXTS,
    pool: { type: "string" },
    node: { type: "string" },
    protected: { type: "boolean" },
    targets: { type: "integer", minimum: 1, maximum: 1000 },
    options: { ...TEXTS, description: "force=true" },
    effects: { type: "array", items: { type: "string", enum: [...EFFECTS] } },
  },
};
const CASES = `- name: an AI client may not stop a protected guest by itself
  expect: hold
  tool: stop_guest
  asker: {identity: claude, kind: client}
  targets: [{vmid: 101, name: web-01, protected: true}]
`;
const TONES: Readonly<Record<Decision["ruling"], Tone>> = { allow: "ok", hold: "warn", refuse: "bad" };

/** The policy in use, how it would decide, and test cases. */
export function PolicyTab(): ReactNode {
  const own = usePageWords(auditWords);
  const policy = useResource<Policy>("/policy");
  if (policy.isError)
    return <ProblemNote error={policy.error} what={own.failed} onRetry={() => void policy.refetch()} />;
  if (!policy.data) return <SkeletonLines lines={12} />;
  return (
    <Stack>
      {policy.data.warnings.map((warning) => (
        <Note key={warning} tone="warn">
          {warning}
        </Note>
      ))}
      <div className={styles.columns}>
        <Panel title={own.rules} icon="audit" aside={policy.data.source} level={3} flush>
          <ul>
            {policy.data.rules.map((rule) => (
              <li key={rule.name} className={styles.rule}>
                <span className={styles.ruleHead}>
                  <code>{rule.name}</code>
                  <Badge
                    tone={rule.effect === "permit" ? "ok" : "warn"}
                    icon={rule.effect === "permit" ? "check" : "lock"}
                    quiet
                  >
                    {rule.effect === "permit" ? own.permits : own.forbids}
                  </Badge>
                </span>
                {rule.advice && <span className={styles.faint}>{rule.advice}</span>}
              </li>
            ))}
          </ul>
        </Panel>
        <Stack>
          <Explain />
          <Test />
        </Stack>
      </div>
      <Panel title={own.text} icon="code" level={3}>
        <CodeBlock label={own.text} text={policy.data.text} wrap />
      </Panel>
    </Stack>
  );
}

function Explain(): ReactNode {
  const own = usePageWords(auditWords);
  const tools = useTools();
  const [question, setQuestion] = useState<Record<string, unknown>>({ kind: "client" });
  const explain = useMutation<Explained, Problem, void>({ mutationFn: () => post("/policy/explain", question) });
  const cases: Readonly<Record<string, string>> = own.cases;
  return (
    <Panel title={own.explain} icon="search" level={3}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (question.tool) explain.mutate();
        }}
      >
        <Stack>
          <p className={styles.faint}>{own.explainText}</p>
          <SchemaForm
            schema={QUESTION}
            value={question}
            onChange={(next) => {
              setQuestion(next);
              explain.reset();
            }}
            fields={explain.error?.fields ?? {}}
            render={{
              tool: ({ value, onChange, error }) => (
                <Combobox
                  label={own.tool}
                  required
                  error={error}
                  value={typeof value === "string" ? value : null}
                  onChange={(next) => onChange(next ?? undefined)}
                  options={(tools.data ?? []).map((tool) => ({ value: tool.name, text: tool.name, note: tool.title }))}
                />
              ),
            }}
          />
          {explain.isError && <ProblemNote error={explain.error} />}
          {explain.data && (
            <ul className={styles.decisions} aria-live="polite">
              {explain.data.effects.length > 0 && (
                <li>
                  <span className={styles.faint}>{own.effects}</span>{" "}
                  {explain.data.effects.map((effect) => (
                    <Effect key={effect} effect={effect} />
                  ))}
                </li>
              )}
              {Object.entries(explain.data.decisions).map(([when, decision]) => (
                <li key={when}>
                  <strong>{cases[when] ?? when}</strong> <Ruling decision={decision} />
                  <p className={styles.faint}>
                    {decision.reason} {decision.advice}
                  </p>
                </li>
              ))}
            </ul>
          )}
          <Row justify="end">
            <Button type="submit" icon="search" busy={explain.isPending} disabled={!question.tool}>
              {own.explainDo}
            </Button>
          </Row>
        </Stack>
      </form>
    </Panel>
  );
}

function Ruling({ decision }: { decision: Pick<Decision, "ruling" | "rules"> }): ReactNode {
  const own = usePageWords(auditWords);
  return (
    <>
      <Badge tone={TONES[decision.ruling]}>{own.rulings[decision.ruling]}</Badge>{" "}
      {decision.rules.map((rule) => (
        <code key={rule}>{rule} </code>
      ))}
    </>
  );
}

function Test(): ReactNode {
  const own = usePageWords(auditWords);
  const [cases, setCases] = useState(CASES);
  const test = useMutation<Tested, Problem, void>({ mutationFn: () => post("/policy/test", { cases }) });
  return (
    <Panel title={own.test} icon="check" level={3}>
      <Stack>
        <p className={styles.faint}>{own.testText}</p>
        <Editor label={own.test} value={cases} onChange={setCases} height="12rem" />
        {test.isError && <ProblemNote error={test.error} />}
        {test.data && (
          <>
            <Note
              tone={test.data.failed ? "bad" : "ok"}
              title={test.data.failed ? own.someFailed(test.data.failed) : own.allPassed}
            />
            <ul className={styles.decisions}>
              {test.data.cases.map((row, index) => (
                <li key={index}>
                  <strong>{row.case}</strong> <Ruling decision={row} />
                  <p className={styles.faint}>
                    {row.passed ? own.passed : own.notPassed(own.rulings[row.expected])} · {row.reason}
                  </p>
                </li>
              ))}
            </ul>
          </>
        )}
        <Row justify="end">
          <Button icon="check" busy={test.isPending} disabled={!cases.trim()} onClick={() => test.mutate()}>
            {own.testDo}
          </Button>
        </Row>
      </Stack>
    </Panel>
  );
}
