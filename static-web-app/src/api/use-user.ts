import { createContext, use } from "react";
import type { Role, User } from "./session";

/** Filled by the app's frame, which shows pages to people who are signed in only. */
export const UserContext = createContext<User | null>(null);

export function useUser(): User {
  const user = use(UserContext);
  if (user === null) throw new Error("nobody is signed in where useUser is asked");
  return user;
}

const RANK: Record<Role, number> = { user: 0, content_manager: 1, super_admin: 2 };

/** Whether a role is at least another; what it may do is the API's to say, this decides what is offered. */
export function isAtLeast(role: Role, least: Role): boolean {
  return RANK[role] >= RANK[least];
}
