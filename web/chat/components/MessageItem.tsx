import { text } from "../i18n";
import type { MessageRow } from "../state/rows";
import { clockLabel, momentLabel } from "../text/dates";
import { hueOf } from "../text/names";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";
import { memo } from "./memo";
import { RichText } from "./RichText";

type Props = Pick<
  MessageRow,
  "sender" | "text" | "time" | "own" | "first" | "last" | "delivery" | "id" | "reason"
> & {
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
        <p class="bubble" dir="auto" title={time > 0 ? momentLabel(time, text.locale) : undefined}>
          <RichText text={props.text} />
        </p>
        {open ? (
          <Unsettled {...props} />
        ) : (
          last &&
          time > 0 && (
            <time class="time" dateTime={new Date(time).toISOString()}>
              {clockLabel(time, text.locale)}
            </time>
          )
        )}
      </div>
    </li>
  );
});

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
