// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMemo, type ReactNode } from "react";
import { PREFIX } from "@/api/client";
import { useResource } from "@/api/queries";
import { ButtonAnchor, ButtonLink } from "@/parts/button/Button";
import { TextInput } from "@/parts/fields/TextInput";
import { PageHead } from "@/parts/layout/PageHead";
import { Panel, Stack } from "@/parts/layout/Panel";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { useFilterValue } from "@/parts/table/useFilterValue";
import { Prose } from "@/parts/values/Prose";
import { usePageWords, useWords } from "@/words";
import styles from "./api.module.css";
import { groupOperations, listOperations, type OpenApi } from "./model";
import { OperationItem } from "./OperationItem";
import { apiWords } from "./words";

/** The REST API as its OpenAPI document describes it, to be read. */
export default function ApiPage(): ReactNode {
  const words = useWords();
  const own = usePageWords(apiWords);
  const document = useResource<OpenApi>("/openapi.json");
  const [query, setQuery] = useFilterValue("q");
  const operations = useMemo(() => document.data && listOperations(document.data), [document.data]);
  const groups = useMemo(() => operations && groupOperations(operations, query), [operations, query]);
  const schemas = document.data?.components?.schemas ?? {};
  const found = groups?.reduce((sum, group) => sum + group.operations.length, 0);
  return (
    <>
      <PageHead
        title={words.nav.api}
        lead={own.lead}
        actions={
          <ButtonAnchor icon="download" href={`${PREFIX}/openapi.json`} download>
            {own.document}
          </ButtonAnchor>
        }
      />
      <Stack>
        <Note
          tone="info"
          icon="key"
          actions={
            <ButtonLink size="s" to="/audit" search={{ tab: "tokens" }}>
              {own.tokens}
            </ButtonLink>
          }
        >
          <Prose text={own.auth} />
        </Note>
        <div className={styles.search}>
          <TextInput
            label={own.search}
            hideLabel
            type="search"
            icon="search"
            placeholder={own.searchHint}
            value={query}
            onChange={setQuery}
          />
          <span className={styles.faint} role="status">
            {found !== undefined && own.found(found)}
          </span>
        </div>
        {document.isError && (
          <ProblemNote error={document.error} what={own.failed} onRetry={() => void document.refetch()} />
        )}
        {document.isPending && (
          <Panel>
            <SkeletonLines lines={14} />
          </Panel>
        )}
        {groups?.length === 0 && (
          <Panel>
            <Empty icon="search" title={own.none}>
              {own.noneNext}
            </Empty>
          </Panel>
        )}
        {groups?.map((group) => (
          <Panel key={group.tag} title={group.tag} aside={group.operations.length} flush>
            {group.operations.map((operation) => (
              <OperationItem key={`${operation.method} ${operation.path}`} operation={operation} schemas={schemas} />
            ))}
          </Panel>
        ))}
      </Stack>
    </>
  );
}
