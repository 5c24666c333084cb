"use client";

import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { useMessages } from "@/i18n/messages";
import { shellMessages } from "@/i18n/shell";
import { Button, ButtonLink } from "@/ui/button";
import { ConfirmDialog } from "@/ui/dialog";
import { Field, Textarea } from "@/ui/field";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState } from "@/ui/states";
import { notify } from "@/ui/toast";
import { adminMessages } from "../shell/messages";
import type { Mode } from "../shell/modes";
import { OWN, promptsAddress } from "./addresses";
import { promptMessages } from "./messages";
import { PlaceholderHelp } from "./placeholder-help";
import { faultsOf } from "./placeholders";
import { useSavePrompt, type Prompt, type PromptDefault } from "./queries";
import { useDraft } from "./use-draft";

const MOST_CHARACTERS = 20_000;

interface EditorProps {
  mode: Mode;
  versions: Prompt[];
  own: PromptDefault;
  /** What it begins with: a version, or OWN. */
  from: string;
}

export function PromptEditor({ mode, versions, own, from }: EditorProps) {
  const t = useMessages(promptMessages);
  const begin = from === OWN ? own.prompt_text : versions.find(({ id }) => id === from)?.prompt_text;
  if (begin !== undefined) return <Editor mode={mode} own={own} from={from} begin={begin} />;
  return (
    <Page title={t.title}>
      <EmptyState title={t.gone} action={<ButtonLink href={promptsAddress(mode)}>{t.toVersions}</ButtonLink>} />
    </Page>
  );
}

function Editor({ mode, own, from, begin }: Omit<EditorProps, "versions"> & { begin: string }) {
  const t = useMessages(promptMessages);
  const shell = useMessages(shellMessages);
  const admin = useMessages(adminMessages);
  const router = useRouter();
  const { text, setText, isChanged, wasKept, forget } = useDraft(`prompt.${mode}.${from}`, begin);
  const save = useSavePrompt();
  const [isLeaving, setIsLeaving] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const faults = faultsOf(text, own.placeholders);
  const told = [...faults.missing.map(t.placeholders.missing), ...faults.unknown.map(t.placeholders.unknown)];
  // counted as the API counts: by characters, not by UTF-16
  const count = Array.from(text).length;
  if (count > MOST_CHARACTERS) told.push(t.edit.tooLong);
  const canSave = text.trim() !== "" && told.length === 0 && !save.isPending;
  const leave = () => {
    forget();
    router.push(promptsAddress(mode, from === OWN ? {} : { v: from }));
  };
  const onSave = (serves: boolean) =>
    save.mutate(
      { mode, prompt_text: text, is_active: serves },
      {
        onSuccess: (version) => {
          forget();
          notify(serves ? t.activated : t.edit.saved);
          router.replace(promptsAddress(mode, { v: version.id }));
        },
      },
    );
  const insert = (name: string) => {
    const element = area.current;
    if (!element) return;
    const [start, end] = [element.selectionStart, element.selectionEnd];
    setText(`${text.slice(0, start)}{${name}}${text.slice(end)}`);
    requestAnimationFrame(() => {
      element.focus();
      element.setSelectionRange(start + name.length + 2, start + name.length + 2);
    });
  };
  return (
    <Page title={t.edit.title(admin.mode[mode])}>
      {wasKept && (
        <p role="status" className="text-sm text-muted">
          {t.edit.draft}
        </p>
      )}
      <div className="grid items-start gap-5 lg:grid-cols-[1fr_18rem]">
        <Field
          label={t.edit.text}
          hint={t.edit.characters(count, MOST_CHARACTERS)}
          error={told.length > 0 ? told.join(" ") : undefined}
        >
          <Textarea
            ref={area}
            rows={18}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className="font-mono"
          />
        </Field>
        <PlaceholderHelp placeholders={own.placeholders} insert={insert} />
      </div>
      {save.error && <ProblemView error={save.error} />}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={() => (isChanged ? setIsLeaving(true) : leave())}>{shell.cancel}</Button>
        <Button disabled={!canSave} onClick={() => onSave(false)}>
          {t.edit.keep}
        </Button>
        <Button look="primary" disabled={!canSave} onClick={() => onSave(true)}>
          {t.edit.save}
        </Button>
      </div>
      <ConfirmDialog
        open={isLeaving}
        onOpenChange={setIsLeaving}
        title={t.edit.discardTitle}
        description={t.edit.discardText}
        confirm={t.edit.discard}
        danger
        onConfirm={() => {
          leave();
          return Promise.resolve();
        }}
      />
    </Page>
  );
}
