/** Paragraphs, a long list, a table and code, as tokens of about four letters. */
export function tokensOf(count: number): string[] {
  const parts: string[] = [];
  for (let n = 0; parts.join("").length < count * 4; n++) {
    if (n % 30 === 10)
      parts.push(Array.from({ length: 40 }, (_, item) => `${item + 1}. item with a few words behind it`).join("\n"));
    else if (n % 30 === 20) parts.push("| a | b |\n|---|---|\n" + "| one | two |\n".repeat(20));
    else if (n % 30 === 25) parts.push("```python\n" + "print('hello')\n".repeat(20) + "```");
    else parts.push(`Paragraph ${n} says **something** about \`code_${n}\`, and goes on in plain words until it ends.`);
    parts.push("\n\n");
  }
  return [...(parts.join("").match(/[\s\S]{1,4}/g) ?? []).slice(0, count), "\n\nthe very end"];
}

/** Runs in the page: the answer to the next question is this stream. */
export function streamOf({ tokens, perSecond }: { tokens: string[]; perSecond: number }): void {
  const real = window.fetch.bind(window);
  window.fetch = async (...asked) => {
    const [target] = asked;
    const address = target instanceof Request ? target.url : target.toString();
    if (!/\/conversations\/[^/]+\/messages$/.test(address)) return real(...asked);
    const conversation_id = address.split("/").at(-2);
    const meta = { run_id: "r", conversation_id, user_message_id: "u", message_id: "m", mode: "assistant" };
    let at = 0;
    const frame = (data: object, name = "") =>
      `id: r:${++at}\n${name && `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
    const text = new TextEncoder();
    const began = performance.now();
    let said = 0;
    const body = new ReadableStream({
      async pull(controller) {
        if (said === 0) controller.enqueue(text.encode(frame(meta, "meta")));
        await new Promise((resolve) => setTimeout(resolve, 5));
        const due = Math.min(tokens.length, Math.ceil(((performance.now() - began) / 1000) * perSecond) + 1);
        controller.enqueue(
          text.encode(
            tokens
              .slice(said, due)
              .map((token) => frame({ token }))
              .join(""),
          ),
        );
        said = due;
        if (said < tokens.length) return;
        const usage = { input_tokens: 1, output_tokens: said };
        controller.enqueue(text.encode(frame({ done: true, message_id: "m", status: "complete", usage, sources: [] })));
        controller.close();
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  };
}
