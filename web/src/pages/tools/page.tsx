// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useTools } from "@/api/queries";
import type { Effect as EffectName } from "@/api/shapes";
import { useSearchValue } from "@/app/useSearchValue";
import { Select } from "@/parts/fields/Select";
import { TextInput } from "@/parts/fields/TextInput";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel, Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Effect } from "@/parts/status/Status";
import { useFilterValue } from "@/parts/table/useFilterValue";
import { usePageWords, useWords } from "@/words";
import { groupTools, takeSentence, type ToolGroup } from "./model";
import styles from "./tools.module.css";
import { toolsWords } from "./words";

const EFFECTS = ["all", "read", "operate", "destroy"] as const;

/** The catalogue of tools by toolset. */
export default function ToolsPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(toolsWords);
  const tools = useTools();
  const [query, setQuery] = useFilterValue("q");
  const [effect, setEffect] = useSearchValue<EffectName | "all">("effect", "all");
  const groups = useMemo(
    () => (tools.data ? groupTools(tools.data, query, effect) : undefined),
    [tools.data, query, effect],
  );
  const found = groups?.reduce((sum, group) => sum + group.tools.length, 0);
  return (
    <>
      <PageHead title={words.nav.tools} lead={own.lead} />
      <Stack>
        <div className={styles.search}>
          <TextInput
            label={own.search}
            hideLabel
            type="search"
            icon="search"
            placeholder={own.searchHint}
            value={query}
            onChange={setQuery}
          />
          <Select
            label={own.effect}
            hideLabel
            value={effect}
            onChange={setEffect}
            options={EFFECTS.map((value) => ({ value, text: value === "all" ? own.all : words.effects[value] }))}
          />
          <span className={styles.found} role="status">
            {found !== undefined && own.found(found)}
          </span>
        </div>
        {tools.isError && <ProblemNote error={tools.error} what={own.failed} onRetry={() => void tools.refetch()} />}
        {tools.isPending && (
          <Panel>
            <SkeletonLines lines={12} />
          </Panel>
        )}
        {groups?.length === 0 && (
          <Panel>
            <Empty icon="search" title={own.none}>
              {own.noneNext}
            </Empty>
          </Panel>
        )}
        <div className={styles.groups}>
          {groups?.map((group) => (
            <Group key={group.toolset} group={group} />
          ))}
        </div>
      </Stack>
    </>
  );
}

function Group({ group }: { group: ToolGroup }): ReactNode {
  const own = usePageWords(toolsWords);
  const titles: Readonly<Record<string, string>> = own.toolsets;
  return (
    <Panel
      title={titles[group.toolset] ?? group.toolset}
      aside={group.tools.length}
      flush
      className={styles.group ?? ""}
    >
      <ul>
        {group.tools.map((tool) => (
          <li key={tool.name}>
            <Link to="/tools/$name" params={{ name: tool.name }} className={styles.tool}>
              <span className={styles.head}>
                <span className={styles.title}>{tool.title}</span>
                <Effect effect={tool.effect} quiet />
              </span>
              <code className={styles.name}>{tool.name}</code>
              <span className={styles.what}>{takeSentence(tool.description)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
