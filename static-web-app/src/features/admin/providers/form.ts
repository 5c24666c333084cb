import type { Mode } from "../shell/modes";
import type { NewProvider, Provider, ProviderChange, ProviderKind } from "./queries";

/** What is written in the form, as text. */
export interface Written {
  mode: Mode;
  provider: ProviderKind;
  model: string;
  endpoint: string;
  keyVariable: string;
  inputPrice: string;
  outputPrice: string;
  isActive: boolean;
}

export const USUAL_KEY: Record<ProviderKind, string | null> = {
  openai: "OPENAI_API_KEY",
  anthropic: "ANTHROPIC_API_KEY",
  azure: null, // the managed identity
};

export function blank(mode: Mode): Written {
  return {
    mode,
    provider: "openai",
    model: "",
    endpoint: "",
    keyVariable: "",
    inputPrice: "",
    outputPrice: "",
    isActive: false,
  };
}

/** `decimals` is how the reader's language writes them. */
export function writtenOf(provider: Provider, decimals: "," | "."): Written {
  const price = (value: number | null) => (value === null ? "" : String(value).replace(".", decimals));
  return {
    mode: provider.mode,
    provider: provider.provider,
    model: provider.model_name,
    endpoint: provider.endpoint ?? "",
    keyVariable: provider.api_key_env_var ?? "",
    inputPrice: price(provider.input_price_per_mtok),
    outputPrice: price(provider.output_price_per_mtok),
    isActive: provider.is_active,
  };
}

/** A price as written, with point or comma; null where nothing is, undefined where it is no price. */
export function priceOf(text: string): number | null | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (!/^\d{1,7}([.,]\d{1,4})?$/.test(trimmed)) return undefined;
  const price = Number(trimmed.replace(",", "."));
  return price <= 1_000_000 ? price : undefined;
}

/** Why it cannot be sent yet is seen in the form: a model is missing, or the address of an Azure resource, or a price is
 *  none. */
export function isComplete(written: Written): boolean {
  return (
    written.model.trim() !== "" &&
    (written.provider !== "azure" || written.endpoint.trim() !== "") &&
    priceOf(written.inputPrice) !== undefined &&
    priceOf(written.outputPrice) !== undefined
  );
}

function fieldsOf(written: Written) {
  return {
    provider: written.provider,
    model_name: written.model.trim(),
    endpoint: written.endpoint.trim() || null,
    api_key_env_var: written.keyVariable.trim() || USUAL_KEY[written.provider],
    input_price_per_mtok: priceOf(written.inputPrice) ?? null,
    output_price_per_mtok: priceOf(written.outputPrice) ?? null,
  };
}

export function newProviderOf(written: Written): NewProvider {
  return { mode: written.mode, is_active: written.isActive, ...fieldsOf(written) };
}

/** Only what is different. */
export function changeOf(before: Provider, written: Written): ProviderChange {
  const changed = Object.entries(fieldsOf(written)).filter(([name, value]) => before[name as keyof Provider] !== value);
  return Object.fromEntries(changed);
}
