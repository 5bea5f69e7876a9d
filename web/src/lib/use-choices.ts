import { useSyncExternalStore } from "react";

import { chosen, onChoice, type Choices } from "@/lib/choices";

/** The choices, followed as they change. */
export const useChoices = (): Choices => useSyncExternalStore(onChoice, chosen);
