import { useRouter, useSearch } from "@tanstack/react-router";

import { Tastes } from "@/features/onboarding/components/tastes";
import { say } from "@/lib/toasts";
import { useTitle } from "@/lib/title";

/** The question of taste, asked once after the sign-up, and then back to where that was asked for. */
export function WelcomePage() {
  useTitle("Welcome");
  const { back } = useSearch({ from: "/welcome" });
  const router = useRouter();
  const done = () => {
    say("Thank you. Your first recommendations are ready.");
    router.history.push(back ?? "/");
  };
  return (
    <div className="wrap page">
      <h1>What do you like?</h1>
      <p className="soft">
        Choose a few, and the first recommendations are yours already. You can change it at any time.
      </p>
      <Tastes action="Show me the shop" done={done} />
    </div>
  );
}
