import type { NodeId, Term } from '../../base/flavor.ts';
import { decodeConfiguration } from '../../raft/configuration-codec.ts';
import type { Configuration } from '../../raft/configuration.ts';
import type { PlacedConfiguration } from '../../raft/configurations.ts';
import type { Entry } from '../../raft/entry.ts';
import type { RaftInspection } from '../../raft/inspection.ts';
import { claim } from '../violation.ts';
import type { Ledger } from './ledger.ts';
import { type ClusterView, isQuorum, type Property, type TurnView } from './property.ts';

/**
 * What makes a change of the members safe (thesis, sections 4.1 to 4.3): a leader has one of them
 * under way at most, and begins none before it has committed an entry of its own term; any quorum
 * before a change and any behind it share a node; and nobody leads who has no vote by the last
 * configuration that it knows to be committed, nor by one behind it.
 */
export class ConfigurationSafety implements Property {
  readonly name = 'configuration safety';
  readonly #ledger: Ledger;
  readonly #configurations = new Map<NodeId, Configuration>();
  readonly #led = new Map<NodeId, Term>();
  /** Looked at so far, of the ledger: the last configuration in it. */
  #scanned = 0;
  readonly #committed: PlacedConfiguration[] = [];

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  afterTurn({ id, raft, output, cluster }: TurnView): void {
    this.#scanLedger();
    for (const entry of output.write?.entries ?? []) {
      if (entry.kind === 'configuration')
        this.#checkChange(raft, entry, this.#configurationOf(raft, cluster));
    }
    this.#configurations.set(id, raft.configuration);
    if (raft.role !== 'leader' || this.#led.get(id) === raft.term) return;
    this.#led.set(id, raft.term);
    this.#checkLeader(raft);
  }

  restarted(id: NodeId, raft: RaftInspection): void {
    this.#configurations.set(id, raft.configuration);
  }

  /** As of its last turn; undefined where its state is lost, and with it what the configuration was. */
  #configurationOf({ id, base }: RaftInspection, cluster: ClusterView): Configuration | undefined {
    return cluster.durable(id).stateIndex < base.index ? undefined : this.#configurations.get(id);
  }

  #checkChange(raft: RaftInspection, entry: Entry, known: Configuration | undefined): void {
    const { id } = raft;
    const uncommitted = raft.entries.filter(
      ({ kind, index }) => kind === 'configuration' && index > raft.commitIndex && index <= entry.index,
    );
    if (raft.role === 'leader') {
      claim(
        uncommitted.length <= 1,
        this.name,
        () => `node ${id} leads with changes of the members under way in entries ${indexes(uncommitted)}`,
      );
    }
    const before = previousConfiguration(raft, entry) ?? known;
    if (before === undefined || before.voters.length === 0) return;
    const after = decodeConfiguration(entry.data);
    if (raft.role === 'leader' && entry.term === raft.term && !hasSameMembers(before, after)) {
      claim(
        raft.termAt(raft.commitIndex) === raft.term,
        this.name,
        () =>
          `node ${id} changes the members in term ${raft.term}, of which it has committed nothing (Ongaro, 2015)`,
      );
    }
    claim(
      overlap(before, after),
      this.name,
      () =>
        `entry ${entry.index} of node ${id} brings a configuration that can decide apart from the one before`,
    );
  }

  /** A node that does not know that its removal is committed may lead once more (thesis, section 4.2.2). */
  #checkLeader(raft: RaftInspection): void {
    const known = this.#committed.findLast(({ index }) => index <= raft.commitIndex);
    if (known === undefined) return;
    const behind = raft.entries.filter(({ kind, index }) => kind === 'configuration' && index > known.index);
    const counting = [known.configuration, ...behind.map(({ data }) => decodeConfiguration(data))];
    claim(
      counting.some(({ voters, outgoing }) => voters.includes(raft.id) || outgoing.includes(raft.id)),
      this.name,
      () => `node ${raft.id} leads term ${raft.term}, and has no vote in the cluster`,
    );
  }

  #scanLedger(): void {
    while (this.#scanned < this.#ledger.lastIndex) {
      const committed = this.#ledger.at(++this.#scanned);
      if (committed?.entry.kind !== 'configuration') continue;
      const { index, data } = committed.entry;
      this.#committed.push({ index, configuration: decodeConfiguration(data) });
    }
  }
}

function hasSameMembers(one: Configuration, other: Configuration): boolean {
  return tellMembers(one) === tellMembers(other);
}

function tellMembers({ voters, outgoing, learners }: Configuration): string {
  return [voters, outgoing, learners].join(';');
}

/** The one before this entry, if the log still holds it. */
function previousConfiguration(raft: RaftInspection, { index }: Entry): Configuration | undefined {
  const before = raft.entries.findLast((other) => other.kind === 'configuration' && other.index < index);
  return before === undefined ? undefined : decodeConfiguration(before.data);
}

/** Whether no quorum of one can do without a node of any quorum of the other. Tries all ways to share the nodes out. */
function overlap(one: Configuration, other: Configuration): boolean {
  const ids = [...new Set([...one.voters, ...one.outgoing, ...other.voters, ...other.outgoing])];
  for (let side = 0; side < 2 ** ids.length; side++) {
    const mine = ids.filter((_, at) => (side & (1 << at)) !== 0);
    if (!isQuorum(one, mine)) continue;
    if (
      isQuorum(
        other,
        ids.filter((_, at) => (side & (1 << at)) === 0),
      )
    )
      return false;
  }
  return true;
}

function indexes(entries: readonly Entry[]): string {
  return entries.map(({ index }) => index).join(', ');
}
