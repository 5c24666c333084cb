import type { Metadata } from "next";
import { CountriesPage } from "@/features/admin/scopes/countries-page";

export const metadata: Metadata = { title: "Countries" };

export default function Page() {
  return <CountriesPage />;
}
