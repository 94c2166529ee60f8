import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const PROGRAM = resolve(import.meta.dirname, '../../dist/cli/kvorum.js');

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export function launch(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs `kvorum` as a script would, and waits for its end. */
export async function kvorum(...args: readonly string[]): Promise<Outcome> {
  const child = launch(args);
  if (child.stdout === null || child.stderr === null) throw new Error('both are pipes');
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { status: status ?? -1, stdout, stderr };
}
