import type { Refusal } from "./connection/connection";
import { text } from "./i18n";

/** Say why in the reader's language where the code is a known one, else in the server's words. */
export const explain = ({ code, message }: Refusal): string => text.reasons[code] ?? message;
