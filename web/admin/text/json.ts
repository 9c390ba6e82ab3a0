/** Payloads as people read and write them. */

/** JSON in one line. */
export const compact = (value: unknown): string => JSON.stringify(value) ?? "";

/** JSON in many lines. */
export const pretty = (value: unknown): string => JSON.stringify(value, null, 2) ?? "";

/** What somebody typed: JSON where it is, else a string. */
export function payloadOf(typed: string): { readonly value: unknown; readonly json: boolean } {
  try {
    return { value: JSON.parse(typed) as unknown, json: true };
  } catch {
    return { value: typed, json: false };
  }
}

/** Tags as they are typed, `a=1, b=2`; what has no name is left out. */
export function tagsOf(typed: string): Readonly<Record<string, string>> {
  const pairs = typed.split(",").map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return [name.trim(), value.join("=").trim()] as const;
  });
  return Object.fromEntries(pairs.filter(([name]) => name !== ""));
}
