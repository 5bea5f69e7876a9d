import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { logIn, signUp } from "@/features/account/api/account";
import { problemOf, otherProblem } from "@/features/account/api/refusals";
import { Field, Problem } from "@/components/ui/field";

interface Properties {
  kind: "log-in" | "sign-up";
  done: () => void;
}

const SHORTEST = 8;

/** Logs in or signs up; what the shop refuses is said beside the field that it concerns. */
export function EntryForm({ kind, done }: Properties) {
  const [values, setValues] = useState({ name: "", email: "", password: "" });
  const isNew = kind === "sign-up";
  const enter = useMutation({
    mutationFn: () =>
      isNew ? signUp(values.email, values.password, values.name) : logIn(values.email, values.password),
    onSuccess: done,
  });
  const input = (name: keyof typeof values) => ({
    name,
    value: values[name],
    onChange: (event: { target: { value: string } }) => setValues({ ...values, [name]: event.target.value }),
    problem: problemOf(enter.error, name),
  });
  const other = otherProblem(enter.error, "email", "password");
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        enter.mutate();
      }}
    >
      {isNew && <Field label="Your name" autoComplete="name" maxLength={200} {...input("name")} />}
      <Field label="E-mail" type="email" autoComplete="email" required maxLength={254} {...input("email")} />
      <Field
        label="Password"
        type="password"
        autoComplete={isNew ? "new-password" : "current-password"}
        required
        minLength={isNew ? SHORTEST : undefined}
        hint={isNew ? `At least ${SHORTEST} characters` : undefined}
        {...input("password")}
      />
      <Problem>{other}</Problem>
      <button type="submit" className="button button-main button-wide" disabled={enter.isPending}>
        {isNew ? "Sign up" : "Log in"}
      </button>
    </form>
  );
}
