/** Signing in by code + PKCE with state and nonce, and out again. */
import { api } from "@/api/client";
import { sessionEnded, sessionStarted, tellOtherTabs } from "@/api/session";

/** What the callback needs of the page that started the sign-in; gone once it is read. */
interface Started {
  state: string;
  nonce: string;
  verifier: string;
  redirectUri: string;
  returnTo: string;
}

const STARTED = "nexus.sign-in";

/** Why a sign-in ended without a session. `not_allowed`: Entra ID does not let this account into the application. */
export class SignInFailed extends Error {
  constructor(
    readonly reason: "not_allowed" | "stale" | "refused",
    message = "",
  ) {
    super(message);
  }
}

/** Leaves this page for Entra ID's. `choose`: has it ask which account, even when it knows one. */
export async function startSignIn(returnTo: string, { choose = false } = {}): Promise<void> {
  const config = await api.get("/auth/config");
  const started: Started = {
    state: random(24),
    nonce: random(24),
    verifier: random(48),
    redirectUri: config.redirect_uri,
    returnTo,
  };
  sessionStorage.setItem(STARTED, JSON.stringify(started));
  const address = new URL(`${config.authority.replace(/\/+$/, "")}/oauth2/v2.0/authorize`);
  address.search = new URLSearchParams({
    client_id: config.client_id,
    response_type: "code",
    response_mode: "query",
    redirect_uri: config.redirect_uri,
    scope: config.scopes.join(" "),
    state: started.state,
    nonce: started.nonce,
    code_challenge: await challengeOf(started.verifier),
    code_challenge_method: "S256",
    ...(choose ? { prompt: "select_account" } : {}),
  }).toString();
  window.location.assign(address);
}

/** Takes what Entra ID sent back; returns where the person wanted to go. Throws SignInFailed, or ApiError. */
export async function finishSignIn(query: URLSearchParams): Promise<string> {
  const kept = sessionStorage.getItem(STARTED);
  sessionStorage.removeItem(STARTED);
  const started = kept === null ? null : (JSON.parse(kept) as Started);
  if (started === null || query.get("state") !== started.state) throw new SignInFailed("stale");
  const error = query.get("error");
  if (error !== null) {
    const description = query.get("error_description") ?? error;
    // AADSTS50105: the account is not assigned to the application
    throw new SignInFailed(/AADSTS50105\b/.test(description) ? "not_allowed" : "refused", description);
  }
  const session = await api.post("/auth/login", {
    body: {
      code: query.get("code") ?? "",
      code_verifier: started.verifier,
      redirect_uri: started.redirectUri,
      nonce: started.nonce,
    },
  });
  sessionStarted(session);
  tellOtherTabs();
  return started.returnTo;
}

/** The session ends here even when the API cannot be told: its access token dies within 15 minutes. */
export async function signOut({ everywhere = false } = {}): Promise<void> {
  try {
    await api.post(everywhere ? "/auth/logout-all" : "/auth/logout");
  } finally {
    sessionEnded();
  }
}

function random(bytes: number): string {
  return base64url(crypto.getRandomValues(new Uint8Array(bytes)));
}

export async function challengeOf(verifier: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
