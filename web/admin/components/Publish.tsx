import { useState } from "preact/hooks";
import { text } from "../i18n";
import { payloadOf, tagsOf } from "../text/json";
import type { Desk } from "./Frame";
import { sentence } from "./parts";

interface Stored {
  readonly offset: number;
}

/** Say something in a channel. */
export function PublishView({ desk, channel: wanted }: { desk: Desk; channel: string }) {
  const [channel, setChannel] = useState(wanted);
  const [typed, setTyped] = useState('{"text": "hello"}');
  const [tags, setTags] = useState("");
  const [said, setSaid] = useState<{ readonly text: string; readonly good: boolean } | null>(null);
  const payload = payloadOf(typed);
  const publish = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const request = { channel, data: payload.value, tags: tagsOf(tags) };
      const stored = await desk.server.call<Stored>("publish", request);
      setSaid({ text: text.published(channel, stored.offset), good: true });
    } catch (fault) {
      setSaid({ text: sentence(fault as Error), good: false });
    }
  };
  return (
    <section class="publish" aria-labelledby="publish">
      <h1 id="publish">{text.publish}</h1>
      <form class="card form" onSubmit={(event) => void publish(event)}>
        <label for="channel">{text.channel}</label>
        <input
          id="channel"
          class="field"
          required
          maxLength={255}
          autocomplete="off"
          spellcheck={false}
          value={channel}
          onInput={(event) => setChannel(event.currentTarget.value)}
        />
        <label for="payload">{text.payload}</label>
        <textarea
          id="payload"
          class="field mono"
          rows={7}
          spellcheck={false}
          aria-describedby="payload-hint"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <p id="payload-hint" class="hint form-hint">
          {text.payloadHint} · <b>{payload.json ? text.asJson : text.asText}</b>
        </p>
        <label for="tags">{text.tags}</label>
        <input
          id="tags"
          class="field"
          autocomplete="off"
          spellcheck={false}
          placeholder={text.tagsHint}
          value={tags}
          onInput={(event) => setTags(event.currentTarget.value)}
        />
        <p class="form-end">
          <span class={said?.good === false ? "fault" : "good"} role="status">
            {said?.text}
          </span>
          <button type="submit" class="button" disabled={!channel || !typed}>
            {text.send}
          </button>
        </p>
      </form>
    </section>
  );
}
