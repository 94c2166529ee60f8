/**
 * What the committed log means: the machines applied to it once, in order, without Raft, sessions
 * of clients, snapshots or crashes. Every answer that a client gets is held to it.
 */
import type { Codec } from '../base/codec.ts';
import type { Index, Revision } from '../base/flavor.ts';
import type { CommandOutcome, LoggedCommand, StoreEvent } from '../machine/command.ts';
import { eventsFrom } from '../machine/history.ts';
import { decodeLogged } from '../machine/logged-command.ts';
import { RecordTree } from '../machine/record-tree.ts';
import { readMembers, writeMembers } from '../machine/root-members.ts';
import { decodeConfiguration } from '../raft/configuration-codec.ts';
import type { Configuration } from '../raft/configuration.ts';
import type { Root } from '../machine/root.ts';
import type { Changed, LogMeaning } from './properties/state-follows-log.ts';
import type { RecordChange } from '../machine/records.ts';
import type { Ledger } from './properties/ledger.ts';
import { claim } from './violation.ts';

export interface ReferenceEntry {
  readonly index: Index;
  readonly logged: LoggedCommand;
  readonly outcome: CommandOutcome;
  /** It took effect here, and is not the retry of one that did before. */
  readonly effective: boolean;
}

/** What the checkers of a history read of it. */
export type CommittedHistory = Pick<Reference, 'entries' | 'effectOf' | 'tree'>;

const NAME = 'exactly once';

export class Reference implements LogMeaning {
  readonly tree: RecordTree = new RecordTree();
  readonly entries: Map<Index, ReferenceEntry> = new Map<Index, ReferenceEntry>();
  readonly events: StoreEvent[] = [];
  readonly #changes = new Map<Index, readonly Changed[]>();
  readonly #events = new Map<Index, readonly StoreEvent[]>();
  readonly #values = new Map<string, unknown>();
  readonly #root: Root;
  readonly #codec: Codec;
  readonly #ledger: Ledger;
  /** Commands that were a retry, and answered as such. */
  retries = 0;
  /** By session and sequence: where the command took effect. */
  readonly #effects = new Map<string, ReferenceEntry>();
  #index: Index = 0;
  #revision: Revision = 0;
  #timeMs = 0;

  constructor(root: Root, codec: Codec, ledger: Ledger) {
    this.#root = root;
    this.#codec = codec;
    this.#ledger = ledger;
  }

  get index(): Index {
    return this.#index;
  }

  get revision(): Revision {
    return this.#revision;
  }

  /** The last that is committed; undefined before the first. */
  get configuration(): Configuration | undefined {
    const members = readMembers(this.tree);
    return members === undefined ? undefined : decodeConfiguration(members);
  }

  /** Revisions up to here are forgotten, where everything that is committed is applied. */
  get compactedRevision(): Revision {
    return this.#root.compactedRevision(this.tree);
  }

  /** Applies what was committed since. */
  catchUp(): void {
    while (this.#index < this.#ledger.lastIndex) {
      this.#index++;
      const committed = this.#ledger.at(this.#index);
      if (committed === undefined) continue;
      const { kind, index, term, data } = committed.entry;
      if (kind === 'command') this.#apply(index, term, data);
      if (kind !== 'configuration') continue;
      writeMembers(this.tree, data);
      this.#noteChanges(index);
    }
  }

  /** The entry in which this command of a session took effect, if it did. */
  effectOf(session: number, sequence: number): ReferenceEntry | undefined {
    return this.#effects.get(`${session}/${sequence}`);
  }

  /** What this entry changed. */
  changesOf(index: Index): readonly Changed[] {
    return this.#changes.get(index) ?? [];
  }

  /** What watchers are told of this entry. */
  eventsOf(index: Index): readonly StoreEvent[] {
    return this.#events.get(index) ?? [];
  }

  #apply(index: Index, term: number, data: Uint8Array): void {
    const logged = decodeLogged(this.#codec, data);
    this.#checkTime(index, logged.timeMs);
    const outcome = this.#root.apply(this.tree, logged, { index, term });
    this.#noteChanges(index);
    const effective = outcome.kind === 'applied' && outcome.index === index;
    const entry: ReferenceEntry = { index, logged, outcome, effective };
    this.entries.set(index, entry);
    if (effective && logged.session !== undefined)
      this.#noteEffect(entry, logged.session.id, logged.session.sequence);
    if (outcome.kind === 'applied' && !effective) this.retries++;
    const revision = this.#root.revision(this.tree);
    if (revision === this.#revision) return;
    const events = eventsFrom(this.tree, this.#revision + 1, Number.MAX_SAFE_INTEGER);
    this.#events.set(index, events);
    this.events.push(...events);
    this.#revision = revision;
  }

  /** Whoever led: its log time begins where that of the one before ended. */
  #checkTime(index: Index, timeMs: number): void {
    claim(
      timeMs >= this.#timeMs,
      'log time',
      () => `entry ${index} bears log time ${timeMs} ms, and one before it ${this.#timeMs} ms`,
    );
    this.#timeMs = timeMs;
  }

  #noteChanges(index: Index): void {
    const changes = this.tree.takeChanges();
    this.#changes.set(
      index,
      Array.from(changes, (change) => this.#noteChange(change)),
    );
    changes.close();
  }

  #noteChange({ key, value }: RecordChange): Changed {
    const before = this.#values.get(key);
    this.#values.set(key, value);
    return { key, before, after: value };
  }

  #noteEffect(entry: ReferenceEntry, session: number, sequence: number): void {
    const key = `${session}/${sequence}`;
    const earlier = this.#effects.get(key);
    claim(
      earlier === undefined,
      NAME,
      () =>
        `command ${sequence} of session ${session} took effect in entries ${earlier?.index} and ${entry.index}`,
    );
    this.#effects.set(key, entry);
  }
}
