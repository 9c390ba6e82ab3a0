import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { text } from "../i18n";
import { Icon } from "./Icon";

/** Characters; the server takes 64 KiB with the envelope around it. */
const MESSAGE_LIMIT = 8_000;

/** A message that is being edited. */
export interface Editing {
  readonly offset: number;
  readonly text: string;
}

interface Props {
  readonly room: string;
  /** The other one, in a room of two. */
  readonly peer: string | null;
  readonly disabled: boolean;
  readonly editing: Editing | null;
  readonly onEditLast: () => void;
  /** The new text; null when it stays as it was. */
  readonly onEditEnd: (text: string | null) => void;
  readonly onTyping: () => void;
  readonly onSend: (text: string) => void;
}

/** The element's id, for the skip link. */
export const COMPOSER = "composer";

/** Drafts live as long as the page: going to another room and back loses nothing. */
const drafts = new Map<string, string>();

/** Where one writes. Enter sends, Shift+Enter breaks the line; an input method's Enter does neither. */
export function Composer({ room, peer, disabled, editing, onEditLast, onEditEnd, onTyping, onSend }: Props) {
  const [draft, setDraft] = useState(drafts.get(room) ?? "");
  const label = peer === null ? text.compose(room) : text.composeDirect(peer);
  const box = useRef<HTMLTextAreaElement>(null);
  const hint = useId();
  useEffect(() => {
    setDraft(editing?.text ?? drafts.get(room) ?? "");
    if (editing) box.current?.focus();
  }, [room, editing]);
  useFocusOnDesktop(box, room);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [draft]);
  const change = (value: string): void => {
    if (!editing) drafts.set(room, value);
    setDraft(value);
    if (value.trim()) onTyping();
  };
  const send = (): void => {
    const message = draft.trim();
    if (!message || disabled) return;
    if (editing) return onEditEnd(message);
    onSend(message);
    change("");
    box.current?.focus();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label class="hidden" for={COMPOSER}>
        {label}
      </label>
      {editing && (
        <p class="composer-editing">
          <Icon name="edit" />
          {text.editing}
          <button type="button" class="link-button" onClick={() => onEditEnd(null)}>
            {text.cancel}
          </button>
        </p>
      )}
      <div class="composer-box">
        <textarea
          id={COMPOSER}
          ref={box}
          rows={1}
          dir="auto"
          value={draft}
          placeholder={label}
          maxLength={MESSAGE_LIMIT}
          disabled={disabled}
          aria-describedby={hint}
          enterkeyhint="send"
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={(event) => {
            // keyCode 229: Safari ends a composition before the Enter that confirmed it.
            const composing = event.isComposing || event.keyCode === 229;
            if (event.key === "Escape" && editing) return onEditEnd(null);
            if (event.key === "ArrowUp" && !draft && !editing) return onEditLast();
            if (event.key !== "Enter" || event.shiftKey || composing) return;
            event.preventDefault();
            send();
          }}
        />
        <button type="submit" class="send" aria-label={text.send} title={text.send} disabled={!draft.trim() || disabled}>
          <Icon name="send" />
        </button>
      </div>
      <p class="composer-hint" id={hint}>
        {text.composeHint}
      </p>
    </form>
  );
}

/** Entering a room is for writing; on a phone the keyboard would cover what was said. */
function useFocusOnDesktop(box: { current: HTMLTextAreaElement | null }, room: string): void {
  useEffect(() => {
    if (window.matchMedia("(hover: hover) and (pointer: fine)").matches) box.current?.focus();
  }, [box, room]);
}
