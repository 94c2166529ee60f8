import type { NodeReport } from '../../cluster/node-report.ts';
import { formatTable } from '../output.ts';

/** A node as `--json` tells it: the keys stay. */
export interface NodeRow {
  readonly id: number;
  readonly address: string;
  readonly process: 'running' | 'paused' | 'stopped';
  readonly pid: number | undefined;
  readonly role: string | undefined;
  readonly term: number | undefined;
  readonly leader: number | undefined;
  readonly commitIndex: number | undefined;
  readonly appliedIndex: number | undefined;
}

const HEADINGS = ['NODE', 'ROLE', 'TERM', 'COMMIT', 'APPLIED', 'PID', 'ADDRESS'];

export function toRow(report: NodeReport): NodeRow {
  const { id, address, process, pid, status } = report;
  return {
    id,
    address,
    process,
    pid,
    role: status?.role,
    term: status?.term,
    leader: status?.leader,
    commitIndex: status?.commitIndex,
    appliedIndex: status?.appliedIndex,
  };
}

export function formatNodes(reports: readonly NodeReport[]): readonly string[] {
  return formatTable(HEADINGS, reports.map(toCells));
}

/** One node as a sentence, for where no table can be drawn. */
export function formatLine(report: NodeReport): string {
  const { status } = report;
  const term = status === undefined ? '' : ` term ${status.term}`;
  return `n${report.id} ${roleOf(report)}${term} ${report.address}`;
}

/** What people want to know first: the role, or why there is none. */
function roleOf(report: NodeReport): string {
  return report.process === 'running' ? (report.status?.role ?? 'no answer') : report.process;
}

function toCells(report: NodeReport): readonly string[] {
  const { status } = report;
  const numbers = [status?.term, status?.commitIndex, status?.appliedIndex, report.pid];
  return [`n${report.id}`, roleOf(report), ...numbers.map((value) => String(value ?? '-')), report.address];
}
