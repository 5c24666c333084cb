/** Server-Sent Events from a fetch, which EventSource cannot POST. */
export interface ServerEvent {
  /** "message" where the stream named none. */
  event: string;
  data: string;
  /** The id of this event or of the last one that had one. */
  id: string;
}

/** Text in, whole events out. Follows the HTML standard: LF, CR and CRLF end lines, several `data:` lines are joined,
 *  comments are dropped, an event without its blank line at the end of the stream does not count. */
export class SseDecoder {
  private line = "";
  private afterCr = false;
  private event = "";
  private data: string[] = [];
  private id = "";

  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code !== 10 && code !== 13) {
        this.afterCr = false;
        continue;
      }
      if (code === 10 && this.afterCr) {
        this.afterCr = false; // the second half of CRLF
        from = at + 1;
        continue;
      }
      this.afterCr = code === 13;
      const event = this.take(this.line + text.slice(from, at));
      if (event) events.push(event);
      this.line = "";
      from = at + 1;
    }
    this.line += text.slice(from);
    return events;
  }

  private take(line: string): ServerEvent | undefined {
    if (line === "") {
      const event =
        this.data.length > 0 ? { event: this.event || "message", data: this.data.join("\n"), id: this.id } : undefined;
      this.event = "";
      this.data = [];
      return event;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "data") this.data.push(value);
    else if (field === "event") this.event = value;
    else if (field === "id" && !value.includes("\0")) this.id = value;
    return undefined;
  }
}

/** The events of a reply, in pieces as the network brings them: all events of one read together. Nothing more within
 *  `silenceMs` ends it with a TimeoutError: the API pings every 15 s, so silence means that the connection is dead. */
export async function* eventsOf(reply: Response, silenceMs = 45_000): AsyncGenerator<ServerEvent[]> {
  if (!reply.body) return;
  const reader = reply.body.getReader();
  const text = new TextDecoder();
  const decoder = new SseDecoder();
  try {
    for (;;) {
      const { done, value } = await withinTime(reader.read(), silenceMs);
      if (done) return;
      const events = decoder.push(text.decode(value, { stream: true }));
      if (events.length > 0) yield events;
    }
  } finally {
    // also closes the connection of who stopped reading
    void reader.cancel().catch(() => undefined);
  }
}

async function withinTime<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DOMException("The stream went silent.", "TimeoutError")), limitMs);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}
