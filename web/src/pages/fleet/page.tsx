// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useQueryClient } from "@tanstack/react-query";
import { useBlocker, useParams } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState, type ReactNode } from "react";
import { useLive, type LiveEvent } from "@/api/live";
import { useMay, useSession } from "@/app/session";
import { useSearchValue } from "@/app/useSearchValue";
import { Button, IconButton } from "@/parts/button/Button";
import { classes } from "@/parts/classes";
import { AlertDialog } from "@/parts/dialog/Dialog";
import { Editor, type TextProblem } from "@/parts/editor/Editor";
import { Select } from "@/parts/fields/Select";
import { Icon } from "@/parts/icon/Icon";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Badge } from "@/parts/status/Status";
import { useMedia } from "@/parts/table/useMedia";
import { Tabs } from "@/parts/tabs/Tabs";
import { showToast } from "@/parts/toast/Toasts";
import { Time } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import { ApplyDialog } from "./ApplyDialog";
import { ClashDialog } from "./ClashDialog";
import { DriftPane } from "./DriftPane";
import { isDirty } from "./drafts";
import { FileTree, NewFileDialog } from "./FileTree";
import styles from "./fleet.module.css";
import { HistoryPane } from "./HistoryPane";
import { PlanPane } from "./PlanPane";
import { Problems } from "./Problems";
import { fleetKey, useFleet, useLint, usePlan, useRendered, useSchema, type Texts } from "./queries";
import type { Finding, Fleet } from "./shapes";
import { useFiles } from "./useFiles";
import { useSettled } from "./useSettled";
import { ValuePane } from "./ValuePane";
import { fleetWords } from "./words";

const RUNS = ["run"] as const;
type View = "plan" | "value" | "drift" | "history";
const NONE: readonly Finding[] = [];

/** One fleet: its files with the plan beside them, where values come from, drift, and versions. */
export default function FleetPage(): ReactNode {
  const { name } = useParams({ strict: false });
  const words = useWords();
  const [environment] = useSearchValue<string>("environment", "");
  const fleet = useFleet(name ?? "", environment);
  if (fleet.isError) {
    return (
      <>
        <PageHead title={name ?? ""} up={{ to: "/fleet", text: words.nav.fleets }} />
        <ProblemNote error={fleet.error} onRetry={() => void fleet.refetch()} />
      </>
    );
  }
  if (!fleet.data) {
    return (
      <>
        <PageHead title={name ?? ""} up={{ to: "/fleet", text: words.nav.fleets }} />
        <SkeletonLines lines={12} />
      </>
    );
  }
  return <Workbench key={name} fleet={fleet.data} />;
}

function Workbench({ fleet }: { fleet: Fleet }): ReactNode {
  const words = useWords();
  const own = usePageWords(fleetWords);
  const { name } = fleet;
  const { mode } = useSession();
  const mayOperate = useMay("operate");
  const mayEdit = mayOperate && fleet.has_files;
  const isNarrow = useMedia("(width < 90rem)");
  const [environment, setEnvironment] = useSearchValue<string>("environment", "");
  const [view, setView] = useSearchValue<View>("tab", fleet.has_files ? "plan" : "history");
  const [wanted, setWanted] = useSearchValue<string>("file", "");
  const [goTo, setGoTo] = useState<{ file: string; line: number } | null>(null);
  const [line, setLine] = useState<{ file: string; line: number } | null>(null);
  const [asked, setAsked] = useState<"new" | "discard" | "apply" | number | null>(null);

  const files = useFiles(name);
  const { show } = files;
  const paths = useMemo(
    () =>
      [...new Set([...fleet.files.map(({ path }) => path), ...files.tabs])].sort((left, right) =>
        left.localeCompare(right),
      ),
    [fleet.files, files.tabs],
  );
  const active =
    wanted && paths.includes(wanted) ? wanted : (paths.find((path) => /^fleet\.ya?ml$/.test(path)) ?? paths[0] ?? null);
  useEffect(() => {
    if (mayEdit && active) void show(active);
  }, [mayEdit, active, show]);

  const drafts = useSettled(files.drafts);
  const texts = useMemo<Texts>(() => ({ name, environment, drafts }), [name, environment, drafts]);
  const lint = useLint(texts, fleet.has_files);
  const findings = lint.data?.problems ?? (environment ? NONE : fleet.findings);
  const hasErrors = findings.some(({ level }) => level === "error");
  const isLinted = lint.isSuccess && !lint.isPlaceholderData;
  const plan = usePlan(texts, mayEdit && mode !== "read" && isLinted && !hasErrors);
  const schema = useSchema(name, mayEdit);

  const client = useQueryClient();
  const onRun = useCallback(
    ({ data }: LiveEvent) => {
      if (data.changed === true) void client.invalidateQueries({ queryKey: fleetKey(name) });
    },
    [client, name],
  );
  useLive(RUNS, onRun);

  const unsaved = Object.keys(files.drafts).length;
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => unsaved > 0 && current.pathname !== next.pathname,
    enableBeforeUnload: () => unsaved > 0,
    withResolver: true,
  });
  const goToPlace = useCallback(
    (file: string, at: number) => {
      setWanted(file);
      setGoTo({ file, line: at });
    },
    [setWanted],
  );
  const save = async (): Promise<void> => {
    const saved = await files.save();
    if (saved) showToast(own.saved(saved));
  };
  const clashing = files.clash ? files.open[files.clash.path] : undefined;
  const activeFile = active ? files.open[active] : undefined;

  const workbench = !fleet.has_files ? (
    <Note tone="info" title={own.elsewhere}>
      {own.elsewhereNext}
    </Note>
  ) : !mayEdit ? (
    <Reading texts={texts} />
  ) : (
    <Panel flush className={styles.editing ?? ""}>
      <div className={styles.editingGrid}>
        {!isNarrow && (
          <FileTree
            name={name}
            paths={paths}
            open={files.open}
            active={active}
            findings={findings}
            onShow={setWanted}
            onMake={() => setAsked("new")}
          />
        )}
        <div className={styles.editors}>
          <div className={styles.editorHead}>
            {isNarrow ? (
              <>
                <Select
                  label={own.files}
                  hideLabel
                  value={active}
                  onChange={setWanted}
                  options={paths.map((path) => {
                    const file = files.open[path];
                    return { value: path, text: path, ...(file && isDirty(file) && { note: own.unsaved }) };
                  })}
                />
                <IconButton icon="plus" size="s" label={own.newFile} onClick={() => setAsked("new")} />
              </>
            ) : (
              <code className={styles.activePath}>{active}</code>
            )}
            {activeFile && isDirty(activeFile) && (
              <span className={styles.draftMark}>{activeFile.isGone ? own.willGo : own.unsaved}</span>
            )}
            <span className={styles.end}>
              {activeFile?.isGone ? (
                <Button size="s" onClick={() => files.setGone(activeFile.path, false)}>
                  {own.restore}
                </Button>
              ) : activeFile ? (
                <AlertDialog
                  trigger={<IconButton icon="trash" size="s" label={own.deleteFile(activeFile.path)} />}
                  title={own.deleteFile(activeFile.path)}
                  confirm={words.actions.delete}
                  danger
                  onConfirm={() =>
                    activeFile.base === null ? files.close(activeFile.path) : files.setGone(activeFile.path, true)
                  }
                >
                  {own.deleteFileAsk}
                </AlertDialog>
              ) : null}
            </span>
          </div>
          {files.problem && (
            <ProblemNote
              error={files.problem.error}
              what={files.problem.path}
              onRetry={() => void show(files.problem?.path ?? "")}
            />
          )}
          {active === null ? (
            <Empty
              icon="document"
              title={own.noFilesYet}
              actions={
                <Button look="primary" icon="plus" onClick={() => setAsked("new")}>
                  {own.newFile}
                </Button>
              }
            >
              {own.noFilesYetNext}
            </Empty>
          ) : !activeFile && !files.problem ? (
            <SkeletonLines lines={10} />
          ) : null}
          {files.tabs.map((path) => {
            const file = files.open[path];
            return file ? (
              <div key={path} hidden={path !== active}>
                <Editor
                  label={path}
                  value={file.text}
                  onChange={(text) => files.edit(path, text)}
                  onSave={() => void save()}
                  onLine={(at) => setLine({ file: path, line: at })}
                  goTo={goTo?.file === path ? goTo : null}
                  readOnly={Boolean(file.isGone) || path.endsWith(".json")}
                  problems={toTextProblems(findings, path)}
                  {...(schema.data && isOfFleet(fleet, path) && { schema: schema.data })}
                  height={isNarrow ? "min(60dvh, 30rem)" : "max(24rem, calc(100dvh - 21.5rem))"}
                />
              </div>
            ) : null;
          })}
          <Problems findings={findings} onGoTo={goToPlace} />
        </div>
      </div>
    </Panel>
  );

  const tabs = [
    ...(mayEdit
      ? [
          {
            value: "plan" as const,
            text: own.tabs.plan,
            count: hasErrors ? undefined : plan.data?.objects.length || undefined,
            content: (
              <PlanPane
                plan={plan}
                hasErrors={hasErrors}
                isDraft={unsaved > 0}
                isStale={drafts.value !== files.drafts || (!isLinted && lint.isFetching)}
                onGoTo={goToPlace}
                onApply={() => setAsked("apply")}
                onDrift={() => setView("drift")}
              />
            ),
          },
          {
            value: "value" as const,
            text: own.tabs.value,
            content: (
              <ValuePane
                texts={texts}
                at={line?.file === active ? line : null}
                hasErrors={hasErrors}
                onGoTo={goToPlace}
              />
            ),
          },
        ]
      : []),
    {
      value: "drift" as const,
      text: own.tabs.drift,
      count: fleet.drift?.fields || undefined,
      content: (
        <DriftPane
          texts={texts}
          isApplied={fleet.applied !== null}
          mayEdit={mayEdit && mode !== "read"}
          onTake={files.take}
          {...(mayEdit && { onGoTo: goToPlace })}
        />
      ),
    },
    {
      value: "history" as const,
      text: own.tabs.history,
      content: (
        <HistoryPane
          name={name}
          hasFiles={fleet.has_files}
          mayOperate={mayOperate && mode !== "read"}
          onBack={setAsked}
        />
      ),
    },
  ];
  const shownView = tabs.some(({ value }) => value === view) ? view : (tabs[0]?.value ?? "history");

  return (
    <>
      <PageHead
        title={name}
        up={{ to: "/fleet", text: words.nav.fleets }}
        aside={<Facts fleet={fleet} />}
        lead={fleet.place && <code>{fleet.place}</code>}
        actions={
          <>
            {fleet.environments.length > 0 && (
              <Select
                label={own.environment}
                hideLabel
                value={environment}
                onChange={setEnvironment}
                options={[
                  { value: "", text: `${own.environment}: ${own.noEnvironment}` },
                  ...fleet.environments.map((each) => ({ value: each, text: each })),
                ]}
              />
            )}
            {unsaved > 0 && <Button onClick={() => setAsked("discard")}>{own.discard}</Button>}
            {mayEdit && mode !== "read" && (
              <Button
                look={unsaved > 0 ? "primary" : "plain"}
                disabled={unsaved === 0}
                busy={files.isSaving}
                onClick={() => void save()}
              >
                {own.save}
                {unsaved > 0 && ` (${String(unsaved)})`}
              </Button>
            )}
          </>
        }
      />
      <div className={classes(styles.bench, !fleet.has_files && styles.alone)}>
        {workbench}
        <Panel className={styles.side ?? ""}>
          <h2 className="unseen">{own.views}</h2>
          <Tabs label={own.views} tabs={tabs} value={shownView} onChange={setView} />
        </Panel>
      </div>
      {asked === "new" && (
        <NewFileDialog
          known={paths}
          onClose={() => setAsked(null)}
          onMake={(path) => {
            files.make(path);
            setWanted(path);
            setAsked(null);
          }}
        />
      )}
      {(asked === "apply" || typeof asked === "number") && (
        <ApplyDialog
          name={name}
          environment={environment}
          {...(typeof asked === "number" && { version: asked })}
          onClose={() => setAsked(null)}
        />
      )}
      {files.clash && clashing && <ClashDialog clash={files.clash} mine={clashing} onSolve={files.solve} />}
      <AlertDialog
        open={asked === "discard"}
        onOpenChange={() => setAsked(null)}
        title={own.discardAsk}
        confirm={own.discard}
        danger
        onConfirm={files.discard}
      >
        {own.discardWhy(unsaved)}
      </AlertDialog>
      <AlertDialog
        open={blocker.status === "blocked"}
        onOpenChange={(open) => !open && blocker.status === "blocked" && blocker.reset()}
        title={own.leaveAsk}
        confirm={own.leave}
        danger
        onConfirm={() => blocker.status === "blocked" && blocker.proceed()}
      >
        {own.discardWhy(unsaved)}
      </AlertDialog>
    </>
  );
}

/** What was applied last, and what git says. */
function Facts({ fleet }: { fleet: Fleet }): ReactNode {
  const own = usePageWords(fleetWords);
  const changed = Object.keys(fleet.git?.changed ?? {}).length;
  return (
    <span className={styles.facts}>
      {fleet.applied ? (
        <Badge tone="ok" icon="check">
          {own.revision(fleet.applied.revision)} · <Time value={fleet.applied.at} /> {own.appliedBy(fleet.applied.who)}
        </Badge>
      ) : (
        <Badge>{own.neverApplied}</Badge>
      )}
      {fleet.git && (
        <span className={styles.git}>
          <Icon name="code" label={own.branch} />
          <code>{fleet.git.branch ?? fleet.git.commit?.slice(0, 8)}</code>
          {changed > 0 && own.uncommitted(changed)}
        </span>
      )}
    </span>
  );
}

/** What the files amount to, for those who may not see the files themselves. */
function Reading({ texts }: { texts: Texts }): ReactNode {
  const own = usePageWords(fleetWords);
  const rendered = useRendered(texts, true);
  return (
    <Panel title={own.readOnly} icon="lock">
      <p className={styles.faint}>{own.readOnlyNext}</p>
      {rendered.isError ? (
        <ProblemNote error={rendered.error} />
      ) : rendered.data ? (
        <Editor label={own.readOnlyNext} value={rendered.data.text} onChange={() => undefined} readOnly />
      ) : (
        <SkeletonLines lines={10} />
      )}
    </Panel>
  );
}

function isOfFleet(fleet: Fleet, path: string): boolean {
  const known = fleet.files.find((file) => file.path === path);
  return known ? known.kind === "fleet" : !/^values(\/|\.ya?ml$)/.test(path);
}

function toTextProblems(findings: readonly Finding[], path: string): TextProblem[] {
  return findings
    .filter((finding) => finding.file === path)
    .map(({ level, line, column, message, hint }) => ({
      message: hint ? `${message} ${hint}` : message,
      severity: level,
      line: Math.max(line, 1),
      column: Math.max(column, 1),
    }));
}
