"use client";

import { Plus } from "lucide-react";
import { useRef, useState } from "react";
import { useMessages } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { MODES } from "../shell/modes";
import { useRowKeys } from "../table/use-row-keys";
import { providerMessages } from "./messages";
import { ModeSection } from "./mode-section";
import { ProviderDialogs, type AskedOfProvider } from "./provider-dialogs";
import { useDefaultProvider, useProviders } from "./queries";

/** Every mode with those who are asked in it, in the order of asking. */
export function ProvidersPage() {
  const t = useMessages(providerMessages);
  const providers = useProviders();
  const ofSettings = useDefaultProvider();
  const [asked, setAsked] = useState<AskedOfProvider | null>(null);
  const rows = useRef<HTMLDivElement>(null);
  useRowKeys(rows);
  const error = providers.error ?? ofSettings.error;
  const retry = () => void Promise.all([providers.refetch(), ofSettings.refetch()]);
  return (
    <Page
      title={t.title}
      actions={
        <Button
          look="primary"
          size="small"
          disabled={!ofSettings.data}
          onClick={() => setAsked({ what: "add", mode: "rag" })}
        >
          <Plus />
          {t.add}
        </Button>
      }
    >
      <p className="max-w-prose text-sm text-muted">{t.text}</p>
      {error && <ProblemView error={error} retry={retry} />}
      {!error && (!providers.data || !ofSettings.data) && <Skeleton lines={9} />}
      {providers.data && ofSettings.data && (
        <div ref={rows} className="flex flex-col gap-6">
          {MODES.map((mode) => (
            <ModeSection
              key={mode}
              mode={mode}
              rows={providers.data.filter((provider) => provider.mode === mode)}
              ofSettings={ofSettings.data}
              ask={setAsked}
            />
          ))}
        </div>
      )}
      {asked && ofSettings.data && (
        <ProviderDialogs asked={asked} hosts={ofSettings.data.allowed_hosts} close={() => setAsked(null)} />
      )}
    </Page>
  );
}
