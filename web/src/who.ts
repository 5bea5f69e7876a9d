// The first script of the page, and small: it asks who calls, which everything personal waits for, while the script that
// asks for the rest is on its way. Failing is shown where it matters.

import { token } from "@/lib/session";

token().catch(() => undefined);
