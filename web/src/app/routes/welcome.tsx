import { useNavigate } from "@tanstack/react-router";

import { Tastes } from "@/features/onboarding/components/tastes";
import { say } from "@/lib/toasts";
import { useTitle } from "@/lib/title";

/** The question of taste, asked once after the sign-up. */
export function WelcomePage() {
  useTitle("Welcome");
  const navigate = useNavigate();
  const done = () => {
    say("Thank you. Your first recommendations are ready.");
    void navigate({ to: "/" });
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
