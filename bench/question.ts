/** What the bench asks, and how the answers are judged. */
import type { PeerName } from './targets/peers.ts';
import type { StoreTarget, Target } from './targets/target.ts';

/** By their names, such as `perSecond` or `p99Ms`. */
export type Figures = Readonly<Record<string, number>>;

/** One of those that are compared: a store, or what the machine itself can do. */
export interface Subject {
  readonly name: string;
  /** One round. */
  measure(): Promise<Figures>;
}

/** What Kvorum should reach, by the median of the rounds. */
export interface Bar {
  readonly figure: string;
  /** The subject by whose figure of the same round Kvorum's is divided; undefined: the figure itself counts. */
  readonly over?: string;
  readonly wants: 'at least' | 'at most';
  readonly bar: number;
  readonly moonshot: number;
  /** Behind the number; for a ratio it is `×`. */
  readonly unit?: string;
}

export interface Question {
  readonly name: string;
  readonly asks: string;
  readonly bars: readonly Bar[];
  /** So many rounds unless it is told otherwise: for what takes long, or varies much. */
  readonly rounds?: number;
  /** Gets ready; the subjects are asked in turns. What was started is stopped after the last round. */
  begin(bench: Bench): Promise<readonly Subject[]>;
}

/** What a target is warmed up by. */
export interface WarmUpLoad {
  readonly kind: 'put' | 'get';
  readonly operation: (sequence: number) => Promise<void>;
  readonly inFlight: number;
  /** It was warm, and part of it was started anew. */
  readonly again?: boolean;
}

/** What the questions share. */
export interface Bench {
  /** How long one round of one subject measures. */
  readonly durationMs: number;
  /** Everything is done once and briefly, to see that it can be done. */
  readonly isQuick: boolean;
  /** On so many keys the loads work, unless a question says otherwise. */
  readonly keys: number;
  /**
   * Kvorum and the peers that are installed and wanted, of those named; three nodes each, one client each
   * in this process. They are started when they are first asked for, and run until the end.
   */
  stores(peers: readonly PeerName[]): Promise<readonly StoreTarget[]>;
  /** Starts what one question needs; it is stopped when that is answered, or given up. */
  start<T extends Target>(target: T): Promise<T>;
  /** Does it, unless the same was done to this target already. */
  once(target: Target, what: string, act: () => Promise<unknown>): Promise<void>;
  /** Loads a target until it runs at its steady rate, once for each kind of load; not when in a hurry. */
  warmUp(target: Target, load: WarmUpLoad): Promise<void>;
  /** From which on the ports of a new target are sought. */
  nextPort(): number;
  note(text: string): void;
}
