import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { scenariosQuery } from "@/features/merchant/api/scenarios";
import { idOf } from "@/lib/ids";

/** The places of the shop, and how many rules hold in each. */
export function Scenarios() {
  const { data } = useSuspenseQuery(scenariosQuery);
  return (
    <ul className="stock-list">
      {data.map((scenario) => (
        <li key={scenario.name}>
          <Link to="/merchant/scenarios/$id" params={{ id: idOf(scenario.name) }} className="panel scenario-row">
            <span>
              <strong>{scenario.displayName}</strong>
              <span className="soft small"> {idOf(scenario.name)}</span>
              {scenario.description && <span className="soft small scenario-words">{scenario.description}</span>}
            </span>
            <span className="state">{scenario.rules.length === 1 ? "1 rule" : `${scenario.rules.length} rules`}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
