/**
 * Makes the disk of a running node slow, or makes it fail, by `strace` on the thread that writes the
 * log: it delays each fdatasync, or answers it with EIO.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasProgram } from './shell.ts';

/** What happens at each fdatasync. */
export type SyncFault = { readonly kind: 'delay'; readonly delayMs: number } | { readonly kind: 'eio' };

const WATCH_MS = 500;
const TIMES_MAX = 10;

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

  /** Undefined if the process has ended, or no thread of it could be found to write. */
  static async attach(pid: number, fault: SyncFault): Promise<SyncTracer | undefined> {
    const thread = await writingThread(pid);
    if (thread === undefined) return undefined;
    // A failure is to meet the first sync of any thread; a delay that of the log alone, lest all be slow.
    const whom = fault.kind === 'eio' ? ['-f', '-p', String(pid)] : ['-p', String(thread)];
    const how = fault.kind === 'eio' ? 'error=EIO' : `delay_enter=${Math.round(fault.delayMs * 1000)}`;
    const inject = `inject=fdatasync:${how}`;
    const args = [...whom, '-e', 'trace=fdatasync', '-e', inject];
    return new SyncTracer(spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] }));
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

/** The thread that has written most to the disk of late. */
async function writingThread(pid: number): Promise<number | undefined> {
  for (let times = 0; times < TIMES_MAX; times++) {
    const before = written(pid);
    if (before.size === 0) return undefined;
    await sleep(WATCH_MS);
    const after = [...written(pid)].map(
      ([thread, bytes]) => [thread, bytes - (before.get(thread) ?? 0)] as const,
    );
    const [most] = after.toSorted(([, a], [, b]) => b - a);
    if (most !== undefined && most[1] > 0) return most[0];
  }
  return undefined;
}

/** Bytes that each thread of a process has sent to a disk. */
function written(pid: number): Map<number, number> {
  const threads = new Map<number, number>();
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const text = readFileSync(`/proc/${pid}/task/${thread}/io`, 'utf8');
      threads.set(Number(thread), Number(/^write_bytes: (\d+)$/m.exec(text)?.[1] ?? 0));
    }
  } catch {
    return new Map(); // it ended
  }
  return threads;
}
