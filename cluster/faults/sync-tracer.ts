/**
 * Makes the disk of a running node slow, or makes it fail, by `strace`: it delays each fdatasync of
 * the thread that writes the log, or answers those of all threads with EIO.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptionsWithStdioTuple } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasProgram } from './shell.ts';

/** What happens at each fdatasync. */
export type SyncFault = { readonly kind: 'delay'; readonly delayMs: number } | { readonly kind: 'eio' };

const WATCH_MS = 50;
const WATCH_MS_MAX = 3_000;
const CALLS_WATCHED = 5;
/** As strace names the thread: `[pid 7] fdatasync(20)`; the first one goes without. */
const CALL = /^(?:\[pid +(\d+)\] )?fdatasync\(/gm;
const STDERR: SpawnOptionsWithStdioTuple<'ignore', 'ignore', 'pipe'> = {
  stdio: ['ignore', 'ignore', 'pipe'],
};

export class SyncTracer {
  readonly #strace: ChildProcess;
  #hits = 0;

  private constructor(strace: ChildProcess) {
    this.#strace = strace;
    strace.on('error', () => undefined);
    strace.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#hits += text.split('\n').filter((line) => line.includes('fdatasync')).length;
    });
  }

  /** What this machine lacks for it; undefined if nothing. */
  static missing(): string | undefined {
    if (process.platform !== 'linux' || !hasProgram('strace')) return 'strace (apt-get install strace)';
    return undefined;
  }

  static async attach(pid: number, fault: SyncFault): Promise<SyncTracer> {
    // A failure is to meet the first sync of any thread; a delay that of the log alone, lest all be slow.
    const thread = fault.kind === 'eio' ? undefined : await syncingThread(pid);
    const whom = thread === undefined ? ['-f', '-p', String(pid)] : ['-p', String(thread)];
    const how = fault.kind === 'eio' ? 'error=EIO' : `delay_enter=${Math.round(fault.delayMs * 1000)}`;
    const inject = `inject=fdatasync:${how}`;
    const args = [...whom, '-e', 'trace=fdatasync', '-e', inject];
    return new SyncTracer(spawn('strace', args, STDERR));
  }

  /** How many syncs it has hit. */
  get hits(): number {
    return this.#hits;
  }

  /** Lets the disk be as it was. */
  async detach(): Promise<void> {
    if (this.#strace.exitCode !== null || this.#strace.signalCode !== null) return;
    const ended = once(this.#strace, 'exit');
    this.#strace.kill('SIGINT');
    await ended;
  }
}

/** The thread that syncs most: that of the log. Undefined if the process ended, or none syncs for a while. */
async function syncingThread(pid: number): Promise<number | undefined> {
  const strace = spawn('strace', ['-f', '-p', String(pid), '-e', 'trace=fdatasync'], STDERR);
  strace.on('error', () => undefined);
  let text = '';
  strace.stderr.setEncoding('utf8').on('data', (more: string) => (text += more));
  const ended = once(strace, 'exit');
  const counts = new Map<number, number>();
  const untilMs = performance.now() + WATCH_MS_MAX;
  while (
    performance.now() < untilMs &&
    strace.exitCode === null &&
    text.split(CALL).length <= CALLS_WATCHED
  ) {
    await sleep(WATCH_MS);
  }
  strace.kill('SIGINT');
  await ended;
  for (const [, thread = pid] of text.matchAll(CALL))
    counts.set(Number(thread), (counts.get(Number(thread)) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
}
