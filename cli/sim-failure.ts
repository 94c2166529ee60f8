import { execFileSync } from 'node:child_process';
import { replayCommand, type RunOptions, type RunResult } from '../src/simulation/run.ts';
import { note } from './output.ts';

/** What was broken, and how to see it again. */
export function explainFailure(options: RunOptions, { failure }: Pick<RunResult, 'failure'>): void {
  if (failure === undefined) return;
  note(`Broken at ${(failure.atMs / 1000).toFixed(3)} s: ${failure.detail}`);
  if (failure.stack !== undefined) note(failure.stack);
  note(`Replay: ${replayOf(options)}`);
  const at = commit();
  if (at !== undefined) note(`Commit: ${at}`);
}

/** The command that runs the same again. */
export function replayOf(options: RunOptions): string {
  return options.canary === true ? `${replayCommand(options)} --canary` : replayCommand(options);
}

/** Of the working tree, if it is one. */
function commit(): string | undefined {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
