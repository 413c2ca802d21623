// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { usePlans } from "@/api/queries";
import { IconButton } from "@/parts/button/Button";
import { Icon } from "@/parts/icon/Icon";
import { Tip } from "@/parts/popover/Tip";
import { useWords } from "@/words";
import { GROUPS, PAGES, type Page } from "../pages";
import { useMay } from "../session";
import { Mark } from "./Mark";
import { useWasTrue } from "./useWasTrue";
import styles from "./shell.module.css";

const Drawer = lazy(async () => ({ default: (await import("@/parts/dialog/Dialog")).Drawer }));
const IN_FOOT = ["dashboard", "guests", "runs", "approvals"];

/** The navigation at the side. */
export function SideNav({ isNarrow, onToggle }: { isNarrow: boolean; onToggle: () => void }): ReactNode {
  const words = useWords();
  return (
    <nav className={styles.side} aria-label={words.shell.navigation} data-print="no">
      <Link to="/" className={styles.product} aria-label={words.shell.product}>
        <Mark />
        <span className={styles.productName}>{words.shell.product}</span>
      </Link>
      <div className={styles.nav}>
        <NavGroups isNarrow={isNarrow} />
      </div>
      <div className={styles.sideFoot}>
        <IconButton
          icon="side"
          label={isNarrow ? words.shell.expand : words.shell.collapse}
          keys="["
          aria-expanded={!isNarrow}
          onClick={onToggle}
        />
      </div>
    </nav>
  );
}

function NavGroups({ isNarrow, onGo }: { isNarrow: boolean; onGo?: () => void }): ReactNode {
  const words = useWords();
  return GROUPS.map((group) => {
    const pages = PAGES.filter((page) => page.group === group);
    if (!pages.length) return null;
    return (
      <div key={group} className={styles.group}>
        {group !== "overview" && <p className={styles.groupName}>{words.shell[group]}</p>}
        <ul>
          {pages.map((page) => (
            <li key={page.name}>
              <NavLink page={page} isNarrow={isNarrow} {...(onGo && { onGo })} />
            </li>
          ))}
        </ul>
      </div>
    );
  });
}

function NavLink({ page, isNarrow, onGo }: { page: Page; isNarrow: boolean; onGo?: () => void }): ReactNode {
  const words = useWords();
  const name = words.nav[page.name];
  const link = (
    <Link
      to={page.path}
      className={styles.link}
      activeProps={{ className: styles.active, "aria-current": "page" }}
      activeOptions={{ exact: page.path === "/", includeSearch: false }}
      onClick={onGo}
      aria-label={isNarrow ? name : undefined}
    >
      <Icon name={page.icon} size={20} />
      <span className={styles.linkName}>{name}</span>
      {page.name === "approvals" && <Waiting />}
    </Link>
  );
  return isNarrow ? (
    <Tip text={name} side="right">
      {link}
    </Tip>
  ) : (
    link
  );
}

/** How many plans wait for a decision. */
function Waiting(): ReactNode {
  const words = useWords();
  const plans = usePlans("held", useMay("read"));
  const number = plans.data?.plans.length ?? 0;
  if (!number) return null;
  return (
    <span className={styles.waiting} title={words.count.waiting(number)}>
      <span aria-hidden>{number}</span>
      <span className="unseen">{words.count.waiting(number)}</span>
    </span>
  );
}

/** The navigation at the foot of narrow screens; what has no room there is in a drawer. */
export function Foot(): ReactNode {
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  const wasOpen = useWasTrue(isOpen);
  const pages = PAGES.filter(({ name }) => IN_FOOT.includes(name));
  return (
    <nav className={styles.foot} aria-label={words.shell.navigation} data-print="no">
      {pages.map((page) => (
        <Link
          key={page.name}
          to={page.path}
          className={styles.footLink}
          activeProps={{ className: styles.footActive, "aria-current": "page" }}
          activeOptions={{ exact: page.path === "/", includeSearch: false }}
        >
          <span className={styles.footSign}>
            <Icon name={page.icon} size={20} />
            {page.name === "approvals" && <Waiting />}
          </span>
          <span className={styles.footName}>{words.foot[page.name as keyof typeof words.foot]}</span>
        </Link>
      ))}
      <button type="button" className={styles.footLink} aria-expanded={isOpen} onClick={() => setOpen(true)}>
        <span className={styles.footSign}>
          <Icon name="menu" size={20} />
        </span>
        <span className={styles.footName}>{words.shell.menu}</span>
      </button>
      {wasOpen && (
        <Suspense fallback={null}>
          <Drawer side="left" size="s" title={words.shell.product} open={isOpen} onOpenChange={setOpen}>
            <div className={styles.drawerNav}>
              <NavGroups isNarrow={false} onGo={() => setOpen(false)} />
            </div>
          </Drawer>
        </Suspense>
      )}
    </nav>
  );
}
