// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useId, useState, type ReactNode } from "react";
import { useWords } from "@/words";
import { classes } from "../classes";
import { FieldDiff } from "../diff/Diff";
import { Icon } from "../icon/Icon";
import { Empty } from "../notes/Empty";
import { Note } from "../notes/Note";
import { Effect } from "../status/Status";
import { CopyButton } from "../values/CodeBlock";
import { KeyValues } from "../values/KeyValues";
import { Time } from "../values/Time";
import type { ShownPlan } from "./model";
import type { RequestView, TargetView } from "@/api/shapes";
import styles from "./plan.module.css";

/** A plan as Playvisor made it: what it touches, each request with its fields, effects, rules, and what names it. */
export function PlanView({ plan }: { plan: ShownPlan }): ReactNode {
  const words = useWords();
  if (!plan.requests.length && !plan.targets.length) {
    return (
      <Empty icon="check" title={words.parts.nothingToDo}>
        {words.parts.nothingToDoNext}
      </Empty>
    );
  }
  return (
    <div className={styles.plan}>
      {plan.effects.length > 0 && (
        <div className={styles.effects}>
          <span className={styles.effectsName}>{words.parts.effects}</span>
          {plan.effects.map((effect) => (
            <Effect key={effect} effect={effect} />
          ))}
        </div>
      )}
      {(plan.advice || plan.rules?.length) && (
        <Note tone="info" icon="audit" title={plan.advice}>
          {plan.rules?.length ? (
            <>
              {words.parts.rules}:{" "}
              {plan.rules.map((rule) => (
                <code key={rule} className={styles.rule}>
                  {rule}
                </code>
              ))}
            </>
          ) : null}
        </Note>
      )}
      {plan.targets.length > 0 && (
        <section>
          <h3 className={styles.title}>
            {words.parts.targets} <span>{words.count.targets(plan.targets.length)}</span>
          </h3>
          <ul className={styles.list}>
            {plan.targets.map((target) => (
              <Target key={target.name} target={target} />
            ))}
          </ul>
        </section>
      )}
      {plan.requests.length > 0 && (
        <section>
          <h3 className={styles.title}>
            {words.parts.requests} <span>{words.count.requests(plan.requests.length)}</span>
          </h3>
          <ol className={styles.list}>
            {plan.requests.map((request, index) => (
              <Request key={index} request={request} number={index + 1} isOpen={plan.requests.length <= 6} />
            ))}
          </ol>
        </section>
      )}
      <KeyValues
        size="s"
        items={[
          { name: words.parts.asker, value: plan.asker },
          { name: words.fields.cluster, value: plan.cluster },
          { name: words.parts.expires, value: plan.expires_at && <Time value={plan.expires_at} /> },
          { name: words.parts.planId, value: plan.plan_id && <code>{plan.plan_id}</code> },
          {
            name: words.parts.digest,
            value: (
              <span className={styles.digest}>
                <code>{plan.digest}</code>
                <CopyButton text={plan.digest} />
              </span>
            ),
          },
          { name: words.parts.judged, value: plan.judged && <code>{plan.judged}</code> },
          { name: words.parts.policy, value: plan.policy && <code>{plan.policy}</code> },
        ]}
      />
    </div>
  );
}

function Target({ target }: { target: TargetView }): ReactNode {
  return (
    <li className={styles.target}>
      <p className={styles.targetName}>
        <strong>{target.name}</strong>
        {target.facts.map((fact) => (
          <span
            key={fact}
            className={classes(styles.fact, fact === fact.toUpperCase() && /\p{L}/u.test(fact) && styles.loud)}
          >
            {fact}
          </span>
        ))}
      </p>
      {target.changes.length > 0 && (
        <FieldDiff changes={target.changes.map((change) => ({ ...change, before: change.before ?? undefined }))} />
      )}
    </li>
  );
}

function Request({
  request,
  number,
  isOpen: isOpenAtFirst,
}: {
  request: RequestView;
  number: number;
  isOpen: boolean;
}): ReactNode {
  const words = useWords();
  const id = useId();
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  const hasMore = request.fields.length > 0 || request.why !== "";
  return (
    <li className={styles.request}>
      <div className={styles.requestHead}>
        <span className={styles.number}>{number}</span>
        <span className={classes(styles.method, styles[request.method.toLowerCase()])}>{request.method}</span>
        <code className={styles.path}>{request.path}</code>
        {request.effects.map((effect) => (
          <Effect key={effect} effect={effect} quiet />
        ))}
        {hasMore && (
          <button
            type="button"
            className={styles.toggle}
            aria-expanded={isOpen}
            aria-controls={id}
            onClick={() => setOpen(!isOpen)}
          >
            <Icon name={isOpen ? "up" : "down"} label={isOpen ? words.actions.hide : words.actions.show} />
          </button>
        )}
      </div>
      {request.meaning.map((meaning) => (
        <p key={meaning} className={styles.meaning}>
          {meaning}
        </p>
      ))}
      <div id={id} hidden={!isOpen} className={styles.requestBody}>
        <dl className={styles.fields}>
          {request.fields.map((field) => (
            <div key={field.name}>
              <dt>{field.name}</dt>
              <dd>
                {field.before !== undefined && field.before !== null && (
                  <>
                    <del>{field.before}</del> <span aria-hidden>→</span>{" "}
                  </>
                )}
                {field.after}
              </dd>
            </div>
          ))}
        </dl>
        {request.why && (
          <p className={styles.why}>
            {words.parts.why}: {request.why}
          </p>
        )}
      </div>
    </li>
  );
}
