import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import type { RecommendResponse_ExplanationJson } from "@contracts/aisle/recs/v1/recommendation_service_pb";
import type { RuleJson, ScenarioJson } from "@contracts/aisle/recs/v1/scenario_pb";

import { request } from "@/lib/http";
import { call } from "@/lib/session";
import { say, sayError } from "@/lib/toasts";
import type { Given, Product, With } from "@/lib/types";

export type Rule = Given<RuleJson, "displayName" | "action">;
export type Scenario = With<Given<ScenarioJson, "name" | "displayName">, { rules: Rule[] }>;

/** The places of the shop. */
export const scenariosQuery = queryOptions({
  queryKey: ["mine", "scenarios"],
  queryFn: async ({ signal }) =>
    (await call<{ scenarios: Scenario[] }>("GET", "/v1/scenarios", { query: { pageSize: 100 }, signal })).scenarios,
});

/** One of them. */
export const scenarioQuery = (id: string) =>
  queryOptions({
    queryKey: ["mine", "scenario", id],
    queryFn: ({ signal }) => call<Scenario>("GET", `/v1/scenarios/${id}`, { signal }),
  });

export interface Preview {
  results: { product: string; details?: Product; explanation?: RecommendResponse_ExplanationJson }[];
  personalized: boolean;
}

/** Where a scenario is previewed: beside a product, or with some in the cart. */
export interface Place {
  contextProduct?: string;
  contextProducts?: string[];
}

/** What a chosen shopper would see if the scenario were as it is being edited. */
export const previewQuery = (scenario: Scenario, shopper: string, place: Place) =>
  queryOptions({
    queryKey: ["mine", "preview", scenario, shopper, place],
    queryFn: ({ signal }) => {
      const body = { scenario, shopper, ...place, pageSize: 12 };
      return call<Preview>("POST", `/v1/${scenario.name}:preview`, { body, signal });
    },
    placeholderData: keepPreviousData,
    retry: false,
    enabled: !scenario.needsProduct || !!place.contextProduct,
  });

/** Products whose title holds the words, to choose one for a rule. */
export const titledQuery = (words: string) =>
  queryOptions({
    queryKey: ["titled", words],
    queryFn: async ({ signal }) => {
      const query = { filter: words ? `title:"${words.replace(/["\\]/g, "")}"` : "", pageSize: 8 };
      return (await request<{ products: Product[] }>("GET", "/v1/products", { query, signal })).products;
    },
    placeholderData: keepPreviousData,
  });

/** Writes rules and diversity of a scenario; they hold within a second. */
export function useSaveScenario() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ scenario, comment }: { scenario: Scenario; comment: string }) =>
      call<Scenario>("PATCH", `/v1/${scenario.name}`, {
        query: { updateMask: "displayName,filter,rules,diversity", comment },
        body: scenario,
      }),
    onSuccess: (saved) => {
      client.setQueryData(scenarioQuery(saved.name.slice("scenarios/".length)).queryKey, saved);
      void client.invalidateQueries({ queryKey: ["mine"] });
      say("Saved: the shop shows it now.");
    },
    onError: sayError,
  });
}
