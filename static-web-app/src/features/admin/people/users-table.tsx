"use client";

import { Ellipsis } from "lucide-react";
import { useRef } from "react";
import { useUser } from "@/api/use-user";
import { useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { shellMessages } from "@/i18n/shell";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { Badge } from "@/ui/states";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { budgetMessages } from "../budget/messages";
import { scopeWords } from "../scope/scope";
import { adminMessages } from "../shell/messages";
import { MenuCell } from "../table/menu-cell";
import { useRowKeys } from "../table/use-row-keys";
import { peopleMessages } from "./messages";
import type { Person } from "./queries";
import type { AskedOfUser } from "./user-dialogs";

interface TableProps {
  people: Person[];
  ask: (asked: AskedOfUser) => void;
}

export function UsersTable({ people, ask }: TableProps) {
  const t = useMessages(peopleMessages);
  const table = useRef<HTMLDivElement>(null);
  useRowKeys(table);
  return (
    <div ref={table}>
      <Table caption={t.title}>
        <thead>
          <tr>
            <HeadCell>{t.person}</HeadCell>
            <HeadCell className="max-sm:hidden">{t.role}</HeadCell>
            <HeadCell className="max-md:hidden">{t.belongsTo}</HeadCell>
            <HeadCell className="max-xl:hidden">{t.lastSignIn}</HeadCell>
            <HeadCell>
              <span className="sr-only">{t.change.action}</span>
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <PersonRow key={person.id} person={person} ask={ask} />
          ))}
        </tbody>
      </Table>
    </div>
  );
}

function PersonRow({ person, ask }: { person: Person; ask: TableProps["ask"] }) {
  const t = useMessages(peopleMessages);
  const shell = useMessages(shellMessages);
  const language = useLanguage();
  const admin = useMessages(adminMessages);
  const { department, country } = person;
  const belongsTo = scopeWords(
    admin,
    { department: department?.name ?? null, country: country?.name ?? null },
    admin.belongsNowhere,
  );
  return (
    <Row>
      <Cell className="max-w-72">
        <span className="flex flex-wrap items-center gap-x-2">
          <button
            type="button"
            data-row
            onClick={() => ask({ person, what: "change" })}
            className="max-w-full truncate rounded-sm font-semibold text-accent-text underline-offset-2 hover:underline"
          >
            {person.display_name}
          </button>
          {!person.is_active && <Badge>{t.inactive}</Badge>}
        </span>
        <p className="truncate text-xs text-muted">{person.email}</p>
        <p className="truncate text-xs text-muted md:hidden">
          <span className="sm:hidden">{shell.role[person.role]} · </span>
          {belongsTo}
        </p>
      </Cell>
      <Cell className="whitespace-nowrap max-sm:hidden">{shell.role[person.role]}</Cell>
      <Cell className="max-md:hidden">{belongsTo}</Cell>
      <Cell className="whitespace-nowrap tabular-nums max-xl:hidden">
        {person.last_login_at ? formatTime(language, person.last_login_at) : t.neverSignedIn}
      </Cell>
      <MenuCell>
        <PersonMenu person={person} ask={ask} />
      </MenuCell>
    </Row>
  );
}

function PersonMenu({ person, ask }: { person: Person; ask: TableProps["ask"] }) {
  const t = useMessages(peopleMessages);
  const budget = useMessages(budgetMessages);
  const isSelf = useUser().id === person.id;
  return (
    <Menu
      trigger={
        <IconButton label={t.more(person.display_name)}>
          <Ellipsis />
        </IconButton>
      }
    >
      <MenuItem onSelect={() => ask({ person, what: "change" })}>{t.change.action}</MenuItem>
      <MenuItem onSelect={() => ask({ person, what: "budget" })}>{budget.action}</MenuItem>
      <MenuItem onSelect={() => ask({ person, what: "sessions" })}>{t.sessions.action}</MenuItem>
      <MenuLine />
      <MenuItem danger disabled={isSelf} onSelect={() => ask({ person, what: "forget" })}>
        {t.forget.action}
      </MenuItem>
    </Menu>
  );
}
