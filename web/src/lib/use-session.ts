import { useSyncExternalStore } from "react";

import { current, onSubjectChange, type Session } from "@/lib/session";

/** The session now, followed as it changes. */
export const useSession = (): Session => useSyncExternalStore(onSubjectChange, current);
