import type { Index, NodeId, Term } from '../base/flavor.ts';

/**
 * What an entry is for: `noop` opens a leader's term (Raft paper, section 8); `command` is for the
 * machines; `configuration` says who makes up the cluster from here on (thesis, chapter 4).
 */
export type EntryKind = 'noop' | 'command' | 'configuration';

/** One place in the replicated log. Encoded once, by the leader that made it; nobody changes `data` after. */
export interface Entry {
  readonly index: Index;
  readonly term: Term;
  readonly kind: EntryKind;
  /** Opaque to Raft; empty for a noop; of a configuration what `encodeConfiguration` made of it. */
  readonly data: Uint8Array;
}

/** The place of an entry, without the entry. */
export interface Position {
  readonly index: Index;
  readonly term: Term;
}

/** What a node must not forget: on disk before any answer that depends on it leaves (Raft paper, figure 2). */
export interface HardState {
  readonly term: Term;
  /** Whom this node voted for in `term`. */
  readonly vote: NodeId | undefined;
}
