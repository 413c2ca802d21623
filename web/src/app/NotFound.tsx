// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import type { ReactNode } from "react";
import { ButtonLink } from "@/parts/button/Button";
import { PageHead } from "@/parts/layout/PageHead";
import { Empty } from "@/parts/notes/Empty";
import { useWords } from "@/words";

/** Shows that an address leads nowhere. */
export function NotFound(): ReactNode {
  const words = useWords();
  return (
    <>
      <PageHead title={words.problems.notFound} />
      <Empty
        icon="search"
        title={words.problems.notFound}
        actions={
          <ButtonLink to="/" look="primary" icon="dashboard">
            {words.actions.backToStart}
          </ButtonLink>
        }
      >
        {words.problems.notFoundNext}
      </Empty>
    </>
  );
}
