import { beforeEach, expect, it, vi } from "vitest";
import { send } from "@/api/client";
import { follow } from "./follow";
import { ask, forget, stop, useRuns } from "./runs";

vi.mock("@/api/client", () => ({ send: vi.fn(() => Promise.resolve(new Response())) }));
vi.mock("./follow", () => ({ follow: vi.fn() }));

const QUESTION = { path: "/conversations/{conversation_id}/messages", parameters: {}, body: { content: "q" } };
type Following = Parameters<typeof follow>[0];

/** A question whose stream is in our hands. */
async function asked(): Promise<Following> {
  const taken = new Promise<Following>((resolve) => {
    vi.mocked(follow).mockImplementation((following) => {
      resolve(following);
      return new Promise(() => undefined);
    });
  });
  void ask("t", "c", QUESTION);
  return taken;
}

beforeEach(() => {
  forget("t");
  vi.mocked(send).mockClear();
  vi.stubGlobal("document", { hidden: false });
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => draw());
});

it("stops a question that is on its way once its run is known, and does not let go of it", async () => {
  const { run, changed, signal } = await asked();
  const stopped = stop("t");
  expect(useRuns.getState().runs.t).toMatchObject({ stopping: true });
  expect(send).not.toHaveBeenCalled();
  changed({ ...run, runId: "r", phase: "searching" });
  await stopped;
  expect(send).toHaveBeenCalledExactlyOnceWith("post", "/chat/runs/{run_id}/cancel", { path: { run_id: "r" } });
  expect(signal.aborted).toBe(false);
});

it("stops a run at once", async () => {
  const { run, changed } = await asked();
  changed({ ...run, runId: "r", phase: "writing" });
  await stop("t");
  expect(send).toHaveBeenCalledOnce();
});

it("withdraws a question that did not get through", async () => {
  const { run, changed, signal } = await asked();
  changed({ ...run, error: new Error("offline") });
  await stop("t");
  expect(signal.aborted).toBe(true);
  expect(useRuns.getState().runs.t).toBeUndefined();
  expect(send).not.toHaveBeenCalled();
});

it("withdraws a question that fails to get through while it is to be stopped", async () => {
  const { run, changed, signal } = await asked();
  const stopped = stop("t");
  changed({ ...run, error: new Error("offline") });
  await stopped;
  expect(signal.aborted).toBe(true);
  expect(send).not.toHaveBeenCalled();
});

it("asks nobody to stop what did not get through after all", async () => {
  const { run, changed } = await asked();
  const stopped = stop("t");
  changed({ ...run, phase: "refused", error: new Error("refused") });
  await stopped;
  expect(send).not.toHaveBeenCalled();
});
