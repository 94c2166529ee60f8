import { assert, present } from '../../src/base/assert.ts';
import { type Action, type ActionKind, actionOf, readAction } from './action.ts';
import { Histories, SafetyError } from './history.ts';
import { type LocalMoves, moveOf } from './local-moves.ts';
import { VisitedSet } from './visited-set.ts';
import { WorldStack } from './world-stack.ts';

/** What may happen to a cluster in one run, at most. */
export interface Bounds {
  readonly terms: number;
  readonly commands: number;
  readonly crashes: number;
  /** Messages on their way at once; a run in which there are more is not followed further. */
  readonly inflight: number;
  /** Distinct states to look at. */
  readonly states: number;
  /** Decisions in one run. */
  readonly decisions: number;
  /** The kinds of them. */
  readonly decide: ReadonlySet<ActionKind>;
}

export interface Found {
  readonly violation: string;
  /** From the first state on. */
  readonly path: readonly Action[];
  readonly start: number;
}

export interface Progress {
  /** Distinct ones that were reached and judged. */
  readonly states: number;
  /** Of them, those whose successors were looked at too. */
  readonly followed: number;
  /** Steps of the longest run. */
  readonly depth: number;
  /** Every run of so many decisions was followed to its end. */
  readonly complete: number;
  readonly level: number;
  /** States with more messages on their way than the bound, which were not looked at. */
  readonly cut: number;
}

/** Before the messages: one number per node, then these two. */
const FLAGS = 0;
const HISTORY = 1;
const HEAD = 2;
const LENGTH_MAX = 128;

/**
 * Looks at every state that a cluster can reach with few decisions.
 *
 * A run is what happens by itself, a node's writes completing and messages arriving one by one, and
 * the decisions in between, each of which costs one: a node campaigns, proposes, crashes, is cut off;
 * the message or the write that is next is held up, lost, or comes twice. All runs of no decision are
 * looked at first, then all of one, and so on, so what is found is found with the fewest decisions, and
 * with `complete` levels done no run of so many decisions within the bounds breaks a property. What is
 * held up comes back by a decision, or when nothing else is left to do: any order at all can be had.
 */
export class Search {
  readonly #moves: LocalMoves;
  readonly #bounds: Bounds;
  readonly #visited: VisitedSet;
  readonly #histories: Histories;
  readonly #nodes: number;
  #now = new WorldStack();
  #later = new WorldStack();
  #level = 0;
  #complete = -1;
  #cut = 0;
  #followed = 0;
  #depth = 0;
  #found: { slot: number; action: number; violation: string } | undefined;
  readonly #starts = new Map<number, number>();

  // The state that is looked at, and the one that is made of it.
  readonly #world = new Int32Array(LENGTH_MAX);
  #length = 0;
  #slot = 0;
  readonly #next = new Int32Array(LENGTH_MAX);
  #nextLength = 0;

  constructor(moves: LocalMoves, nodes: number, bounds: Bounds) {
    this.#moves = moves;
    this.#nodes = nodes;
    this.#bounds = bounds;
    this.#visited = new VisitedSet(bounds.states);
    this.#histories = new Histories(moves);
  }

  get progress(): Progress {
    return {
      states: this.#visited.size,
      followed: this.#followed,
      depth: this.#depth,
      complete: this.#complete,
      level: this.#level,
      cut: this.#cut,
    };
  }

  /** Runs begin here: one number per node. */
  addStart(nodes: readonly number[]): void {
    this.#next.set([...nodes, 0, this.#histories.start()]);
    this.#nextLength = this.#nodes + HEAD;
    const slot = this.#reach(-1, 0);
    if (slot === -1) return;
    this.#starts.set(slot, this.#starts.size);
    this.#now.push(slot, this.#next, this.#nextLength);
  }

  /** Looks on until all is seen, the bound is reached, something is found, or `pauseAfter` states were followed. */
  run(pauseAfter: number): Found | 'paused' | 'done' {
    for (let followed = 0; followed < pauseAfter; followed++) {
      if (this.#now.size === 0 && !this.#nextLevel()) return 'done';
      const { slot, length } = this.#now.pop(this.#world);
      // It was reached with fewer decisions meanwhile, and followed then.
      if (this.#visited.levelOf(slot) !== this.#level) continue;
      this.#slot = slot;
      this.#length = length;
      this.#followed += 1;
      if (this.#followed % 1_024 === 0) this.#depth = Math.max(this.#depth, this.#pathTo(slot).path.length);
      this.#follow();
      if (this.#found !== undefined) return this.#describe(this.#found);
      if (this.#visited.size >= this.#bounds.states) return 'done';
    }
    return 'paused';
  }

  #nextLevel(): boolean {
    this.#complete = this.#level;
    if (this.#later.size === 0 || this.#level === this.#bounds.decisions) return false;
    [this.#now, this.#later] = [this.#later, this.#now];
    this.#level += 1;
    return true;
  }

  #follow(): void {
    this.#byItself();
    if (this.#level === this.#bounds.decisions) return;
    for (let node = 0; node < this.#nodes && this.#found === undefined; node++) this.#decideNode(node);
    this.#decideNetwork();
  }

  /** What happens if nobody decides anything, and what may be decided about just that. */
  #byItself(): void {
    const stalled = this.#flag(STALLED);
    for (let node = 0; node < this.#nodes; node++) {
      if (this.#facts(node).isTurnDue) return this.#move(0, 'turn', node);
    }
    for (let node = 0; node < this.#nodes; node++) {
      if (this.#facts(node).writes === 0 || (stalled >> node) % 2 === 1) continue;
      this.#move(0, 'write', node);
      this.#copy();
      this.#setFlag(STALLED, stalled + 2 ** node);
      return this.#emit(1, 'stall', node, 0);
    }
    for (let at = this.#nodes + HEAD; at < this.#length; at++) {
      if (this.#world[at]! % 2 === 0) return this.#arrive(at);
    }
    for (let node = 0; node < this.#nodes; node++) {
      if (this.#facts(node).writes > 0) return this.#move(0, 'write', node);
    }
    if (this.#length > this.#nodes + HEAD) this.#deliver(0, 'deliver', this.#nodes + HEAD);
  }

  #arrive(at: number): void {
    const held = this.#world[at]!;
    if (this.#isCut(held >> 1)) return this.#deliver(0, 'lose', at);
    this.#deliver(0, 'deliver', at);
    this.#deliver(1, 'deliver-early', at);
    this.#deliver(1, 'repeat', at);
    this.#deliver(1, 'drop', at);
    this.#deliver(1, 'hold', at);
  }

  #decideNode(node: number): void {
    const { terms, commands, crashes } = this.#bounds;
    const facts = this.#facts(node);
    if (!facts.isLeader && facts.term < terms) this.#move(1, 'campaign', node);
    if (facts.isLeader && this.#flag(COMMANDS) < commands) this.#move(1, 'propose', node);
    if (facts.isLeader || (facts.leader !== undefined && !facts.hasTicked)) this.#move(1, 'tick', node);
    if (facts.appliedIndex >= facts.firstIndex) this.#move(1, 'compact', node, facts.appliedIndex);
    if (this.#flag(CRASHES) < crashes) {
      for (let kept = 0; kept <= facts.writes; kept++) this.#move(1, 'reboot', node, kept);
    }
    if ((this.#flag(STALLED) >> node) % 2 === 1 && facts.writes > 0) this.#move(1, 'write', node);
    this.#copy();
    const isolated = this.#flag(ISOLATED);
    if (isolated === node + 1) {
      this.#setFlag(ISOLATED, 0);
      this.#emit(1, 'heal', node, 0);
    } else if (isolated === 0 && this.#nodes > 1) {
      this.#setFlag(ISOLATED, node + 1);
      this.#emit(1, 'isolate', node, 0);
    }
  }

  /** What was held up arrives now. */
  #decideNetwork(): void {
    for (let at = this.#nodes + HEAD; at < this.#length && this.#found === undefined; at++) {
      const message = this.#world[at]!;
      const isFirst = message !== this.#world[at - 1];
      if (message % 2 === 1 && isFirst && !this.#isCut(message >> 1)) this.#deliver(1, 'deliver', at);
    }
  }

  #move(cost: 0 | 1, kind: ActionKind, node: number, detail = 0): void {
    this.#copy();
    if (kind === 'propose') this.#setFlag(COMMANDS, this.#flag(COMMANDS) + 1);
    if (kind === 'reboot') this.#setFlag(CRASHES, this.#flag(CRASHES) + 1);
    if (kind === 'write' || kind === 'reboot') this.#setFlag(STALLED, this.#flag(STALLED) & ~(2 ** node));
    this.#atNode(cost, kind, node, detail, moveOf(kind as Parameters<typeof moveOf>[0], detail));
  }

  #deliver(cost: 0 | 1, kind: ActionKind, at: number): void {
    const message = this.#world[at]! >> 1;
    this.#copy();
    this.#remove(at);
    if (kind === 'repeat' || kind === 'hold') this.#insert(message * 2 + 1);
    const node = this.#moves.messages.messageOf(message).to - 1;
    if (kind === 'drop' || kind === 'lose' || kind === 'hold') return this.#emit(cost, kind, node, message);
    const move = moveOf(kind === 'deliver-early' ? 'deliver-early' : 'deliver', message);
    this.#atNode(cost, kind, node, message, move);
  }

  /** A move of a node in the world that is made. */
  #atNode(cost: 0 | 1, kind: ActionKind, node: number, detail: number, move: number): void {
    if (this.#found !== undefined || (cost === 1 && !this.#mayDecide(kind))) return;
    const action = actionOf(kind, node, detail);
    const { node: after, sent, violation } = this.#moves.make(this.#world[node]!, move);
    if (violation !== undefined) {
      this.#found = { slot: this.#slot, action, violation };
      return;
    }
    this.#next[node] = after;
    for (const message of sent) this.#insert(message * 2);
    const nodes = Array.from(this.#next.subarray(0, this.#nodes));
    const history = this.#nodes + HISTORY;
    try {
      this.#next[history] = this.#histories.after(this.#next[history]!, nodes, node);
    } catch (error) {
      if (!(error instanceof SafetyError)) throw error;
      this.#found = { slot: this.#slot, action, violation: error.message };
      return;
    }
    this.#emit(cost, kind, node, detail);
  }

  #emit(cost: 0 | 1, kind: ActionKind, node: number, detail: number): void {
    if (cost === 1 && !this.#mayDecide(kind)) return;
    if (this.#nextLength - this.#nodes - HEAD > this.#bounds.inflight) {
      this.#cut += 1;
      return;
    }
    const slot = this.#reach(cost, actionOf(kind, node, detail));
    if (slot === -1) return;
    (cost === 0 ? this.#now : this.#later).push(slot, this.#next, this.#nextLength);
  }

  /** What was held up or cut off may always come back. */
  #mayDecide(kind: ActionKind): boolean {
    return kind === 'heal' || kind === 'deliver' || kind === 'write' || this.#bounds.decide.has(kind);
  }

  #reach(cost: -1 | 0 | 1, action: number): number {
    let low = 0x811c9dc5;
    let high = 0x9747b28c;
    for (let at = 0; at < this.#nextLength; at++) {
      const value = this.#next[at]!;
      low = Math.imul(low ^ value, 0x85ebca6b);
      low ^= low >>> 13;
      high = Math.imul(high ^ value, 0xc2b2ae35);
      high ^= high >>> 15;
      high = (high + low) | 0;
    }
    low = Math.imul(low ^ (low >>> 16), 0x7feb352d);
    low ^= low >>> 15;
    high = Math.imul(high ^ (high >>> 16), 0x846ca68b);
    high ^= high >>> 16;
    const parent = cost === -1 ? -1 : this.#slot;
    return this.#visited.reach(low >>> 0, high >>> 0, this.#level + Math.max(0, cost), parent, action);
  }

  #copy(): void {
    this.#next.set(this.#world.subarray(0, this.#length));
    this.#nextLength = this.#length;
  }

  #remove(at: number): void {
    this.#next.copyWithin(at, at + 1, this.#nextLength);
    this.#nextLength -= 1;
  }

  /** Messages are kept in the order in which they arrive. */
  #insert(message: number): void {
    assert(this.#nextLength < LENGTH_MAX, 'there is room for the messages');
    const { messages } = this.#moves;
    const rank = messages.rankOf(message >> 1);
    let at = this.#nextLength;
    for (; at > this.#nodes + HEAD; at--) {
      const before = this.#next[at - 1]!;
      const rankBefore = messages.rankOf(before >> 1);
      if (rankBefore < rank || (rankBefore === rank && before <= message)) break;
      this.#next[at] = before;
    }
    this.#next[at] = message;
    this.#nextLength += 1;
  }

  #isCut(message: number): boolean {
    const isolated = this.#flag(ISOLATED);
    if (isolated === 0) return false;
    const { from, to } = this.#moves.messages.messageOf(message);
    return from === isolated || to === isolated;
  }

  #facts(node: number): ReturnType<LocalMoves['factsOf']> {
    return this.#moves.factsOf(this.#world[node]!);
  }

  #flag({ shift, bits }: Flag): number {
    return (this.#world[this.#nodes + FLAGS]! >> shift) & (2 ** bits - 1);
  }

  #setFlag({ shift, bits }: Flag, value: number): void {
    const at = this.#nodes + FLAGS;
    this.#next[at] = (this.#next[at]! & ~((2 ** bits - 1) << shift)) | (value << shift);
  }

  #describe({ slot, action, violation }: { slot: number; action: number; violation: string }): Found {
    const { start, path } = this.#pathTo(slot);
    return { violation, path: [...path, action].map(readAction), start };
  }

  #pathTo(slot: number): { readonly start: number; readonly path: readonly number[] } {
    const path: number[] = [];
    let at = slot;
    for (;;) {
      const { parent, action } = this.#visited.originOf(at);
      if (parent === at) break;
      path.push(action);
      at = parent;
    }
    return { start: present(this.#starts.get(at), 'every path begins at a start'), path: path.reverse() };
  }
}

interface Flag {
  readonly shift: number;
  readonly bits: number;
}

const ISOLATED: Flag = { shift: 0, bits: 3 };
const CRASHES: Flag = { shift: 3, bits: 4 };
const COMMANDS: Flag = { shift: 7, bits: 4 };
const STALLED: Flag = { shift: 11, bits: 5 };
