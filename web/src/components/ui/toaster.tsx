import { useToasts } from "@/lib/toasts";

/** Where toasts appear; screen readers hear them. */
export function Toaster() {
  return (
    <div className="toasts" role="status" aria-live="polite">
      {useToasts().map(({ id, text, kind }) => (
        <p key={id} className={`toast toast-${kind}`}>
          {text}
        </p>
      ))}
    </div>
  );
}
