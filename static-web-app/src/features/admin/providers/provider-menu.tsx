"use client";

import { ArrowDown, ArrowUp, CircleCheck, CircleMinus, Ellipsis, ListPlus, Pencil, Trash2, Undo2 } from "lucide-react";
import { useMessages } from "@/i18n/messages";
import { sentenceOf, shellMessages } from "@/i18n/shell";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem, MenuLine } from "@/ui/menu";
import { notify } from "@/ui/toast";
import { providerMessages } from "./messages";
import { lastPlace, stepsToMove, type Step } from "./order";
import type { AskedOfProvider } from "./provider-dialogs";
import { useReorder, type Provider } from "./queries";

interface MenuProps {
  provider: Provider;
  /** Of its mode. */
  rows: Provider[];
  ask: (asked: AskedOfProvider) => void;
}

export function ProviderMenu({ provider, rows, ask }: MenuProps) {
  const t = useMessages(providerMessages);
  const shell = useMessages(shellMessages);
  const reorder = useReorder();
  const { id, model_name: model, is_active: isActive, fallback_order: place } = provider;
  const carryOut = (steps: Step[]) =>
    reorder.mutate(steps, {
      onError: (error) => notify(steps.length > 1 ? t.moveBroke : sentenceOf(error, shell), "danger"),
    });
  const earlier = stepsToMove(rows, id, -1);
  const later = stepsToMove(rows, id, 1);
  return (
    <Menu
      trigger={
        <IconButton label={t.more(model)}>
          <Ellipsis />
        </IconButton>
      }
    >
      <MenuItem icon={<Pencil />} onSelect={() => ask({ what: "change", provider })}>
        {t.action.change}
      </MenuItem>
      <MenuItem
        icon={isActive ? <Undo2 /> : <CircleCheck />}
        onSelect={() => ask({ what: isActive ? "deactivate" : "activate", provider })}
      >
        {isActive ? t.action.deactivate : t.action.activate}
      </MenuItem>
      <MenuLine />
      {place === null ? (
        <MenuItem
          icon={<ListPlus />}
          disabled={isActive || reorder.isPending}
          onSelect={() => carryOut([{ id, fallback_order: lastPlace(rows) }])}
        >
          {t.action.append}
        </MenuItem>
      ) : (
        <>
          <MenuItem
            icon={<ArrowUp />}
            disabled={earlier.length === 0 || reorder.isPending}
            onSelect={() => carryOut(earlier)}
          >
            {t.action.earlier}
          </MenuItem>
          <MenuItem
            icon={<ArrowDown />}
            disabled={later.length === 0 || reorder.isPending}
            onSelect={() => carryOut(later)}
          >
            {t.action.later}
          </MenuItem>
          <MenuItem
            icon={<CircleMinus />}
            disabled={reorder.isPending}
            onSelect={() => carryOut([{ id, fallback_order: null }])}
          >
            {t.action.takeAway}
          </MenuItem>
        </>
      )}
      <MenuLine />
      <MenuItem icon={<Trash2 />} danger disabled={isActive} onSelect={() => ask({ what: "delete", provider })}>
        {t.action.remove}
      </MenuItem>
    </Menu>
  );
}
