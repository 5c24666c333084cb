import type { Person, UserChange } from "./queries";

export interface Rights {
  role: Person["role"];
  department_id: string | null;
  country_id: string | null;
  is_active: boolean;
}

export function rightsOf(person: Person): Rights {
  return {
    role: person.role,
    department_id: person.department?.id ?? null,
    country_id: person.country?.id ?? null,
    is_active: person.is_active,
  };
}

/** Only what is different: what somebody else has changed meanwhile stays. Empty when nothing is. */
export function changeOf(before: Rights, after: Rights): UserChange {
  return {
    ...(after.role !== before.role && { role: after.role }),
    ...(after.department_id !== before.department_id && { department_id: after.department_id }),
    ...(after.country_id !== before.country_id && { country_id: after.country_id }),
    ...(after.is_active !== before.is_active && { is_active: after.is_active }),
  };
}
