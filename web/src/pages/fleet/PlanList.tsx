// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useState, type ReactNode } from "react";
import { classes } from "@/parts/classes";
import { Icon, type IconName } from "@/parts/icon/Icon";
import { Time } from "@/parts/values/Time";
import { usePageWords } from "@/words";
import styles from "./fleet.module.css";
import {
  countSigns,
  formatValue,
  getSign,
  groupWaves,
  isSevere,
  listFields,
  shortenPath,
  type Sign,
} from "./planModel";
import type { Author, PlannedObject } from "./shapes";
import { fleetWords } from "./words";

const ICONS: Record<Sign, IconName> = { added: "plus", changed: "edit", removed: "minus", failed: "bad" };
const SIGNS: readonly Sign[] = ["failed", "added", "changed", "removed"];
const FIRST = 60;

export type GoTo = (file: string, line: number) => void;

/** How many objects a plan makes, changes, takes away. */
export function PlanCounts({ objects }: { objects: readonly PlannedObject[] }): ReactNode {
  const own = usePageWords(fleetWords);
  const counts = countSigns(objects);
  return (
    <p className={styles.counts}>
      {SIGNS.filter((sign) => counts[sign]).map((sign) => (
        <span key={sign} className={classes(styles.countOf, styles[sign])}>
          <Icon name={ICONS[sign]} />
          {own.signs[sign](counts[sign])}
        </span>
      ))}
    </p>
  );
}

/** The objects of a plan, in the order of the work, each with its fields and what they mean. */
export function PlanList({ objects, onGoTo }: { objects: readonly PlannedObject[]; onGoTo?: GoTo }): ReactNode {
  const own = usePageWords(fleetWords);
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? objects : objects.slice(0, FIRST);
  return (
    <div className={styles.waves}>
      {groupWaves(shown).map(({ number, objects: inside }) => (
        <section key={number ?? "none"} className={styles.wave}>
          <h3 className={styles.waveTitle}>
            {number === undefined ? own.notPlanned : (own.waves[number] ?? own.atLast)} <span>{inside.length}</span>
          </h3>
          <ul>
            {inside.map((object) => (
              <PlannedRow key={object.path} object={object} {...(onGoTo && { onGoTo })} />
            ))}
          </ul>
        </section>
      ))}
      {objects.length > shown.length && (
        <button type="button" className={styles.moreButton} onClick={() => setWhole(true)}>
          {own.showObjects(objects.length - shown.length)}
        </button>
      )}
    </div>
  );
}

function PlannedRow({ object, onGoTo }: { object: PlannedObject; onGoTo?: GoTo }): ReactNode {
  const own = usePageWords(fleetWords);
  const sign = getSign(object);
  const fields = listFields(object);
  return (
    <li className={styles.object}>
      <div className={styles.objectHead}>
        <Icon name={ICONS[sign]} label={own.signNames[sign]} className={styles[sign]} />
        <ObjectName object={object} {...(onGoTo && { onGoTo })} />
        <span className={styles.objectPlace}>
          {object.vmid}
          {object.node && ` · ${object.node}`}
        </span>
      </div>
      {object.failure && <p className={styles.failure}>{object.failure.message}</p>}
      {object.failure?.hint && <p className={styles.hint}>{object.failure.hint}</p>}
      {(object.conflicts?.length ?? 0) > 0 && (
        <dl className={styles.fields}>
          {object.conflicts?.map(({ path, desired, observed, by }) => (
            <div key={path} className={styles.field}>
              <dt>{shortenPath(path, object.path)}</dt>
              <dd>
                <span className={styles.pair}>
                  <span className={styles.pairName}>{own.declared}</span> <code>{formatValue(desired) || "—"}</code>
                </span>
                <span className={styles.pair}>
                  <span className={styles.pairName}>{own.there}</span>{" "}
                  <code className={styles.severe}>{formatValue(observed) || "—"}</code>
                </span>
                <By author={by} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {fields.length > 0 && (
        <dl className={styles.fields}>
          {fields.map(({ path, before, after, consequence }) => (
            <div key={path} className={styles.field}>
              <dt>{shortenPath(path, object.path)}</dt>
              <dd>
                <ChangedValue before={sign === "added" ? null : before} after={after} />
                {sign !== "added" && consequence && (
                  <span className={classes(styles.consequence, isSevere(consequence) && styles.severe)}>
                    {(own.consequences as Readonly<Record<string, string>>)[consequence] ?? consequence}
                  </span>
                )}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}

/** The name of an object; a button that leads to its place in the files, where that is known. */
export function ObjectName({
  object,
  onGoTo,
}: {
  object: { path: string; file?: string; line?: number };
  onGoTo?: GoTo;
}): ReactNode {
  const own = usePageWords(fleetWords);
  const { path, file, line } = object;
  if (!onGoTo || !file || !line) return <strong className={styles.path}>{path}</strong>;
  return (
    <button
      type="button"
      className={styles.pathButton}
      title={own.goTo(`${file}:${String(line)}`)}
      onClick={() => onGoTo(file, line)}
    >
      {path}
    </button>
  );
}

export function ChangedValue({ before, after }: { before: unknown; after: unknown }): ReactNode {
  const old = formatValue(before);
  return (
    <span className={styles.values}>
      {old && (
        <>
          <del>{old}</del> <span aria-hidden>→</span>{" "}
        </>
      )}
      <ins>{formatValue(after) || "—"}</ins>
    </span>
  );
}

/** Who has changed something, where that is known. */
export function By({ author }: { author: Author | undefined }): ReactNode {
  const own = usePageWords(fleetWords);
  if (!author?.user) return null;
  return (
    <span className={styles.by}>
      {own.by(author.user)} <Time value={author.at} />
    </span>
  );
}
