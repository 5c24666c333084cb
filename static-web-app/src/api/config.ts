/** Where this copy of the app finds its API: `/config.json`, written when it is deployed, so that one export serves any
 *  environment. */
export interface AppConfig {
  /** Without a slash at its end, with `/api`. */
  api: string;
}

let loading: Promise<AppConfig> | undefined;

export function appConfig(): Promise<AppConfig> {
  loading ??= fetch("/config.json", { cache: "no-cache" })
    .then(async (reply) => {
      if (!reply.ok) throw new Error(`/config.json: HTTP ${reply.status}`);
      const { api } = (await reply.json()) as AppConfig;
      return { api: api.replace(/\/+$/, "") };
    })
    .catch((error: unknown) => {
      loading = undefined; // asked again by who tries again
      throw error;
    });
  return loading;
}
