import { Link } from "@tanstack/react-router";

import { History } from "@/features/account/components/history";
import { Data, Erasure, Password, Profile } from "@/features/account/components/profile";
import { Tastes } from "@/features/onboarding/components/tastes";
import type { Reply } from "@/features/recommendations/api/recommend";
import { RecommendationRow } from "@/features/recommendations/components/row";
import { say } from "@/lib/toasts";
import { useTitle } from "@/lib/title";

const title = (reply: Reply | undefined): string =>
  reply?.personalized ? reply.title || "Your products" : "What others like";

/** Everything of the shopper's own. */
export function AccountPage() {
  useTitle("Your account");
  return (
    <div className="wrap page account-page">
      <div className="page-head">
        <h1>Your account</h1>
        <Link to="/orders" className="button">
          Your orders
        </Link>
      </div>
      <div className="account-columns">
        <section className="panel" aria-labelledby="profile">
          <h2 id="profile">Profile</h2>
          <Profile />
        </section>
        <section className="panel" aria-labelledby="password">
          <h2 id="password">Password</h2>
          <Password />
        </section>
        <section className="panel panel-wide" aria-labelledby="tastes">
          <h2 id="tastes">What you like</h2>
          <Tastes action="Save" done={() => say("Your recommendations follow what you chose.")} />
        </section>
        <section className="panel" aria-labelledby="history">
          <h2 id="history">What you did here</h2>
          <History />
        </section>
        <section className="panel" aria-labelledby="data">
          <h2 id="data">Your data</h2>
          <Data />
          <Erasure />
        </section>
      </div>
      <div className="rows">
        <RecommendationRow id="account" optional ask={{ scenario: "account" }} title={title} />
      </div>
    </div>
  );
}
