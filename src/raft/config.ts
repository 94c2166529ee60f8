import type { NodeId } from '../base/flavor.ts';

/** Every limit and timing of the core. Time is counted in ticks; the edge decides how long one is. */
export interface RaftConfig {
  readonly id: NodeId;
  /** A follower that hears no leader campaigns after a random number of ticks between these two. */
  readonly electionTicksMin: number;
  readonly electionTicksMax: number;
  readonly heartbeatTicks: number;
  /** How long a tick should be. */
  readonly tickMs: number;
  /**
   * How much the monotonic clocks of two nodes may differ in rate, 0 to 1, 1 excluded; every lease is
   * shorter by it. 0: unknown, so leaders take no leases. Equal on all nodes.
   */
  readonly clockDriftMax: number;
  /**
   * What is newly committed is told with the next entries, by the next tick, or when the edge asks for it
   * (`Raft.tellNews`); otherwise by a request of its own at once.
   */
  readonly holdsNews: boolean;
  /** At most this many entries in one append request. */
  readonly appendEntriesMax: number;
  /** At most this many bytes of entry data in one append request; one entry may exceed it alone. */
  readonly appendBytesMax: number;
  /** At most this many append requests on their way to one follower. */
  readonly inflightAppendsMax: number;
  /** A leader takes no more proposals while this many bytes of its log are not committed. */
  readonly uncommittedBytesMax: number;
  /** At most this many bytes of committed entries are handed out in one Ready; one entry may exceed it alone. */
  readonly committedBytesMax: number;
  /** Entries that were handed out as committed are put together by so many, but for the last of them. */
  readonly logPackEntries: number;
  /** At most this many reads wait for their round. */
  readonly pendingReadsMax: number;
  /** A read of a node that does not lead is given up when the leader has not answered for so long. */
  readonly readTicksMax: number;
  /** A learner that lacks more entries than this is not promoted (thesis, section 4.2.1). */
  readonly promoteLagEntriesMax: number;
  /** A node whose disk has finished nothing for so long, though it should, hands over or does not campaign; 0: that is no matter. */
  readonly diskStallTicks: number;
}
