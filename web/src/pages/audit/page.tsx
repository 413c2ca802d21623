// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { useMay } from "@/app/session";
import { useSearchValue } from "@/app/useSearchValue";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Tabs, type Tab } from "@/parts/tabs/Tabs";
import { usePageWords, useWords } from "@/words";
import { ActsTab } from "./ActsTab";
import styles from "./audit.module.css";
import { FreezeTab } from "./FreezeTab";
import { LedgerTab } from "./LedgerTab";
import { PasskeysTab } from "./PasskeysTab";
import { PolicyTab } from "./PolicyTab";
import { SessionsTab } from "./SessionsTab";
import { TokensTab } from "./TokensTab";
import { auditWords } from "./words";

type TabName = "ledger" | "acts" | "policy" | "freeze" | "tokens" | "sessions" | "passkeys";

/** The record and what holds it: ledger, acts, policy, freeze; and who may come in. */
export default function AuditPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(auditWords);
  const may = useMay("administer");
  const [tab, setTab] = useSearchValue<TabName>("tab", "ledger");
  const padded = (content: ReactNode): ReactNode => <div className={styles.tab}>{content}</div>;
  const tabs: Tab<TabName>[] = [
    { value: "ledger", text: own.ledger, icon: "audit", content: padded(<LedgerTab />) },
    { value: "acts", text: own.acts, icon: "document", content: <ActsTab /> },
    { value: "policy", text: own.policy, icon: "lock", content: padded(<PolicyTab />) },
    { value: "freeze", text: own.freeze, icon: "freeze", content: padded(<FreezeTab />) },
    {
      value: "tokens",
      text: own.tokens,
      icon: "key",
      content: may ? <TokensTab /> : <Empty icon="lock" title={own.mayNot} />,
    },
    { value: "sessions", text: own.sessions, icon: "user", content: <SessionsTab /> },
    { value: "passkeys", text: own.passkeys, icon: "fingerprint", content: <PasskeysTab /> },
  ];
  return (
    <>
      <PageHead title={words.nav.audit} lead={own.lead} />
      <Panel flush>
        <Tabs label={words.nav.audit} tabs={tabs} value={tab} onChange={setTab} />
      </Panel>
    </>
  );
}
