import { describe, expect, it } from "vitest";
import { SseDecoder, eventsOf, type ServerEvent } from "./sse";

const STREAM =
  ': ping\n\nid: r:1\nevent: meta\ndata: {}\n\nid: r:2\r\ndata: {"token":"grüß\u2028dich"}\r\n\r\nid: r:3\rdata: a\rdata:b\r\r';
const EVENTS: ServerEvent[] = [
  { event: "meta", data: "{}", id: "r:1" },
  { event: "message", data: '{"token":"grüß\u2028dich"}', id: "r:2" },
  { event: "message", data: "a\nb", id: "r:3" },
];

describe("the decoder", () => {
  it("reads the same events wherever the text is cut", () => {
    for (let at = 0; at <= STREAM.length; at++) {
      const decoder = new SseDecoder();
      expect([...decoder.push(STREAM.slice(0, at)), ...decoder.push(STREAM.slice(at))], `cut at ${at}`).toEqual(EVENTS);
    }
  });

  it("reads them character by character", () => {
    const decoder = new SseDecoder();
    expect(Array.from(STREAM).flatMap((character) => decoder.push(character))).toEqual(EVENTS);
  });

  it("gives no event that the stream did not finish", () => {
    expect(new SseDecoder().push("data: half\n")).toEqual([]);
  });

  it("keeps the last id for events without one", () => {
    expect(new SseDecoder().push("id: 7\ndata: a\n\ndata: b\n\n").map((event) => event.id)).toEqual(["7", "7"]);
  });
});

describe("a reply's events", () => {
  it("are whole when a character is cut between two reads", async () => {
    const bytes = new TextEncoder().encode("data: ü\n\n");
    const cut = bytes.indexOf(0xc3) + 1;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, cut));
        controller.enqueue(bytes.slice(cut));
        controller.close();
      },
    });
    const found: string[] = [];
    for await (const events of eventsOf(new Response(body))) found.push(...events.map((event) => event.data));
    expect(found).toEqual(["ü"]);
  });

  it("end with an error when the connection goes silent", async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) });
    await expect(eventsOf(new Response(body), 5).next()).rejects.toThrow(/silent/);
    expect(cancelled).toBe(true);
  });
});
