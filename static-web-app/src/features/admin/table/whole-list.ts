interface Part<Item> {
  items: Item[];
  next_cursor: string | null;
}

/** All of a list that is short by its nature, such as countries. */
export async function wholeList<Item>(load: (cursor: string | null) => Promise<Part<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const part: Part<Item> = await load(cursor);
    items.push(...part.items);
    cursor = part.next_cursor;
  } while (cursor !== null);
  return items;
}
