// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { path, post } from "@/api/client";
import { useResource } from "@/api/queries";
import { hasPasskeys, makePasskey } from "@/app/signin/passkey";
import { Button } from "@/parts/button/Button";
import { Dialog } from "@/parts/dialog/Dialog";
import { TextInput } from "@/parts/fields/TextInput";
import { Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { Time } from "@/parts/values/Time";
import { usePageWords, useWords } from "@/words";
import { Missing } from "./Missing";
import { Revoke } from "./Revoke";
import type { Passkey } from "./shapes";
import { auditWords } from "./words";

/** The passkeys that one may see, and revoke. */
export function PasskeysTab(): ReactNode {
  const own = usePageWords(auditWords);
  const passkeys = useResource<{ passkeys: Passkey[] }>("/passkeys");
  const columns = useMemo<Column<Passkey>[]>(
    () => [
      {
        id: "name",
        header: own.name,
        value: (passkey) => passkey.name,
        cell: (passkey) => <strong>{passkey.name}</strong>,
        width: 140,
        grow: 1,
        fixed: true,
      },
      { id: "owner", header: own.owner, value: (passkey) => passkey.owner, width: 130, grow: 1 },
      { id: "site", header: own.site, value: (passkey) => passkey.host, width: 160, grow: 1, wide: true },
      {
        id: "made",
        header: own.made,
        value: (passkey) => passkey.made_at,
        cell: (passkey) => <Time value={passkey.made_at} />,
        width: 130,
        wide: true,
      },
      {
        id: "used",
        header: own.used,
        value: (passkey) => passkey.used_at,
        cell: (passkey) => <Time value={passkey.used_at} />,
        width: 130,
        wide: true,
      },
      {
        id: "revoke",
        header: own.revoke,
        value: (passkey) => passkey.revoked_at,
        cell: (passkey) =>
          passkey.revoked_at ? (
            <Badge>{own.states.revoked}</Badge>
          ) : (
            <Revoke where={path`/passkeys/${passkey.id}`} text={own.revoke} title={own.revokePasskey(passkey.name)}>
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
      getRowId={(passkey) => passkey.id}
      filterKey={null}
      actions={<Enrol />}
      empty={
        <Empty icon="fingerprint" title={own.noPasskeys} actions={<Enrol />}>
          {own.noPasskeysNext}
        </Empty>
      }
    />
  );
}

/** Lets the browser make a passkey of who is signed in, and enrols it for this server. */
function Enrol(): ReactNode {
  const own = usePageWords(auditWords);
  const words = useWords();
  const client = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState("");
  const enrol = useMutation({
    mutationFn: async () => {
      const options = await post<Record<string, unknown>>("/passkeys/options");
      return post<Passkey>("/passkeys", { name: name.trim(), credential: await makePasskey(options) });
    },
    onSuccess: () => {
      setOpen(false);
      return client.invalidateQueries({ queryKey: ["resource"] });
    },
  });
  const change = (open: boolean): void => {
    setOpen(open);
    enrol.reset();
    if (open) setName("");
  };
  return (
    <Dialog
      open={isOpen}
      onOpenChange={change}
      trigger={
        <Button size="s" icon="plus">
          {own.enrol}
        </Button>
      }
      title={own.enrol}
      actions={
        <>
          <Button onClick={() => change(false)}>{words.actions.cancel}</Button>
          <Button
            look="primary"
            icon="fingerprint"
            busy={enrol.isPending}
            disabled={!name.trim() || !hasPasskeys()}
            onClick={() => enrol.mutate()}
          >
            {own.enrol}
          </Button>
        </>
      }
    >
      <Stack>
        {!hasPasskeys() && <Note tone="warn">{words.signIn.passkeyUnsupported}</Note>}
        <p>{own.enrolText}</p>
        <TextInput label={own.name} help={own.enrolName} required value={name} onChange={setName} maxLength={64} />
        {enrol.error instanceof DOMException ? (
          <Note tone="warn">{own.enrolCancelled}</Note>
        ) : (
          enrol.isError && <ProblemNote error={enrol.error} bare />
        )}
      </Stack>
    </Dialog>
  );
}
