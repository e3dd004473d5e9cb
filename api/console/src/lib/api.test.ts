import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, acknowledge, cityMap, dispatch, get, listAlerts, signOut } from "./api";

const fetched = vi.fn<typeof fetch>();
vi.stubGlobal("fetch", fetched);
afterEach(() => fetched.mockReset());

const replies = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
  fetched.mockResolvedValue(
    new Response(status === 204 ? null : typeof body === "string" ? body : JSON.stringify(body), { status, headers }),
  );
};
const failure = async (asked: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await asked.catch((reason: unknown) => reason);
  if (!(error instanceof ApiError)) throw new Error(`not an ApiError: ${String(error)}`);
  return error;
};
const request = (): { path: string; method: string; headers: Record<string, string>; body: unknown } => {
  const [path, init] = fetched.mock.calls[0] ?? [];
  return {
    path: String(path),
    method: init?.method ?? "",
    headers: init?.headers as Record<string, string>,
    body: typeof init?.body === "string" ? JSON.parse(init.body) : undefined,
  };
};

describe("a refusal", () => {
  it("is one line, with the status and the time to wait", async () => {
    replies(429, { title: "Too Many Requests", status: 429, detail: "Too many\n failed sign-ins." }, { "Retry-After": "7" });
    const error = await failure(get("/v1/session"));
    expect([error.status, error.message, error.retryAfterS, error.isTransient]).toEqual([
      429, "Too many failed sign-ins.", 7, true,
    ]);
  });

  it("names the values that are wrong, as far as they are named", async () => {
    const errors = [{ pointer: "/reason", detail: "say why" }, { detail: "no pointer" }, null];
    replies(422, { title: "Unprocessable", status: 422, detail: "say why", errors });
    expect((await failure(get("/v1/alerts"))).problem.errors).toEqual([errors[0]]);
  });

  it.each([
    [500, "<html>Bad gateway</html>", true],
    [502, "", true],
    [409, "null", false],
    [404, { detail: 5 }, false],
  ])("with status %i and a body that is no problem document is still an ApiError", async (status, body, transient) => {
    replies(status, body);
    const error = await failure(get("/v1/alerts"));
    expect([error.status, error.isTransient]).toEqual([status, transient]);
    expect(error.message).not.toBe("");
  });
});

describe("no answer", () => {
  it.each([
    [new TypeError("Failed to fetch"), "The service cannot be reached."],
    [new DOMException("timed out", "TimeoutError"), "The service did not answer in time."],
  ])("%s", async (reason, message) => {
    fetched.mockRejectedValue(reason);
    const error = await failure(get("/v1/alerts"));
    expect([error.status, error.message, error.isTransient]).toEqual([0, message, true]);
  });

  it("is what a body cut in the middle is, too", async () => {
    replies(200, '{"items": [');
    expect((await failure(listAlerts())).isTransient).toBe(true);
  });
});

describe("a request", () => {
  it("that reads carries no console header", async () => {
    replies(200, { items: [], next_cursor: null, last_event_seq: 0 });
    await listAlerts("c1", ["new", "escalated"]);
    expect(request()).toMatchObject({ path: "/v1/alerts?state=new&state=escalated&cursor=c1", method: "GET" });
    expect(request().headers).not.toHaveProperty("X-Qalqan-Console");
  });

  it("that changes carries it, and the version it changes", async () => {
    replies(200, {});
    await dispatch("a1", "p1", "closer", 4);
    expect(request()).toMatchObject({
      path: "/v1/alerts/a1/dispatch",
      method: "POST",
      headers: { "X-Qalqan-Console": "1", "If-Match": '"4"' },
      body: { patrol: "p1", reason: "closer" },
    });
  });

  it("without a version names none", async () => {
    replies(200, {});
    await acknowledge("a1");
    expect(request().headers).not.toHaveProperty("If-Match");
    expect(request().body).toBeUndefined();
  });

  it("with no content gives nothing", async () => {
    replies(204, null);
    expect(await signOut()).toBeUndefined();
  });

  it("for a map that is not there gives null", async () => {
    replies(404, { title: "Not Found", status: 404, detail: "There is no map." });
    expect(await cityMap()).toBeNull();
  });
});
