import { createHash } from 'node:crypto';
import { assert, present } from '../../src/base/assert.ts';
import type { NodeId } from '../../src/base/flavor.ts';
import type { RaftConfig } from '../../src/raft/config.ts';
import type { Configuration } from '../../src/raft/configuration.ts';
import type { Message } from '../../src/raft/message.ts';
import type { Raft } from '../../src/raft/raft.ts';
import { deepCopy, describe } from './copy.ts';
import {
  codeOf,
  completeWrite,
  endTurn,
  type EntryCode,
  type LocalNode,
  LONGEST,
  reboot,
  renumberWrites,
} from './local-node.ts';
import { MessageTable } from './message-table.ts';

/** What can happen at one node. `detail` is the message of a delivery, the writes that a reboot keeps, or the index of a compaction. */
export const MOVES = [
  'campaign',
  'propose',
  'tick',
  'reboot',
  'compact',
  'write',
  'deliver',
  'deliver-early',
  'turn',
] as const;
export type MoveKind = (typeof MOVES)[number];

/** A move in one number: its kind, and its detail below 2^23. */
export function moveOf(kind: MoveKind, detail = 0): number {
  return MOVES.indexOf(kind) * DETAILS + detail;
}

export function readMove(move: number): { readonly kind: MoveKind; readonly detail: number } {
  return {
    kind: present(MOVES[Math.floor(move / DETAILS)], 'the move is one of ours'),
    detail: move % DETAILS,
  };
}

const DETAILS = 2 ** 23;
const ALL_MOVES = DETAILS * 2 ** 4;

/** What of a node the search looks at. */
export interface NodeFacts {
  readonly id: NodeId;
  readonly isLeader: boolean;
  readonly leader: NodeId | undefined;
  readonly term: number;
  /** Every entry from the first on, in memory and on the disk; compacted ones are taken from the state. */
  readonly log: readonly EntryCode[];
  readonly stored: readonly EntryCode[];
  readonly firstIndex: number;
  readonly appliedIndex: number;
  readonly commitIndex: number;
  readonly writes: number;
  /** A turn was not ended yet. */
  readonly isTurnDue: boolean;
  readonly hasTicked: boolean;
}

export interface MoveResult {
  /** The node as it is after. */
  readonly node: number;
  /** The messages that it sent. */
  readonly sent: readonly number[];
  /** What was found to be wrong. */
  readonly violation: string | undefined;
}

/**
 * The moves of single nodes on the real core, each made once: a node in a given state that gets a given
 * input always does the same, so a search over whole clusters, which meets the same node in the same
 * state a thousand times, needs the core for the first of them only.
 */
export class LocalMoves {
  readonly messages: MessageTable = new MessageTable();
  readonly #core: typeof Raft;
  readonly #configs: ReadonlyMap<NodeId, RaftConfig>;
  readonly #shared: ReadonlySet<unknown>;
  readonly #nodes: LocalNode[] = [];
  readonly #facts: NodeFacts[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #results = new Map<number, MoveResult>();

  constructor(core: typeof Raft, configs: readonly RaftConfig[], configuration: Configuration) {
    this.#core = core;
    this.#configs = new Map(configs.map((config) => [config.id, config]));
    this.#shared = new Set<unknown>([LONGEST, configuration, ...configs]);
  }

  /** Different states of nodes that were met. */
  get nodes(): number {
    return this.#nodes.length;
  }

  /** Different moves that were made. */
  get made(): number {
    return this.#results.size;
  }

  factsOf(node: number): NodeFacts {
    return present(this.#facts[node], 'the node is known');
  }

  /** The number of this very state of a node. */
  numberOf(node: LocalNode): number {
    renumberWrites(node);
    const hash = createHash('md5').update(describe(node, this.#shared)).digest('base64');
    const known = this.#numbers.get(hash);
    if (known !== undefined) return known;
    const number = this.#nodes.length;
    this.#numbers.set(hash, number);
    this.#nodes.push(node);
    this.#facts.push(factsOf(node));
    return number;
  }

  make(node: number, move: number): MoveResult {
    const key = node * ALL_MOVES + move;
    const known = this.#results.get(key);
    if (known !== undefined) return known;
    const result = this.#make(node, move);
    this.#results.set(key, result);
    return result;
  }

  #make(from: number, move: number): MoveResult {
    const before = this.factsOf(from);
    const copy = deepCopy(present(this.#nodes[from], 'the node is known'), this.#shared);
    try {
      const { node, sent } = this.#perform(copy, before.id, move);
      const number = this.numberOf(node);
      const after = this.factsOf(number);
      if (before.isLeader && after.isLeader && before.term === after.term) {
        assert(startsWith(after.log, before.log), 'a leader only appends to its log');
      }
      return {
        node: number,
        sent: sent.map((message) => this.messages.numberOf(message)),
        violation: undefined,
      };
    } catch (error) {
      return { node: from, sent: [], violation: error instanceof Error ? error.message : String(error) };
    }
  }

  #perform(node: LocalNode, id: NodeId, move: number): { node: LocalNode; sent: readonly Message[] } {
    const { kind, detail } = readMove(move);
    const { raft } = node;
    switch (kind) {
      case 'campaign':
        raft.campaign();
        break;
      case 'propose':
        raft.propose([Uint8Array.of(id)]);
        break;
      case 'tick':
        raft.tick();
        break;
      case 'compact':
        raft.compact(detail);
        break;
      case 'write':
        completeWrite(node);
        break;
      case 'deliver':
        raft.step(this.messages.messageOf(detail));
        break;
      case 'deliver-early':
        raft.step(this.messages.messageOf(detail));
        return { node, sent: [] };
      case 'reboot': {
        const config = present(this.#configs.get(id), 'the node is of the cluster');
        const restarted = reboot(this.#core, config, node, detail);
        return { node: restarted, sent: endTurn(restarted) };
      }
      case 'turn':
        break;
    }
    return { node, sent: endTurn(node) };
  }
}

function factsOf({ raft, disk, writes, state }: LocalNode): NodeFacts {
  const { id, term, role, leader, commitIndex, appliedIndex, entries, base } = raft.inspect();
  return {
    id,
    isLeader: role === 'leader',
    leader,
    term,
    log: [...state.slice(0, base.index), ...entries.map(codeOf)],
    stored: [...state.slice(0, disk.base.index), ...disk.entries.map(codeOf)],
    firstIndex: base.index + 1,
    appliedIndex,
    commitIndex,
    writes: writes.length,
    isTurnDue: raft.hasReady,
    hasTicked:
      (raft as unknown as { readonly $state: { readonly ticksWaited: number } }).$state.ticksWaited > 0,
  };
}

function startsWith(list: readonly number[], start: readonly number[]): boolean {
  return start.every((item, at) => list[at] === item);
}
