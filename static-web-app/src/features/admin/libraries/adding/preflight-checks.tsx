"use client";

import { CircleCheck, CircleX, TriangleAlert } from "lucide-react";
import { useMessages } from "@/i18n/messages";
import type { Preflight } from "../queries";
import { newLibraryMessages } from "./messages";

/** Whether Nexus can read a library, check by check, and what an administrator must do where not. */
export function PreflightChecks({ found }: { found: Preflight }) {
  const t = useMessages(newLibraryMessages);
  return (
    <div role="status" className="flex flex-col gap-2">
      <p className="text-sm font-semibold">{found.ready ? t.ready : t.notReady}</p>
      <ul className="flex flex-col divide-y divide-line rounded border border-line">
        {found.checks.map((check) => {
          const state = check.ok ? "passed" : check.check === "least_privilege" ? "warning" : "failed";
          const Icon = { passed: CircleCheck, failed: CircleX, warning: TriangleAlert }[state];
          const tone = { passed: "text-accent-text", failed: "text-danger", warning: "text-warning" }[state];
          return (
            <li key={check.check} className="flex gap-2 px-3 py-2 text-sm">
              <Icon role="img" aria-label={t.checks[state]} className={`mt-0.5 size-4 shrink-0 ${tone}`} />
              <div className="min-w-0">
                <p className="font-semibold">{t.checks[check.check]}</p>
                <p lang="en" className="wrap-anywhere text-muted">
                  {check.detail}
                </p>
              </div>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
