// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useRouter } from "@tanstack/react-router";
import type { MouseEvent, ReactNode } from "react";
import { findLoader } from "@/app/pages";
import { useFormats } from "@/words";
import { Icon } from "../icon/Icon";
import styles from "./values.module.css";

const HAS_GUESTS = Boolean(findLoader("guest"));
const HAS_NODES = Boolean(findLoader("node"));

/** A link that costs little, for tables: unlike the router's own it follows nothing, and only goes where it leads. */
function RowLink({ href, children }: { href: string; children: ReactNode }): ReactNode {
  const router = useRouter();
  const go = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    void router.navigate({ href });
  };
  return (
    <a href={href} onClick={go} className={styles.name}>
      {children}
    </a>
  );
}

export interface GuestNameProps {
  vmid: number;
  name?: string | null | undefined;
  type?: string | undefined;
  template?: boolean | undefined;
  /** Names in lists whose rows are links already are none. */
  plain?: boolean;
}

/** A guest: its kind, name and id; a link to its page. */
export function GuestName({ vmid, name, type, template, plain }: GuestNameProps): ReactNode {
  const content = (
    <>
      <Icon name={template ? "template" : type === "lxc" ? "container" : "guest"} />
      <span className={styles.nameText}>{name ?? vmid}</span>
      {name && <span className={styles.vmid}>{vmid}</span>}
    </>
  );
  if (plain || !HAS_GUESTS) return <span className={styles.name}>{content}</span>;
  return <RowLink href={`/guests/${String(vmid)}`}>{content}</RowLink>;
}

/** A node; a link to its page. */
export function NodeName({ node, plain }: { node: string; plain?: boolean }): ReactNode {
  const content = (
    <>
      <Icon name="node" />
      <span className={styles.nameText}>{node}</span>
    </>
  );
  if (plain || !HAS_NODES) return <span className={styles.name}>{content}</span>;
  return <RowLink href={`/nodes/${encodeURIComponent(node)}`}>{content}</RowLink>;
}

/** The tags of a guest. */
export function Tags({ tags }: { tags: readonly string[] | undefined }): ReactNode {
  if (!tags?.length) return null;
  return (
    <span className={styles.tags}>
      {tags.map((tag) => (
        <span key={tag} className={styles.tag} title={tag}>
          {tag}
        </span>
      ))}
    </span>
  );
}

/** A size in the unit that fits. */
export function Bytes({ value }: { value: number | null | undefined }): ReactNode {
  const formats = useFormats();
  return value === null || value === undefined ? null : (
    <span title={`${formats.number(value)} B`}>{formats.bytes(value)}</span>
  );
}

/** A duration in seconds, in its two largest units. */
export function Duration({ seconds }: { seconds: number | null | undefined }): ReactNode {
  const formats = useFormats();
  return seconds === null || seconds === undefined ? null : <>{formats.duration(seconds)}</>;
}
