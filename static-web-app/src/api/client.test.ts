import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { addressOf, api } from "./client";
import { ApiError } from "./problem";
import { useSession, type User } from "./session";

const user = { id: "u", display_name: "Alice" } as User;
let requests: { url: string; authorization: string | null }[] = [];
let answer: (url: string, token: string | null) => Response | Promise<Response>;

beforeEach(() => {
  requests = [];
  vi.stubGlobal("localStorage", { setItem: () => undefined, removeItem: () => undefined, getItem: () => null });
  vi.stubGlobal("fetch", async (url: string, init: RequestInit = {}) => {
    if (url === "/config.json") return Response.json({ api: "https://api.test/api/" });
    const authorization = new Headers(init.headers).get("Authorization");
    requests.push({ url, authorization });
    return answer(url, authorization);
  });
  useSession.setState({ phase: "signed-in", accessToken: "old", user }, true);
});
afterEach(() => vi.unstubAllGlobals());

const refreshes = () => requests.filter((request) => request.url.endsWith("/auth/refresh")).length;

describe("a request", () => {
  it("is repeated once after one refresh that all parallel ones share", async () => {
    answer = (url, token) => {
      if (url.endsWith("/auth/refresh")) return Response.json({ access_token: "new", user });
      return token === "Bearer new" ? Response.json(user) : new Response(null, { status: 401 });
    };
    const found = await Promise.all([api.get("/auth/me"), api.get("/auth/me"), api.get("/auth/me")]);
    expect(found).toEqual([user, user, user]);
    expect(refreshes()).toBe(1);
  });

  it("is not repeated for ever by an API that refuses the new token too", async () => {
    answer = (url) =>
      url.endsWith("/auth/refresh")
        ? Response.json({ access_token: "new", user })
        : new Response(null, { status: 401 });
    await expect(api.get("/auth/me")).rejects.toMatchObject({ status: 401 });
    expect(requests).toHaveLength(3);
  });

  it("signs out when the session has ended, and not when the API is away", async () => {
    answer = () => new Response(null, { status: 401 });
    await expect(api.get("/auth/me")).rejects.toBeInstanceOf(ApiError);
    expect(useSession.getState()).toEqual({ phase: "signed-out", expired: true });

    useSession.setState({ phase: "signed-in", accessToken: "old", user }, true);
    answer = (url) =>
      url.endsWith("/auth/refresh") ? Promise.reject(new TypeError("net")) : new Response(null, { status: 401 });
    await expect(api.get("/auth/me")).rejects.toMatchObject({ code: "offline" });
    expect(useSession.getState().phase).toBe("signed-in");
  });

  it("fails with what the problem document says", async () => {
    answer = () =>
      Response.json(
        {
          code: "invalid",
          title: "T",
          detail: "Too long.",
          correlation_id: "abc",
          errors: [{ pointer: "/title", detail: "D" }],
        },
        { status: 422, headers: { "Content-Type": "application/problem+json" } },
      );
    const error = await api.get("/auth/me").catch((cause: unknown) => cause as ApiError);
    expect(error).toMatchObject({ status: 422, code: "invalid", detail: "Too long.", correlationId: "abc" });
    expect((error as ApiError).fieldError("/title")).toBe("D");
  });

  it("fails readably when a proxy answers with a page, and keeps the correlation id", async () => {
    answer = () =>
      new Response("<html>", { status: 502, headers: { "X-Correlation-Id": "xyz", "Content-Type": "text/html" } });
    await expect(api.get("/auth/me")).rejects.toMatchObject({
      status: 502,
      code: "unreadable_reply",
      correlationId: "xyz",
    });
  });
});

describe("an address", () => {
  it("is filled, encoded, and leaves out what was not said", () => {
    const path = { conversation_id: "a/b" };
    expect(addressOf("/conversations/{conversation_id}", { path, query: { q: "x y", cursor: null, limit: 5 } })).toBe(
      "/conversations/a%2Fb?q=x+y&limit=5",
    );
  });
});
