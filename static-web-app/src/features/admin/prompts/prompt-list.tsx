"use client";

import { Plus } from "lucide-react";
import { useRouter } from "next/navigation";
import { useRef } from "react";
import { useLanguage, useMessages } from "@/i18n/messages";
import { formatTime } from "@/i18n/quantities";
import { ButtonLink } from "@/ui/button";
import { Page } from "@/ui/page";
import { Badge, Skeleton } from "@/ui/states";
import { Cell, HeadCell, Row, Table } from "@/ui/table";
import { Tabs } from "@/ui/tabs";
import { adminMessages } from "../shell/messages";
import { MODES, type Mode } from "../shell/modes";
import { MenuCell } from "../table/menu-cell";
import { TextLink } from "../table/text-link";
import { useRowKeys } from "../table/use-row-keys";
import { OWN, promptsAddress } from "./addresses";
import { promptMessages } from "./messages";
import { PromptMenu } from "./prompt-menu";
import type { Prompt, PromptDefault } from "./queries";

interface ListProps {
  mode: Mode;
  /** Undefined while they are on their way. */
  versions: Prompt[] | undefined;
  own: PromptDefault | undefined;
}

export function PromptList({ mode, versions, own }: ListProps) {
  const t = useMessages(promptMessages);
  const admin = useMessages(adminMessages);
  const router = useRouter();
  const active = versions?.find((version) => version.is_active);
  const content = versions && own ? <Versions mode={mode} versions={versions} own={own} /> : <Skeleton lines={6} />;
  return (
    <Page
      title={t.title}
      actions={
        <ButtonLink href={promptsAddress(mode, { from: active?.id ?? OWN })} look="primary" size="small">
          <Plus />
          {t.newVersion}
        </ButtonLink>
      }
    >
      <p className="max-w-prose text-sm text-muted">{t.text}</p>
      <Tabs
        label={t.modes}
        value={mode}
        onValueChange={(value) => router.replace(promptsAddress(value as Mode))}
        tabs={MODES.map((each) => ({ value: each, label: admin.mode[each], content: each === mode ? content : null }))}
      />
    </Page>
  );
}

function Versions({ mode, versions, own }: { mode: Mode; versions: Prompt[]; own: PromptDefault }) {
  const t = useMessages(promptMessages);
  const language = useLanguage();
  const rows = useRef<HTMLDivElement>(null);
  useRowKeys(rows);
  return (
    <div ref={rows} className="flex flex-col gap-3">
      {versions.length === 0 && <p className="text-sm text-muted">{t.ownServesText}</p>}
      <Table caption={t.versions}>
        <thead>
          <tr>
            <HeadCell>{t.version}</HeadCell>
            <HeadCell>{t.state}</HeadCell>
            <HeadCell className="max-sm:hidden">{t.author}</HeadCell>
            <HeadCell className="max-lg:hidden">{t.wholeText}</HeadCell>
            <HeadCell>
              <span className="sr-only">{t.activate}</span>
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <Row key={version.id}>
              <Cell className="whitespace-nowrap tabular-nums">
                <TextLink data-row href={promptsAddress(mode, { v: version.id })} className="font-semibold">
                  {formatTime(language, version.created_at)}
                </TextLink>
              </Cell>
              <Cell>{version.is_active && <Badge tone="accent">{t.serves}</Badge>}</Cell>
              <Cell className="max-sm:hidden">{version.author?.display_name ?? t.forgotten}</Cell>
              <BeginningCell text={version.prompt_text} />
              <MenuCell>
                <PromptMenu mode={mode} version={version} />
              </MenuCell>
            </Row>
          ))}
          <Row>
            <Cell>
              <TextLink data-row href={promptsAddress(mode, { v: OWN })} className="font-semibold">
                {t.own}
              </TextLink>
            </Cell>
            <Cell>{own.active_id === null && <Badge tone="accent">{t.serves}</Badge>}</Cell>
            <Cell className="max-sm:hidden" />
            <BeginningCell text={own.prompt_text} />
            <Cell />
          </Row>
        </tbody>
      </Table>
    </div>
  );
}

function BeginningCell({ text }: { text: string }) {
  return <Cell className="max-w-96 truncate text-muted max-lg:hidden">{text.slice(0, 200)}</Cell>;
}
