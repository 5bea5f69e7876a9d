// Callers who ask for the home page one request after the other; or, where a rate is named, so many requests a second,
// answered or not. Run by tests/bench/load.py.
import http from "k6/http";
import { Counter } from "k6/metrics";
import { SharedArray } from "k6/data";
import exec from "k6/execution";

const tokens = new SharedArray("tokens", () => JSON.parse(open(__ENV.TOKENS)));
const wrong = new Counter("wrong_answers");
const duration = `${__ENV.SECONDS}s`;
const callers = __ENV.RATE
  ? { executor: "constant-arrival-rate", rate: Number(__ENV.RATE), duration, preAllocatedVUs: 100 }
  : { executor: "constant-vus", vus: Number(__ENV.CALLERS), duration };

export const options = {
  discardResponseBodies: true,
  summaryTrendStats: ["avg", "med", "p(90)", "p(99)", "max"],
  scenarios: { callers },
};

export default function () {
  const token = tokens[exec.scenario.iterationInTest % tokens.length];
  const reply = http.post(`${__ENV.URL}/v1/scenarios/home:recommend`, '{"pageSize":20}', {
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "accept-encoding": "gzip" },
  });
  if (reply.status !== 200) wrong.add(1);
}

export function handleSummary(data) {
  return { [__ENV.OUT]: JSON.stringify(data.metrics) };
}
