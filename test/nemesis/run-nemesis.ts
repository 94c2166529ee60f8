/**
 * A run of the nemesis: real processes under load, faults of every kind in rounds, all of them healed
 * after each, and in the end every promise checked against what the clients did and saw.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeId } from '../../src/base/flavor.ts';
import { lastLines } from '../../cluster/spawn-node.ts';
import { waitUntil } from '../../cluster/wait-until.ts';
import { checkAll, readAll, readFailures } from './aftermath.ts';
import { Arena } from './arena.ts';
import { mechanisms } from './faults/all-faults.ts';
import type { Tool } from './faults/all-faults.ts';
import type { FaultKind, Field } from './faults/field.ts';
import { nowNs, READS, Recorder } from './history.ts';
import type { Operation } from './history.ts';
import { carryOut } from './rounds.ts';
import type { Happened } from './rounds.ts';
import { Sampler } from './sampler.ts';
import type { Sample } from './sampler.ts';
import { schedule } from './schedule.ts';
import { Watchers } from './workloads/watchers.ts';
import { startWorkloads } from './workloads/workload.ts';
import type { Workload } from './workloads/workload.ts';

export interface NemesisOptions {
  /** Where the data, the logs and the history go. */
  readonly path: string;
  readonly nodes: number;
  readonly seed: number;
  readonly durationMs: number;
  readonly workloads: readonly Workload[];
  /** What is not to be used although it is there. */
  readonly without: readonly Tool[];
  /** Which of the faults; undefined: all. */
  readonly only: readonly string[] | undefined;
  /** Calls per second of all clients together, about. */
  readonly rate: number;
  /** From the end of the last fault to a new write that is acknowledged. */
  readonly progressMsMax: number;
  readonly say: (line: string) => void;
}

export interface Heal {
  readonly atMs: number;
  /** To the first write that was called afterwards and acknowledged. */
  readonly firstMs: number;
  /** Until every workload had an answer. */
  readonly allMs: number;
}

export interface NemesisResult {
  /** What was broken, in words; nothing if all is well. */
  readonly problems: readonly string[];
  readonly kinds: readonly string[];
  readonly happened: readonly Happened[];
  readonly heals: readonly Heal[];
  readonly operations: readonly Operation[];
  readonly samples: readonly Sample[];
  readonly events: number;
  readonly durationMs: number;
  /** Of `performance.now()` at the begin, in ms. */
  readonly beginMs: number;
}

const PROGRESS_TIMEOUT_MS = 60_000;
const WATCHERS = 3;

export async function runNemesis(options: NemesisOptions): Promise<NemesisResult> {
  const { path, nodes, seed, only } = options;
  const { kinds, has, notes } = mechanisms(options.without);
  for (const note of notes) options.say(note);
  const chosen = only === undefined ? kinds : kinds.filter(({ name }) => only.includes(name));
  const nodeFlags = [
    '--limit=stateWriteTicks=50,logEntriesMax=4000,logEntriesKept=1000,logSegmentBytes=262144',
  ];
  const arena = await Arena.create({ path, nodes, seed, has, fakes: true, nodeFlags });
  try {
    await arena.start();
    return await new Run(options, arena, chosen).carryOut();
  } finally {
    await arena.close();
  }
}

class Run {
  readonly #options: NemesisOptions;
  readonly #arena: Arena;
  readonly #kinds: readonly FaultKind[];
  readonly #recorder: Recorder;
  readonly #watchers: Watchers;
  readonly #sampler: Sampler;
  readonly #beginMs = performance.now();
  readonly #happened: Happened[] = [];
  readonly #heals: Heal[] = [];
  readonly #problems: string[] = [];
  readonly #field: Field;

  constructor(options: NemesisOptions, arena: Arena, kinds: readonly FaultKind[]) {
    this.#options = options;
    this.#arena = arena;
    this.#kinds = kinds;
    const { cluster, network, disks, clocks, injected } = arena;
    this.#recorder = new Recorder(join(options.path, 'history.jsonl'));
    this.#watchers = new Watchers(() => cluster.endpoints, WATCHERS);
    this.#sampler = new Sampler(cluster, this.#beginMs);
    const taken = new Set<NodeId>();
    this.#field = {
      cluster,
      network,
      disks,
      clocks,
      injected,
      watchers: this.#watchers,
      taken,
      join: (newcomer) => arena.join({ ...newcomer, onNamed: (id) => taken.add(id) }),
      dismiss: (id) => arena.dismiss(id),
      leader: () => this.#sampler.leader,
    };
  }

  async carryOut(): Promise<NemesisResult> {
    const { workloads, seed, rate, durationMs } = this.#options;
    const load = startWorkloads(workloads, {
      endpoints: this.#arena.cluster.endpoints,
      recorder: this.#recorder,
      seed,
      rate,
      onFailure: (error) => this.#problems.push(`a workload failed: ${String(error)}`),
    });
    await this.#progress();
    for (const round of schedule(this.#kinds, seed)) {
      if (this.#nowMs() > durationMs || this.#problems.length > 0) break;
      const say = (line: string): void => this.#options.say(`${this.#stamp()} ${line}`);
      const outcome = await carryOut(round, { field: this.#field, nowMs: () => this.#nowMs(), say });
      this.#happened.push(...outcome.happened);
      this.#problems.push(...outcome.problems);
      await this.#healed();
      await this.#watchers.reconnect(round.faults.length);
      await sleep(Math.min(round.quietMs, Math.max(0, durationMs - this.#nowMs())));
    }
    await load.stop();
    const loadMs = this.#nowMs();
    const { cluster } = this.#arena;
    const { operations } = this.#recorder;
    this.#options.say(`${this.#stamp()} the calls are over; reading every node`);
    try {
      const aftermath = await readAll(cluster, operations, this.#watchers);
      await this.#arena.close();
      this.#problems.push(...checkAll(operations, aftermath, this.#watchers, this.#options.say));
    } catch (error) {
      this.#problems.push(`the nodes could not be read at the end: ${String(error)}`);
    }
    this.#sampler.stop();
    this.#problems.push(...readFailures(cluster));
    this.#checkFaults();
    await this.#recorder.close();
    return {
      problems: this.#problems,
      kinds: this.#kinds.map(({ name }) => name),
      happened: this.#happened,
      heals: this.#heals,
      operations,
      samples: this.#sampler.samples,
      events: this.#watchers.seen[0]?.reduce((sum, { events }) => sum + events.length, 0) ?? 0,
      durationMs: loadMs,
      beginMs: this.#beginMs,
    };
  }

  /** All faults are over: the nodes must be there, and the clients must get on. */
  async #healed(): Promise<void> {
    const { cluster } = this.#arena;
    const atMs = this.#nowMs();
    const { firstMs, allMs } = await this.#progress();
    this.#heals.push({ atMs, firstMs, allMs });
    this.#options.say(
      `${this.#stamp()}   healed; first write after ${firstMs.toFixed(0)} ms, every workload after ${allMs.toFixed(0)} ms`,
    );
    if (firstMs > this.#options.progressMsMax)
      this.#problems.push(
        `no write for ${firstMs.toFixed(0)} ms after the heal at ${(atMs / 1000).toFixed(1)} s`,
      );
    for (const id of cluster.ids) {
      if (cluster.processState(id) === 'running') continue;
      const log = lastLines(cluster.directory.logPath(id), 5);
      this.#problems.push(`node ${id} is ${cluster.processState(id)} after all was healed:\n${log}`);
    }
  }

  /** Waits for calls that begin now: for a write, and for an answer in every workload. */
  async #progress(): Promise<{ readonly firstMs: number; readonly allMs: number }> {
    const { operations } = this.#recorder;
    const sinceNs = nowNs();
    const waiting = new Set(this.#options.workloads.map(({ name }) => name));
    let firstNs: number | undefined;
    let at = operations.length;
    await waitUntil({ what: 'an answer in every workload', timeoutMs: PROGRESS_TIMEOUT_MS }, () => {
      for (; at < operations.length; at++) {
        const { op, workload, outcome, callNs, returnNs } = operations[at]!;
        if (outcome !== 'ok' || callNs < sinceNs) continue;
        if (!READS.has(op)) firstNs ??= returnNs;
        waiting.delete(workload);
      }
      return waiting.size === 0 && firstNs !== undefined ? true : undefined;
    });
    return { firstMs: ((firstNs ?? sinceNs) - sinceNs) / 1e6, allMs: (nowNs() - sinceNs) / 1e6 };
  }

  /** A fault that does nothing proves nothing. */
  #checkFaults(): void {
    for (const name of new Set(this.#happened.map(({ kind }) => kind))) {
      const fired = this.#happened
        .filter(({ kind }) => kind === name)
        .reduce((sum, each) => sum + each.fired, 0);
      if (fired === 0) this.#problems.push(`${name} was struck and never did anything`);
    }
  }

  #nowMs(): number {
    return performance.now() - this.#beginMs;
  }

  #stamp(): string {
    return `${(this.#nowMs() / 1000).toFixed(1).padStart(7)} s`;
  }
}
