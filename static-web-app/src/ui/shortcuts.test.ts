import { expect, it } from "vitest";
import { matches, parse } from "./shortcuts";

const press = (key: string, held: Partial<KeyboardEvent> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

it.each([
  ["mod+k", press("k", { ctrlKey: true }), true],
  ["mod+k", press("k", { metaKey: true }), true],
  ["mod+k", press("k"), false],
  ["j", press("J"), true],
  ["j", press("j", { ctrlKey: true }), false],
  ["j", press("j", { altKey: true }), false],
  ["[", press("[", { ctrlKey: true, altKey: true }), true], // Alt Gr
  ["mod+shift+o", press("O", { ctrlKey: true, shiftKey: true }), true],
  ["mod+shift+o", press("o", { ctrlKey: true }), false],
])("%s", (keys, pressed, expected) => expect(matches(pressed, parse(keys))).toBe(expected));
