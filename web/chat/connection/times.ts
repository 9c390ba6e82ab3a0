/**
 * The time of a message is the server's, in the protocol's `publication.time`. The SDK drops it, but hands a
 * publication's tags on, so the codec copies it there. Codecs are replaceable parts of the SDK: its own
 * Protobuf form does the same.
 */

import { Centrifuge } from "centrifuge";

/** The tag that carries the time. A server's own tag of this name is overwritten. */
export const TIME_TAG = "hubbub-time";

interface Publication {
  time?: number;
  tags?: Record<string, string>;
}

interface Reply {
  push?: { pub?: Publication };
  subscribe?: { publications?: Publication[] };
  history?: { publications?: Publication[] };
}

interface Codec {
  decodeReplies(data: unknown): Reply[];
}

/** Copy every publication's time into its tags. */
export function tagTimes(replies: Reply[]): Reply[] {
  for (const reply of replies) {
    const pushed = reply.push?.pub ? [reply.push.pub] : [];
    const paged = reply.history?.publications ?? reply.subscribe?.publications ?? [];
    for (const publication of [...pushed, ...paged]) {
      if (publication.time) publication.tags = { ...publication.tags, [TIME_TAG]: String(publication.time) };
    }
  }
  return replies;
}

/** The SDK's client, with times. */
export class TimedCentrifuge extends Centrifuge {
  constructor(...parameters: ConstructorParameters<typeof Centrifuge>) {
    super(...parameters);
    const codec = this._codec as Codec;
    const decode = codec.decodeReplies.bind(codec);
    codec.decodeReplies = (data) => tagTimes(decode(data));
  }
}
