import type { CommandInput, Input, Now } from '../replica/input.ts';
import type { Output, Reply } from '../replica/output.ts';
import type { Replica } from '../replica/replica.ts';
import type { DiskLimits } from './config.ts';
import type { DiskWriter } from './disk-writer.ts';
import { stages } from './stage-histograms.ts';

export interface TurnLoopOptions {
  readonly replica: Replica;
  readonly disk: DiskWriter;
  readonly limits: DiskLimits;
  /** What a turn wants done, but for the disk's part. */
  readonly onOutput: (output: Output) => void;
  /** Answers to commands that never reached the replica. */
  readonly onRefused: (replies: readonly Reply[]) => void;
}

/**
 * Turns a replica: everything that arrives in one round of the event loop is one turn. Commands
 * wait here while the disk is behind, so that a slow disk makes larger groups instead of a longer
 * queue of writes; ticks, messages and queries never wait.
 */
export class TurnLoop {
  readonly #options: TurnLoopOptions;
  #inputs: Input[] = [];
  #held: CommandInput[] = [];
  /** When the first of them came. */
  #heldSinceMs = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #news: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: TurnLoopOptions) {
    this.#options = options;
  }

  push(input: Input): void {
    if (this.#stopped) return;
    if (input.kind === 'command') this.#hold(input);
    else this.#inputs.push(input);
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearImmediate(this.#scheduled);
    clearTimeout(this.#news);
  }

  #hold(input: CommandInput): void {
    const { heldCommandsMax } = this.#options.limits;
    if (this.#held.length === 0) this.#heldSinceMs = stages.nowMs();
    if (this.#held.length < heldCommandsMax) {
      this.#held.push(input);
      return;
    }
    const message = `${heldCommandsMax} commands wait for the disk already`;
    this.#options.onRefused([
      { kind: 'error', caller: input.caller, code: 'TOO_BUSY', message, leader: undefined },
    ]);
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.#turn();
    });
  }

  /** Not guarded: what a turn throws is a broken invariant, and must end the process. */
  #turn(): void {
    const { replica, disk, limits, onOutput } = this.#options;
    const output = replica.turn(this.#takeInputs(), now());
    disk.execute(output);
    onOutput(output);
    if (replica.hasMore) this.#schedule();
    if (replica.hasNews) this.#news ??= setTimeout(() => this.#tellNews(), limits.newsDelayMs);
  }

  #tellNews(): void {
    this.#news = undefined;
    if (this.#options.replica.hasNews) this.push({ kind: 'tell-news' });
  }

  #takeInputs(): readonly Input[] {
    const { disk, limits } = this.#options;
    const inputs = this.#inputs;
    this.#inputs = [];
    const diskIsBehind = disk.logWrites >= limits.logWritesMax || disk.stateChanges >= limits.stateChangesMax;
    if (diskIsBehind || this.#held.length === 0) return inputs;
    stages.ended('wait', this.#heldSinceMs);
    for (const command of this.#held.splice(0, limits.commandsPerTurnMax)) inputs.push(command);
    if (this.#held.length > 0) this.#schedule();
    return inputs;
  }
}

function now(): Now {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}
