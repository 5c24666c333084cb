import type { ReactNode } from "react";

/** The room before the door: sign-in, its return, and what may go wrong there. */
export function Lobby({ children }: { children: ReactNode }) {
  return (
    <main
      id="content"
      tabIndex={-1}
      className="flex h-full items-center justify-center overflow-y-auto p-6 outline-none"
    >
      <div className="flex w-full max-w-sm flex-col gap-5">
        <h1 className="text-xl tracking-tight">Nexus</h1>
        {children}
      </div>
    </main>
  );
}
