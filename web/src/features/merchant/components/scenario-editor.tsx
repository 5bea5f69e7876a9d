import { useSuspenseQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";

import { scenarioQuery, useSaveScenario, type Rule, type Scenario } from "@/features/merchant/api/scenarios";
import { LivePreview } from "@/features/merchant/components/live-preview";
import { RuleEditor } from "@/features/merchant/components/rule-editor";
import { Field } from "@/components/ui/field";
import { Icon } from "@/components/ui/icon";

/** Rules of a place of the shop, with what a chosen shopper would see under them. */
export function ScenarioEditor({ id }: { id: string }) {
  const { data } = useSuspenseQuery(scenarioQuery(id));
  return <Editor key={data.etag} saved={data} />;
}

function Editor({ saved }: { saved: Scenario }) {
  const [draft, setDraft] = useState(saved);
  const [comment, setComment] = useState("");
  const save = useSaveScenario();
  const changed = JSON.stringify(draft) !== JSON.stringify(saved);
  const setRule = (index: number, rule: Rule | undefined) =>
    setDraft({ ...draft, rules: draft.rules.flatMap((other, at) => (at === index ? (rule ?? []) : other)) });
  const add = () =>
    setDraft({
      ...draft,
      rules: [...draft.rules, { displayName: "Pinned", action: "ACTION_PIN", products: [], position: 1 }],
    });
  return (
    <div className="scenario">
      <form
        className="form scenario-form"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ scenario: draft, comment });
        }}
      >
        <Field
          label="Heading"
          required
          maxLength={200}
          value={draft.displayName}
          onChange={(event) => setDraft({ ...draft, displayName: event.target.value })}
        />
        <Field
          label="Only products that fit"
          maxLength={2000}
          placeholder='category = "bags" AND price < 100'
          value={draft.filter ?? ""}
          onChange={(event) => setDraft({ ...draft, filter: event.target.value })}
        />
        <Field
          label="Of one brand at most (0 for any number)"
          type="number"
          min={0}
          max={100}
          value={draft.diversity?.maxPerBrand ?? 0}
          onChange={(event) =>
            setDraft({ ...draft, diversity: { ...draft.diversity, maxPerBrand: Number(event.target.value) } })
          }
        />
        <h2>Rules</h2>
        {draft.rules.map((rule, index) => (
          <RuleEditor key={index} rule={rule} change={(next) => setRule(index, next)} />
        ))}
        <button type="button" className="button" onClick={add}>
          <Icon name="plus" size={16} /> Add a rule
        </button>
        <Field
          label="Why (for the list of changes)"
          maxLength={500}
          value={comment}
          onChange={(event) => setComment(event.target.value)}
        />
        <div className="actions">
          <button type="submit" className="button button-main" disabled={!changed || save.isPending}>
            Save
          </button>
          <button type="button" className="button" disabled={!changed} onClick={() => setDraft(saved)}>
            Undo
          </button>
        </div>
      </form>
      <LivePreview draft={useDeferredValue(draft)} />
    </div>
  );
}
