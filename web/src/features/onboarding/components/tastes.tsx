import { useMutation, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";

import { chosenQuery, departmentsQuery, faceQuery, prefer } from "@/features/onboarding/api/tastes";
import { ProductPicture } from "@/components/product/picture";
import { Icon } from "@/components/ui/icon";
import { followChoice } from "@/lib/query";
import { sayError } from "@/lib/toasts";
import type { Category } from "@/lib/types";

const MOST = 8;

interface Properties {
  /** What the button says that saves. */
  action: string;
  done: () => void;
}

/** Categories to choose from by their pictures. */
export function Tastes({ action, done }: Properties) {
  const departments = useSuspenseQuery(departmentsQuery).data;
  const saved = useSuspenseQuery(chosenQuery).data;
  const [chosen, setChosen] = useState<readonly string[]>(saved);
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () => prefer([...chosen]),
    onSuccess: () => {
      client.setQueryData(chosenQuery.queryKey, [...chosen]);
      followChoice();
      done();
    },
    onError: sayError,
  });
  const toggle = (name: string) =>
    setChosen(chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name]);
  return (
    <>
      <div className="tastes" role="group" aria-label={`Choose up to ${MOST}`}>
        {departments.map((category) => (
          <Taste
            key={category.name}
            category={category}
            pressed={chosen.includes(category.name)}
            disabled={chosen.length >= MOST && !chosen.includes(category.name)}
            toggle={() => toggle(category.name)}
          />
        ))}
      </div>
      <div className="tastes-foot">
        <button type="button" className="button button-main" disabled={save.isPending} onClick={() => save.mutate()}>
          {action}
        </button>
        <span className="soft" role="status">
          {chosen.length ? `${chosen.length} of ${MOST} chosen` : "Choose some, or none"}
        </span>
      </div>
    </>
  );
}

interface TasteProperties {
  category: Category;
  pressed: boolean;
  disabled: boolean;
  toggle: () => void;
}

function Taste({ category, pressed, disabled, toggle }: TasteProperties) {
  const face = useQuery(faceQuery(category.name));
  return (
    <button type="button" className="taste" aria-pressed={pressed} disabled={disabled} onClick={toggle}>
      <span className="taste-picture">
        {face.data && <ProductPicture product={face.data} width={320} sizes="(max-width: 40rem) 45vw, 12rem" />}
        {pressed && (
          <span className="taste-check">
            <Icon name="check" />
          </span>
        )}
      </span>
      <span className="taste-name">{category.displayName}</span>
    </button>
  );
}
