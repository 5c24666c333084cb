import { describe, expect, it } from "vitest";
import { blank, changeOf, isComplete, newProviderOf, priceOf, writtenOf } from "./form";
import type { Provider } from "./queries";

const gpt: Provider = {
  id: "1",
  mode: "rag",
  provider: "openai",
  model_name: "gpt-x",
  endpoint: null,
  api_key_env_var: "OPENAI_API_KEY",
  is_key_set: true,
  is_active: true,
  fallback_order: null,
  input_price_per_mtok: 0.25,
  output_price_per_mtok: null,
  updated_at: "2026-11-23T08:00:00Z",
};

it("reads prices with point or comma, and nothing else", () => {
  expect(priceOf("0,25")).toBe(0.25);
  expect(priceOf(" 3.0001 ")).toBe(3.0001);
  expect(priceOf("0")).toBe(0);
  expect(priceOf(" ")).toBeNull();
  for (const text of ["-1", "1.000,50", "free", "0.00001", "1e3", "1000001"])
    expect(priceOf(text), text).toBeUndefined();
});

describe("isComplete", () => {
  it("wants a model, and for Azure an address", () => {
    expect(isComplete(blank("rag"))).toBe(false);
    expect(isComplete({ ...blank("rag"), model: "gpt-x" })).toBe(true);
    expect(isComplete({ ...blank("rag"), model: "gpt-x", provider: "azure" })).toBe(false);
    expect(
      isComplete({ ...blank("rag"), model: "gpt-x", provider: "azure", endpoint: "https://c.openai.azure.com" }),
    ).toBe(true);
    expect(isComplete({ ...blank("rag"), model: "gpt-x", inputPrice: "free" })).toBe(false);
  });
});

it("names the usual variable where none is written, none for Azure", () => {
  expect(newProviderOf({ ...blank("assistant"), model: " m ", provider: "anthropic" })).toMatchObject({
    mode: "assistant",
    model_name: "m",
    api_key_env_var: "ANTHROPIC_API_KEY",
    endpoint: null,
  });
  expect(newProviderOf({ ...blank("rag"), model: "m", provider: "azure" }).api_key_env_var).toBeNull();
});

describe("changeOf", () => {
  it("changes nothing that was not touched, in either language's way of writing prices", () => {
    expect(changeOf(gpt, writtenOf(gpt, ","))).toEqual({});
    expect(changeOf(gpt, writtenOf(gpt, "."))).toEqual({});
  });
  it("takes a price away with null", () => {
    expect(changeOf(gpt, { ...writtenOf(gpt, ","), inputPrice: "", outputPrice: "2,5" })).toEqual({
      input_price_per_mtok: null,
      output_price_per_mtok: 2.5,
    });
  });
});
