import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useRouter } from "@tanstack/react-router";

import { EntryForm } from "@/features/account/components/entry-form";
import { useTitle } from "@/lib/title";

/** Log-in, and then back to where it was asked for. */
export function LogInPage() {
  useTitle("Log in");
  const { back } = useSearch({ from: "/log-in" });
  const router = useRouter();
  return (
    <div className="wrap page narrow">
      <h1>Log in</h1>
      <p className="soft">What you looked at as a visitor, and your cart, come along.</p>
      <EntryForm kind="log-in" done={() => router.history.push(back ?? "/")} />
      <p>
        New here?{" "}
        <Link to="/sign-up" search={back ? { back } : {}}>
          Sign up
        </Link>
      </p>
    </div>
  );
}

/** Sign-up, then the question of taste, and back to where it was asked for; who is paying is asked nothing. */
export function SignUpPage() {
  useTitle("Sign up");
  const { back } = useSearch({ from: "/sign-up" });
  const navigate = useNavigate();
  const router = useRouter();
  const search = back ? { back } : {};
  const isPaying = back?.startsWith("/checkout");
  return (
    <div className="wrap page narrow">
      <h1>Sign up</h1>
      <p className="soft">An account keeps your orders, and recommendations that know you on every device.</p>
      <EntryForm
        kind="sign-up"
        done={() => (back && isPaying ? router.history.push(back) : void navigate({ to: "/welcome", search }))}
      />
      <p>
        Have an account?{" "}
        <Link to="/log-in" search={search}>
          Log in
        </Link>
      </p>
    </div>
  );
}
