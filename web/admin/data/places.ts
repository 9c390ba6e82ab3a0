/** Where in the page somebody is, as its address says it. */

export type View = "overview" | "channels" | "users" | "publish" | "trace";

export interface Place {
  readonly view: View;
  /** What kind of thing is looked at, where a view has several: a user's session, or what is traced. */
  readonly kind: string;
  readonly name: string;
}

const VIEWS: readonly View[] = ["overview", "channels", "users", "publish", "trace"];
const KINDS: Readonly<Record<View, readonly string[]>> = {
  overview: [],
  channels: ["channel"],
  users: ["user", "session"],
  publish: ["channel"],
  trace: ["user", "session", "channel"],
};

/** Return the place of an address' fragment; the overview for one that is none. */
export function placeOf(hash: string): Place {
  const [view, kind, ...rest] = hash.replace(/^#\/?/, "").split("/");
  const known = VIEWS.find((each) => each === view) ?? "overview";
  const fits = KINDS[known].includes(kind ?? "");
  return { view: known, kind: fits ? kind! : "", name: fits ? decoded(rest.join("/")) : "" };
}

/** Return the fragment of a place. */
export function hashOf(view: View, kind = "", name = ""): string {
  return kind && name ? `#/${view}/${kind}/${encodeURIComponent(name)}` : `#/${view}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
