// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, type ReactNode } from "react";
import { path } from "@/api/client";
import { useResource } from "@/api/queries";
import { Empty } from "@/parts/notes/Empty";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Time } from "@/parts/values/Time";
import { usePageWords } from "@/words";
import { Missing } from "./Missing";
import { Revoke } from "./Revoke";
import type { OtherSession } from "./shapes";
import { auditWords } from "./words";

/** The sessions of browsers that one may end. */
export function SessionsTab(): ReactNode {
  const own = usePageWords(auditWords);
  const sessions = useResource<{ sessions: OtherSession[] }>("/sessions");
  const columns = useMemo<Column<OtherSession>[]>(
    () => [
      {
        id: "who",
        header: own.who,
        value: (session) => session.name || session.identity,
        cell: (session) => (
          <>
            <strong>{session.name || session.identity}</strong>{" "}
            {session.is_current && <Badge tone="info">{own.current}</Badge>}
          </>
        ),
        width: 150,
        grow: 1,
        fixed: true,
      },
      { id: "roles", header: own.roles, value: (session) => session.roles.join(", "), width: 150, grow: 1, wide: true },
      { id: "proof", header: own.proof, value: (session) => session.proof, width: 110, wide: true },
      { id: "browser", header: own.browser, value: (session) => session.browser, width: 140, grow: 1, wide: true },
      { id: "address", header: own.address, value: (session) => session.address, width: 120, wide: true },
      {
        id: "used",
        header: own.used,
        value: (session) => session.used_at,
        cell: (session) => <Time value={session.used_at} />,
        width: 130,
      },
      {
        id: "end",
        header: own.endSession,
        value: () => null,
        cell: (session) =>
          !session.is_current && (
            <Revoke
              where={path`/sessions/${session.id}`}
              text={own.endSession}
              title={own.endSessionTitle(session.name || session.identity)}
            >
              {own.endSessionText}
            </Revoke>
          ),
        width: 120,
      },
    ],
    [own],
  );
  if (sessions.isError) return <Missing error={sessions.error} onRetry={() => void sessions.refetch()} />;
  return (
    <DataTable
      id="audit-sessions"
      label={own.sessions}
      rows={sessions.data?.sessions}
      columns={columns}
      getRowId={(session) => session.id}
      filterKey={null}
      empty={<Empty icon="user" title={own.noSessions} />}
    />
  );
}
