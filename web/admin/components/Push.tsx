import { useState } from "preact/hooks";
import { Dialog } from "../../chat/components/Dialog";
import type { Reached } from "../data/types";
import { text } from "../i18n";
import { payloadOf } from "../text/json";
import type { Desk } from "./Frame";
import { sentence } from "./parts";

interface Props {
  readonly desk: Desk;
  readonly whom: { readonly user: string } | { readonly client: string };
  /** What the dialog says above. */
  readonly label: string;
}

/** Say something to a user or a session, past all channels. */
export function Push({ desk, whom, label }: Props) {
  const [asking, setAsking] = useState(false);
  const [event, setEvent] = useState("");
  const [typed, setTyped] = useState('{"text": "hello"}');
  const [said, setSaid] = useState("");
  const push = async (submitted: Event): Promise<void> => {
    submitted.preventDefault();
    setAsking(false);
    try {
      const reached = await desk.server.call<Reached>("push", { ...whom, event, data: payloadOf(typed).value });
      setSaid(text.pushed(reached.status));
    } catch (fault) {
      setSaid(sentence(fault as Error));
    }
  };
  return (
    <>
      <span class="hint" role="status">
        {said}
      </span>
      <button type="button" class="button outline small" onClick={() => setAsking(true)}>
        {text.push}
      </button>
      {asking && (
        <Dialog label={label} kind="center" onClose={() => setAsking(false)}>
          <h2>{label}</h2>
          <form class="form-plain" onSubmit={(submitted) => void push(submitted)}>
            <label for="push-event">{text.event}</label>
            <input
              id="push-event"
              class="field"
              maxLength={128}
              autocomplete="off"
              placeholder={text.eventHint}
              value={event}
              onInput={(typing) => setEvent(typing.currentTarget.value)}
            />
            <label for="push-data">{text.payload}</label>
            <textarea
              id="push-data"
              class="field mono"
              rows={4}
              spellcheck={false}
              value={typed}
              onInput={(typing) => setTyped(typing.currentTarget.value)}
            />
            <p class="actions">
              <button type="button" class="button quiet" onClick={() => setAsking(false)}>
                {text.cancel}
              </button>
              <button type="submit" class="button" disabled={!typed}>
                {text.push}
              </button>
            </p>
          </form>
        </Dialog>
      )}
    </>
  );
}
