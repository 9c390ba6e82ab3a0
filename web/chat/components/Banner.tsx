import { useEffect, useState } from "preact/hooks";
import { text } from "../i18n";
import type { ConnectionState } from "../state/types";
import { useNow, useOnLine } from "./hooks";
import { Icon } from "./Icon";

const RESTORED_MS = 3_500;

/** Says what is wrong with the connection, and what happens next; nothing while all is well. */
export function Banner({ connection, onRetry }: { connection: ConnectionState; onRetry: () => void }) {
  const restored = useRestored(connection.restored);
  const { phase } = connection;
  return (
    <div class="banner-place" role="status">
      {phase === "reconnecting" && (
        <Trouble what={text.lost} nextTryAt={connection.nextTryAt} onRetry={onRetry} />
      )}
      {phase === "connecting" && connection.troubled && (
        <Trouble what={text.unreachable} nextTryAt={connection.nextTryAt} onRetry={onRetry} />
      )}
      {phase === "closed" && (
        <p class="banner danger">
          <Icon name="alert" />
          <span class="banner-text">{text.closed(connection.reason)}</span>
          <button type="button" class="button small" onClick={onRetry}>
            {text.reconnect}
          </button>
        </p>
      )}
      {phase === "online" && restored && (
        <p class="banner good">
          <Icon name="check" />
          <span class="banner-text">{text.restored}</span>
        </p>
      )}
    </div>
  );
}

interface TroubleProps {
  readonly what: string;
  readonly nextTryAt: number | null;
  readonly onRetry: () => void;
}

function Trouble({ what, nextTryAt, onRetry }: TroubleProps) {
  const onLine = useOnLine();
  const now = useNow(250);
  const seconds = nextTryAt === null ? 0 : Math.ceil((nextTryAt - now) / 1000);
  return (
    <p class="banner warning">
      <Icon name="wifi" />
      <span class="banner-text two">
        <span>
          <strong>{onLine ? what : text.offline}</strong> <span class="banner-more">{text.keepsWriting}</span>
        </span>
        {/* The countdown is for the eyes: read aloud every second it would drown everything else. */}
        <span class="countdown" aria-hidden="true">
          {seconds > 0 ? text.retryIn(seconds) : text.retrying}
        </span>
      </span>
      <button type="button" class="button small" onClick={onRetry}>
        {text.retryNow}
      </button>
    </p>
  );
}

/** True for a moment after the connection was restored. */
function useRestored(times: number): boolean {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (times === 0) return undefined;
    setShown(true);
    const timer = window.setTimeout(() => setShown(false), RESTORED_MS);
    return () => window.clearTimeout(timer);
  }, [times]);
  return shown;
}
