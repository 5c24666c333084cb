/** What is known to be refused before a byte is sent. Anything not known here is the API's to judge: it looks at the
 *  content, not at the name. */
import type { Limits } from "../queries";

/** Endings that the picker offers; dropping takes any. */
export const ENDINGS = [".pdf", ".docx", ".xlsx", ".pptx", ".txt", ".md", ".csv", ".html"];

const NEVER_READ = /^(image|audio|video|font)\/|^application\/(zip|gzip|x-7z-compressed|vnd\.rar|x-msdownload)$/;

export type Refusal = "folder" | "empty" | "too_large" | "unsupported_type" | "too_many_files";

export interface Offered {
  name: string;
  size: number;
  /** What the browser makes of its name. */
  type: string;
}

/** Null for a file that may be tried. `room` is how many more the session takes. */
export function refusalOf(file: Offered, room: number, limits: Limits | undefined): Refusal | null {
  if (NEVER_READ.test(file.type)) return "unsupported_type";
  if (file.size === 0) return "empty";
  if (limits && file.size > limits.file_bytes) return "too_large";
  if (room <= 0) return "too_many_files";
  return null;
}

export interface Dropped {
  files: File[];
  /** Names of folders: a browser gives them as files that cannot be read. */
  folders: string[];
}

export function droppedIn(data: DataTransfer): Dropped {
  const dropped: Dropped = { files: [], folders: [] };
  for (const item of data.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry();
    if (entry?.isDirectory) {
      dropped.folders.push(entry.name);
      continue;
    }
    const file = item.getAsFile();
    if (file) dropped.files.push(file);
  }
  return dropped;
}
