import { splitLinks } from "../text/links";

/** A message's text: plain, with web addresses to click. */
export function RichText({ text }: { text: string }) {
  return (
    <>
      {splitLinks(text).map(({ text: shown, href }) =>
        href === null ? (
          shown
        ) : (
          <a href={href} target="_blank" rel="noopener noreferrer nofollow">
            {shown}
          </a>
        ),
      )}
    </>
  );
}
