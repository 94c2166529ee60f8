/** What does it cost the others when a node begins with an empty disk, and how long does it take? */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { joinNode } from '../../cluster/join-node.ts';
import { fetchStatus } from '../../cluster/node-http.ts';
import { waitUntil } from '../../cluster/wait-until.ts';
import type { NodeId } from '../../src/base/flavor.ts';
import type { KvorumTarget } from '../targets/kvorum.ts';
import { runLoad } from './closed-load.ts';
import { type PacedResult, runPaced } from './paced-load.ts';
import { usageOf } from './usage.ts';

const MIB = 1024 * 1024;
const POLL_MS = 250;
const SETTLE_MS = 15_000;
const CATCH_UP_MAX_MS = 900_000;
const JOIN_MS = 30_000;
/** How far behind the leader a follower is that has caught up, in entries of the log. */
const BEHIND_MAX = 100;
const PUT_BYTES = 1024;
const FILL_IN_FLIGHT = 64;
const STRIDE = 7919;

export interface CatchUpOptions {
  /** Of the state that is sent. */
  readonly stateMib: number;
  readonly valueBytes: number;
  /** Puts while it is measured. */
  readonly perSecond: number;
  /** How long it is watched before, and how long it settles after it was filled. */
  readonly quietMs: number;
  readonly settleMs?: number;
}

/** What one phase did to the puts, and how much memory the nodes took at most. */
export interface Phase {
  readonly puts: PacedResult;
  readonly seconds: number;
  readonly rssMib: Readonly<Record<NodeId, number>>;
}

export interface CatchUpResult {
  readonly quiet: Phase;
  readonly busy: Phase;
  /** The p99 of the puts while it caught up, over that of the quiet time. */
  readonly ratio: number;
  readonly mbPerSecond: number;
  /** It was sent a snapshot, rather than the log. */
  readonly installed: boolean;
}

/** Three nodes with a large state; one of them is lost for good, and a fresh one takes its place. */
export class CatchUp {
  readonly #target: KvorumTarget;
  readonly #options: CatchUpOptions;
  readonly #keys: number;

  constructor(target: KvorumTarget, options: CatchUpOptions) {
    this.#target = target;
    this.#options = options;
    this.#keys = Math.ceil((options.stateMib * MIB) / options.valueBytes);
  }

  /** Returns how long it took, in seconds. */
  async fill(): Promise<number> {
    const { valueBytes, settleMs = SETTLE_MS } = this.#options;
    const startMs = performance.now();
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let at = next++; at < this.#keys; at = next++)
        await this.#target.put(keyOf(at), valueOf(at, valueBytes));
    };
    await Promise.all(Array.from({ length: FILL_IN_FLIGHT }, worker));
    const seconds = (performance.now() - startMs) / 1000;
    await sleep(settleMs);
    return seconds;
  }

  async measure(): Promise<CatchUpResult> {
    const { leader, follower } = await this.#target.roles();
    await runLoad(this.#put, { inFlight: 4, warmUpMs: 1000, durationMs: 2000 });
    const untilMs = performance.now() + this.#options.quietMs;
    const quiet = await this.#phase(() => Promise.resolve(performance.now() >= untilMs));
    const { installed, result: busy } = await this.#replace(leader, follower, (isDone) =>
      this.#phase(isDone),
    );
    const ratio = busy.puts.p99Ms / quiet.puts.p99Ms;
    return { quiet, busy, ratio, mbPerSecond: this.#mbPerSecond(busy.seconds), installed };
  }

  /** The same while no client asks for anything. */
  async measureAlone(): Promise<{ readonly mbPerSecond: number; readonly snapshots: number }> {
    const { leader, follower } = await this.#target.roles();
    const { installed, result: seconds } = await this.#replace(leader, follower, async (isDone) => {
      const startMs = performance.now();
      while (!(await isDone())) await sleep(POLL_MS);
      return (performance.now() - startMs) / 1000;
    });
    return { mbPerSecond: this.#mbPerSecond(seconds), snapshots: installed ? 1 : 0 };
  }

  /** What was found meanwhile, and whether the fresh node was sent a snapshot, and not the log. */
  async #replace<Result>(
    leader: NodeId,
    lost: NodeId,
    whileCatchingUp: (isDone: () => Promise<boolean>) => Promise<Result>,
  ): Promise<{ readonly installed: boolean; readonly result: Result }> {
    const { cluster } = this.#target;
    await cluster.stop([lost]);
    const fresh = await joinNode(cluster, { wantsVote: true, replaces: lost, timeoutMs: JOIN_MS });
    const result = await whileCatchingUp(() => this.#hasCaughtUp(leader, fresh));
    const installed = readFileSync(cluster.directory.logPath(fresh), 'utf8').includes('snapshot installed');
    await this.#untilReplaced(lost);
    await rm(cluster.directory.dataPath(lost), { recursive: true, force: true });
    cluster.forget(lost);
    return { installed, result };
  }

  #mbPerSecond(seconds: number): number {
    return (this.#options.stateMib * MIB) / 1e6 / seconds;
  }

  readonly #put = (sequence: number): Promise<void> =>
    this.#target.put(keyOf((sequence * STRIDE) % this.#keys), new Uint8Array(PUT_BYTES).fill(sequence));

  /** Puts at the fixed rate until `isDone`. */
  async #phase(isDone: () => Promise<boolean>): Promise<Phase> {
    const startMs = performance.now();
    const rssMib: Record<NodeId, number> = {};
    let over = false;
    const puts = runPaced(this.#put, this.#options.perSecond, () => over);
    try {
      while (!(await isDone())) {
        if (performance.now() - startMs > CATCH_UP_MAX_MS) throw new Error('it did not catch up');
        for (const id of this.#target.cluster.living) rssMib[id] = Math.max(rssMib[id] ?? 0, this.#rssOf(id));
        await sleep(POLL_MS);
      }
    } finally {
      over = true;
    }
    const seconds = (performance.now() - startMs) / 1000;
    return { puts: await puts, seconds, rssMib };
  }

  async #hasCaughtUp(leader: NodeId, follower: NodeId): Promise<boolean> {
    const { cluster } = this.#target;
    const [ahead, behind] = await Promise.all(
      [leader, follower].map((id) => fetchStatus(cluster.addressOf(id))),
    );
    if (ahead === undefined || behind === undefined) return false;
    return behind.stateBytes > 0 && behind.appliedIndex >= ahead.commitIndex - BEHIND_MAX;
  }

  /** The fresh node has the vote of the one that was lost. */
  async #untilReplaced(lost: NodeId): Promise<void> {
    const { members } = this.#target.client;
    await waitUntil({ what: `node ${lost} is no member`, timeoutMs: JOIN_MS }, async () => {
      const list = await members.list();
      const isDone = list.settled && list.members.every(({ id, role }) => id !== lost && role === 'voter');
      return isDone || undefined;
    });
  }

  /** Resident memory of a node's process now. */
  #rssOf(id: NodeId): number {
    const pid = this.#target.pidOf(id);
    return Math.round((pid === undefined ? undefined : usageOf([pid]))?.rssMib ?? 0);
  }
}

function keyOf(at: number): string {
  return `fill/${String(at).padStart(9, '0')}`;
}

/** What does not compress, as photographs and tokens do not. */
function valueOf(at: number, bytes: number): Uint8Array {
  const value = new Uint8Array(bytes);
  let seed = at + 1;
  for (let word = 0; word < bytes; word++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    value[word] = seed >>> 16;
  }
  return value;
}
