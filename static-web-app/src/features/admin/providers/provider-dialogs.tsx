"use client";

import { useMessages } from "@/i18n/messages";
import { notify } from "@/ui/toast";
import { FormDialog } from "../dialog/form-dialog";
import { adminMessages } from "../shell/messages";
import type { Mode } from "../shell/modes";
import { providerMessages } from "./messages";
import { AddProviderDialog, ChangeProviderDialog } from "./provider-form";
import { useChangeProvider, useDeleteProvider, type Provider } from "./queries";
import { TrialDialog } from "./trial-dialog";

export type AskedOfProvider =
  { what: "add"; mode: Mode } | { what: "change" | "test" | "activate" | "deactivate" | "delete"; provider: Provider };

interface DialogsProps {
  asked: AskedOfProvider;
  /** Where providers may be. */
  hosts: string[];
  close: () => void;
}

export function ProviderDialogs({ asked, hosts, close }: DialogsProps) {
  if (asked.what === "add") return <AddProviderDialog mode={asked.mode} hosts={hosts} close={close} />;
  const { what, provider } = asked;
  if (what === "change") return <ChangeProviderDialog provider={provider} hosts={hosts} close={close} />;
  if (what === "test") return <TrialDialog provider={provider} close={close} />;
  if (what === "delete") return <DeleteDialog provider={provider} close={close} />;
  return <ServeDialog provider={provider} isToServe={what === "activate"} close={close} />;
}

interface OneProps {
  provider: Provider;
  close: () => void;
}

/** Every question of a mode follows it: asked before, though it can be undone. */
function ServeDialog({ provider, isToServe, close }: OneProps & { isToServe: boolean }) {
  const t = useMessages(providerMessages);
  const admin = useMessages(adminMessages);
  const change = useChangeProvider(provider.id);
  const { model_name: model } = provider;
  const isUntested = isToServe && provider.api_key_env_var !== null && !provider.is_key_set;
  const onSuccess = () => {
    notify(isToServe ? t.done.activated(model) : t.done.deactivated);
    close();
  };
  return (
    <FormDialog
      title={isToServe ? t.activateTitle(model) : t.action.deactivate}
      description={isToServe ? t.activateText(admin.mode[provider.mode]) : t.fromSettingsText}
      submit={isToServe ? t.action.activate : t.action.deactivate}
      isPending={change.isPending}
      error={change.error}
      onSubmit={() => change.mutate({ is_active: isToServe }, { onSuccess })}
      close={close}
    >
      {isUntested && <p className="text-sm text-warning">{t.activateUntested}</p>}
    </FormDialog>
  );
}

function DeleteDialog({ provider, close }: OneProps) {
  const t = useMessages(providerMessages);
  const remove = useDeleteProvider(provider.id);
  const onSuccess = () => {
    notify(t.done.removed(provider.model_name));
    close();
  };
  return (
    <FormDialog
      title={t.removeTitle(provider.model_name)}
      description={t.removeText}
      submit={t.action.remove}
      danger
      isPending={remove.isPending}
      error={remove.error}
      onSubmit={() => remove.mutate(undefined, { onSuccess })}
      close={close}
    />
  );
}
