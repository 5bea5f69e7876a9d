// Callers who search, one request after the other. Run by tests/bench/test_search.py.
import http from "k6/http";
import { Counter } from "k6/metrics";
import { SharedArray } from "k6/data";
import exec from "k6/execution";

// Reading a whole page of products costs k6 a tenth of what the shop has for answering it.
const WHOLE = '"degraded":[]';
const queries = new SharedArray("queries", () => JSON.parse(open(__ENV.QUERIES)));
const wrong = new Counter("wrong_answers");
const degraded = new Counter("degraded_answers");
const headers = { "content-type": "application/json", "accept-encoding": "gzip" };

export const options = {
  summaryTrendStats: ["avg", "med", "p(90)", "p(99)", "max"],
  scenarios: { callers: { executor: "constant-vus", vus: Number(__ENV.CALLERS), duration: `${__ENV.SECONDS}s` } },
};

export default function () {
  const query = queries[exec.scenario.iterationInTest % queries.length];
  let reply;
  if (__ENV.HOW === "suggest") {
    reply = http.get(`${__ENV.URL}/v1/products:suggest?query=${encodeURIComponent(query)}`, { headers, tags: { name: "suggest" } });
  } else {
    const body = __ENV.HOW === "picture" ? { image: query, pageSize: 20 } : { query, pageSize: 20 };
    reply = http.post(`${__ENV.URL}/v1/products:search`, JSON.stringify(body), { headers });
  }
  if (reply.status !== 200) wrong.add(1);
  else if (__ENV.HOW !== "suggest" && !reply.body.includes(WHOLE)) degraded.add(1);
}

export function handleSummary(data) {
  return { [__ENV.OUT]: JSON.stringify(data.metrics) };
}
