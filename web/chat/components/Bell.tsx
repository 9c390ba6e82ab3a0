import { useState } from "preact/hooks";
import { text } from "../i18n";
import { notify } from "../notify";
import type { Session } from "../session";
import { Icon } from "./Icon";

/** Ask for notifications, or stop them. Nothing is asked of the browser before somebody wants them. */
export function Bell({ session }: { session: Session }) {
  const [on, setOn] = useState(session.attention.notifies);
  const [denied, setDenied] = useState(false);
  if (!notify.present()) return null;
  const toggle = async (): Promise<void> => {
    const now = await session.attention.setNotifies(!on);
    setDenied(!on && !now);
    setOn(now);
  };
  const label = on ? text.notifyOff : text.notify;
  return (
    <>
      <button
        type="button"
        class={on ? "icon-button bell on" : "icon-button bell"}
        aria-pressed={on}
        aria-label={text.notify}
        title={denied ? text.notifyDenied : label}
        onClick={() => void toggle()}
      >
        <Icon name={on ? "bell" : "bellOff"} />
      </button>
      <span class="hidden" role="status">
        {denied ? text.notifyDenied : ""}
      </span>
    </>
  );
}
