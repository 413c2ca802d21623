// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { lazy, Suspense, type ReactNode } from "react";
import type { JsonSchema } from "@/api/shapes";
import { Skeleton } from "../notes/Skeleton";

/** A problem in the text; positions are characters from its beginning, or a line, which counts from 1, with a column. */
export interface TextProblem {
  message: string;
  severity: "error" | "warning" | "info";
  from?: number;
  to?: number;
  line?: number;
  /** From which character of the line on; it counts from 1. */
  column?: number;
}

export interface EditorProps {
  value: string;
  onChange: (value: string) => void;
  /** What is edited, for those who hear it. */
  label: string;
  /** Completes names and values, and says what is wrong by it. */
  schema?: JsonSchema;
  /** What the server says is wrong. */
  problems?: readonly TextProblem[];
  readOnly?: boolean;
  /** On Ctrl S. */
  onSave?: () => void;
  /** Where the cursor is, as the way to it in the document: `["guests", "web-01"]`. */
  onPlace?: (place: readonly (string | number)[]) => void;
  /** On which line the cursor is; it counts from 1. */
  onLine?: (line: number) => void;
  /** Moves the cursor to a line whenever this is another object. */
  goTo?: { readonly line: number } | null;
  height?: string;
}

const EditorView = lazy(() => import("./EditorView"));

/** An editor of YAML. Its code is loaded when it shows; its place is kept before. */
export function Editor({ height = "28rem", ...props }: EditorProps): ReactNode {
  return (
    <Suspense fallback={<Skeleton height={height} />}>
      <EditorView height={height} {...props} />
    </Suspense>
  );
}
