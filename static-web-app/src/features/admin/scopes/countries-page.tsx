"use client";

import { Ellipsis, Flag } from "lucide-react";
import { useState } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { useCountries, type Country } from "../scope/scope";
import { MenuCell } from "../table/menu-cell";
import { TextLink } from "../table/text-link";
import { CountryDialog } from "./country-dialog";
import { DeleteScopeDialog } from "./dialogs";
import { scopeMessages } from "./messages";
import { useDeleteCountry } from "./queries";
import { ScopeList } from "./scope-list";

type Asked = { what: "add" } | { what: "change" | "delete"; country: Country };

export function CountriesPage() {
  const t = useMessages(scopeMessages);
  const { data, error, refetch } = useCountries();
  const [asked, setAsked] = useState<Asked | null>(null);
  return (
    <ScopeList
      title={t.countries}
      words={t.country}
      icon={<Flag />}
      items={data}
      error={error}
      retry={() => void refetch()}
      textOf={({ code, name }) => `${code} ${name}`}
      add={() => setAsked({ what: "add" })}
      table={(items) => <Countries items={items} ask={setAsked} />}
      dialog={asked && <CountryDialogs asked={asked} close={() => setAsked(null)} />}
    />
  );
}

function CountryDialogs({ asked, close }: { asked: Asked; close: () => void }) {
  if (asked.what === "add") return <CountryDialog country={null} close={close} />;
  if (asked.what === "change") return <CountryDialog country={asked.country} close={close} />;
  return <DeleteCountry country={asked.country} close={close} />;
}

function DeleteCountry({ country, close }: { country: Country; close: () => void }) {
  const t = useMessages(scopeMessages);
  const remove = useDeleteCountry(country.id);
  return <DeleteScopeDialog name={country.name} text={t.country.removeText} remove={remove} close={close} />;
}

function Countries({ items, ask }: { items: Country[]; ask: (asked: Asked) => void }) {
  const t = useMessages(scopeMessages);
  const language = useLanguage();
  return (
    <Table caption={t.countries}>
      <thead>
        <tr>
          <HeadCell>{t.code}</HeadCell>
          <HeadCell>{t.name}</HeadCell>
          <HeadCell>{t.people}</HeadCell>
          <HeadCell className="max-sm:hidden">{t.since}</HeadCell>
          <HeadCell>
            <span className="sr-only">{t.change}</span>
          </HeadCell>
        </tr>
      </thead>
      <tbody>
        {items.map((country) => (
          <Row key={country.id}>
            <Cell className="w-0 font-mono">{country.code}</Cell>
            <Cell className="max-w-72 truncate font-semibold">{country.name}</Cell>
            <Cell className="whitespace-nowrap">
              <TextLink data-row href={`/admin/users?country=${country.id}`} aria-label={t.showPeopleOf(country.name)}>
                {t.showPeople}
              </TextLink>
            </Cell>
            <Cell className="whitespace-nowrap tabular-nums max-sm:hidden">
              {formatTime(language, country.created_at)}
            </Cell>
            <MenuCell>
              <Menu
                trigger={
                  <IconButton label={t.more(country.name)}>
                    <Ellipsis />
                  </IconButton>
                }
              >
                <MenuItem onSelect={() => ask({ what: "change", country })}>{t.change}</MenuItem>
                <MenuLine />
                <MenuItem danger onSelect={() => ask({ what: "delete", country })}>
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
