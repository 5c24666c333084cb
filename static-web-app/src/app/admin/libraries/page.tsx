import type { Metadata } from "next";
import { LibrariesPage } from "@/features/admin/libraries/libraries-page";

export const metadata: Metadata = { title: "Libraries" };

export default function Page() {
  return <LibrariesPage />;
}
