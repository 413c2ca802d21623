// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { CSSProperties, ReactNode } from "react";
import { useWords } from "@/words";
import styles from "./notes.module.css";

/** The place of what is being loaded, as large as it will be, so that nothing jumps. */
export function Skeleton({
  width = "100%",
  height = "1em",
}: {
  width?: CSSProperties["width"];
  height?: CSSProperties["height"];
}): ReactNode {
  return <span className={styles.skeleton} style={{ width, height }} aria-hidden />;
}

/** Lines of text that are being loaded. */
export function SkeletonLines({ lines = 3 }: { lines?: number }): ReactNode {
  const words = useWords();
  return (
    <div className={styles.lines} role="status">
      <span className="unseen">{words.parts.loading}</span>
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} width={`${String(96 - ((index * 23) % 40))}%`} />
      ))}
    </div>
  );
}
