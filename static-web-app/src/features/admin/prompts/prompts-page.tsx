"use client";

import { useSearchParams } from "next/navigation";
import { useMessages } from "@/i18n/messages";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { Skeleton } from "@/ui/states";
import { MODES } from "../shell/modes";
import { promptMessages } from "./messages";
import { PromptEditor } from "./prompt-editor";
import { PromptList } from "./prompt-list";
import { PromptVersion } from "./prompt-version";
import { usePromptDefault, usePrompts } from "./queries";

/** What each mode's model is told: the versions, one of them, or a new one that is written. */
export function PromptsPage() {
  const t = useMessages(promptMessages);
  const search = useSearchParams();
  const mode = MODES.find((each) => each === search.get("mode")) ?? "rag";
  const versions = usePrompts(mode);
  const own = usePromptDefault(mode);
  const error = versions.error ?? own.error;
  if (error) {
    return (
      <Page title={t.title}>
        <ProblemView error={error} retry={() => void Promise.all([versions.refetch(), own.refetch()])} />
      </Page>
    );
  }
  const known = versions.data && own.data ? { mode, versions: versions.data, own: own.data } : null;
  const [version, from] = [search.get("v"), search.get("from")];
  if (known && from) return <PromptEditor key={`${mode} ${from}`} {...known} from={from} />;
  if (known && version) return <PromptVersion key={version} {...known} id={version} />;
  if (known || (!version && !from)) return <PromptList mode={mode} versions={known?.versions} own={known?.own} />;
  return (
    <Page title={t.title}>
      <Skeleton lines={8} />
    </Page>
  );
}
