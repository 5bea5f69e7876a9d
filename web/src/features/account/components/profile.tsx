import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";

import { accountQuery, changePassword, erase, rename } from "@/features/account/api/account";
import { exportAccount, save } from "@/features/account/api/export";
import { CURRENT_PASSWORD, otherProblem, problemOf } from "@/features/account/api/refusals";
import { AskedFirst } from "@/components/ui/asked-first";
import { Field, Problem } from "@/components/ui/field";
import { date } from "@/lib/format";
import { say, sayError } from "@/lib/toasts";

/** Name and address. */
export function Profile() {
  const { data } = useSuspenseQuery(accountQuery);
  const client = useQueryClient();
  const [name, setName] = useState(data.displayName ?? "");
  const change = useMutation({
    mutationFn: () => rename(name),
    onSuccess: (account) => {
      client.setQueryData(accountQuery.queryKey, account);
      say("Your name is changed.");
    },
    onError: sayError,
  });
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <Field
        label="Your name"
        autoComplete="name"
        maxLength={200}
        value={name}
        onChange={(e) => setName(e.target.value)}
      />
      <Field
        label="E-mail"
        type="email"
        value={data.email ?? ""}
        readOnly
        hint={`With us since ${date(data.createTime)}`}
      />
      <button type="submit" className="button" disabled={change.isPending || name === data.displayName}>
        Save
      </button>
    </form>
  );
}

/** A new password; every other session of the account ends. */
export function Password() {
  const [passwords, setPasswords] = useState({ old: "", fresh: "" });
  const change = useMutation({
    mutationFn: () => changePassword(passwords.old, passwords.fresh),
    onSuccess: () => {
      setPasswords({ old: "", fresh: "" });
      say("Your password is changed. Other devices are logged out.");
    },
  });
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <Field
        label="Current password"
        type="password"
        autoComplete="current-password"
        required
        value={passwords.old}
        onChange={(e) => setPasswords({ ...passwords, old: e.target.value })}
        problem={problemOf(change.error, CURRENT_PASSWORD)}
      />
      <Field
        label="New password"
        type="password"
        autoComplete="new-password"
        required
        minLength={8}
        value={passwords.fresh}
        onChange={(e) => setPasswords({ ...passwords, fresh: e.target.value })}
        hint="At least 8 characters"
        problem={problemOf(change.error, "new_password")}
      />
      <Problem>{otherProblem(change.error, CURRENT_PASSWORD, "new_password")}</Problem>
      <button type="submit" className="button" disabled={change.isPending}>
        Change password
      </button>
    </form>
  );
}

/** A file with everything that the shop knows of the account. */
export function Data() {
  const download = useMutation({
    mutationFn: exportAccount,
    onSuccess: (blob) => save(blob, "aisle-account.json"),
    onError: sayError,
  });
  return (
    <>
      <p className="soft">Your profile, preferences, everything you did here, your orders and reviews, as one file.</p>
      <button type="button" className="button" disabled={download.isPending} onClick={() => download.mutate()}>
        Download my data
      </button>
    </>
  );
}

/** Erases the account, once the password says that it is meant. */
export function Erasure() {
  return (
    <AskedFirst
      words="Erase my account"
      danger
      question="This cannot be undone: your profile, history, cart and reviews go, and orders that were not shipped are cancelled."
    >
      {(keep) => <ErasureForm keep={keep} />}
    </AskedFirst>
  );
}

function ErasureForm({ keep }: { keep: () => void }) {
  const [password, setPassword] = useState("");
  const gone = useMutation({ mutationFn: () => erase(password) });
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        gone.mutate();
      }}
    >
      <Field
        label="Your password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={(event) => setPassword(event.target.value)}
        problem={problemOf(gone.error, CURRENT_PASSWORD)}
      />
      <Problem>{otherProblem(gone.error, CURRENT_PASSWORD)}</Problem>
      <div className="actions">
        <button type="submit" className="button button-danger" disabled={gone.isPending}>
          Erase for good
        </button>
        <button type="button" className="button" onClick={keep}>
          Keep it
        </button>
      </div>
    </form>
  );
}
