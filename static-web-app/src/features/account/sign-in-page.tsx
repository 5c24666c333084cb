"use client";

import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { ProblemView } from "@/ui/problem-view";
import { Lobby } from "./lobby";
import { accountMessages } from "./messages";
import { startSignIn } from "./sign-in";

/** Shown in the place of any page while nobody is signed in; after the sign-in that page is back. */
export function SignInPage({ expired }: { expired: boolean }) {
  const t = useMessages(accountMessages);
  const [error, setError] = useState<unknown>(null);
  const [leaving, setLeaving] = useState(false);
  const start = async () => {
    setLeaving(true);
    setError(null);
    try {
      await startSignIn(window.location.pathname + window.location.search + window.location.hash, { choose: !expired });
    } catch (cause) {
      setError(cause);
      setLeaving(false);
    }
  };
  return (
    <Lobby>
      <p className="text-muted">{expired ? t.expired : t.tagline}</p>
      <Button look="primary" className="h-10 w-full" disabled={leaving} onClick={() => void start()}>
        {t.signIn}
      </Button>
      {error !== null && <ProblemView error={error} />}
    </Lobby>
  );
}
