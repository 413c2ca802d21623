// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { useReadTool } from "@/api/queries";
import type { ClusterNode } from "@/api/shapes";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel } from "@/parts/layout/Panel";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { KeyValues } from "@/parts/values/KeyValues";
import { useFormats, useWords } from "@/words";

interface Overview {
  cluster: { name?: string; nodes_online: number; nodes_total: number; quorate?: boolean };
  nodes: ClusterNode[];
}

/** The cluster at a glance. */
export default function DashboardPage(): ReactNode {
  const words = useWords();
  const formats = useFormats();
  const overview = useReadTool<Overview>("cluster_overview");
  return (
    <>
      <PageHead title={words.nav.dashboard} lead={overview.data?.summary} />
      <Panel title={words.nav.nodes} icon="node">
        {overview.isPending ? (
          <SkeletonLines lines={4} />
        ) : overview.isError ? (
          <ProblemNote error={overview.error} bare onRetry={() => void overview.refetch()} />
        ) : (
          <KeyValues
            items={overview.data.nodes.map((node) => ({
              name: node.node,
              value: `${words.fields.cpu} ${formats.percent(node.cpu ?? 0)}`,
            }))}
          />
        )}
      </Panel>
    </>
  );
}
