"use client";

import { useState } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { Checkbox, Field, Input, Select } from "@/ui/field";
import { notify } from "@/ui/toast";
import { fieldErrorOf, FormDialog } from "../dialog/form-dialog";
import { adminMessages } from "../shell/messages";
import { MODES, type Mode } from "../shell/modes";
import { blank, changeOf, isComplete, newProviderOf, priceOf, USUAL_KEY, writtenOf, type Written } from "./form";
import { providerMessages } from "./messages";
import { useAddProvider, useChangeProvider, type Provider, type ProviderKind } from "./queries";

const KINDS: readonly ProviderKind[] = ["openai", "azure", "anthropic"];
const OWN_FIELDS = ["/model_name", "/endpoint", "/api_key_env_var", "/input_price_per_mtok", "/output_price_per_mtok"];

export function AddProviderDialog({ mode, hosts, close }: { mode: Mode; hosts: string[]; close: () => void }) {
  const t = useMessages(providerMessages);
  const admin = useMessages(adminMessages);
  const [written, setWritten] = useState(blank(mode));
  const add = useAddProvider();
  const onSuccess = () => {
    notify(t.done.saved(written.model.trim()));
    close();
  };
  return (
    <FormDialog
      title={t.addTo(admin.mode[written.mode])}
      submit={t.add}
      canSubmit={isComplete(written)}
      isPending={add.isPending}
      error={add.error}
      ownFields={OWN_FIELDS}
      onSubmit={() => add.mutate(newProviderOf(written), { onSuccess })}
      close={close}
    >
      <Field label={t.form.mode}>
        <Select value={written.mode} onChange={(event) => setWritten({ ...written, mode: event.target.value as Mode })}>
          {MODES.map((each) => (
            <option key={each} value={each}>
              {admin.mode[each]}
            </option>
          ))}
        </Select>
      </Field>
      <ProviderFields written={written} setWritten={setWritten} hosts={hosts} error={add.error} />
      <Checkbox
        label={t.form.servesNow}
        checked={written.isActive}
        onChange={(event) => setWritten({ ...written, isActive: event.target.checked })}
      />
    </FormDialog>
  );
}

export function ChangeProviderDialog({
  provider,
  hosts,
  close,
}: {
  provider: Provider;
  hosts: string[];
  close: () => void;
}) {
  const t = useMessages(providerMessages);
  const shell = useMessages(shellMessages);
  const decimals = useLanguage() === "de" ? "," : ".";
  const [written, setWritten] = useState(() => writtenOf(provider, decimals));
  const save = useChangeProvider(provider.id);
  const canSubmit = isComplete(written) && Object.keys(changeOf(provider, written)).length > 0;
  const onSuccess = () => {
    notify(t.done.saved(written.model.trim()));
    close();
  };
  return (
    <FormDialog
      title={t.form.changeTitle(provider.model_name)}
      submit={shell.save}
      canSubmit={canSubmit}
      isPending={save.isPending}
      error={save.error}
      ownFields={OWN_FIELDS}
      onSubmit={() => save.mutate(changeOf(provider, written), { onSuccess })}
      close={close}
    >
      <ProviderFields written={written} setWritten={setWritten} hosts={hosts} error={save.error} />
    </FormDialog>
  );
}

interface FieldsProps {
  written: Written;
  setWritten: (written: Written) => void;
  hosts: string[];
  error: unknown;
}

function ProviderFields({ written, setWritten, hosts, error }: FieldsProps) {
  const t = useMessages(providerMessages);
  const isAzure = written.provider === "azure";
  const usual = USUAL_KEY[written.provider];
  const set = (change: Partial<Written>) => setWritten({ ...written, ...change });
  const setKind = (provider: ProviderKind) =>
    // the usual variable of the one is no key for the other
    set({
      provider,
      keyVariable: written.keyVariable === (USUAL_KEY[written.provider] ?? "") ? "" : written.keyVariable,
    });
  const price = (label: string, name: "inputPrice" | "outputPrice", pointer: string) => (
    <Field
      label={label}
      error={priceOf(written[name]) === undefined ? t.form.priceWrong : fieldErrorOf(error, pointer)}
    >
      <Input inputMode="decimal" value={written[name]} onChange={(event) => set({ [name]: event.target.value })} />
    </Field>
  );
  return (
    <>
      <div className="grid items-start gap-3 sm:grid-cols-[10rem_1fr]">
        <Field label={t.form.kind}>
          <Select value={written.provider} onChange={(event) => setKind(event.target.value as ProviderKind)}>
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t.kind[kind]}
              </option>
            ))}
          </Select>
        </Field>
        <Field
          label={isAzure ? t.form.deployment : t.form.model}
          hint={isAzure ? t.form.deploymentHint : undefined}
          error={fieldErrorOf(error, "/model_name")}
        >
          <Input
            value={written.model}
            maxLength={200}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => set({ model: event.target.value })}
          />
        </Field>
      </div>
      <Field
        label={t.form.address}
        hint={`${isAzure ? t.form.addressOfResource : t.form.addressHint} ${t.form.hosts(hosts.join(", "))}`}
        error={fieldErrorOf(error, "/endpoint")}
      >
        <Input
          inputMode="url"
          value={written.endpoint}
          maxLength={500}
          autoComplete="off"
          onChange={(event) => set({ endpoint: event.target.value })}
        />
      </Field>
      <Field
        label={t.form.key}
        hint={usual === null ? t.form.keyHintAzure : t.form.keyHint(usual)}
        error={fieldErrorOf(error, "/api_key_env_var")}
      >
        <Input
          value={written.keyVariable}
          maxLength={100}
          autoComplete="off"
          spellCheck={false}
          className="font-mono"
          onChange={(event) => set({ keyVariable: event.target.value })}
        />
      </Field>
      <div className="flex flex-col gap-1">
        <div className="grid items-start gap-3 sm:grid-cols-2">
          {price(t.form.inputPrice, "inputPrice", "/input_price_per_mtok")}
          {price(t.form.outputPrice, "outputPrice", "/output_price_per_mtok")}
        </div>
        <p className="text-xs text-muted">{t.form.priceHint}</p>
      </div>
    </>
  );
}
