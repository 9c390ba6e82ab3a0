import { useState } from "preact/hooks";
import { Dialog } from "../../chat/components/Dialog";
import { text } from "../i18n";
import type { Desk } from "./Frame";
import { sentence } from "./parts";

interface Props {
  readonly desk: Desk;
  readonly whom: { readonly user: string } | { readonly client: string };
  /** The question. */
  readonly ask: string;
  readonly label: string;
  readonly onDone: () => void;
}

/** End sessions, once somebody said twice that they mean it. */
export function Kick({ desk, whom, ask, label, onDone }: Props) {
  const [asking, setAsking] = useState(false);
  const [said, setSaid] = useState("");
  const kick = async (): Promise<void> => {
    setAsking(false);
    try {
      const met = await desk.server.call<{ num_sessions: number }>("disconnect", whom);
      setSaid(text.kicked(met.num_sessions));
    } catch (fault) {
      setSaid(sentence(fault as Error));
    }
    onDone();
  };
  return (
    <>
      <span class="hint" role="status">
        {said}
      </span>
      <button type="button" class="button danger small" onClick={() => setAsking(true)}>
        {label}
      </button>
      {asking && (
        <Dialog label={ask} kind="center" onClose={() => setAsking(false)}>
          <h2>{ask}</h2>
          <p class="hint">{text.kickHint}</p>
          <p class="actions">
            <button type="button" class="button quiet" onClick={() => setAsking(false)}>
              {text.cancel}
            </button>
            <button type="button" class="button danger" onClick={() => void kick()}>
              {label}
            </button>
          </p>
        </Dialog>
      )}
    </>
  );
}
