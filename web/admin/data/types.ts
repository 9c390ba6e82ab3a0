/** What the server answers with, as its OpenAPI document says it. */

export interface Welcome {
  readonly state: "in";
  /** Whether the server is open to all, so that nobody has to log in. */
  readonly open: boolean;
  readonly name: string;
  /** The methods that may be called. */
  readonly may: readonly string[];
  readonly channels: readonly string[];
  readonly version: string;
}

export type Standing = Welcome | { readonly state: "out" | "closed"; readonly version: string };

export interface NodeInfo {
  readonly uid: string;
  readonly version: string;
  readonly num_clients: number;
  readonly num_users: number;
  readonly num_subs: number;
  readonly num_channels: number;
  readonly uptime: number;
  readonly process: { readonly cpu: number; readonly rss: number; readonly pid: number; readonly lag_ms: number };
  readonly worker: number;
  readonly port: number;
  readonly messages_in: number;
  readonly messages_out: number;
}

export interface Down {
  readonly host: string;
  readonly worker: number;
  readonly deaths: number;
  readonly how: string;
}

export interface Info {
  readonly nodes: readonly NodeInfo[];
  readonly down?: readonly Down[];
  readonly missing?: readonly string[];
}

/** A node's samples as columns of one length. */
export interface Trend {
  readonly time: readonly number[];
  readonly messages_in: readonly number[];
  readonly messages_out: readonly number[];
  readonly lag_ms: readonly number[];
  readonly latency_ms: readonly (number | null)[];
  readonly cpu: readonly number[];
  readonly rss: readonly number[];
  readonly num_clients: readonly number[];
  readonly num_subs: readonly number[];
}

export interface Trends {
  readonly nodes: Readonly<Record<string, Trend>>;
  readonly missing?: readonly string[];
}

export interface Page {
  readonly cursor?: string;
  readonly missing?: readonly string[];
}

export interface Channels extends Page {
  readonly channels: Readonly<Record<string, { readonly num_clients: number }>>;
}

export interface Users extends Page {
  readonly users: Readonly<Record<string, { readonly num_sessions: number }>>;
}

export interface SessionInfo {
  readonly user: string;
  readonly node: string;
  readonly dialect: string;
  readonly transport: string;
  readonly peer: string;
  readonly age: number;
  readonly backlog: number;
  readonly num_channels: number;
  readonly channels?: readonly string[];
  readonly tags?: readonly string[];
  readonly groups?: readonly string[];
}

export interface Sessions extends Page {
  readonly sessions: Readonly<Record<string, SessionInfo>>;
}

export interface TraceEvent {
  readonly time: number;
  readonly node: string;
  readonly session: string;
  readonly user: string;
  readonly way: "in" | "out" | "note";
  readonly size: number;
  readonly text: string;
}

export interface Trace {
  readonly trace: string;
  readonly events: readonly TraceEvent[];
  readonly lost?: number;
  readonly missing?: readonly string[];
}

/** What came of a push. */
export interface Reached {
  readonly status: string;
  readonly num_sessions?: number;
}

export interface Member {
  readonly user: string;
  readonly client: string;
}

export interface Publication {
  readonly data: unknown;
  readonly offset: number;
  readonly time?: number;
  readonly info?: Member;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface History {
  readonly publications: readonly Publication[];
  readonly offset: number;
  readonly epoch: string;
}
