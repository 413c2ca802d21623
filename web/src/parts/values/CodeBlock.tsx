// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type ReactNode } from "react";
import { useWords } from "@/words";
import { IconButton } from "../button/Button";
import { classes } from "../classes";
import styles from "./values.module.css";

const TOLD_MS = 2_000;

/** A button that copies a text. */
export function CopyButton({ text, label }: { text: string; label?: string }): ReactNode {
  const words = useWords();
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), TOLD_MS);
  };
  return (
    <>
      <IconButton
        size="s"
        icon={isCopied ? "check" : "copy"}
        label={isCopied ? words.actions.copied : (label ?? words.actions.copy)}
        onClick={() => void copy()}
      />
      <span className="unseen" role="status">
        {isCopied ? words.actions.copied : ""}
      </span>
    </>
  );
}

export interface CodeBlockProps {
  text: string;
  /** What it is, for those who hear it. */
  label: string;
  wrap?: boolean;
}

/** Text of machines, as it is, with a button that copies it. */
export function CodeBlock({ text, label, wrap }: CodeBlockProps): ReactNode {
  const words = useWords();
  return (
    <div className={styles.block}>
      <pre className={classes(styles.pre, wrap && styles.wrap)} tabIndex={0} role="region" aria-label={label}>
        <code>{text}</code>
      </pre>
      <span className={styles.copy} data-print="no">
        <CopyButton text={text} label={words.parts.copyCode} />
      </span>
    </div>
  );
}
