import { useOnline, useSlow } from "@/lib/connection";

/** Says that the network is gone, or that the shop takes long. */
export function ConnectionBar() {
  const online = useOnline();
  const slow = useSlow();
  const text = !online
    ? "You are offline. What you see may be old; nothing can be bought until you are back."
    : slow
      ? "This takes longer than usual. Still trying…"
      : "";
  return (
    <div role="status" aria-live="polite" className={text ? "connection-bar" : "hidden"}>
      {text}
    </div>
  );
}
