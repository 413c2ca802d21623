// SPDX-FileCopyrightText: 2026 Playvisor contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from "react";
import { makeUrl, post, setCsrf } from "@/api/client";
import { keys, waysOptions } from "@/api/queries";
import type { Problem } from "@/api/problem";
import type { Realm, Session, Way } from "@/api/shapes";
import { Button } from "@/parts/button/Button";
import { Select } from "@/parts/fields/Select";
import { TextInput } from "@/parts/fields/TextInput";
import { Icon } from "@/parts/icon/Icon";
import { Empty } from "@/parts/notes/Empty";
import { Note } from "@/parts/notes/Note";
import { ProblemNote } from "@/parts/notes/ProblemNote";
import { SkeletonLines } from "@/parts/notes/Skeleton";
import { Prose } from "@/parts/values/Prose";
import { LANGUAGES, setLanguage, useLanguage, useWords } from "@/words";
import { Mark } from "../shell/Mark";
import { spendLinkCode } from "./linkCode";
import { readNext } from "./next";
import { takeProblem } from "./lastProblem";
import { getAssertion, hasPasskeys } from "./passkey";
import styles from "./signin.module.css";

/** The page on which people come in. */
export function SignIn(): ReactNode {
  const words = useWords();
  const search = useSearch({ from: "/sign-in" });
  const ways = useQuery(waysOptions);
  const [problem] = useState(takeProblem);
  useEffect(() => {
    document.title = `${words.signIn.title} · ${words.shell.product}`;
  }, [words]);
  return (
    <div className={styles.page}>
      <main className={styles.card}>
        <header className={styles.head}>
          <Mark size={40} />
          <h1>{words.shell.product}</h1>
          <p>{words.signIn.lead}</p>
        </header>
        {search.next && !problem && (
          <Note tone="idle" icon="lock">
            {words.signIn.ended}
          </Note>
        )}
        {problem && <ProblemNote error={problem} />}
        {ways.isPending ? (
          <SkeletonLines lines={4} />
        ) : ways.isError ? (
          <ProblemNote error={ways.error} onRetry={() => void ways.refetch()} />
        ) : (
          <Ways ways={ways.data} next={readNext(search.next)} />
        )}
      </main>
      <LanguageChoice />
    </div>
  );
}

function Ways({ ways, next }: { ways: Way[]; next: string }): ReactNode {
  const words = useWords();
  const find = (kind: Way["kind"]): Way | undefined => ways.find((way) => way.kind === kind);
  const [realm, link] = [find("realm"), find("link")];
  const buttons = ways.filter(({ kind }) => kind === "oidc" || kind === "passkey");
  if (!ways.length) {
    return (
      <Empty icon="lock" title={words.signIn.noWay}>
        {words.signIn.noWayNext}
      </Empty>
    );
  }
  return (
    <div className={styles.ways}>
      {buttons.map((way) =>
        way.kind === "oidc" ? (
          <OidcButton key={`oidc ${way.label ?? ""}`} way={way} next={next} />
        ) : (
          <PasskeyButton key="passkey" next={next} />
        ),
      )}
      {buttons.length > 0 && realm && <p className={styles.or}>{words.signIn.or}</p>}
      {realm && <RealmForm realms={realm.realms ?? []} next={next} />}
      {(buttons.length > 0 || realm) && link && <p className={styles.or}>{words.signIn.or}</p>}
      {link && <LinkForm next={next} />}
    </div>
  );
}

/** What follows once somebody is in. */
function useEnter(next: string): (session: Session) => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  return (session) => {
    setCsrf(session.csrf);
    client.clear();
    client.setQueryData(keys.session, session);
    void navigate({ href: next, replace: true });
  };
}

function LinkForm({ next }: { next: string }): ReactNode {
  const words = useWords();
  const enter = useEnter(next);
  const [code, setCode] = useState("");
  const used = useRef(false);
  const { mutate, ...signIn } = useMutation<Session, Problem, string>({
    mutationFn: (given) => post<Session>("/session/link", { code: given.trim().replace(/^.*#link=/, "") }),
    onSuccess: enter,
  });
  useEffect(() => {
    const given = used.current ? null : spendLinkCode();
    used.current = true;
    if (given) mutate(given);
  }, [mutate]);
  return (
    <form
      className={styles.form}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        mutate(code);
      }}
    >
      <h2 className={styles.wayTitle}>
        <Icon name="link" />
        {words.signIn.byLink}
      </h2>
      {signIn.isPending ? (
        <p role="status" className={styles.help}>
          {words.signIn.linkUsing}
        </p>
      ) : (
        <p className={styles.help}>
          <Prose text={words.signIn.linkHelp} />
        </p>
      )}
      {signIn.isError && <ProblemNote error={signIn.error} />}
      <div className={styles.inline}>
        <TextInput
          label={words.signIn.linkCode}
          hideLabel
          placeholder={words.signIn.linkCode}
          value={code}
          onChange={setCode}
          autoComplete="off"
          spellCheck={false}
          mono
        />
        <Button type="submit" disabled={!code.trim()} busy={signIn.isPending}>
          {words.signIn.submit}
        </Button>
      </div>
    </form>
  );
}

function OidcButton({ way, next }: { way: Way; next: string }): ReactNode {
  const words = useWords();
  return (
    <Button
      look="primary"
      icon="key"
      className={styles.wide ?? ""}
      onClick={() => location.assign(makeUrl("/session/oidc", { next }))}
    >
      {words.signIn.byOidc(way.label ?? words.signIn.oidcDefault)}
    </Button>
  );
}

function PasskeyButton({ next }: { next: string }): ReactNode {
  const words = useWords();
  const enter = useEnter(next);
  const signIn = useMutation<Session, Error>({
    mutationFn: async () => {
      const options = await post<Record<string, unknown>>("/session/passkey/options");
      return post<Session>("/session/passkey", await getAssertion(options));
    },
    onSuccess: enter,
  });
  const isCancelled = signIn.error instanceof DOMException;
  return (
    <>
      <Button
        icon="fingerprint"
        className={styles.wide ?? ""}
        busy={signIn.isPending}
        disabled={!hasPasskeys()}
        onClick={() => signIn.mutate()}
      >
        {words.signIn.byPasskey}
      </Button>
      {!hasPasskeys() && <p className={styles.help}>{words.signIn.passkeyUnsupported}</p>}
      {signIn.isError &&
        (isCancelled ? (
          <Note tone="warn" title={words.signIn.passkeyCancelled}>
            {words.signIn.passkeyCancelledNext}
          </Note>
        ) : (
          <ProblemNote error={signIn.error} />
        ))}
    </>
  );
}

interface Credentials {
  username: string;
  realm: string;
  password: string;
  otp?: string;
}

function RealmForm({ realms, next }: { realms: Realm[]; next: string }): ReactNode {
  const words = useWords();
  const enter = useEnter(next);
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [otp, setOtp] = useState("");
  const [realm, setRealm] = useState((realms.find((each) => each.default) ?? realms[0])?.realm ?? "pam");
  const [needsOtp, setNeedsOtp] = useState(false);
  const otpInput = useRef<HTMLInputElement>(null);
  const signIn = useMutation<Session, Problem, Credentials>({
    mutationFn: (credentials) => post<Session>("/session/realm", credentials),
    onSuccess: enter,
    onError: (problem) => {
      if (problem.code === "otp_needed") setNeedsOtp(true);
      setOtp("");
    },
  });
  useEffect(() => {
    if (needsOtp) otpInput.current?.focus();
  }, [needsOtp]);
  const startAgain = (): void => {
    setNeedsOtp(false);
    setPassword("");
    setOtp("");
    signIn.reset();
  };
  const problem = signIn.error && signIn.error.code !== "otp_needed" ? signIn.error : null;
  return (
    <form
      className={styles.form}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        signIn.mutate({ username, realm, password, ...(needsOtp && { otp }) });
      }}
    >
      <h2 className={styles.wayTitle}>
        <Icon name="user" />
        {words.signIn.byRealm}
      </h2>
      {problem && <ProblemNote error={problem} />}
      {needsOtp ? (
        <>
          <p className={styles.help}>{words.signIn.otpHelp}</p>
          <TextInput
            ref={otpInput}
            label={words.signIn.otp}
            value={otp}
            onChange={setOtp}
            autoComplete="one-time-code"
            inputMode="numeric"
            mono
            required
          />
          <Button look="primary" type="submit" className={styles.wide ?? ""} busy={signIn.isPending}>
            {words.signIn.submit}
          </Button>
          <Button look="quiet" className={styles.wide ?? ""} onClick={startAgain}>
            {words.signIn.otpBack}
          </Button>
        </>
      ) : (
        <>
          <TextInput
            label={words.signIn.username}
            value={username}
            onChange={setUsername}
            autoComplete="username"
            spellCheck={false}
            autoCapitalize="none"
            required
          />
          <TextInput
            label={words.signIn.password}
            type="password"
            value={password}
            onChange={setPassword}
            autoComplete="current-password"
            required
          />
          {realms.length > 0 && (
            <Select
              label={words.signIn.realm}
              value={realm}
              onChange={setRealm}
              options={realms.map((each) => ({
                value: each.realm,
                text: each.comment ? `${each.realm} – ${each.comment}` : each.realm,
              }))}
            />
          )}
          <Button look="primary" type="submit" className={styles.wide ?? ""} busy={signIn.isPending}>
            {words.signIn.submit}
          </Button>
          <p className={styles.help}>{words.signIn.kept}</p>
        </>
      )}
    </form>
  );
}

function LanguageChoice(): ReactNode {
  const language = useLanguage();
  const names = { en: "English", fr: "Français" } as const;
  return (
    <p className={styles.languages}>
      {LANGUAGES.map((each) => (
        <Button
          key={each}
          look="quiet"
          size="s"
          lang={each}
          aria-pressed={each === language}
          onClick={() => void setLanguage(each)}
        >
          {names[each]}
        </Button>
      ))}
    </p>
  );
}
