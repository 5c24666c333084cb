"use client";

import { QueryClientProvider } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { usePathname } from "next/navigation";
import { useDeferredValue, useEffect, useState, type ReactNode } from "react";
import { newQueryClient } from "@/api/queries";
import { resumeSession, useSession } from "@/api/session";
import { UserContext } from "@/api/use-user";
import { Lobby } from "@/features/account/lobby";
import { useLanguage } from "@/i18n/messages";
import { applyPreferences } from "@/i18n/preferences";
import { fetchProblemSentences } from "@/i18n/problems";
import { ProblemView } from "@/ui/problem-view";
import { WorkingLine } from "@/ui/states";
import { Toasts } from "@/ui/toast";
import { Frame } from "./frame";

const SignInPage = dynamic(() => import("@/features/account/sign-in-page").then((module) => module.SignInPage));
// nobody waits for them: they come after the page
const Tooltips = dynamic(() => import("@/ui/tooltip").then((module) => module.Tooltips), { ssr: false });

/** Around every page: who is signed in, the server's cache, and the frame. Nothing is said before that is known, so
 *  that what was rendered at build time is right in every language. */
export function App({ children }: { children: ReactNode }) {
  const [queries] = useState(newQueryClient);
  const signedIn = useSession((session) => session.phase === "signed-in");
  useEffect(applyPreferences, []);
  const language = useLanguage();
  useEffect(() => {
    fetchProblemSentences(language).catch(() => undefined); // without them the API's own stand
  }, [language]);
  useEffect(() => {
    if (!signedIn) queries.clear(); // the next person sees nothing of this one
  }, [signedIn, queries]);
  return (
    <QueryClientProvider client={queries}>
      <Door>{children}</Door>
      <Toasts />
      <Tooltips />
    </QueryClientProvider>
  );
}

function Door({ children }: { children: ReactNode }) {
  const now = useSession();
  const deferred = useDeferredValue(now);
  // all that a signed-in person sees is drawn in pieces that hold no frame; what ends a session is shown at once
  const session = now.phase === "signed-in" ? deferred : now;
  const isCallback = usePathname() === "/auth/callback";
  const [error, setError] = useState<unknown>(null);
  const start = () => {
    setError(null);
    resumeSession().catch(setError);
  };
  useEffect(() => {
    if (!isCallback && useSession.getState().phase === "starting") start();
  }, [isCallback]);
  if (isCallback) return children;
  if (session.phase === "signed-in") {
    return (
      <UserContext value={session.user}>
        <Frame>{children}</Frame>
      </UserContext>
    );
  }
  if (session.phase === "signed-out") return <SignInPage expired={session.expired} />;
  return error === null ? (
    <div className="fixed inset-x-0 top-0">
      <WorkingLine />
    </div>
  ) : (
    <Lobby>
      <ProblemView error={error} retry={start} />
    </Lobby>
  );
}
