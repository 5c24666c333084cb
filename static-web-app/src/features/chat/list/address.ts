import type { ListedConversation } from "./conversations";

/** Where a conversation is read: a notebook's beside its files. */
export function addressOfConversation({ id, mode, hit }: ListedConversation): string {
  if (mode === "notebook") return `/notebook?c=${id}`;
  return hit?.message_id ? `/chat?c=${id}&m=${hit.message_id}` : `/chat?c=${id}`;
}
