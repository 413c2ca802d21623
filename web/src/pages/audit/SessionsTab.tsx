// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, type ReactNode } from "react";
import { path } from "@/api/client";
import { toProblem } from "@/api/problem";
import { useResource } from "@/api/queries";
import { Empty } from "@/parts/notes/Empty";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Time } from "@/parts/values/Time";
import { usePageWords } from "@/words";
import { Revoke } from "./Revoke";
import type { OtherSession, Passkey } from "./shapes";
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
            <strong>{session.name || session.identity}</strong> {session.is_current && <Badge tone="info">{own.current}</Badge>}
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
      { id: "used", header: own.used, value: (session) => session.used_at, cell: (session) => <Time value={session.used_at} />, width: 130 },
      {
        id: "end",
        header: own.endSession,
        value: () => null,
        cell: (session) =>
          !session.is_current && (
            <Revoke where={path`/sessions/${session.id}`} text={own.endSession} title={own.endSessionTitle(session.name || session.identity)}>
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

/** The passkeys that one may see, and revoke. */
export function PasskeysTab(): ReactNode {
  const own = usePageWords(auditWords);
  const passkeys = useResource<{ passkeys: Passkey[] }>("/passkeys");
  const columns = useMemo<Column<Passkey>[]>(
    () => [
      { id: "name", header: own.name, value: (passkey) => passkey.name, cell: (passkey) => <strong>{passkey.name}</strong>, width: 140, grow: 1, fixed: true },
      { id: "owner", header: own.owner, value: (passkey) => passkey.owner, width: 130, grow: 1 },
      { id: "site", header: own.site, value: (passkey) => passkey.origin ?? passkey.rp_id, width: 160, grow: 1, wide: true },
      { id: "made", header: own.made, value: (passkey) => passkey.made_at, cell: (passkey) => <Time value={passkey.made_at} />, width: 130, wide: true },
      { id: "used", header: own.used, value: (passkey) => passkey.used_at, cell: (passkey) => <Time value={passkey.used_at} />, width: 130, wide: true },
      {
        id: "revoke",
        header: own.revoke,
        value: (passkey) => passkey.revoked_at,
        cell: (passkey) =>
          passkey.revoked_at ? (
            <Badge>{own.states.revoked}</Badge>
          ) : (
            <Revoke where={path`/passkeys/${passkey.key}`} text={own.revoke} title={own.revokePasskey(passkey.name)}>
              {own.revokePasskeyText}
            </Revoke>
          ),
        width: 120,
      },
    ],
    [own],
  );
  if (passkeys.isError) return <Missing error={passkeys.error} onRetry={() => void passkeys.refetch()} />;
  return (
    <DataTable
      id="audit-passkeys"
      label={own.passkeys}
      rows={passkeys.data?.passkeys}
      columns={columns}
      getRowId={(passkey) => passkey.key}
      filterKey={null}
      empty={<Empty icon="fingerprint" title={own.noPasskeys} />}
    />
  );
}

function Missing({ error, onRetry }: { error: unknown; onRetry: () => void }): ReactNode {
  const own = usePageWords(auditWords);
  if (toProblem(error).status === 404) return <Empty icon="lock" title={own.notOffered} />;
  return <ProblemNote error={error} what={own.failed} onRetry={onRetry} />;
}
