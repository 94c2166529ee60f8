import type { Command } from 'commander';
import { fetchStages } from '../cluster/node-http.ts';
import type { StageReport } from '../src/node/stage-histograms.ts';
import { dataCommand, withClient } from './data-command.ts';
import type { DataFlags } from './data-command.ts';
import { EXIT } from './exit-status.ts';
import { CommandFailure } from './failure.ts';
import { note, printJson, printTable } from './output.ts';

interface NodeStages {
  readonly nodeId: number;
  readonly endpoint: string;
  readonly role: string;
  readonly stages: readonly StageReport[];
}

const HEADINGS = ['NODE', 'ROLE', 'STAGE', 'COUNT', 'P50 µs', 'P99 µs', 'MAX µs'];

export function addStagesCommand(parent: Command): void {
  dataCommand(parent, 'stages', 'Show where the time of a put goes, stage by stage, on every node', [
    'kvorum stages',
    'kvorum stages --json',
    'kvorum stages --endpoints 127.0.0.1:7401',
  ]).action((flags: DataFlags) =>
    withClient(flags, async ({ client, call }) => {
      const nodes: NodeStages[] = [];
      for (const report of await client.statusAll(call)) {
        const stages = 'status' in report ? await fetchStages(report.endpoint) : undefined;
        if ('error' in report || stages === undefined) note(`${report.endpoint}: does not answer`);
        else {
          const { nodeId, role } = report.status;
          nodes.push({ nodeId, endpoint: report.endpoint, role, stages });
        }
      }
      if (flags.json === true) printJson({ nodes });
      else printTable(HEADINGS, nodes.flatMap(toRows));
      if (nodes.length === 0) {
        const advice = 'check --endpoints, and that the nodes run';
        throw new CommandFailure('UNREACHABLE', EXIT.notReachable, 'none of the nodes answers', advice);
      }
    }),
  );
}

/** Those that the node had to do with since it started. */
function toRows({ nodeId, role, stages }: NodeStages): readonly (readonly string[])[] {
  return stages
    .filter(({ count }) => count > 0)
    .map(({ stage, count, p50Us, p99Us, maxUs }) => [
      `n${nodeId}`,
      role,
      stage,
      String(count),
      ...[p50Us, p99Us, maxUs].map((us) => Math.round(us).toLocaleString('en')),
    ]);
}
