import { assert, present } from '../base/assert.ts';
import type { Index, NodeId } from '../base/flavor.ts';
import { decodeConfiguration } from './configuration-codec.ts';
import type { Configuration } from './configuration.ts';
import type { Entry } from './entry.ts';
import { Membership } from './membership.ts';

/** A configuration, and the place of the entry that brought it; 0 if no entry did. */
export interface PlacedConfiguration {
  readonly index: Index;
  readonly configuration: Configuration;
}

interface Placed extends PlacedConfiguration {
  readonly membership: Membership;
}

/**
 * The configurations of one node's log: the newest that is known to be committed, and whatever the
 * log holds behind it.
 *
 * The newest in the log counts from the moment when it is there, committed or not (thesis, section
 * 4.1). Would a node wait until it is committed, it would not know when others begin to count with
 * it, and two majorities without a common member could decide at the same time. As it is, whoever
 * decides something in the new configuration has the entry itself, and got it from a leader that let
 * no other change come between: a configuration and the one before always overlap. If the entry is
 * cut off by a later leader, nothing was decided by it, and the configuration before holds again.
 */
export class Configurations {
  /** Ascending; only the first may be committed. */
  #placed: Placed[];

  constructor(restored: PlacedConfiguration, entries: readonly Entry[]) {
    this.#placed = [placed(restored)];
    this.appended(entries);
  }

  /** The one that counts. */
  get current(): PlacedConfiguration {
    return this.#newest;
  }

  get membership(): Membership {
    return this.#newest.membership;
  }

  /**
   * Whether this node has a vote in any of them. As long as a configuration without it is not known
   * to be committed, the cluster may need this very node to lead (thesis, section 4.2.2, figure 4.6).
   */
  mayVote(id: NodeId): boolean {
    return this.#placed.some(({ membership }) => membership.isVoter(id));
  }

  /** Entries joined the log. */
  appended(entries: readonly Entry[]): void {
    for (const { kind, index, data } of entries) {
      if (kind !== 'configuration') continue;
      assert(index > this.#newest.index, 'configurations come in the order of the log');
      this.#placed.push(placed({ index, configuration: decodeConfiguration(data) }));
    }
  }

  /** Every entry from `index` on was cut off. */
  truncatedFrom(index: Index): void {
    this.#placed = this.#placed.filter((each, at) => at === 0 || each.index < index);
    assert(this.#newest.index < index, 'a committed configuration is never cut off');
  }

  /** Everything up to `index` is committed: what came before the newest of that is history. */
  committedTo(index: Index): void {
    const newest = this.#placed.findLastIndex((each) => each.index <= index);
    if (newest > 0) this.#placed = this.#placed.slice(newest);
  }

  /** A snapshot brought this one. Of those that the log holds, the ones behind it still follow. */
  installed(installed: PlacedConfiguration, { keepsLog }: { readonly keepsLog: boolean }): void {
    const behind = keepsLog ? this.#placed.filter(({ index }) => index > installed.index) : [];
    this.#placed = [placed(installed), ...behind];
  }

  get #newest(): Placed {
    return present(this.#placed.at(-1), 'a node has a configuration, be it empty');
  }
}

function placed({ index, configuration }: PlacedConfiguration): Placed {
  return { index, configuration, membership: new Membership(configuration) };
}
