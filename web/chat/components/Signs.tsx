import { useEffect, useState } from "preact/hooks";
import { text } from "../i18n";
import type { Room, State } from "../state/types";
import { Icon } from "./Icon";
import { useNow } from "./hooks";

/** Names that are told of those who write. */
const NAMES = 3;

/** Who writes. Whoever is read aloud to would hear it all the time, so it is for eyes only. */
export function TypingLine({ typing, self }: { typing: Room["typing"]; self: string }) {
  const now = useNow(1000, typing.size > 0);
  const names = [...typing].filter(([user, until]) => user !== self && until > now).map(([user]) => user || text.anonymous);
  const list = new Intl.ListFormat(text.locale, { type: "conjunction" }).format(names.slice(0, NAMES));
  return (
    <p class="typing" aria-hidden="true">
      {names.length > 0 && (
        <>
          <span class="typing-dots">
            <i />
            <i />
            <i />
          </span>
          {text.typing(list, names.length)}
        </>
      )}
    </p>
  );
}

const FLASH_MS = 6_000;

/** What went wrong a moment ago. */
export function Flash({ flash }: { flash: State["flash"] }) {
  const [shown, setShown] = useState(0);
  useEffect(() => {
    if (flash.number === 0) return undefined;
    setShown(flash.number);
    const timer = window.setTimeout(() => setShown(0), FLASH_MS);
    return () => window.clearTimeout(timer);
  }, [flash.number]);
  return (
    <div role="status" class="flash-place">
      {shown > 0 && (
        <p class="banner danger flash">
          <Icon name="alert" />
          <span class="banner-text">{flash.text}</span>
        </p>
      )}
    </div>
  );
}
