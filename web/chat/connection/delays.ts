/** When the SDK tries again, which it tells nobody. */

import type { Centrifuge } from "centrifuge";

/**
 * Learn when the next attempt begins. The SDK does not tell, so its delay is read where it is made; a version
 * that makes it elsewhere only costs the countdown.
 */
export function watchDelays(client: Centrifuge, tell: (at: number | null) => void): void {
  const inner = client as unknown as { _getReconnectDelay?: () => number; _startReconnecting?: () => void };
  const delay = inner._getReconnectDelay?.bind(client);
  const start = inner._startReconnecting?.bind(client);
  if (!delay || !start) return;
  inner._getReconnectDelay = () => {
    const milliseconds = delay();
    tell(Date.now() + milliseconds);
    return milliseconds;
  };
  inner._startReconnecting = () => {
    tell(null);
    start();
  };
}
