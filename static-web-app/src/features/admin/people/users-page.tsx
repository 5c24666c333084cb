"use client";

import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { useMessages } from "@/i18n/messages";
import { Page } from "@/ui/page";
import { ProblemView } from "@/ui/problem-view";
import { EmptyState, Skeleton, WorkingLine } from "@/ui/states";
import { MoreButton } from "../table/more-button";
import { addressWith, useFilters } from "../table/use-filters";
import { USER_FILTERS, userFiltersOf } from "./filters";
import { ForgetReport } from "./forget-report";
import { peopleMessages } from "./messages";
import { useUsers } from "./queries";
import { UserDialogs, type AskedOfUser } from "./user-dialogs";
import { UserFilterBar } from "./user-filter-bar";
import { UsersCsv } from "./users-csv";
import { UsersTable } from "./users-table";

/** `/admin/users?q=&role=&department=&country=&active=`; `&forgotten=<job>` shows how far a person is forgotten. */
export function UsersPage() {
  const t = useMessages(peopleMessages);
  const router = useRouter();
  const job = useSearchParams().get("forgotten");
  const [filters, change] = useFilters(USER_FILTERS);
  const [asked, setAsked] = useState<AskedOfUser | null>(null);
  const wanted = userFiltersOf(filters);
  const users = useUsers(wanted);
  const people = users.data?.pages.flatMap((page) => page.items);
  const showJob = (id: string | undefined) =>
    router.replace(addressWith(window.location.pathname, window.location.search, { forgotten: id }));
  return (
    <Page title={t.title} actions={<UsersCsv filters={wanted} />}>
      {job && <ForgetReport key={job} jobId={job} hide={() => showJob(undefined)} />}
      <UserFilterBar filters={filters} change={change} />
      {users.error && <ProblemView error={users.error} retry={() => void users.refetch()} />}
      {!people && !users.error && <Skeleton lines={8} />}
      {people && (
        <div className="relative">
          {users.isPlaceholderData && (
            <div className="absolute inset-x-0 -top-1">
              <WorkingLine />
            </div>
          )}
          {people.length > 0 ? (
            <UsersTable people={people} ask={setAsked} />
          ) : (
            <EmptyState title={t.noHits}>{t.noHitsText}</EmptyState>
          )}
        </div>
      )}
      <MoreButton {...users} />
      {asked && <UserDialogs key={asked.person.id} asked={asked} close={() => setAsked(null)} onForgotten={showJob} />}
    </Page>
  );
}
