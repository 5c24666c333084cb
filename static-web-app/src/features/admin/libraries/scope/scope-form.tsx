"use client";

import { useState, type SyntheticEvent } from "react";
import { useUser } from "@/api/use-user";
import { useMessages } from "@/i18n/messages";
import { Button } from "@/ui/button";
import { ProblemView } from "@/ui/problem-view";
import { notify } from "@/ui/toast";
import { isWithin, reachOf, type Scope } from "../../scope/scope";
import { ScopeFields } from "../../scope/scope-fields";
import { adminMessages } from "../../shell/messages";
import { libraryMessages } from "../messages";
import { useChangeLibrary, type FolderRule, type Library } from "../queries";
import { RulesEditor } from "./rules-editor";

interface Draft {
  scope: Scope;
  rules: FolderRule[];
}

/** Who may read a library and its folders. A change re-labels what is indexed, and reads nothing anew. */
export function ScopeForm({ library }: { library: Library }) {
  const t = useMessages(libraryMessages);
  const admin = useMessages(adminMessages);
  const change = useChangeLibrary(library.id);
  const reach = reachOf(useUser());
  // null while nothing is edited: then what the server knows is shown, also when somebody else changes it
  const [draft, setDraft] = useState<Draft | null>(null);
  const shown = draft ?? { scope: scopeOf(library), rules: library.scope_rules };
  const save = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!draft) return;
    change.mutate(
      { ...draft.scope, scope_rules: draft.rules },
      {
        onSuccess: () => {
          setDraft(null);
          notify(t.scope.saved);
        },
      },
    );
  };
  const isFixed = library.status === "removing" || !isWithin(reach, scopeOf(library));
  return (
    <form className="flex flex-col gap-4" onSubmit={save}>
      <ScopeFields scope={shown.scope} disabled={isFixed} onChange={(scope) => setDraft({ ...shown, scope })} />
      {(reach.department_id ?? reach.country_id) !== null && (
        <p className="-mt-2 text-xs text-muted">{admin.outsideYourReach}</p>
      )}
      <RulesEditor
        rules={shown.rules}
        stored={library.scope_rules}
        error={change.error}
        onChange={(rules) => setDraft({ ...shown, rules })}
      />
      {change.error && <ProblemView error={change.error} />}
      {draft && (
        <div className="flex flex-wrap gap-2">
          <Button look="primary" type="submit" disabled={change.isPending}>
            {t.scope.save}
          </Button>
          <Button
            onClick={() => {
              setDraft(null);
              change.reset();
            }}
          >
            {t.scope.discard}
          </Button>
        </div>
      )}
    </form>
  );
}

function scopeOf({ department_id, country_id }: Library): Scope {
  return { department_id, country_id };
}
