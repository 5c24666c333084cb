"use client";

import { useRouter } from "next/navigation";
import { useState, type SyntheticEvent } from "react";
import { useUser } from "@/api/use-user";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button, ButtonLink } from "@/ui/button";
import { Checkbox, Field, Input } from "@/ui/field";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { WorkingLine } from "@/ui/states";
import { notify } from "@/ui/toast";
import { fieldErrorOf } from "../../dialog/form-dialog";
import { reachOf } from "../../scope/scope";
import { ScopeFields } from "../../scope/scope-fields";
import { useAddLibrary, usePreflight, useSync, type FolderRule } from "../queries";
import { RulesEditor } from "../scope/rules-editor";
import { newLibraryMessages } from "./messages";
import { PreflightChecks } from "./preflight-checks";

/** Address, a look at it, who may read it, and the first sync: nobody is to read a folder by mistake in between. */
export function NewLibraryPage() {
  const t = useMessages(newLibraryMessages);
  const shell = useMessages(shellMessages);
  const router = useRouter();
  const [url, setUrl] = useState("");
  const [scope, setScope] = useState(reachOf(useUser()));
  const [rules, setRules] = useState<FolderRule[]>([]);
  const [syncNow, setSyncNow] = useState(true);
  const preflight = usePreflight();
  const add = useAddLibrary();
  const sync = useSync();
  const address = url.trim();
  const isChecked = preflight.data?.ready === true && preflight.variables === address;

  const onCheck = () => {
    add.reset();
    preflight.mutate(address);
  };
  const onSubmit = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (!isChecked) {
      if (address) onCheck();
      return;
    }
    const library = await add.mutateAsync({ library_url: address, ...scope, scope_rules: rules }).catch(() => null);
    if (!library) return; // the form says why
    notify(t.added(library.name));
    if (syncNow) {
      await sync
        .mutateAsync({ libraryId: library.id })
        .catch((error: unknown) => notify(sentenceOf(error, shell), "danger"));
    }
    router.replace(`/admin/libraries?l=${library.id}`);
  };
  const wrongUrl = fieldErrorOf(preflight.error, "/library_url") ?? fieldErrorOf(add.error, "/library_url");
  return (
    <Page title={t.title} narrow>
      <form className="flex flex-col gap-6" onSubmit={(event) => void onSubmit(event)}>
        <div className="flex flex-col gap-3">
          <Field label={t.url} hint={t.urlHint} error={wrongUrl}>
            <Input
              type="url"
              required
              minLength={8}
              maxLength={2000}
              placeholder="https://contoso.sharepoint.com/sites/HR/Policies"
              value={url}
              onChange={(event) => setUrl(event.target.value)}
            />
          </Field>
          <Button className="self-start" disabled={address.length < 8 || preflight.isPending} onClick={onCheck}>
            {t.checkAddress}
          </Button>
          {preflight.isPending && <WorkingLine label={t.checking} />}
          {preflight.error && !wrongUrl && <ProblemView error={preflight.error} retry={onCheck} />}
          {preflight.data && preflight.variables === address && <PreflightChecks found={preflight.data} />}
        </div>
        <fieldset className="flex flex-col gap-3">
          <legend className="mb-2 text-base font-semibold">{t.scopeTitle}</legend>
          <ScopeFields scope={scope} onChange={setScope} />
          <RulesEditor rules={rules} error={add.error} onChange={setRules} />
        </fieldset>
        <Checkbox label={t.syncNow} checked={syncNow} onChange={(event) => setSyncNow(event.target.checked)} />
        {add.error && <ProblemView error={add.error} />}
        <div className="flex flex-wrap items-center gap-2">
          <Button look="primary" type="submit" disabled={!isChecked || add.isPending || sync.isPending}>
            {t.add}
          </Button>
          <ButtonLink href="/admin/libraries">{shell.cancel}</ButtonLink>
          {!isChecked && <p className="text-xs text-muted">{t.checkFirst}</p>}
        </div>
      </form>
    </Page>
  );
}
