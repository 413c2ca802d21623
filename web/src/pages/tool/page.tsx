// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useState, type ReactNode } from "react";
import { path, PREFIX } from "@/api/client";
import type { Problem } from "@/api/problem";
import { useCallTool, useTools } from "@/api/queries";
import type { Tool } from "@/api/shapes";
import { useMay } from "@/app/session";
import { Button, ButtonLink } from "@/parts/button/Button";
import { AlertDialog } from "@/parts/dialog/Dialog";
import { checkValue } from "@/parts/form/model";
import { SchemaForm } from "@/parts/form/SchemaForm";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel, Row, Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { PlanDialog } from "@/parts/plan/PlanDialog";
import { Effect } from "@/parts/status/Status";
import { CodeBlock } from "@/parts/values/CodeBlock";
import { makeCommand, makeCurl } from "@/parts/values/commands";
import { Prose } from "@/parts/values/Prose";
import { usePageWords, useWords } from "@/words";
import { findWay, holdsSecret, maskSecrets, OWN_ARGUMENTS } from "./model";
import { Returned } from "./Returned";
import styles from "./tool.module.css";
import { toolWords } from "./words";

const route = getRouteApi("/inside/tools/$name");

/** One tool: what it does, a form of its arguments, and what comes of a call. */
export default function ToolPage(): ReactNode {
  const { name } = route.useParams();
  const words = useWords();
  const own = usePageWords(toolWords);
  const tools = useTools();
  const tool = tools.data?.find((each) => each.name === name);
  if (tools.isError || (tools.data && !tool)) {
    return (
      <>
        <PageHead title={words.nav.tool} up={{ to: "/tools", text: own.up }} />
        {tools.isError ? (
          <ProblemNote error={tools.error} what={own.failed} onRetry={() => void tools.refetch()} />
        ) : (
          <Empty icon="tool" title={own.unknown(name)} actions={<ButtonLink to="/tools">{own.up}</ButtonLink>}>
            {own.unknownNext}
          </Empty>
        )}
      </>
    );
  }
  return (
    <>
      <PageHead
        title={tool?.title ?? name}
        aside={tool && <Effect effect={tool.effect} />}
        lead={<code>{name}</code>}
        up={{ to: "/tools", text: own.up }}
      />
      {tool ? (
        <Body key={tool.name} tool={tool} />
      ) : (
        <Panel>
          <SkeletonLines lines={10} />
        </Panel>
      )}
    </>
  );
}

function Body({ tool }: { tool: Tool }): ReactNode {
  const own = usePageWords(toolWords);
  const words = useWords();
  const mayOperate = useMay("operate");
  const way = findWay(tool);
  const [value, setValue] = useState<Record<string, unknown>>({});
  const [isTried, setTried] = useState(false);
  const [isPlanning, setPlanning] = useState(false);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const call = useCallTool();
  const complaints = checkValue(tool.input_schema, value);
  const names = Object.keys(tool.input_schema.properties ?? {}).filter(
    (each) => !(OWN_ARGUMENTS as readonly string[]).includes(each),
  );
  const problem = refusal ?? call.error;
  const isAllowed = way === "read" || mayOperate || way === "plan";

  const change = (next: Record<string, unknown>): void => {
    setValue(next);
    setRefusal(null);
    if (call.isError) call.reset();
  };
  const begin = (): void => {
    setTried(true);
    setRefusal(null);
    if (complaints.size) return;
    if (way === "plan") setPlanning(true);
    else call.mutate({ tool: tool.name, args: value });
  };
  const refuse = useCallback((found: Problem) => {
    setPlanning(false);
    setRefusal(found);
  }, []);

  return (
    <div className={styles.columns}>
      <Stack>
        <p className={styles.description}>
          <Prose text={tool.description} />
        </p>
        <Panel title={own.arguments} icon="edit">
          <form
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              if (way !== "call") begin();
            }}
          >
            <Stack>
              {names.length ? (
                <SchemaForm
                  schema={tool.input_schema}
                  value={value}
                  onChange={change}
                  fields={problem?.fields ?? {}}
                  showMissing={isTried}
                  without={OWN_ARGUMENTS}
                />
              ) : (
                <p className={styles.faint}>{own.noArguments}</p>
              )}
              {isTried && complaints.size > 0 && <Note tone="warn">{own.incomplete}</Note>}
              {problem && <ProblemNote error={problem} what={way === "plan" ? own.refused : own.notDone} />}
              {!isAllowed && (
                <Note tone="info" icon="lock" title={own.mayNot}>
                  {own.mayNotNext}
                </Note>
              )}
              <Row justify="end">
                {way === "read" ? (
                  <Button type="submit" look="primary" icon="search" busy={call.isPending}>
                    {call.data ? own.readAgain : own.read}
                  </Button>
                ) : way === "plan" ? (
                  <Button type="submit" look="primary" icon="document">
                    {own.plan}
                  </Button>
                ) : (
                  isAllowed && (
                    <AlertDialog
                      trigger={
                        <Button look={tool.effect === "destroy" ? "danger" : "primary"} busy={call.isPending}>
                          {own.call}
                        </Button>
                      }
                      title={own.callTitle}
                      confirm={own.call}
                      danger={tool.effect === "destroy"}
                      onConfirm={begin}
                    >
                      {own.callText}
                    </AlertDialog>
                  )
                )}
              </Row>
            </Stack>
          </form>
        </Panel>
      </Stack>
      <Stack>
        {call.data ? (
          <Returned result={call.data.data} />
        ) : (
          way === "read" && (
            <Panel title={own.result} icon="document">
              {call.isPending ? (
                <SkeletonLines lines={6} />
              ) : (
                <Empty icon="search" title={own.empty}>
                  {own.emptyNext}
                </Empty>
              )}
            </Panel>
          )
        )}
        <Elsewhere tool={tool} value={value} isPlan={way === "plan"} />
      </Stack>
      {isPlanning && (
        <PlanDialog
          title={tool.title}
          tool={tool.name}
          args={value}
          apply={words.actions.apply}
          danger={tool.effect === "destroy"}
          hasSecret={holdsSecret(tool.input_schema, value)}
          onClose={() => setPlanning(false)}
          onFailed={refuse}
        />
      )}
    </div>
  );
}

/** The same call as a command and as a request. */
function Elsewhere({
  tool,
  value,
  isPlan,
}: {
  tool: Tool;
  value: Record<string, unknown>;
  isPlan: boolean;
}): ReactNode {
  const own = usePageWords(toolWords);
  const shown = maskSecrets(tool.input_schema, value) as Record<string, unknown>;
  const url = `${location.origin}${PREFIX}${path`/tools/${tool.name}`}`;
  return (
    <Panel title={own.elsewhere} icon="console">
      <Stack gap="3">
        <p className={styles.faint}>
          <Prose text={own.elsewhereText} /> {shown !== value && own.masked}
        </p>
        <div>
          <h3 className={styles.listName}>{own.cli}</h3>
          <CodeBlock label={own.cli} text={makeCommand(tool.name, shown, isPlan)} wrap />
        </div>
        <div>
          <h3 className={styles.listName}>{own.curl}</h3>
          <CodeBlock
            label={own.curl}
            text={makeCurl({ method: "POST", url, body: isPlan ? { ...shown, check: true } : shown })}
            wrap
          />
        </div>
      </Stack>
    </Panel>
  );
}
