import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Refusal } from "../data/server";
import { text } from "../i18n";
import { Icon } from "./Icon";

/** A search field with its name for ears, and a hint for eyes. */
export function Search({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <label class="search">
      <span class="hidden">{text.search}</span>
      <Icon name="search" />
      <input
        type="search"
        value={value}
        placeholder={`${text.search} (${text.searchHint})`}
        maxLength={200}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

/** What somebody typed as a pattern: a part of a name is looked for anywhere. */
export function patternOf(typed: string): string {
  const wanted = typed.trim();
  return wanted === "" || wanted.includes("*") ? wanted : `*${wanted}*`;
}

/** Where we are among the pages: the cursors that led here. */
export function usePages(key: string): Pages {
  const [state, setState] = useState<{ key: string; cursors: readonly string[] }>({ key, cursors: [] });
  const cursors = state.key === key ? state.cursors : [];
  return {
    cursor: cursors.at(-1) ?? "",
    number: cursors.length + 1,
    forward: (cursor) => setState({ key, cursors: [...cursors, cursor] }),
    back: () => setState({ key, cursors: cursors.slice(0, -1) }),
  };
}

export interface Pages {
  readonly cursor: string;
  readonly number: number;
  readonly forward: (cursor: string) => void;
  readonly back: () => void;
}

/** The way to the next page and back; nothing where there is one only. */
export function Pager({ pages, next }: { pages: Pages; next: string | undefined }) {
  if (pages.number === 1 && !next) return null;
  return (
    <p class="pager">
      <button type="button" class="button outline" disabled={pages.number === 1} onClick={pages.back}>
        {text.previous}
      </button>
      <span class="hint">{pages.number}</span>
      <button type="button" class="button outline" disabled={!next} onClick={() => next && pages.forward(next)}>
        {text.next}
      </button>
    </p>
  );
}

/** What lacks or went wrong, above what is shown all the same. */
export function Notices({ fault, missing }: { fault: Error | null; missing?: readonly string[] | undefined }) {
  return (
    <>
      {fault && (
        <p class="note bad" role="alert">
          <Icon name="alert" />
          {sentence(fault)}
        </p>
      )}
      {missing && missing.length > 0 && (
        <p class="note warn">
          <Icon name="alert" />
          {text.nodesMissing(missing.join(", "))}
        </p>
      )}
    </>
  );
}

/** What a fault means to the reader. */
export const sentence = (fault: Error): string => (fault instanceof Refusal ? text.refused(fault.message) : text.unreachable);

/** The head of what is looked at, with the way back and what can be done. */
export function Head({ title, back, children }: { title: string; back: string; children?: ComponentChildren }) {
  return (
    <header class="head">
      <a class="icon-button" href={back} aria-label={text.back} title={text.back}>
        <Icon name="back" />
      </a>
      <h1>{title}</h1>
      <div class="head-actions">{children}</div>
    </header>
  );
}

/** A name, or that there is none. */
export const Named = ({ name }: { name: string }) =>
  name ? <bdi>{name}</bdi> : <span class="hint">{text.nobody}</span>;

/** A short word about a session: what it speaks, and over what. */
export function Protocol({ dialect, transport }: { dialect: string; transport: string }) {
  return (
    <span class="protocol">
      <span class="chip" data-hue={hueOfDialect(dialect)}>
        {dialect}
      </span>{" "}
      <span class="hint">{transport}</span>
    </span>
  );
}

const FAMILIES = ["centrifuge", "socketio", "text", "unidirectional", "stomp", "json"];

function hueOfDialect(dialect: string): number {
  const family = FAMILIES.findIndex((each) => dialect.startsWith(each));
  return family < 0 ? 7 : [2, 5, 4, 6, 1, 0][family]!;
}
