import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "@/api/client";
import { countriesKey, departmentsKey } from "../scope/scope";

/** What has a name in many places: lists of users and libraries show it, too. */
function useScopeChange<Wish>(key: readonly string[], change: (wish: Wish) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: key });
      void queries.invalidateQueries({ queryKey: ["admin", "users"] });
    },
  });
}

/** Adds one, or renames the one with an id. */
export function useSaveDepartment(id: string | null) {
  return useScopeChange<{ name: string }>(departmentsKey, (body) =>
    id === null
      ? api.post("/admin/departments", { body })
      : api.patch("/admin/departments/{department_id}", { path: { department_id: id }, body }),
  );
}

export function useDeleteDepartment(id: string) {
  return useScopeChange<undefined>(departmentsKey, () =>
    api.delete("/admin/departments/{department_id}", { path: { department_id: id } }),
  );
}

/** Adds one, or corrects the one with an id. */
export function useSaveCountry(id: string | null) {
  return useScopeChange<{ code: string; name: string }>(countriesKey, (body) =>
    id === null
      ? api.post("/admin/countries", { body })
      : api.patch("/admin/countries/{country_id}", { path: { country_id: id }, body }),
  );
}

export function useDeleteCountry(id: string) {
  return useScopeChange<undefined>(countriesKey, () =>
    api.delete("/admin/countries/{country_id}", { path: { country_id: id } }),
  );
}
