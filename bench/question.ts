/** What the bench asks, and how the answers are judged. */
import type { Target } from './targets/target.ts';

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
  /** So many rounds, whatever was asked for: for what takes long, or varies much. */
  readonly rounds?: number;
  /** Gets ready; the subjects are asked in turns. */
  begin(bench: Bench): Promise<Asked>;
}

export interface Asked {
  readonly subjects: readonly Subject[];
  close(): Promise<void>;
}

/** What the questions share. */
export interface Bench {
  /** How long one round of one subject measures. */
  readonly durationMs: number;
  /** Everything is done once and briefly, to see that it can be done. */
  readonly isQuick: boolean;
  /** Kvorum and the peers that are installed, three nodes each, one client each in this process; they run until the end. */
  targets(): Promise<readonly Target[]>;
  /** A port from which on nothing else of this run listens. */
  nextPort(): number;
  note(text: string): void;
}
