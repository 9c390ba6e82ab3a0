import { Spark } from "../charts/Chart";
import { inOrder, line } from "../data/series";
import type { Info, Trends } from "../data/types";
import { text } from "../i18n";
import { bytes, count, duration, millis, rate } from "../text/format";

/** The nodes, one line each. */
export function Nodes({ info, trends }: { info: Info; trends: Trends }) {
  const latency = (uid: string): string => {
    const value = trends.nodes[uid]?.latency_ms.at(-1) ?? null;
    return value === null ? "–" : millis(value, text.locale);
  };
  return (
    <section class="card table-card" aria-labelledby="nodes">
      <h2 id="nodes">{text.nodes}</h2>
      <div class="scroll-x" tabIndex={0} role="group" aria-labelledby="nodes">
        <table>
          <thead>
            <tr>
              <th scope="col">{text.node}</th>
              <th scope="col" class="num">{text.sessions}</th>
              <th scope="col" class="num">{text.users}</th>
              <th scope="col" class="num">{text.subscriptions}</th>
              <th scope="col" class="num">{text.channels}</th>
              <th scope="col" class="num">{text.messagesIn}</th>
              <th scope="col" class="num">{text.messagesOut}</th>
              <th scope="col" class="num">{text.latency}</th>
              <th scope="col" class="num">{text.lag}</th>
              <th scope="col" class="num">{text.cpu}</th>
              <th scope="col" class="num">{text.memory}</th>
              <th scope="col" class="num">{text.uptime}</th>
              <th scope="col" class="num">{text.version}</th>
            </tr>
          </thead>
          <tbody>
            {inOrder(info).map((node, at) => (
              <tr key={node.uid}>
                <th scope="row">
                  <span class="dot" data-hue={at % 8} aria-hidden="true" />
                  {text.worker(node.worker)}
                  <p class="hint">
                    <code>{node.uid}</code>
                    {node.port > 0 && ` ${text.port(node.port)}`}
                  </p>
                </th>
                <td class="num">{count(node.num_clients, text.locale)}</td>
                <td class="num">{count(node.num_users, text.locale)}</td>
                <td class="num">{count(node.num_subs, text.locale)}</td>
                <td class="num">{count(node.num_channels, text.locale)}</td>
                <td class="num">{rate(node.messages_in, text.locale)}/s</td>
                <td class="num">{rate(node.messages_out, text.locale)}/s</td>
                <td class="num">{latency(node.uid)}</td>
                <td class="num">{millis(node.process.lag_ms, text.locale)}</td>
                <td class="num with-spark">
                  {trends.nodes[node.uid] && <Spark points={line(trends.nodes[node.uid]!, "cpu")} hue={3} />}
                  {rate(node.process.cpu, text.locale)} %
                </td>
                <td class="num">{bytes(node.process.rss, text.locale)}</td>
                <td class="num">{duration(node.uptime, text)}</td>
                <td class="num">{node.version}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
