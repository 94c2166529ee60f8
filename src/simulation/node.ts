/** One node of a simulated cluster: the real replica, a clock, a disk, and what reaches it. */
import type { Codec } from '../base/codec.ts';
import { StoreError } from '../base/errors.ts';
import type { NodeId } from '../base/flavor.ts';
import { SeededRandom } from '../base/seeded-random.ts';
import type { Root } from '../machine/root.ts';
import type { DiskRoom, Input } from '../replica/input.ts';
import type { Output, StageStep } from '../replica/output.ts';
import { Replica } from '../replica/replica.ts';
import type { Configuration } from '../raft/configuration.ts';
import { sha256Digest } from '../wire/sha256-digest.ts';
import type { LogWrite } from '../raft/ready.ts';
import type { ReplicaConfig } from '../replica/config.ts';
import type { Restored } from '../replica/restored.ts';
import { SimulatedDisk } from './disk.ts';
import type { EventQueue } from './event-queue.ts';
import type { Marks } from './marks.ts';
import { NodeClock } from './node-clock.ts';
import { OPEN_RECORDS_MAX } from './node-config.ts';
import { RealLog } from './real-log.ts';
import type { Swarm } from './swarm.ts';
import { claim } from './violation.ts';

/** What a node needs from the world around it. */
export interface NodeSurroundings {
  readonly events: EventQueue;
  readonly swarm: Swarm;
  readonly marks: Marks;
  readonly codec: Codec;
  readonly root: Root;
  started(node: SimulatedNode): void;
  /** A write failed: the node stops, and may be started again. */
  failed(node: SimulatedNode): void;
  /** It cannot be started again. */
  lost(node: SimulatedNode): void;
  /** After each turn, before anything it asked for has begun. */
  turned(node: SimulatedNode, inputs: readonly Input[], output: Output): void;
  /** What the turn has to say to others. */
  say(node: SimulatedNode, output: Output): void;
}

/** A node takes no more than this while it is paused: the rest is lost, as in a full socket. */
const INBOX_MAX = 1000;
const MISSED_TICKS_MAX = 100;
/** To store a chunk takes no sync. */
const STAGE_MAX_US = 5000;
const EXTRA_TURNS_MAX = 10_000;

export class SimulatedNode {
  readonly id: NodeId;
  readonly disk: SimulatedDisk;
  readonly clock: NodeClock;
  readonly #config: (start: number) => ReplicaConfig;
  readonly #around: NodeSurroundings;
  readonly #random: SeededRandom;
  readonly #configuration: Configuration;
  #gone = false;
  #replica: Replica | undefined;
  /** Counts starts and crashes: what was under way in an earlier life does not reach a later one. */
  #life = 0;
  #starts = 0;
  #paused = false;
  #missedTicks = 0;
  #slowness = 1;
  #room: DiskRoom = 'ample';
  #inbox: Input[] = [];
  #turnScheduled = false;
  /** Log writes that wait for a state replacement. */
  #heldWrites: LogWrite[] = [];
  #replacing = 0;
  #logFreeUs = 0;
  #stateFreeUs = 0;

  /**
   * @param config of each of its lives: it may come back upgraded
   * @param configuration what it is told of the cluster when its disk is empty
   */
  constructor(
    id: NodeId,
    config: (start: number) => ReplicaConfig,
    around: NodeSurroundings,
    random: SeededRandom,
    configuration: Configuration,
  ) {
    this.id = id;
    this.#config = config;
    this.#around = around;
    this.#random = random;
    this.#configuration = configuration;
    this.disk = new SimulatedDisk(around.swarm.disk.segmentEntries, realLog(around.swarm, random));
    this.clock = new NodeClock(random.integer(0, 1_000_000), 1.8e12 + random.integer(-60_000, 60_000));
  }

  /** The latest version that it understands. */
  get protocol(): number {
    return this.#config(this.#starts).protocol;
  }

  /** Undefined while the node is down. */
  get replica(): Replica | undefined {
    return this.#replica;
  }

  get up(): boolean {
    return this.#replica !== undefined;
  }

  /** Whether it would answer reads by a lease now, paused or not. */
  get holdsLease(): boolean {
    const { monotonicMs } = this.clock.now(this.#around.events.nowUs);
    return this.#replica?.inspect().holdsLeaseAt(monotonicMs) === true;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get life(): number {
    return this.#life;
  }

  /** When everything that is on its way to the disk has got there; virtual time. */
  get diskFreeUs(): number {
    return Math.max(this.#logFreeUs, this.#stateFreeUs);
  }

  /** It never starts again. */
  get gone(): boolean {
    return this.#gone;
  }

  /** For good. */
  retire(): void {
    if (this.#replica !== undefined) this.crash();
    this.#gone = true;
  }

  start(): void {
    if (this.#gone) return;
    try {
      const packing = { codec: this.#around.codec, openRecordsMax: OPEN_RECORDS_MAX };
      this.#start(this.disk.recover(packing, this.#configuration, this.#around.marks));
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'LOG_CORRUPT') throw error;
      this.#around.marks.count('node refuses to start from a corrupt log');
      this.#around.lost(this);
    }
  }

  #start(restored: Restored): void {
    const { codec, root } = this.#around;
    this.#life++;
    this.#replica = new Replica({
      config: this.#config(++this.#starts),
      root,
      codec,
      digest: sha256Digest,
      random: new SeededRandom(this.#random.integer(0, 2 ** 31)),
      restored,
    });
    this.#around.started(this);
    if (this.#room !== 'ample') this.give({ kind: 'room', room: this.#room });
    this.#scheduleTick(this.#random.integer(0, this.#around.swarm.tickMs * 1000));
  }

  /** Memory is lost, and of what was on its way to the disk a part, unless only the process died. */
  crash({ keepsWrites = false }: { readonly keepsWrites?: boolean } = {}): void {
    const { swarm, marks } = this.#around;
    this.#life++;
    this.#replica = undefined;
    this.#paused = false;
    this.#missedTicks = 0;
    this.#inbox = [];
    this.#turnScheduled = false;
    this.#heldWrites = [];
    this.#replacing = 0;
    this.#logFreeUs = 0;
    this.#stateFreeUs = 0;
    this.disk.crash(this.#random, keepsWrites ? 1 : swarm.disk.keepChance, marks);
  }

  pause(): void {
    this.#paused = true;
  }

  /** @param options.bunched every tick that was missed comes now; else the timer fires once, as that of a stopped process */
  resume({ bunched }: { readonly bunched: boolean }): void {
    if (!this.#paused) return;
    this.#paused = false;
    const ticks = bunched ? Math.min(this.#missedTicks, MISSED_TICKS_MAX) : 1;
    this.#missedTicks = 0;
    for (let tick = 1; tick < ticks; tick++) this.#inbox.push({ kind: 'tick' });
    this.give({ kind: 'tick' });
  }

  /** Every access to the disk takes so many times as long. */
  slowDisk(times: number): void {
    this.#slowness = times;
  }

  /** Everything that goes to the disk from now on waits so long first. */
  stallDisk(forMs: number): void {
    const untilUs = this.#around.events.nowUs + forMs * 1000;
    this.#logFreeUs = Math.max(this.#logFreeUs, untilUs);
    this.#stateFreeUs = Math.max(this.#stateFreeUs, untilUs);
  }

  /** What goes wrong with the disk is more than what disks are expected to do. */
  get isDiskSlow(): boolean {
    const { events, swarm } = this.#around;
    const waitsUs = this.diskFreeUs - events.nowUs;
    return (
      this.#slowness > 1 || this.#room !== 'ample' || waitsUs > swarm.electionTicksMin * swarm.tickMs * 1000
    );
  }

  /** From `full` on the log takes no writes, until there is room again. */
  setRoom(room: DiskRoom): void {
    if (room === this.#room) return;
    this.#room = room;
    this.give({ kind: 'room', room });
    this.#releaseWrites();
  }

  /** It has not looked yet at all that it was asked to change. */
  get isAskedToChange(): boolean {
    return this.#inbox.some(({ kind }) => kind === 'change-members' || kind === 'leave-joint');
  }

  /** Something reaches the node. */
  give(input: Input): void {
    if (this.#replica === undefined) return;
    const comesFromOutside = input.kind === 'message' || input.kind === 'command' || input.kind === 'query';
    if (this.#paused && this.#inbox.length >= INBOX_MAX && comesFromOutside) return;
    this.#inbox.push(input);
    if (this.#paused || this.#turnScheduled) return;
    const { turnDelayUs } = this.#around.swarm;
    if (turnDelayUs === 0) {
      this.#turn();
      return;
    }
    this.#turnScheduled = true;
    this.#later(this.#random.integer(0, turnDelayUs), () => {
      this.#turnScheduled = false;
      if (!this.#paused) this.#turn();
    });
  }

  #turn(): void {
    const inputs = this.#inbox;
    this.#inbox = [];
    this.#oneTurn(inputs);
    for (let extra = 0; this.#replica?.hasMore === true; extra++) {
      claim(extra < EXTRA_TURNS_MAX, 'turns end', () => `node ${this.id} always has more to do`);
      this.#oneTurn([]);
    }
  }

  #oneTurn(inputs: readonly Input[]): void {
    const replica = this.#replica;
    if (replica === undefined) return;
    const output = replica.turn(inputs, this.clock.now(this.#around.events.nowUs));
    this.#around.turned(this, inputs, output);
    this.#store(output);
    this.#around.say(this, output);
  }

  #store({ write, state, stage, replaceState, syncState }: Output): void {
    const stateFirst = state !== undefined && state.applied.index <= (replaceState?.applied.index ?? 0);
    if (stateFirst) this.disk.state.write(state);
    for (const step of stage) this.#stage(step);
    if (replaceState !== undefined) {
      const done = this.disk.state.replace(replaceState);
      this.#replacing++;
      this.#afterState(() => {
        done();
        this.#replacing--;
        this.#releaseWrites();
      });
    }
    if (state !== undefined && !stateFirst) this.disk.state.write(state);
    if (syncState) {
      const upTo = this.disk.state.startSync();
      this.#afterState(() => this.give({ kind: 'state-synced', index: this.disk.state.synced(upTo) }));
    }
    if (write !== undefined) this.#heldWrites.push(write);
    this.#releaseWrites();
  }

  #stage(step: StageStep): void {
    this.disk.state.stage(step);
    if (step.kind !== 'write') return;
    const { nowUs } = this.#around.events;
    const doneUs = nowUs + this.#random.integer(100, STAGE_MAX_US) * this.#slowness;
    this.#stateFreeUs = Math.max(this.#stateFreeUs, doneUs);
    this.#later(this.#stateFreeUs - nowUs, () => this.give({ kind: 'staged', id: step.id }));
  }

  #releaseWrites(): void {
    if (this.#replacing > 0 || this.#room === 'full' || this.#heldWrites.length === 0) return;
    const { writeMinUs, writeMaxUs, lies } = this.#around.swarm.disk;
    const { nowUs } = this.#around.events;
    for (const write of this.#heldWrites) {
      this.disk.begin(write);
      const doneUs = nowUs + this.#random.integer(writeMinUs, writeMaxUs) * this.#slowness;
      this.#logFreeUs = Math.max(this.#logFreeUs, doneUs);
      if (lies) this.#later(0, () => this.give({ kind: 'written', write: write.id }));
      this.#later(this.#logFreeUs - nowUs, () => {
        const id = this.#complete();
        if (!lies && id !== undefined) this.give({ kind: 'written', write: id });
      });
    }
    this.#heldWrites = [];
  }

  /** Undefined if the disk failed: then the node has stopped. */
  #complete(): number | undefined {
    try {
      return this.disk.complete().id;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#around.failed(this);
      return undefined;
    }
  }

  #afterState(run: () => void): void {
    const { nowUs } = this.#around.events;
    const doneUs = nowUs + this.#random.integer(100, this.#around.swarm.disk.syncMaxUs) * this.#slowness;
    this.#stateFreeUs = Math.max(this.#stateFreeUs, doneUs);
    this.#later(this.#stateFreeUs - nowUs, run);
  }

  #scheduleTick(delayUs: number): void {
    this.#later(delayUs, () => {
      if (this.#paused) this.#missedTicks++;
      else this.give({ kind: 'tick' });
      this.#scheduleTick((this.#around.swarm.tickMs * 1000) / this.clock.rate);
    });
  }

  #later(delayUs: number, run: () => void): void {
    const life = this.#life;
    this.#around.events.after(delayUs, () => {
      if (life === this.#life) run();
    });
  }
}

function realLog({ disk }: Swarm, random: SeededRandom): RealLog | undefined {
  return disk.real ? new RealLog(random.fork(), disk.segmentBytes, disk.sectorBytes) : undefined;
}
