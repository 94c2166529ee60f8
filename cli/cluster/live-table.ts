import type { LocalCluster } from '../../cluster/local-cluster.ts';
import type { NodeReport } from '../../cluster/node-report.ts';
import { formatLine, formatNodes, toRow } from './node-table.ts';
import { print } from '../output.ts';

const REFRESH_MS = 500;

export interface LiveTableOptions {
  readonly json: boolean;
  /** Ends the display. */
  readonly signal: AbortSignal;
}

/**
 * Shows how the nodes stand until it is told to end: a table that is drawn anew in place on a
 * terminal, a line for each change of a process or a role elsewhere.
 */
export async function showLiveTable(cluster: LocalCluster, options: LiveTableOptions): Promise<void> {
  const show = process.stdout.isTTY && !options.json ? inPlace() : onChange(options);
  while (!options.signal.aborted) {
    const reports = await cluster.report();
    if (options.signal.aborted) return;
    show(reports);
    await pause(options.signal);
  }
}

function inPlace(): (reports: readonly NodeReport[]) => void {
  let drawn = 0;
  return (reports) => {
    const lines = formatNodes(reports);
    const back = drawn === 0 ? '' : `\u001B[${drawn}A`;
    process.stdout.write(back + lines.map((line) => `\u001B[2K${line}\n`).join(''));
    drawn = lines.length;
  };
}

function onChange({ json }: LiveTableOptions): (reports: readonly NodeReport[]) => void {
  const shown = new Map<number, string>();
  return (reports) => {
    for (const report of reports) {
      const line = formatLine(report);
      if (shown.get(report.id) === line) continue;
      shown.set(report.id, line);
      print(json ? JSON.stringify(toRow(report)) : line);
    }
  };
}

/** Until the next refresh, or the end. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, REFRESH_MS);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
