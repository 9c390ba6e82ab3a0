import { useId, useState } from "preact/hooks";
import { text } from "../i18n";
import { NAME_LIMIT, cleanName } from "../text/names";

interface Props {
  readonly initial: string;
  readonly submit: string;
  readonly onName: (name: string) => void;
  readonly onCancel?: () => void;
}

/** Ask for a name, at the first visit and when it is to be changed. */
export function NameForm({ initial, submit, onName, onCancel }: Props) {
  const [name, setName] = useState(initial);
  const id = useId();
  const clean = cleanName(name);
  return (
    <form
      class="name-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (clean) onName(clean);
      }}
    >
      <label for={id}>{text.name}</label>
      <input
        id={id}
        class="field"
        value={name}
        placeholder={text.namePlaceholder}
        maxLength={NAME_LIMIT}
        autocomplete="nickname"
        autocapitalize="words"
        spellcheck={false}
        aria-describedby={`${id}-hint`}
        required
        autoFocus
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <p class="hint" id={`${id}-hint`}>
        {text.nameHint}
      </p>
      <div class="actions">
        {onCancel && (
          <button type="button" class="button quiet" onClick={onCancel}>
            {text.cancel}
          </button>
        )}
        <button type="submit" class="button">
          {submit}
        </button>
      </div>
    </form>
  );
}
