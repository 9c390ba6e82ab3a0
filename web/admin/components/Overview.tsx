import { Chart, Spark, type Line } from "../charts/Chart";
import { continued, heardTime, inOrder, KEPT_MS, lastTime, line, total, type Column, type Point } from "../data/series";
import type { Info, Trends } from "../data/types";
import { text } from "../i18n";
import { bytes, count, millis, rate } from "../text/format";
import type { Desk } from "./Frame";
import { Nodes } from "./Nodes";
import { Notices } from "./parts";
import { useAsked } from "./hooks";

const INFO_MS = 2_000;
const TRENDS_MS = 5_000;
/** The least time that a picture shows. */
const SPAN_MS = 120_000;
const NONE: Trends = { nodes: {} };

/** How the server fares: numbers, pictures of the last minutes, and the nodes. */
export function Overview({ desk }: { desk: Desk }) {
  const info = useAsked<Info>(() => desk.server.call("info"), "info", INFO_MS);
  const asked = useAsked<Trends>(
    async (before) => {
      const known = before ?? NONE;
      const since = heardTime(known);
      return continued(known, await desk.server.call<Trends>("trends", { since }));
    },
    "trends",
    TRENDS_MS,
  );
  const trends = asked.data ?? NONE;
  return (
    <div class="overview">
      <h1 class="hidden">{text.overview}</h1>
      <Notices fault={info.fault} missing={info.data?.missing} />
      {info.data?.down?.map((down) => (
        <p key={`${down.host} ${down.worker}`} class="note bad" role="alert">
          {text.workerDown(down.worker, down.host, down.deaths, down.how)}
        </p>
      ))}
      <Tiles info={info.data} trends={trends} />
      <Charts trends={trends} info={info.data} />
      {info.data && <Nodes info={info.data} trends={trends} />}
    </div>
  );
}

function Tiles({ info, trends }: { info: Info | null; trends: Trends }) {
  const sum = (of: (node: Info["nodes"][number]) => number): number | null =>
    info ? info.nodes.reduce((all, node) => all + of(node), 0) : null;
  const written = (value: number | null, write: (value: number, locale: string) => string): string =>
    value === null ? "–" : write(value, text.locale);
  const spark = (column: Column): readonly Point[] => total(trends, column);
  return (
    <dl class="tiles">
      <Tile name={text.sessions} value={written(sum((node) => node.num_clients), count)} points={spark("num_clients")} hue={2} />
      <Tile name={text.subscriptions} value={written(sum((node) => node.num_subs), count)} points={spark("num_subs")} hue={2} />
      <Tile
        name={text.messagesIn}
        value={written(sum((node) => node.messages_in), rate)}
        unit={text.perSecond}
        points={spark("messages_in")}
        hue={1}
      />
      <Tile
        name={text.messagesOut}
        value={written(sum((node) => node.messages_out), rate)}
        unit={text.perSecond}
        points={spark("messages_out")}
        hue={0}
      />
      <Tile name={text.memory} value={written(sum((node) => node.process.rss), bytes)} points={spark("rss")} hue={5} />
    </dl>
  );
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly unit?: string;
  readonly points: readonly Point[];
  readonly hue: number;
}

function Tile({ name, value, unit, points, hue }: TileProps) {
  return (
    <div class="card tile">
      <dt>{name}</dt>
      <dd>
        <b>{value}</b>
        {unit && <span class="hint"> {unit}</span>}
        <Spark points={points} hue={hue} />
      </dd>
    </div>
  );
}

function Charts({ trends, info }: { trends: Trends; info: Info | null }) {
  const to = lastTime(trends) || Date.now();
  const firsts = Object.values(trends.nodes).map((trend) => trend.time[0] ?? to);
  const from = Math.max(to - KEPT_MS, Math.min(to - SPAN_MS, ...firsts));
  const order = info ? inOrder(info).map((node) => node.uid) : [];
  const nodes = order.filter((uid) => trends.nodes[uid]);
  const each = (column: Column): readonly Line[] =>
    nodes.map((uid) => ({
      name: nodeName(info, uid),
      hue: order.indexOf(uid) % 8,
      points: line(trends.nodes[uid]!, column),
    }));
  const span = { from, to };
  return (
    <div class="charts">
      <Chart
        {...span}
        title={text.messages}
        hint={text.messagesHint}
        least={10}
        write={(value) => rate(value, text.locale)}
        lines={[
          { name: text.messagesOut, hue: 0, points: total(trends, "messages_out") },
          { name: text.messagesIn, hue: 1, points: total(trends, "messages_in") },
        ]}
      />
      <Chart
        {...span}
        title={text.latency}
        hint={text.latencyHint}
        least={5}
        write={(value) => millis(value, text.locale)}
        lines={each("latency_ms")}
      />
      <Chart
        {...span}
        title={text.memory}
        hint={text.memoryHint}
        least={64 * 1024 * 1024}
        binary
        write={(value) => bytes(value, text.locale)}
        lines={each("rss")}
      />
      <Chart
        {...span}
        title={text.lag}
        hint={text.lagHint}
        least={10}
        write={(value) => millis(value, text.locale)}
        lines={each("lag_ms")}
      />
    </div>
  );
}

/** What a node is called among the others: by its worker's number where that says it, else by its id. */
export function nodeName(info: Info | null, uid: string): string {
  const node = info?.nodes.find((each) => each.uid === uid);
  const alike = info?.nodes.filter((each) => each.worker === node?.worker).length ?? 0;
  return node && alike === 1 ? text.worker(node.worker) : uid.slice(0, 6);
}
