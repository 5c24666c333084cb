"use client";

import { Plus } from "lucide-react";
import { useId } from "react";
import { formatNumber, useLanguage, useMessages } from "@/i18n/messages";
import { Button, IconButton } from "@/ui/button";
import { Badge } from "@/ui/states";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { adminMessages } from "../shell/messages";
import type { Mode } from "../shell/modes";
import { MenuCell } from "../table/menu-cell";
import { providerMessages } from "./messages";
import { fallbacksOf } from "./order";
import type { AskedOfProvider } from "./provider-dialogs";
import { ProviderMenu } from "./provider-menu";
import type { DefaultProvider, Provider } from "./queries";

interface SectionProps {
  mode: Mode;
  /** Of this mode, in the order of asking. */
  rows: Provider[];
  ofSettings: DefaultProvider;
  ask: (asked: AskedOfProvider) => void;
}

export function ModeSection({ mode, rows, ofSettings, ask }: SectionProps) {
  const t = useMessages(providerMessages);
  const admin = useMessages(adminMessages);
  const id = useId();
  return (
    <section aria-labelledby={id} className="flex flex-col gap-2">
      <div className="flex items-center gap-2">
        <h2 id={id} className="text-base">
          {admin.mode[mode]}
        </h2>
        <IconButton label={t.addTo(admin.mode[mode])} onClick={() => ask({ what: "add", mode })}>
          <Plus />
        </IconButton>
      </div>
      <Table caption={`${t.title}: ${admin.mode[mode]}`}>
        <thead>
          <tr>
            <HeadCell>{t.column.place}</HeadCell>
            <HeadCell>{t.column.model}</HeadCell>
            <HeadCell className="max-lg:hidden">{t.column.address}</HeadCell>
            <HeadCell className="max-md:hidden">{t.column.key}</HeadCell>
            <HeadCell className="max-xl:hidden">{t.column.prices}</HeadCell>
            <HeadCell>
              <span className="sr-only">{t.action.change}</span>
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {!rows.some((row) => row.is_active) && <SettingsRow provider={ofSettings} />}
          {rows.map((row) => (
            <ProviderRow key={row.id} provider={row} rows={rows} ask={ask} />
          ))}
        </tbody>
      </Table>
    </section>
  );
}

type RowProps = Omit<SectionProps, "mode" | "ofSettings"> & { provider: Provider };

function ProviderRow({ provider, rows, ask }: RowProps) {
  const t = useMessages(providerMessages);
  const language = useLanguage();
  const { provider: kind, model_name: model } = provider;
  const price = (value: number | null) => (value === null ? t.unknownPrice : formatNumber(language, value));
  return (
    <Row>
      <Cell className="w-28">
        <Place provider={provider} rows={rows} />
      </Cell>
      <Cell className="max-w-64">
        <button
          type="button"
          data-row
          onClick={() => ask({ what: "change", provider })}
          className="max-w-full truncate rounded-sm font-semibold text-accent-text underline-offset-2 hover:underline"
        >
          {model}
        </button>
        <p className="text-xs text-muted">{t.kind[kind]}</p>
        <div className="mt-1 md:hidden">
          <KeyState provider={provider} />
        </div>
      </Cell>
      <AddressCell endpoint={provider.endpoint} />
      <Cell className="max-md:hidden">
        <KeyState provider={provider} />
      </Cell>
      <Cell className="whitespace-nowrap tabular-nums max-xl:hidden">
        {t.prices(price(provider.input_price_per_mtok), price(provider.output_price_per_mtok))}
      </Cell>
      <MenuCell>
        <Button size="small" aria-label={t.trial.title(model)} onClick={() => ask({ what: "test", provider })}>
          {t.action.test}
        </Button>
        <ProviderMenu provider={provider} rows={rows} ask={ask} />
      </MenuCell>
    </Row>
  );
}

/** Places are counted as they are asked; the numbers behind them have gaps. */
function Place({ provider, rows }: { provider: Provider; rows: Provider[] }) {
  const t = useMessages(providerMessages);
  if (provider.is_active) return <Badge tone="accent">{t.serves}</Badge>;
  const at = fallbacksOf(rows).findIndex(({ id }) => id === provider.id);
  return at < 0 ? <span className="text-muted">{t.notAsked}</span> : <Badge>{t.fallback(at + 1)}</Badge>;
}

function SettingsRow({ provider }: { provider: DefaultProvider }) {
  const t = useMessages(providerMessages);
  return (
    <Row>
      <Cell className="w-28">
        <Badge tone="accent">{t.serves}</Badge>
      </Cell>
      <Cell className="max-w-64">
        <p className="truncate font-semibold">{provider.model_name}</p>
        <p className="text-xs text-muted">
          {t.kind[provider.provider]} · <span data-tip={t.fromSettingsText}>{t.fromSettings}</span>
        </p>
        <div className="mt-1 md:hidden">
          <KeyState provider={provider} />
        </div>
      </Cell>
      <AddressCell endpoint={provider.endpoint} />
      <Cell className="max-md:hidden">
        <KeyState provider={provider} />
      </Cell>
      <Cell className="text-muted max-xl:hidden">{t.unknownPrice}</Cell>
      <Cell />
    </Row>
  );
}

function AddressCell({ endpoint }: { endpoint: string | null }) {
  const t = useMessages(providerMessages);
  return (
    <Cell className="max-w-56 truncate max-lg:hidden">
      {endpoint ?? <span className="text-muted">{t.publicAddress}</span>}
    </Cell>
  );
}

function KeyState({ provider }: { provider: Pick<Provider, "api_key_env_var" | "is_key_set"> }) {
  const t = useMessages(providerMessages);
  if (provider.api_key_env_var === null) return <span className="text-muted">{t.managedIdentity}</span>;
  return (
    <span className="flex flex-col items-start gap-0.5">
      {provider.is_key_set ? <span>{t.keySet}</span> : <Badge tone="danger">{t.keyMissing}</Badge>}
      <span className="font-mono text-xs break-all text-muted">{provider.api_key_env_var}</span>
    </span>
  );
}
