// Callers who search, one request after the other. Run by tests/bench/test_search.py.
import http from "k6/http";
import { Counter } from "k6/metrics";
import { SharedArray } from "k6/data";
import exec from "k6/execution";

// Reading a whole page of products costs k6 a tenth of what the shop has for answering it.
const WHOLE = '"degraded":[]';
const queries = new SharedArray("queries", () => JSON.parse(open(__ENV.QUERIES)));
// What the page asks for with every search (web/src/features/search/api/search.ts), and what shoppers tick most.
const PAGE = { pageSize: 24, facets: ["category", "brand", "attributes.colour", "price", "rating", "in_stock"], filter: "in_stock = true" };
const tokens = new SharedArray("tokens", () => JSON.parse(open(__ENV.TOKENS)));
const wrong = new Counter("wrong_answers");
const degraded = new Counter("degraded_answers");
const personal = new Counter("personal_answers");
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
    const bodies = { picture: { image: query, pageSize: 20 }, page: { query, ...PAGE } };
    const body = bodies[__ENV.HOW] || { query, pageSize: 20 };
    // Each caller is another shopper, if there are any: one alone would be remembered.
    const token = tokens.length ? tokens[exec.scenario.iterationInTest % tokens.length] : "";
    const own = token ? { ...headers, authorization: `Bearer ${token}` } : headers;
    reply = http.post(`${__ENV.URL}/v1/products:search`, JSON.stringify(body), { headers: own });
  }
  if (reply.status !== 200) wrong.add(1);
  else if (__ENV.HOW !== "suggest" && !reply.body.includes(WHOLE)) degraded.add(1);
  if (reply.status === 200 && reply.body.includes('"personalized":true')) personal.add(1);
}

export function handleSummary(data) {
  return { [__ENV.OUT]: JSON.stringify(data.metrics) };
}
