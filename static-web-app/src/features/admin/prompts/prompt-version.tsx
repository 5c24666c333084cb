"use client";

import { ArrowLeft, CircleCheck } from "lucide-react";
import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { Button, ButtonLink } from "@/ui/button";
import { Field, Select } from "@/ui/field";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { Badge, EmptyState } from "@/ui/states";
import { notify } from "@/ui/toast";
import { adminMessages } from "../shell/messages";
import type { Mode } from "../shell/modes";
import { TextLink } from "../table/text-link";
import { useFilters } from "../table/use-filters";
import { OWN, promptsAddress } from "./addresses";
import { DiffView } from "./diff-view";
import { promptMessages } from "./messages";
import { PromptMenu } from "./prompt-menu";
import { useActivatePrompt, type Prompt, type PromptDefault } from "./queries";

interface VersionProps {
  mode: Mode;
  versions: Prompt[];
  own: PromptDefault;
  /** Of a version, or OWN. */
  id: string;
}

export function PromptVersion({ mode, versions, own, id }: VersionProps) {
  const t = useMessages(promptMessages);
  const version = versions.find((each) => each.id === id);
  if (version) return <OneVersion mode={mode} versions={versions} version={version} />;
  if (id === OWN) return <OwnPrompt mode={mode} own={own} />;
  return (
    <Page title={t.title}>
      <EmptyState title={t.gone} action={<ButtonLink href={promptsAddress(mode)}>{t.toVersions}</ButtonLink>} />
    </Page>
  );
}

function OneVersion({ mode, versions, version }: { mode: Mode; versions: Prompt[]; version: Prompt }) {
  const t = useMessages(promptMessages);
  const language = useLanguage();
  const router = useRouter();
  const activate = useActivatePrompt();
  return (
    <Page
      title={t.versionOf(formatTime(language, version.created_at))}
      actions={
        <>
          {!version.is_active && (
            <Button
              look="primary"
              size="small"
              disabled={activate.isPending}
              onClick={() => activate.mutate(version.id, { onSuccess: () => notify(t.activated) })}
            >
              <CircleCheck />
              {t.activate}
            </Button>
          )}
          <PromptMenu mode={mode} version={version} onDeleted={() => router.replace(promptsAddress(mode))} />
        </>
      }
    >
      <BackLine mode={mode}>
        {version.is_active && <Badge tone="accent">{t.serves}</Badge>}
        <span className="text-muted">
          {t.author} {version.author?.display_name ?? t.forgotten}
        </span>
      </BackLine>
      {activate.error && <ProblemView error={activate.error} />}
      <Comparison versions={versions} version={version} />
      <WholeText text={version.prompt_text} />
    </Page>
  );
}

const FILTERS = ["against"] as const;
const BEFORE = "before";

/** Against the one that serves, which is what a change would be from; of that one itself, against the version before. */
function Comparison({ versions, version }: { versions: Prompt[]; version: Prompt }) {
  const t = useMessages(promptMessages);
  const language = useLanguage();
  const [{ against: asked }, change] = useFilters(FILTERS);
  const others = versions.filter(({ id }) => id !== version.id);
  const serving = others.find(({ is_active }) => is_active);
  const isKnown = asked === BEFORE || others.some(({ id }) => id === asked);
  const against = isKnown ? asked : (serving?.id ?? BEFORE);
  const wordsOf = ({ created_at, is_active }: Prompt) =>
    is_active ? t.servingOne(formatTime(language, created_at)) : t.versionOf(formatTime(language, created_at));
  return (
    <>
      <div className="w-full sm:w-80">
        <Field label={t.compareWith}>
          <Select value={against} onChange={(event) => change({ against: event.target.value })}>
            <option value={BEFORE}>{t.before}</option>
            {others.map((other) => (
              <option key={other.id} value={other.id}>
                {wordsOf(other)}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      <DiffView id={version.id} against={against === BEFORE ? null : against} />
    </>
  );
}

function OwnPrompt({ mode, own }: { mode: Mode; own: PromptDefault }) {
  const t = useMessages(promptMessages);
  return (
    <Page
      title={t.own}
      actions={
        <ButtonLink href={promptsAddress(mode, { from: OWN })} size="small">
          {t.editAsNew}
        </ButtonLink>
      }
    >
      <BackLine mode={mode}>
        {own.active_id === null && <Badge tone="accent">{t.serves}</Badge>}
        <span className="text-muted">{t.ownText}</span>
      </BackLine>
      <WholeText text={own.prompt_text} />
    </Page>
  );
}

function BackLine({ mode, children }: { mode: Mode; children: ReactNode }) {
  const t = useMessages(promptMessages);
  const admin = useMessages(adminMessages);
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <TextLink href={promptsAddress(mode)} className="inline-flex items-center gap-1.5">
        <ArrowLeft aria-hidden className="size-4" />
        {t.toVersions}: {admin.mode[mode]}
      </TextLink>
      {children}
    </div>
  );
}

function WholeText({ text }: { text: string }) {
  const t = useMessages(promptMessages);
  return (
    <section className="flex flex-col gap-2">
      <h2 className="text-base">{t.wholeText}</h2>
      <p className="rounded border border-line bg-surface px-4 py-3 font-mono text-sm break-words whitespace-pre-wrap">
        {text}
      </p>
    </section>
  );
}
