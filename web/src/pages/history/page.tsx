// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, type ReactNode } from "react";
import { useSearchValue } from "@/app/useSearchValue";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Tabs } from "@/parts/tabs/Tabs";
import { Prose } from "@/parts/values/Prose";
import { Time, useNow } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import { AsOfTab } from "./AsOfTab";
import { ChangesTab } from "./ChangesTab";
import { DifferenceTab } from "./DifferenceTab";
import styles from "./history.module.css";
import { MOST_CHANGES, useChanges, useSpan } from "./queries";
import { historyWords } from "./words";

type TabName = "changes" | "state" | "difference";

/** What changed in the cluster and who did it, how it was at a moment, and what differs between two. */
export default function HistoryPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(historyWords);
  const span = useSpan();
  const [tab, setTab] = useSearchValue<TabName>("tab", "changes");
  const begin = span.data?.begins_at ?? null;
  return (
    <>
      <PageHead
        title={words.nav.history}
        lead={own.lead}
        actions={
          span.data?.looked_at && (
            <span className={styles.faint}>
              {own.looked} <Time value={span.data.looked_at} /> · {own.begins} <Time value={begin} style="short" />
            </span>
          )
        }
      />
      {span.isError ? (
        <ProblemNote error={span.error} what={own.failed} onRetry={() => void span.refetch()} />
      ) : !span.data ? (
        <Panel>
          <SkeletonLines lines={12} />
        </Panel>
      ) : begin === null ? (
        <Panel>
          <Empty icon="history" title={own.empty}>
            <Prose text={own.emptyNext} />
          </Empty>
        </Panel>
      ) : (
        <Panel flush>
          <Tabs
            label={words.nav.history}
            value={tab}
            onChange={setTab}
            tabs={[
              {
                value: "changes",
                text: own.changes,
                icon: "edit",
                content: (
                  <div className={styles.tab}>
                    <ChangesTab span={span.data} />
                  </div>
                ),
              },
              { value: "state", text: own.asOf, icon: "clock", content: <Moments begin={begin} kind="state" /> },
              {
                value: "difference",
                text: own.difference,
                icon: "drift",
                content: <Moments begin={begin} kind="difference" />,
              },
            ]}
          />
        </Panel>
      )}
    </>
  );
}

function Moments({ begin, kind }: { begin: string; kind: "state" | "difference" }): ReactNode {
  const changes = useChanges({ since: begin, limit: MOST_CHANGES });
  const times = useMemo(() => changes.data?.changes.map(({ at }) => Date.parse(at)) ?? [], [changes.data]);
  const from = Date.parse(begin);
  // To the minute, so that time does not move under the hand.
  const until = Math.max(Math.floor(useNow() / 60_000) * 60_000, ...times, from + 1000);
  const Tab = kind === "state" ? AsOfTab : DifferenceTab;
  return (
    <div className={styles.tab}>
      <Tab from={from} until={until} times={times} />
    </div>
  );
}
