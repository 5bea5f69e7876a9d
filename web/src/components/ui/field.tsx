import { useId, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes } from "react";

interface Labelled {
  label: string;
  hint?: ReactNode;
  problem?: string | undefined;
}

/** A labelled input that says what is wrong with it. */
export function Field({ label, hint, problem, ...input }: Labelled & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const note = problem ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        aria-invalid={problem ? true : undefined}
        aria-describedby={note ? `${id}-note` : undefined}
        {...input}
      />
      {/* What is refused is said aloud, since whoever sent the form is at its button. */}
      {note && (
        <p
          key={problem}
          id={`${id}-note`}
          role={problem ? "alert" : undefined}
          className={problem ? "field-problem" : "small"}
        >
          {note}
        </p>
      )}
    </div>
  );
}

/** What is wrong with what was sent, where that is no single field. */
export const Problem = ({ children }: { children: string | undefined }) =>
  children && (
    <p className="problem" role="alert">
      {children}
    </p>
  );

/** A labelled choice. */
export function Choice({ label, children, ...select }: Labelled & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} {...select}>
        {children}
      </select>
    </div>
  );
}
