"use client";

import { ArrowLeft } from "lucide-react";
import { usePathname } from "next/navigation";
import { useUser } from "@/api/use-user";
import { useMessages } from "@/i18n/messages";
import { classes } from "@/ui/classes";
import { Link } from "@/ui/link";
import { adminMessages } from "./messages";
import { adminPlaceAt, adminPlacesOf, type AdminGroup } from "./places";

const LINE = "flex items-center gap-2 rounded px-2 py-1.5 text-sm hover:bg-hover";

// one function for all renders: the menu moves when one goes somewhere, not while one reads
const bringIntoSight = (place: HTMLElement | null) => place?.scrollIntoView({ block: "nearest" });

/** Where an administrator can go, by role: the left column's middle while one is in the administration. */
export function AdminMenu({ onChosen }: { onChosen: () => void }) {
  const t = useMessages(adminMessages);
  const { role } = useUser();
  const here = adminPlaceAt(usePathname());
  const groups = Map.groupBy(adminPlacesOf(role), (place) => place.group);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto px-2 pt-2 pb-4">
      <Link href="/chat" onClick={onChosen} className={classes(LINE, "text-muted")}>
        <ArrowLeft aria-hidden className="size-4" />
        {t.backToChats}
      </Link>
      {[...groups].map(([group, places]) => (
        <Group key={group} group={group}>
          {places.map((place) => (
            <li key={place.href}>
              <Link
                href={place.href}
                prefetch={false}
                onClick={onChosen}
                aria-current={place === here ? "page" : undefined}
                ref={place === here ? bringIntoSight : undefined}
                className={classes(LINE, place === here && "bg-hover font-semibold")}
              >
                <place.icon aria-hidden className="size-4 text-muted" />
                {place.label(t)}
              </Link>
            </li>
          ))}
        </Group>
      ))}
    </div>
  );
}

function Group({ group, children }: { group: AdminGroup; children: React.ReactNode }) {
  const t = useMessages(adminMessages);
  return (
    <section aria-label={t.group[group]}>
      <h2 className="px-2 pt-3 pb-1 text-xs leading-4 font-semibold text-muted">{t.group[group]}</h2>
      <ul className="flex flex-col gap-0.5">{children}</ul>
    </section>
  );
}
