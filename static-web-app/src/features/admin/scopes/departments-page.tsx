"use client";

import { Building2, Ellipsis } from "lucide-react";
import { useState } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { BudgetDialog } from "../budget/budget-dialog";
import { budgetMessages } from "../budget/messages";
import { useDepartments, type Department } from "../scope/scope";
import { MenuCell } from "../table/menu-cell";
import { TextLink } from "../table/text-link";
import { DeleteScopeDialog, DepartmentDialog } from "./dialogs";
import { scopeMessages } from "./messages";
import { useDeleteDepartment } from "./queries";
import { ScopeList } from "./scope-list";

type Asked = { what: "add" } | { what: "change" | "budget" | "delete"; department: Department };

export function DepartmentsPage() {
  const t = useMessages(scopeMessages);
  const { data, error, refetch } = useDepartments();
  const [asked, setAsked] = useState<Asked | null>(null);
  return (
    <ScopeList
      title={t.departments}
      words={t.department}
      icon={<Building2 />}
      items={data}
      error={error}
      retry={() => void refetch()}
      textOf={({ name }) => name}
      add={() => setAsked({ what: "add" })}
      table={(items) => <Departments items={items} ask={setAsked} />}
      dialog={asked && <DepartmentDialogs asked={asked} close={() => setAsked(null)} />}
    />
  );
}

function DepartmentDialogs({ asked, close }: { asked: Asked; close: () => void }) {
  if (asked.what === "add") return <DepartmentDialog department={null} close={close} />;
  const { what, department } = asked;
  if (what === "change") return <DepartmentDialog department={department} close={close} />;
  if (what === "delete") return <DeleteDepartment department={department} close={close} />;
  return <BudgetDialog owner={{ subject: "department", ...department }} close={close} />;
}

function DeleteDepartment({ department, close }: { department: Department; close: () => void }) {
  const t = useMessages(scopeMessages);
  const remove = useDeleteDepartment(department.id);
  return <DeleteScopeDialog name={department.name} text={t.department.removeText} remove={remove} close={close} />;
}

function Departments({ items, ask }: { items: Department[]; ask: (asked: Asked) => void }) {
  const t = useMessages(scopeMessages);
  const budget = useMessages(budgetMessages);
  const language = useLanguage();
  return (
    <Table caption={t.departments}>
      <thead>
        <tr>
          <HeadCell>{t.name}</HeadCell>
          <HeadCell>{t.people}</HeadCell>
          <HeadCell className="max-sm:hidden">{t.since}</HeadCell>
          <HeadCell>
            <span className="sr-only">{t.change}</span>
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {items.map((department) => (
          <Row key={department.id}>
            <Cell className="max-w-72 truncate font-semibold">{department.name}</Cell>
            <Cell className="whitespace-nowrap">
              <TextLink
                data-row
                href={`/admin/users?department=${department.id}`}
                aria-label={t.showPeopleOf(department.name)}
              >
                {t.showPeople}
              </TextLink>
            </Cell>
            <Cell className="whitespace-nowrap tabular-nums max-sm:hidden">
              {formatTime(language, department.created_at)}
            </Cell>
            <MenuCell>
              <Menu
                trigger={
                  <IconButton label={t.more(department.name)}>
                    <Ellipsis />
                  </IconButton>
                }
              >
                <MenuItem onSelect={() => ask({ what: "change", department })}>{t.change}</MenuItem>
                <MenuItem onSelect={() => ask({ what: "budget", department })}>{budget.action}</MenuItem>
                <MenuLine />
                <MenuItem danger onSelect={() => ask({ what: "delete", department })}>
                  {t.remove}
                </MenuItem>
              </Menu>
            </MenuCell>
          </Row>
        ))}
      </tbody>
    </Table>
  );
}
