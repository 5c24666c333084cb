import { describe, expect, it } from "vitest";
import { stretchesOf } from "./stretches";

const plain = (text: string) => ({ text, isQuote: false });
const quote = (text: string) => ({ text, isQuote: true });

describe("stretchesOf", () => {
  it("cuts a passage at its quotes", () => {
    expect(stretchesOf("One. Two. Three.", ["Two."])).toEqual([plain("One. "), quote("Two."), plain(" Three.")]);
    expect(stretchesOf("One. Two.", ["One.", "Two."])).toEqual([quote("One."), plain(" "), quote("Two.")]);
  });

  it("takes a sentence that stands there twice in its order", () => {
    expect(stretchesOf("Yes. No. Yes.", ["No.", "Yes."])).toEqual([
      plain("Yes. "),
      quote("No."),
      plain(" "),
      quote("Yes."),
    ]);
  });

  it("passes over what does not stand there", () => {
    expect(stretchesOf("One.", ["Two.", ""])).toEqual([plain("One.")]);
    expect(stretchesOf("", ["Two."])).toEqual([]);
  });

  it("loses nothing", () => {
    const passage = "Ä one. 猫 two.\n\nThree 🙂 four.";
    const cut = stretchesOf(passage, ["猫 two.", "Three 🙂 four."]);
    expect(cut.map((each) => each.text).join("")).toBe(passage);
  });
});
