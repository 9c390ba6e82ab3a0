import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { text } from "../i18n";
import { Icon } from "./Icon";

/** Characters; the server takes 64 KiB with the envelope around it. */
const MESSAGE_LIMIT = 8_000;

interface Props {
  readonly room: string;
  readonly disabled: boolean;
  readonly onSend: (text: string) => void;
}

/** The element's id, for the skip link. */
export const COMPOSER = "composer";

/** Drafts live as long as the page: going to another room and back loses nothing. */
const drafts = new Map<string, string>();

/** Where one writes. Enter sends, Shift+Enter breaks the line; an input method's Enter does neither. */
export function Composer({ room, disabled, onSend }: Props) {
  const [draft, setDraft] = useState(drafts.get(room) ?? "");
  const box = useRef<HTMLTextAreaElement>(null);
  const hint = useId();
  useEffect(() => setDraft(drafts.get(room) ?? ""), [room]);
  useFocusOnDesktop(box, room);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [draft]);
  const change = (value: string): void => {
    drafts.set(room, value);
    setDraft(value);
  };
  const send = (): void => {
    const message = draft.trim();
    if (!message || disabled) return;
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
        {text.compose(room)}
      </label>
      <div class="composer-box">
        <textarea
          id={COMPOSER}
          ref={box}
          rows={1}
          dir="auto"
          value={draft}
          placeholder={text.compose(room)}
          maxLength={MESSAGE_LIMIT}
          disabled={disabled}
          aria-describedby={hint}
          enterkeyhint="send"
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={(event) => {
            // keyCode 229: Safari ends a composition before the Enter that confirmed it.
            const composing = event.isComposing || event.keyCode === 229;
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
