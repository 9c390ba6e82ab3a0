import { text } from "../i18n";
import type { MessageRow } from "../state/rows";
import { clockLabel, momentLabel } from "../text/dates";
import { hueOf } from "../text/names";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";
import { MessageActions, Reactions } from "./MessageActions";
import { memo } from "./memo";
import { RichText } from "./RichText";

/** What can be done to a message. */
export interface Doing {
  readonly react: (offset: number, reaction: string, removed: boolean) => void;
  readonly edit: (offset: number, text: string) => void;
  readonly remove: (offset: number) => void;
}

type Props = Omit<MessageRow, "kind" | "key"> & {
  readonly self: string;
  readonly doing: Doing;
  readonly onRetry: (id: string) => void;
  readonly onDiscard: (id: string) => void;
};

/** One bubble. */
export const MessageItem = memo<Props>((props) => {
  const { own, first, last, delivery, time } = props;
  const sender = props.sender || text.anonymous;
  const open = delivery !== "" && delivery !== "acked";
  const late = delivery === "waiting" || delivery === "failed";
  const classes = ["message", own ? "own" : "theirs", first && "first", last && "last", late && "late"];
  return (
    <li class={classes.filter(Boolean).join(" ")} data-delivery={delivery || "stored"}>
      {!own && last && <Avatar name={sender} />}
      <div class="bubble-column">
        {first && (
          <span class={own ? "hidden" : "sender"} data-hue={hueOf(sender)} dir="auto">
            {own ? text.you : sender}
          </span>
        )}
        <div class="bubble-line">
          <p class={props.deleted ? "bubble gone" : "bubble"} dir="auto" title={time > 0 ? momentLabel(time, text.locale) : undefined}>
            {props.deleted ? text.removed : <RichText text={props.text} />}
            {props.edited && !props.deleted && <span class="edited"> {text.edited}</span>}
          </p>
          {props.offset > 0 && !props.deleted && <MessageActions {...props} />}
        </div>
        <Reactions {...props} />
        {open ? (
          <Unsettled {...props} />
        ) : (
          last &&
          time > 0 && (
            <time class="time" dateTime={new Date(time).toISOString()}>
              {clockLabel(time, text.locale)}
              <Reached {...props} />
            </time>
          )
        )}
      </div>
    </li>
  );
});

/** How far one's own message came. */
function Reached({ reached, readers }: Pick<Props, "reached" | "readers">) {
  if (!reached) return null;
  const label = reached === "read" ? text.readBy(readers) : text.wasReceived;
  return (
    <span class={`reached ${reached}`} title={label}>
      <Icon name={reached === "read" ? "checks" : "check"} />
      <span class="hidden">{label}</span>
    </span>
  );
}

/** What became of a message that is not stored yet, and what can be done. */
function Unsettled({ delivery, reason, id, onRetry, onDiscard }: Props) {
  if (delivery === "sending" || delivery === "queued") {
    return (
      <span class="delivery soon">
        <Icon name="clock" />
        {text.sending}
      </span>
    );
  }
  return (
    <span class={delivery === "failed" ? "delivery failed" : "delivery"}>
      <span class="delivery-text">
        <Icon name={delivery === "failed" ? "alert" : "clock"} />
        {delivery === "failed" ? text.failed(reason) : text.waiting}
      </span>
      <button type="button" class="link-button" onClick={() => onRetry(id)}>
        {text.retry}
      </button>
      <button type="button" class="link-button" onClick={() => onDiscard(id)}>
        {text.discard}
      </button>
    </span>
  );
}
