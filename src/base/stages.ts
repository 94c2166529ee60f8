/**
 * The stages of a put, in the order in which it goes through them; all but `decode`, `wait` and
 * `reply` stand for everything that one turn or one write had.
 *
 * - `decode`: the client's message is read and checked
 * - `wait`: the oldest command of a turn waits for the turn
 * - `propose`: the turn's commands are encoded and appended to the leader's log
 * - `log-write`: a frame of the log is handed to the system, on this node
 * - `fdatasync`: …and brought to stable storage
 * - `replicate`: from being proposed to being committed: the disk of a majority, and the ways there and back
 * - `commit`: Raft counts what it was told, and says what is to be written, sent and applied
 * - `apply`: the committed entries are decoded and applied
 * - `reply`: answers are encoded and handed to their sockets
 */
export const STAGES = [
  'decode',
  'wait',
  'propose',
  'log-write',
  'fdatasync',
  'replicate',
  'commit',
  'apply',
  'reply',
] as const;

export type Stage = (typeof STAGES)[number];

/**
 * Measures stages. The inside is handed one, since it has no clock of its own; what it measures
 * decides nothing.
 */
export interface StageClock {
  nowMs(): number;
  /** A stage that began at `sinceMs` is over now. */
  ended(stage: Stage, sinceMs: number): void;
}

/** Where nobody asks. */
export const NO_STAGES: StageClock = { nowMs: () => 0, ended: () => undefined };
