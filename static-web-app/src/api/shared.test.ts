import { expect, it } from "vitest";
import { shared } from "./shared";

it("makes one call for all who ask while it is under way, and a new one afterwards", async () => {
  let calls = 0;
  const refresh = shared(async () => {
    await Promise.resolve();
    return ++calls;
  });
  expect(await Promise.all([refresh(), refresh(), refresh()])).toEqual([1, 1, 1]);
  expect(await refresh()).toBe(2);
});

it("hands a failure to all who asked, and forgets it", async () => {
  let fails = true;
  const refresh = shared(() => (fails ? Promise.reject(new Error("away")) : Promise.resolve("here")));
  const results = await Promise.allSettled([refresh(), refresh()]);
  expect(results.map((result) => result.status)).toEqual(["rejected", "rejected"]);
  fails = false;
  expect(await refresh()).toBe("here");
});
