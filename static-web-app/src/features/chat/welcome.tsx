"use client";

import { useQuery } from "@tanstack/react-query";
import { Library } from "lucide-react";
import { api } from "@/api/client";
import { isAtLeast, useUser } from "@/api/use-user";
import { useMessages } from "@/i18n/messages";
import { ButtonLink } from "@/ui/button";
import { EmptyState } from "@/ui/states";
import type { ChatMode } from "./composer/mode-choice";
import { welcomeMessages } from "./welcome-messages";

interface WelcomeProps {
  mode: ChatMode;
  ask: (content: string) => void;
}

/** Before the first question: who may read what, and something to begin with. */
export function Welcome({ mode, ask }: WelcomeProps) {
  const t = useMessages(welcomeMessages);
  const user = useUser();
  const titles = useTitles(mode === "rag");
  const scope = [user.department?.name, user.country?.name].filter(Boolean).join(", ");
  const hasNone = mode === "rag" && titles?.length === 0;
  if (hasNone && isAtLeast(user.role, "content_manager")) return <NoLibrary />;
  return (
    <div className="flex flex-1 flex-col justify-center gap-5 pb-[8vh]">
      <div className="flex flex-col gap-1">
        <h2 className="text-xl tracking-tight">{t.welcome}</h2>
        <p className="text-sm text-muted">
          {mode === "assistant" ? t.assistantWelcome : scope ? t.seeScope(scope) : t.seeEverything}
        </p>
        {hasNone && <p className="text-sm text-muted">{t.noDocuments}</p>}
      </div>
      {mode === "rag" && titles && titles.length > 0 && (
        <div className="flex flex-col gap-2">
          <h3 className="text-xs text-muted">{t.tryThese}</h3>
          <ul className="grid gap-2 sm:grid-cols-2">
            {titles.map((title) => (
              <li key={title}>
                <button
                  type="button"
                  onClick={() => ask(t.about(title))}
                  className="h-full w-full rounded border border-line px-3 py-2 text-left text-sm hover:bg-hover"
                >
                  {t.about(title)}
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function NoLibrary() {
  const t = useMessages(welcomeMessages);
  return (
    <EmptyState
      icon={<Library />}
      title={t.noLibrary}
      action={
        <ButtonLink look="primary" href="/admin/libraries" prefetch={false}>
          {t.addLibrary}
        </ButtonLink>
      }
    >
      <ol className="list-decimal pl-5 text-left">
        {t.noLibrarySteps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </EmptyState>
  );
}

/** Names of four documents that this person may read, from a search for what companies write about; undefined while
 *  that is not known. */
function useTitles(wanted: boolean): string[] | undefined {
  const { data } = useQuery({
    queryKey: ["welcome-titles"],
    queryFn: ({ signal }) =>
      api.post("/search", { body: { query: "overview guide policy handbook", limit: 40 }, signal }),
    enabled: wanted,
    staleTime: 600_000,
  });
  return data && [...new Set(data.items.map((passage) => titleOf(passage.file_name)))].slice(0, 4);
}

export function titleOf(fileName: string): string {
  return fileName
    .replace(/\.[a-z0-9]{1,5}$/i, "")
    .replace(/[_-]+/g, " ")
    .trim();
}
