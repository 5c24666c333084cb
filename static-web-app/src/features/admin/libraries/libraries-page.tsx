"use client";

import { useSearchParams } from "next/navigation";
import { LibraryList } from "./library-list";
import { LibraryPage } from "./library-page";

/** `/admin/libraries` is all of them, `/admin/libraries?l=<id>` one. */
export function LibrariesPage() {
  const id = useSearchParams().get("l");
  return id === null ? <LibraryList /> : <LibraryPage key={id} id={id} />;
}
