import type { Command } from 'commander';
import { StoreError } from '../src/base/errors.ts';
import type { NodeReport } from '../src/client/client.ts';
import { dataCommand, withClient } from './data-command.ts';
import type { DataFlags } from './data-command.ts';
import { CommandFailure } from './failure.ts';
import { EXIT } from './exit-status.ts';
import { note, printJson, printTable } from './output.ts';

const HEADINGS = ['NODE', 'ENDPOINT', 'ROLE', 'TERM', 'LEADER', 'COMMIT', 'APPLIED', 'REVISION', 'UPTIME'];

export function addStatusCommand(parent: Command): void {
  dataCommand(parent, 'status', 'Show how every node stands, as it says itself', [
    'kvorum status',
    'kvorum status --json',
    'kvorum status --endpoints 127.0.0.1:7401',
  ]).action((flags: DataFlags) =>
    withClient(flags, async ({ client, call }) => {
      const reports = await client.statusAll(call);
      if (flags.json === true) printJson({ leader: leaderOf(reports), nodes: reports.map(toJson) });
      else printReports(reports);
      if (reports.every((report) => 'error' in report)) throw unreachableFailure(reports);
    }),
  );
}

function printReports(reports: readonly NodeReport[]): void {
  printTable(HEADINGS, reports.map(toCells));
  for (const report of reports) {
    if ('error' in report) note(`${report.endpoint}: ${messageOf(report.error)}`);
    else
      for (const { code, message } of report.status.alarms)
        note(`n${report.status.nodeId}: ${code}: ${message}`);
  }
}

function toCells(report: NodeReport): readonly string[] {
  if ('error' in report)
    return ['-', report.endpoint, 'unreachable', ...Array.from({ length: 6 }, () => '-')];
  const { nodeId, role, term, leader, commitIndex, appliedIndex, revision, uptimeMs } = report.status;
  return [
    `n${nodeId}`,
    report.endpoint,
    role,
    String(term),
    leader === undefined ? '-' : `n${leader}`,
    String(commitIndex),
    String(appliedIndex),
    String(revision),
    duration(uptimeMs),
  ];
}

function toJson(report: NodeReport): Readonly<Record<string, unknown>> {
  if ('status' in report) return { endpoint: report.endpoint, reachable: true, ...report.status };
  const { error } = report;
  const code = error instanceof StoreError ? error.code : 'UNREACHABLE';
  return { endpoint: report.endpoint, reachable: false, error: { code, message: messageOf(error) } };
}

/** Whom the nodes of the highest term follow. */
function leaderOf(reports: readonly NodeReport[]): number | null {
  let found: { readonly term: number; readonly leader: number } | undefined;
  for (const report of reports) {
    if ('error' in report || report.status.leader === undefined) continue;
    const { term, leader } = report.status;
    if (found === undefined || term > found.term) found = { term, leader };
  }
  return found?.leader ?? null;
}

function unreachableFailure(reports: readonly NodeReport[]): CommandFailure {
  const { advice } = new StoreError('UNREACHABLE', '');
  const message = `none of the ${reports.length} nodes answers`;
  return new CommandFailure('UNREACHABLE', EXIT.notReachable, message, advice);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Such as 42s, 7m12s or 3h05m. */
function duration(timeMs: number): string {
  const seconds = Math.floor(timeMs / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours}h${twoDigits(minutes % 60)}m`;
  return minutes > 0 ? `${minutes}m${twoDigits(seconds % 60)}s` : `${seconds}s`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
