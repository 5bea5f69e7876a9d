import { beforeEach, expect, test, vi } from "vitest";

interface Asked {
  path: string;
  token: string | null;
  body: unknown;
}

type Session = typeof import("@/lib/session");

let asked: Asked[];
let answers: (() => Response)[];

const session =
  (subject: string, accessToken: string, seconds = 900) =>
  () =>
    Response.json({
      subject,
      accessToken,
      roles: [],
      accessExpireTime: new Date(Date.now() + seconds * 1000).toISOString(),
    });
const refused = (status: number, reason: string) => () =>
  Response.json(
    { message: reason, details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason }] },
    { status },
  );

beforeEach(() => {
  vi.resetModules();
  localStorage.clear();
  sessionStorage.clear();
  document.cookie = "aisle_known=; Max-Age=0";
  asked = [];
  answers = [];
  vi.stubGlobal(
    "BroadcastChannel",
    class {
      postMessage = vi.fn();
    },
  );
  vi.stubGlobal("fetch", (path: string, options: RequestInit) => {
    const headers = new Headers(options.headers);
    asked.push({
      path,
      token: headers.get("authorization"),
      body: JSON.parse((options.body as string | undefined) ?? "null"),
    });
    const next = answers.shift();
    return next ? Promise.resolve(next()) : Promise.reject(new TypeError("no network"));
  });
});

test("the first calls share one session", async () => {
  const { call } = await import("@/lib/session");
  answers = [session("visitors/v", "t1"), () => Response.json({ a: 1 }), () => Response.json({ b: 2 })];
  expect(await Promise.all([call("GET", "/v1/a"), call("GET", "/v1/b")])).toEqual([{ a: 1 }, { b: 2 }]);
  expect(asked.map((one) => one.path)).toEqual(["/v1/sessions:resume", "/v1/a", "/v1/b"]);
  expect(asked[1]?.token).toBe("Bearer t1");
});

test.each([
  ["users/u", "/v1/users/me/cart"],
  ["visitors/v", "/v1/visitors/me/cart"],
])("what belongs to %s is asked for at %s, however late the session comes", async (subject, path) => {
  const { call } = await import("@/lib/session");
  const late = session(subject, "t1");
  vi.stubGlobal("fetch", (address: string) => {
    if (address !== "/v1/sessions:resume") return Promise.resolve(Response.json({ address }));
    return new Promise((resolve) => setTimeout(() => resolve(late()), 500));
  });
  expect(await call("GET", (mine) => `/v1/${mine}/cart`)).toEqual({ address: path });
});

test("a token that is refused is renewed once, and the call sent again", async () => {
  const { call } = await import("@/lib/session");
  answers = [
    session("users/u", "t1"),
    refused(401, "TOKEN_EXPIRED"),
    session("users/u", "t2"),
    () => Response.json({}),
  ];
  await call("GET", "/v1/a");
  expect(asked.map((one) => one.token)).toEqual([null, "Bearer t1", null, "Bearer t2"]);
});

test("a wrong password is no reason to renew anything", async () => {
  const { begin } = await import("@/lib/session");
  answers = [session("visitors/v", "t1"), refused(401, "CREDENTIALS_REFUSED")];
  await expect(begin("/v1/sessions:logIn", { email: "a" })).rejects.toMatchObject({ reason: "CREDENTIALS_REFUSED" });
  expect(asked).toHaveLength(2);
});

test("whoever depends on the subject hears of another one, and of nothing else", async () => {
  const { begin, current, isShopper, onSubjectChange, token } = await import("@/lib/session");
  const heard = vi.fn();
  onSubjectChange(heard);
  answers = [session("visitors/v", "t1", 10), session("visitors/v", "t2", 900), session("users/u", "t3")];
  await token();
  await token(); // the first was about to end
  expect(heard).toHaveBeenCalledTimes(1);
  await begin("/v1/sessions:logIn", { email: "a" });
  expect(heard).toHaveBeenCalledTimes(2);
  expect(asked[2]?.body).toEqual({ email: "a", cookie: true });
  expect([isShopper(), current().accessToken]).toEqual([true, "t3"]);
});

test.each([
  ["who logs out", (page: Session) => page.logOut()],
  ["whose session has ended meanwhile", (page: Session) => page.call("GET", "/v1/a")],
])("nothing of an account %s stays in the browser", async (_, leave) => {
  const page = await import("@/lib/session");
  const { keep } = await import("@/lib/kept");
  vi.stubGlobal("location", { reload: vi.fn(), assign: vi.fn() });
  answers = [session("users/u", "t1", 10), session("visitors/v", "t2"), () => Response.json({})];
  await page.token();
  keep("users/u", "address", { recipient: "Ann" });
  keep("users/u", "checkout", { requestId: "r" });
  await leave(page);
  expect([localStorage.length, sessionStorage.length]).toEqual([0, 0]);
});

test("a shop that does not answer is said in words", async () => {
  const { call } = await import("@/lib/session");
  await expect(call("GET", "/v1/a")).rejects.toMatchObject({ status: 0, passing: true });
});

test("a browser's first question does not wait for its first session, and later ones go in the session's name", async () => {
  const page = await import("@/lib/session");
  answers = [() => Response.json({}), session("visitors/v", "t1"), () => Response.json({})];
  await page.callPublic("/v1/rows", { body: {} });
  await page.token();
  await page.callPublic("/v1/rows", { body: {} });
  expect(asked.map(({ path, token }) => [path, token])).toEqual([
    ["/v1/rows", null],
    ["/v1/sessions:resume", null],
    ["/v1/rows", "Bearer t1"],
  ]);
});

test("who was here before is asked for first", async () => {
  document.cookie = "aisle_known=1";
  const page = await import("@/lib/session");
  answers = [session("visitors/v", "t1"), () => Response.json({})];
  await page.callPublic("/v1/rows", { body: {} });
  expect(asked.map(({ path, token }) => [path, token])).toEqual([
    ["/v1/sessions:resume", null],
    ["/v1/rows", "Bearer t1"],
  ]);
});

test("a log-in begins the cache anew, also where the session was there before the cache", async () => {
  const page = await import("@/lib/session");
  answers = [session("visitors/v", "t1"), session("users/u", "t2")];
  await page.token();
  expect(await forgets(() => page.begin("/v1/sessions:logIn", {}))).toBe(true);
});

test("what was asked in nobody's name is asked again for a shopper, and not for a new visitor", async () => {
  for (const subject of ["users/u", "visitors/v"]) {
    vi.resetModules();
    const page = await import("@/lib/session");
    answers = [() => Response.json({}), session(subject, "t1")];
    await page.callPublic("/v1/rows", { body: {} });
    expect(await forgets(() => page.token())).toBe(subject === "users/u");
  }
});

async function forgets(work: () => Promise<unknown>): Promise<boolean> {
  const { queryClient } = await import("@/lib/query");
  queryClient.setQueryData(["mine", "row"], 1);
  await work();
  return queryClient.getQueryData(["mine", "row"]) === undefined;
}
