import type { Rule_ActionJson } from "@contracts/aisle/recs/v1/scenario_pb";

import type { Rule } from "@/features/merchant/api/scenarios";
import { ChosenProducts } from "@/features/merchant/components/chosen-products";
import { Choice, Field } from "@/components/ui/field";
import { Icon } from "@/components/ui/icon";

const MOST_PRODUCTS = 100; // as the shop takes
const ACTIONS: Partial<Record<Rule_ActionJson, string>> = {
  ACTION_PIN: "Pin to a place",
  ACTION_BOOST: "Show earlier",
  ACTION_BURY: "Show later",
  ACTION_EXCLUDE: "Do not show",
};

interface Properties {
  rule: Rule;
  /** Without a rule it is taken away. */
  change: (rule: Rule | undefined) => void;
}

/** One rule: what is done, with which products, where. */
export function RuleEditor({ rule, change }: Properties) {
  const set = (part: Partial<Rule>) => change({ ...rule, ...part });
  const pin = rule.action === "ACTION_PIN";
  return (
    <fieldset className="rule panel">
      <legend>{rule.displayName}</legend>
      <div className="form-pair">
        <Choice
          label="What"
          value={rule.action}
          onChange={(event) => set({ action: event.target.value as Rule_ActionJson })}
        >
          {Object.entries(ACTIONS).map(([action, words]) => (
            <option key={action} value={action}>
              {words}
            </option>
          ))}
        </Choice>
        <Field
          label="Called"
          required
          maxLength={200}
          value={rule.displayName}
          onChange={(event) => set({ displayName: event.target.value })}
        />
      </div>
      {pin && (
        <Field
          label="Place, from 1"
          type="number"
          min={1}
          max={100}
          value={rule.position ?? 1}
          onChange={(event) => set({ position: Number(event.target.value) })}
        />
      )}
      {(rule.action === "ACTION_BOOST" || rule.action === "ACTION_BURY") && (
        <Field
          label="How strongly (0 for twice)"
          type="number"
          min={0}
          max={100}
          step="0.1"
          value={Number(rule.strength ?? 0)}
          onChange={(event) => set({ strength: Number(event.target.value) })}
        />
      )}
      {!pin && (
        <Field
          label="Products that fit"
          placeholder='brand = "Nord"'
          maxLength={2000}
          value={rule.filter ?? ""}
          onChange={(event) => set({ filter: event.target.value })}
        />
      )}
      <ChosenProducts
        label="Add a product"
        products={rule.products ?? []}
        change={(products) => set({ products })}
        most={MOST_PRODUCTS}
      />
      <div className="actions">
        <label className="check">
          <input
            type="checkbox"
            checked={rule.disabled ?? false}
            onChange={(event) => set({ disabled: event.target.checked })}
          />
          Paused
        </label>
        <button type="button" className="button button-quiet" onClick={() => change(undefined)}>
          <Icon name="trash" size={16} /> Delete the rule
        </button>
      </div>
    </fieldset>
  );
}
