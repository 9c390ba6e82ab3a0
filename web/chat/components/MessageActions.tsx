import { useEffect, useRef, useState } from "preact/hooks";
import { text } from "../i18n";
import type { MessageRow } from "../state/rows";
import { Dialog } from "./Dialog";
import { Icon } from "./Icon";
import type { Doing } from "./MessageItem";

type Props = Pick<MessageRow, "offset" | "own" | "text" | "reactions"> & { readonly self: string; readonly doing: Doing };

const CHOICE = ["👍", "❤️", "😂", "🎉", "😮", "😢"] as const;

const has = (props: Props, reaction: string): boolean =>
  props.reactions.some((each) => each.reaction === reaction && each.users.includes(props.self));

/** React to a message, edit one's own, or delete it. The row is there for the pointer, the keyboard and a touch. */
export function MessageActions(props: Props) {
  const { offset, own, doing } = props;
  const [open, setOpen] = useState(false);
  const [asking, setAsking] = useState(false);
  return (
    <div class={open ? "message-actions open" : "message-actions"}>
      <button type="button" class="icon-button" aria-label={text.react} title={text.react} aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name="smile" />
      </button>
      {own && (
        <>
          <button type="button" class="icon-button" aria-label={text.edit} title={text.edit} onClick={() => doing.edit(offset, props.text)}>
            <Icon name="edit" />
          </button>
          <button type="button" class="icon-button" aria-label={text.remove} title={text.remove} onClick={() => setAsking(true)}>
            <Icon name="trash" />
          </button>
        </>
      )}
      {open && (
        <Choice
          own={own}
          onClose={() => setOpen(false)}
          onChoice={(reaction) => {
            doing.react(offset, reaction, has(props, reaction));
            setOpen(false);
          }}
        />
      )}
      {asking && (
        <Dialog label={text.removeAsk} kind="center" onClose={() => setAsking(false)}>
          <h2>{text.removeAsk}</h2>
          <p class="actions">
            <button type="button" class="button quiet" onClick={() => setAsking(false)}>
              {text.cancel}
            </button>
            <button
              type="button"
              class="button"
              onClick={() => {
                setAsking(false);
                doing.remove(offset);
              }}
            >
              {text.remove}
            </button>
          </p>
        </Dialog>
      )}
    </div>
  );
}

function Choice({ own, onChoice, onClose }: { own: boolean; onChoice: (reaction: string) => void; onClose: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const away = (event: PointerEvent): void => {
      if (!box.current?.parentElement?.contains(event.target as Node)) onClose();
    };
    const escape = (event: KeyboardEvent): void => {
      if (event.key === "Escape") onClose();
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("keydown", escape);
    };
  }, []);
  return (
    <div ref={box} class={own ? "choice end" : "choice"} role="group" aria-label={text.react}>
      {CHOICE.map((reaction) => (
        <button key={reaction} type="button" aria-label={text.reactWith(reaction)} onClick={() => onChoice(reaction)}>
          {reaction}
        </button>
      ))}
    </div>
  );
}

/** The reactions to a message; a click joins one or leaves it. */
export function Reactions(props: Props) {
  if (props.reactions.length === 0) return null;
  return (
    <ul class="reactions">
      {props.reactions.map(({ reaction, users }) => {
        const mine = has(props, reaction);
        const names = users.map((user) => user || text.anonymous).join(", ");
        return (
          <li key={reaction}>
            <button
              type="button"
              class={mine ? "reaction mine" : "reaction"}
              aria-pressed={mine}
              aria-label={text.reactions(reaction, users.length, names)}
              title={names}
              disabled={props.offset === 0}
              onClick={() => props.doing.react(props.offset, reaction, mine)}
            >
              <span>{reaction}</span> {users.length}
            </button>
          </li>
        );
      })}
    </ul>
  );
}
