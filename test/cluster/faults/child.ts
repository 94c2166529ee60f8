import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { waitUntil } from '../../../cluster/wait-until.ts';

const DEADLINE_MS = 15_000;

/** A directory for one test. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'kvorum-faults-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface Child {
  readonly pid: number;
  /** The last line that it printed, of those that begin now. */
  readonly next: () => Promise<string>;
  /** Waits for a line that is as wanted. */
  readonly until: (what: string, wanted: (line: string) => boolean) => Promise<string>;
}

/** Runs a script in a process of its own, which prints lines until the test is over. */
export function child(script: string, environment: Readonly<Record<string, string>> = {}): Child {
  const process = spawn(globalThis.process.execPath, ['--input-type=module', '-e', script], {
    env: { ...globalThis.process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  let rest = '';
  process.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  onTestFinished(() => void process.kill('SIGKILL'));
  const until = (what: string, wanted: (line: string) => boolean): Promise<string> => {
    let at = lines.length;
    return waitUntil({ what, timeoutMs: DEADLINE_MS }, () => {
      for (; at < lines.length; at++) if (wanted(lines[at] ?? '')) return lines[at];
      return undefined;
    });
  };
  return { pid: process.pid ?? 0, until, next: () => until('a line', () => true) };
}
