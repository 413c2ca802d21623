// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { Fragment, type ReactNode } from "react";

/** A sentence in which what stands between backticks is code, as the server and the words write it. */
export function Prose({ text }: { text: string }): ReactNode {
  return text
    .split("`")
    .map((part, index, parts) =>
      index % 2 && index < parts.length - 1 ? (
        <code key={index}>{part}</code>
      ) : (
        <Fragment key={index}>{index % 2 ? `\`${part}` : part}</Fragment>
      ),
    );
}
