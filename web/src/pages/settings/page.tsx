// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useNavigate } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import { useResource, useSignOut } from "@/api/queries";
import { useMay, useSession } from "@/app/session";
import { setTheme, useThemeChoice } from "@/app/theme";
import { Button, ButtonAnchor, ButtonLink } from "@/parts/button/Button";
import { RadioGroup } from "@/parts/fields/Choices";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel, PanelGrid, Row, Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { Badge } from "@/parts/status/Status";
import { DataTable, type Column } from "@/parts/table/DataTable";
import { KeyValues } from "@/parts/values/KeyValues";
import { Prose } from "@/parts/values/Prose";
import { Time } from "@/parts/values/Time";
import { LANGUAGES, setLanguage, useFormats, useLanguage, usePageWords, useWords } from "@/words";
import styles from "./settings.module.css";
import { settingsWords } from "./words";

const LANGUAGE_NAMES = { en: "English", fr: "Français" } as const;

interface Setting {
  name: string;
  value: string | number | boolean | null;
  is_set: boolean;
  default: string | number | boolean | null;
}

interface Settings {
  version: string;
  collection: string;
  mode: string;
  settings: Setting[];
}

interface Profile {
  name: string;
  is_default: boolean;
  url: string;
  identity?: string | null;
  secret?: string | null;
  verify_ssl?: boolean | null;
}

/** How the page looks, the session, and what the server is set to. */
export default function SettingsPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(settingsWords);
  const may = useMay("administer");
  return (
    <>
      <PageHead title={words.nav.settings} lead={own.lead} />
      <Stack>
        <PanelGrid>
          <Look />
          <OwnSession />
          <About />
        </PanelGrid>
        {may ? (
          <>
            <Profiles />
            <ServerSettings />
          </>
        ) : (
          <Note tone="info" icon="lock">
            {own.mayNot}
          </Note>
        )}
      </Stack>
    </>
  );
}

function Look(): ReactNode {
  const words = useWords();
  const own = usePageWords(settingsWords);
  return (
    <Panel title={own.look} icon="sun">
      <div className={styles.choices}>
        <RadioGroup
          label={words.shell.theme}
          value={useThemeChoice()}
          onChange={setTheme}
          options={[
            { value: "light", text: words.shell.light },
            { value: "dark", text: words.shell.dark },
            { value: "auto", text: words.shell.auto },
          ]}
        />
        <RadioGroup
          label={words.language.switch}
          value={useLanguage()}
          onChange={(next) => void setLanguage(next)}
          options={LANGUAGES.map((value) => ({ value, text: <span lang={value}>{LANGUAGE_NAMES[value]}</span> }))}
        />
      </div>
    </Panel>
  );
}

function OwnSession(): ReactNode {
  const words = useWords();
  const own = usePageWords(settingsWords);
  const formats = useFormats();
  const session = useSession();
  const signOut = useSignOut();
  const navigate = useNavigate();
  return (
    <Panel title={own.session} icon="user">
      <Stack>
        <KeyValues
          items={[
            { name: words.fields.name, value: session.name },
            {
              name: own.identity,
              value: session.identity === session.name ? undefined : <code>{session.identity}</code>,
            },
            { name: own.proof, value: session.proof },
            { name: words.shell.roles, value: formats.list(session.roles) },
            { name: own.rights, value: formats.list(session.may.map((right) => own.mayWords[right])) },
            { name: own.since, value: <Time value={session.signed_in_at} style="short" /> },
            { name: own.until, value: <Time value={session.expires_at} /> },
          ]}
        />
        <Row>
          <Button
            icon="signOut"
            busy={signOut.isPending}
            onClick={() => signOut.mutate(undefined, { onSettled: () => void navigate({ to: "/sign-in" }) })}
          >
            {words.shell.signOut}
          </Button>
          <ButtonLink look="quiet" to="/audit" search={{ tab: "sessions" }}>
            {own.others}
          </ButtonLink>
        </Row>
      </Stack>
    </Panel>
  );
}

function About(): ReactNode {
  const own = usePageWords(settingsWords);
  const words = useWords();
  const session = useSession();
  const settings = useResource<Settings>("/settings", {}, useMay("administer"));
  return (
    <Panel title={own.about} icon="info">
      <Stack>
        <KeyValues
          items={[
            { name: own.version, value: session.version },
            { name: own.collection, value: settings.data?.collection },
            { name: words.fields.cluster, value: session.cluster.name ?? session.cluster.url },
            { name: words.shell.mode, value: words.shell.modes[session.mode] },
            { name: own.license, value: "GPL-3.0-or-later" },
          ]}
        />
        <Row>
          <ButtonAnchor icon="document" href="/THIRD-PARTY.txt">
            {own.thirdParty}
          </ButtonAnchor>
          <ButtonAnchor icon="download" look="quiet" href="/sbom.cdx.json" download>
            {own.sbom}
          </ButtonAnchor>
        </Row>
      </Stack>
    </Panel>
  );
}

function Profiles(): ReactNode {
  const own = usePageWords(settingsWords);
  const profiles = useResource<{ profiles: Profile[]; chosen: string | null }>("/profiles");
  const chosen = profiles.data?.chosen;
  const columns = useMemo<Column<Profile>[]>(
    () => [
      {
        id: "name",
        header: own.profile,
        value: (profile) => profile.name,
        cell: (profile) => (
          <>
            <strong>{profile.name}</strong> {profile.name === chosen && <Badge tone="ok">{own.chosen}</Badge>}{" "}
            {profile.is_default && <Badge>{own.isDefault}</Badge>}
          </>
        ),
        width: 170,
        grow: 1,
      },
      { id: "url", header: own.url, value: (profile) => profile.url, width: 170, grow: 1 },
      { id: "identity", header: own.identity, value: (profile) => profile.identity, width: 150, grow: 1, wide: true },
      { id: "secret", header: own.secret, value: (profile) => profile.secret, width: 130, wide: true },
      {
        id: "tls",
        header: own.tls,
        value: (profile) => (profile.verify_ssl === false ? own.unchecked : own.checked),
        width: 120,
        wide: true,
      },
    ],
    [own, chosen],
  );
  return (
    <Panel title={own.profiles} icon="link" flush>
      {profiles.isError ? (
        <ProblemNote error={profiles.error} what={own.failed} onRetry={() => void profiles.refetch()} />
      ) : (
        <DataTable
          id="settings-profiles"
          label={own.profiles}
          rows={profiles.data?.profiles}
          columns={columns}
          getRowId={(profile) => profile.name}
          simple
          filterKey={null}
          empty={
            <Empty icon="link" title={own.noProfiles}>
              <Prose text={own.noProfilesNext} />
            </Empty>
          }
        />
      )}
    </Panel>
  );
}

function ServerSettings(): ReactNode {
  const own = usePageWords(settingsWords);
  const settings = useResource<Settings>("/settings");
  const columns = useMemo<Column<Setting>[]>(
    () => [
      {
        id: "name",
        header: own.setting,
        value: (row) => row.name,
        cell: (row) => <code>{row.name}</code>,
        width: 200,
        grow: 1,
        fixed: true,
      },
      {
        id: "value",
        header: own.value,
        value: (row) => showValue(row.value),
        cell: (row) => <code>{showValue(row.value)}</code>,
        width: 150,
        grow: 2,
      },
      {
        id: "default",
        header: own.default,
        value: (row) => showValue(row.default),
        cell: (row) => <code className={styles.faint}>{showValue(row.default)}</code>,
        width: 150,
        grow: 1,
        wide: true,
      },
      {
        id: "set",
        header: own.set,
        value: (row) => (row.is_set ? 1 : 0),
        cell: (row) =>
          row.is_set && (
            <Badge tone="info" quiet icon="check">
              {own.isSet}
            </Badge>
          ),
        width: 160,
        wide: true,
      },
    ],
    [own],
  );
  return (
    <Panel title={own.server} icon="settings" flush>
      <p className={styles.note}>{own.serverText}</p>
      {settings.isError ? (
        <ProblemNote error={settings.error} what={own.failed} onRetry={() => void settings.refetch()} />
      ) : (
        <DataTable
          id="settings-server"
          label={own.server}
          rows={settings.data?.settings}
          columns={columns}
          getRowId={(row) => row.name}
          maxHeight="40rem"
        />
      )}
    </Panel>
  );
}

function showValue(value: Setting["value"]): string {
  return value === null ? "–" : String(value);
}
