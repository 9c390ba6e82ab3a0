import { useState } from "preact/hooks";
import { text } from "../i18n";
import { Icon } from "./Icon";

const COPIED_MS = 2_000;

/** Copy the room's address. Browsers allow it on https and localhost only; elsewhere there is no button. */
export function CopyLink({ kind }: { kind: "icon" | "button" }) {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(window.location.href);
    } catch {
      return;
    }
    setCopied(true);
    window.setTimeout(() => setCopied(false), COPIED_MS);
  };
  if (!navigator.clipboard) return null;
  const icon = <Icon name={copied ? "check" : "link"} />;
  const label = copied ? text.copied : text.copyLink;
  return (
    <>
      {kind === "icon" ? (
        <button type="button" class="icon-button" aria-label={text.copyLink} title={label} onClick={() => void copy()}>
          {icon}
        </button>
      ) : (
        <button type="button" class="button outline" onClick={() => void copy()}>
          {icon}
          {label}
        </button>
      )}
      <span class="hidden" role="status">
        {copied ? text.copied : ""}
      </span>
    </>
  );
}
