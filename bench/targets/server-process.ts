import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A server of a peer: what it says is dropped, and it ends when it is told to. */
export class ServerProcess {
  readonly #child: ChildProcess;

  constructor(program: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(program, words, { stdio: 'ignore', env: { ...process.env, ...environment } });
    this.#child.on('error', () => undefined); // told by the one who waits for it to answer
  }

  /** Undefined once it has ended. */
  get pid(): number | undefined {
    return this.#hasEnded ? undefined : this.#child.pid;
  }

  /** SIGKILL; settles when it is gone. */
  async kill(): Promise<void> {
    if (this.#hasEnded) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  get #hasEnded(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }
}

/** The processes that live. */
export function pidsOf(processes: readonly ServerProcess[]): readonly number[] {
  return processes.flatMap(({ pid }) => pid ?? []);
}
