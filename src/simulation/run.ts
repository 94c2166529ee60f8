/** One run: faults and clients for a while, then calm, and what must be true in the end. */
import { SeededRandom } from '../base/seeded-random.ts';
import { DEFAULT_HISTORY_LIMITS } from '../machine/history.ts';
import { createKv } from '../machine/kv/kv.ts';
import type { AnyMachine } from '../machine/machine.ts';
import type { ReadRecords } from '../machine/records.ts';
import { registry } from '../machine/registry/registry.ts';
import { createRoot } from '../machine/root.ts';
import { shop } from '../machine/shop/shop.ts';
import { msgpackCodec } from '../wire/msgpack-codec.ts';
import { drawFault } from './actions.ts';
import type { Call } from './calls.ts';
import { checkExactlyOnce } from './checkers/exactly-once.ts';
import { checkLogTime } from './checkers/log-time.ts';
import { checkSessionsLive } from './checkers/sessions-live.ts';
import { checkShopRecords } from './checkers/shop-history.ts';
import { checkWatch } from './checkers/watch-events.ts';
import { checkWitnessOrder, type Witnessed } from './checkers/witness-order.ts';
import { settle } from './liveness.ts';
import { ProgressWatch } from './progress.ts';
import { drawSwarm, FAULT_KINDS, type FaultKind, type Swarm } from './swarm.ts';
import { Timeline } from './timeline.ts';
import { Violation } from './violation.ts';
import { bank, checkBankRecords } from './workloads/bank.ts';
import { BankWorkload } from './workloads/bank-workload.ts';
import { KvWorkload } from './workloads/kv-workload.ts';
import { RegistryWorkload } from './workloads/registry-workload.ts';
import { ShopWorkload } from './workloads/shop-workload.ts';
import type { Workload } from './workloads/workload.ts';
import { World } from './world.ts';

/** Something that must be true of a state whenever it is looked at; throws if it is not. `machineRecords` gives those of one machine. */
export interface Invariant {
  readonly name: string;
  check(records: ReadRecords): void;
}

export interface RunOptions {
  readonly seed: number;
  /** Drawn from the seed if it is left out. */
  readonly nodes?: number;
  /** Virtual seconds with faults and clients; the calm behind comes on top. 60 if it is left out. */
  readonly seconds?: number;
  /** Turns of nodes after which faults and clients stop at the latest. */
  readonly steps?: number;
  /** All of them if it is left out. */
  readonly faults?: readonly FaultKind[];
  readonly timeline?: boolean;
  /** Plants a fault that no cluster survives, disks that lie: the run must fail, or the checks are blind. */
  readonly canary?: boolean;
}

/** What is run and how it is judged, beside what is always checked. */
export interface Subject {
  readonly machines: readonly AnyMachine[];
  readonly workloads: readonly Workload[];
  readonly invariants: readonly Invariant[];
}

export interface Failure {
  readonly property: string;
  readonly detail: string;
  readonly stack: string | undefined;
  /** Virtual time. */
  readonly atMs: number;
}

export interface RunResult {
  readonly seed: number;
  readonly nodes: number;
  readonly failure: Failure | undefined;
  /** Equal for equal runs. */
  readonly trace: string;
  readonly simulatedMs: number;
  readonly events: number;
  readonly turns: number;
  readonly operations: number;
  /** How often each named thing happened. */
  readonly marks: Readonly<Record<string, number>>;
  readonly timeline: Timeline | undefined;
}

const SECONDS = 60;
const COMPARE_EVERY_MS = 5000;

/** Kvorum's own machines and one that fails, and clients that use all of them. */
export function ownSubject(swarm: Swarm): Subject {
  const { keys, readShare, valueBytesMax } = swarm.clients;
  return {
    machines: [createKv(), registry, shop, bank] as readonly AnyMachine[],
    workloads: [
      new KvWorkload({ keys, readShare, valueBytesMax }),
      new RegistryWorkload(),
      new ShopWorkload(),
      new BankWorkload(),
    ],
    invariants: [
      { name: 'shop books', check: (records) => checkShopRecords(records) },
      { name: 'money is kept', check: checkBankRecords },
    ],
  };
}

/** Runs one seed. The same options give the same result. */
export function runSeed(options: RunOptions, subjectOf: (swarm: Swarm) => Subject = ownSubject): RunResult {
  const random = new SeededRandom(options.seed);
  const drawn = drawSwarm(random, { nodes: options.nodes, faults: options.faults ?? FAULT_KINDS });
  const swarm = options.canary === true ? { ...drawn, disk: { ...drawn.disk, lies: true } } : drawn;
  const subject = subjectOf(swarm);
  return execute(options, swarm, subject, (world) => {
    driveFaults(world, random.fork());
    driveClients(world, subject, random.fork());
    const { steps = Number.POSITIVE_INFINITY, seconds = SECONDS } = options;
    world.runUntil(() => world.trace.turns >= steps, seconds * 1000);
  });
}

/** Builds a world, lets `drive` do with it what it likes, and judges what came of it. */
export function execute(
  options: RunOptions,
  swarm: Swarm,
  subject: Subject,
  drive: (world: World) => void,
): RunResult {
  const { historyRevisionsMax: revisionsMax } = swarm.limits;
  const root = createRoot(subject.machines, { ...DEFAULT_HISTORY_LIMITS, revisionsMax });
  const world = new World({ seed: options.seed, swarm, root, codec: msgpackCodec });
  const timeline = options.timeline === true ? new Timeline(world) : undefined;
  let failure: Failure | undefined;
  try {
    world.start();
    driveChecks(world, subject);
    new ProgressWatch(world).start();
    drive(world);
    finish(world, subject);
  } catch (error) {
    failure = failureOf(error, world.events.nowUs / 1000);
  }
  return {
    seed: options.seed,
    nodes: swarm.nodes,
    failure,
    trace: world.trace.hash,
    simulatedMs: world.events.nowUs / 1000,
    events: world.events.scheduled,
    turns: world.trace.turns,
    operations: world.calls.length,
    marks: world.marks.all(),
    timeline,
  };
}

/** The command that runs the same again. */
export function replayCommand({ seed, nodes, seconds, steps, faults }: RunOptions): string {
  const words = ['npm run sim -- --seed', String(seed)];
  if (nodes !== undefined) words.push('--nodes', String(nodes));
  if (seconds !== undefined) words.push('--seconds', String(seconds));
  if (steps !== undefined) words.push('--steps', String(steps));
  if (faults !== undefined) words.push('--faults', faults.length === 0 ? 'none' : faults.join(','));
  return words.join(' ');
}

/** Faults have stopped: the cluster must work again, agree, and have kept every promise. */
function finish(world: World, subject: Subject): void {
  settle(world);
  checkInvariants(world, subject);
  checkHistory(world, subject);
}

function driveFaults(world: World, random: SeededRandom): void {
  const { everyMs } = world.swarm.faults;
  const next = (): void => {
    world.events.after(random.integer(1, 2 * everyMs) * 1000, () => {
      if (world.calmed) return;
      const fault = drawFault(random, world.swarm);
      if (fault === undefined) return;
      world.perform(fault);
      next();
    });
  };
  next();
}

function driveClients(world: World, { workloads }: Subject, random: SeededRandom): void {
  const everyUs = 1e6 / world.swarm.clients.operationsPerSecond;
  const next = (): void => {
    world.events.after(random.integer(0, 2 * everyUs), () => {
      if (world.calmed) return;
      const client = random.pick(world.clients);
      if (!client.overloaded) random.pick(workloads).next(random, (call, done) => client.submit(call, done));
      next();
    });
  };
  if (workloads.length > 0) next();
}

function driveChecks(world: World, subject: Subject): void {
  const next = (): void => {
    world.events.after(COMPARE_EVERY_MS * 1000, () => {
      if (world.calmed) return;
      world.safety.compareReplicas();
      checkInvariants(world, subject);
      next();
    });
  };
  next();
}

function checkInvariants(world: World, { invariants }: Subject): void {
  if (invariants.length === 0) return;
  for (const { id, replica } of world.nodes) {
    if (replica === undefined) continue;
    for (const { name, check } of invariants) {
      try {
        check(replica.records);
      } catch (error) {
        throw new Violation(name, `on node ${id}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
}

function checkHistory(world: World, { workloads }: Subject): void {
  const { calls, watchers } = world;
  const { reference } = world.safety;
  const witnessed: Witnessed[] = [];
  for (const { call, answer, client, callUs, returnUs } of calls) {
    if (answer.kind !== 'ok' || (call.kind === 'query' && !isUpToDate(call, answer.staleMs))) continue;
    const kind = call.kind === 'command' ? 'write' : 'read';
    witnessed.push({ client, callUs, returnUs, index: answer.index, kind });
  }
  markHistory(world);
  checkWitnessOrder(witnessed);
  checkExactlyOnce(calls, reference);
  checkLogTime(calls, reference);
  checkSessionsLive(reference);
  for (const watcher of watchers) {
    for (const record of watcher.records(reference.revision)) checkWatch(record, reference.events);
  }
  for (const workload of workloads) workload.check?.({ calls, reference });
}

/** What the committed log shows to have happened. */
function markHistory({ marks, safety: { reference } }: World): void {
  if (reference.retries > 0) marks.count('retry answered from the session', reference.retries);
  if (reference.compactedRevision > 0) marks.count('history compacted', reference.compactedRevision);
  for (const { machine, kind } of reference.events) {
    if (machine === 'registry' && kind === 'critical') marks.count('registration expired');
  }
}

/** A lease is promised nothing of while the clocks differ by more than it allows: see `World`. */
function isUpToDate(
  { consistency }: Call & { readonly kind: 'query' },
  staleMs: number | undefined,
): boolean {
  return consistency !== 'stale' && staleMs === 0;
}

function failureOf(error: unknown, atMs: number): Failure {
  if (!(error instanceof Error)) return { property: 'error', detail: String(error), stack: undefined, atMs };
  const property = error instanceof Violation ? error.property : error.name;
  return { property, detail: error.message, stack: error.stack, atMs };
}
