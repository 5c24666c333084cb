"use client";

import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { ApiError } from "@/api/problem";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { Button } from "@/ui/button";
import { CorrelationId, ProblemView } from "@/ui/problem-view";
import { WorkingLine } from "@/ui/states";
import { Lobby } from "./lobby";
import { accountMessages } from "./messages";
import { finishSignIn, SignInFailed, startSignIn } from "./sign-in";

// A code is good once, and effects run twice in development.
let finishing: Promise<string> | undefined;

/** `/auth/callback`: where Entra ID sends people back to. */
export function CallbackPage() {
  const t = useMessages(accountMessages);
  const router = useRouter();
  const [error, setError] = useState<unknown>(null);
  // what is rendered at build time has no language yet
  const [isHere, setIsHere] = useState(false);
  useEffect(() => {
    setIsHere(true);
    finishing ??= finishSignIn(new URLSearchParams(window.location.search));
    finishing.then(
      (returnTo) => {
        finishing = undefined;
        router.replace(returnTo);
      },
      (cause: unknown) => setError(cause),
    );
  }, [router]);
  const again = () => {
    finishing = undefined;
    startSignIn("/chat", { choose: true }).catch(setError);
  };
  if (error === null) {
    return (
      <Lobby>
        <p className="min-h-6 text-muted">{isHere && t.signingIn}</p>
        <WorkingLine label={t.signingIn} />
      </Lobby>
    );
  }
  return (
    <Lobby>
      <SignInProblem error={error} />
      <Button look="primary" onClick={again}>
        {error instanceof SignInFailed && error.reason === "stale" ? t.startAgain : t.otherAccount}
      </Button>
    </Lobby>
  );
}

function SignInProblem({ error }: { error: unknown }) {
  const t = useMessages(accountMessages);
  const shell = useMessages(shellMessages);
  if (error instanceof SignInFailed) {
    const notAllowed = error.reason === "not_allowed";
    const text = { not_allowed: t.notAllowedText, stale: t.stale, refused: error.message }[error.reason];
    return <Refusal title={notAllowed ? t.notAllowedTitle : t.failedTitle} text={text} correlationId={null} />;
  }
  if (error instanceof ApiError && error.code === "sign_in_refused") {
    return <Refusal title={t.failedTitle} text={sentenceOf(error, shell)} correlationId={error.correlationId} />;
  }
  return <ProblemView error={error} />;
}

function Refusal({ title, text, correlationId }: { title: string; text: string; correlationId: string | null }) {
  return (
    <div role="alert" className="flex flex-col gap-2">
      <h2 className="text-lg">{title}</h2>
      <p className="text-muted">{text}</p>
      {correlationId && <CorrelationId id={correlationId} />}
    </div>
  );
}
