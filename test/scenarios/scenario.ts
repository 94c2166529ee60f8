import { assert, present } from '../../src/base/assert.ts';
import type { NodeId } from '../../src/base/flavor.ts';
import type { Random } from '../../src/base/random.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';
import type { RaftConfig } from '../../src/raft/config.ts';
import type { Message } from '../../src/raft/message.ts';
import { Raft } from '../../src/raft/raft.ts';
import { Cluster } from '../raft/cluster.ts';
import { forgeMessage, placeOf } from './forge.ts';
import { firstLine, waitsLine } from './election-timeouts.ts';
import { logLine, membersLine, messageLine, stateLine } from './lines.ts';
import { changeOf } from './member-changes.ts';

/**
 * Plays a scenario: commands, one a line, on a small cluster of `Raft` without clock, network or disk.
 *
 * After each command everything settles: turns end, writes complete, messages arrive, until nothing
 * is left to do. After `by-hand` nothing moves but what a command moves.
 *
 *   nodes N [limit=value …]      a new cluster; limits are those of RaftConfig. All wait for the longest
 *                                election timeout, or, with `seed=S`, for a random one; with `spare=N`
 *                                so many nodes more run that belong to no cluster yet
 *   disk N term=T log=T,T,… [vote=N] [base=I/T] [applied=I]    what a node finds when it starts
 *   by-hand, automatic           who moves things
 *   campaign N, propose N DATA [xCOUNT], read N ID [lease], tick N|all [COUNT], compact N INDEX
 *   pass N|all MS                a node's clock goes on, without ticks: as if it was stopped
 *   forget N                     its leader is gone
 *   transfer N [TO]              the leader asks another one to lead
 *   change N auto|joint|explicit add-voter:N add-learner:N promote:N demote:N remove:N …, leave-joint N
 *   crash N [keep=COUNT], restart N [without-state]   what was not written is lost, but for the COUNT oldest writes
 *   isolate N, cut A B, cut A>B, heal       messages that are cut off are lost
 *   turn N|all                   ends a turn: messages and a write leave
 *   write N|all [COUNT]          completes writes
 *   deliver|drop|repeat [once] [A>B|>B|A>] [KIND] [FIELD=VALUE …]
 *                                           what matches, of the messages on their way; `once`: the first of it
 *   settle                       until nothing is left to do
 *   trace, no-trace              print messages as they arrive
 *   first COUNT [leader=N]                  how often only one node was the first to campaign, of so many times
 *   state, log, votes, messages, reads      print
 *   role N                                  print the state of one node
 *   members                                 print who makes up the cluster, by each node's own log
 *   snapshot-failed LEADER FOLLOWER
 */
export class Scenario {
  readonly #core: typeof Raft;
  #cluster: Cluster;
  #isByHand = false;
  #isTracing = false;
  readonly #cuts = new Set<string>();
  #output: string[] = [];

  /** @param core - the real one, or one with a planted bug */
  constructor(core: typeof Raft = Raft) {
    this.#core = core;
    this.#cluster = new Cluster(1, patient, {}, core);
  }

  /** Runs the commands of one block and gives what they print. */
  run(commands: readonly string[]): string {
    this.#output = [];
    for (const command of commands) {
      const [verb = '', ...words] = command.trim().split(/\s+/);
      try {
        this.#execute(verb, words);
      } catch (cause) {
        this.#print(`${command}: ${String(cause)}`);
      }
    }
    return this.#output.length === 0 ? 'ok' : this.#output.join('\n');
  }

  #execute(verb: string, words: readonly string[]): void {
    const setUp: Record<string, () => void> = {
      nodes: () => this.#nodes(words),
      disk: () => this.#disk(words),
      'by-hand': () => void (this.#isByHand = true),
      automatic: () => void (this.#isByHand = false),
      trace: () => void (this.#isTracing = true),
      'no-trace': () => void (this.#isTracing = false),
    };
    const onNodes: Record<string, () => void> = {
      campaign: () => this.#raft(words[0]).campaign(),
      propose: () => this.#propose(words),
      read: () => this.#read(words),
      compact: () => this.#raft(words[0]).compact(Number(words[1])),
      'snapshot-failed': () => this.#raft(words[0]).snapshotFailed(Number(words[1])),
      change: () => this.#change(words),
      'leave-joint': () => this.#printRefusal(words[0], this.#raft(words[0]).leaveJoint()),
      transfer: () => this.#transfer(words),
      forget: () => this.#raft(words[0]).forgetLeader(),
      crash: () => this.#crash(words),
      restart: () => this.#restart(words),
      isolate: () => this.#isolate(Number(words[0])),
      cut: () => this.#cut(words),
      heal: () => this.#cuts.clear(),
      forge: () => this.#forge(forgeMessage(words)),
      waits: () => this.#print(waitsLine(this.#cluster.member(Number(words[0])), Number(words[1]), words[2])),
      first: () => this.#print(firstLine(this.#cluster.members, Number(words[0]), words[1])),
      settle: () => this.#settle(),
    };
    const byHand: Record<string, () => void> = {
      tick: () => this.#tick(words),
      pass: () => this.#pass(words),
      turn: () => this.#turn(words[0] ?? 'all'),
      write: () => this.#write(words),
      deliver: () => this.#take(words).forEach((message) => this.#deliver(message)),
      drop: () => void this.#take(words),
      repeat: () => this.#matching(words).forEach((message) => this.#deliver(message)),
    };
    const prints: Record<string, () => void> = {
      state: () => this.#printEach(stateLine),
      role: () => this.#print(stateLine(this.#raft(words[0]).inspect())),
      log: () => this.#printEach(logLine),
      members: () => this.#printEach(membersLine),
      votes: () => this.#printVotes(),
      messages: () => this.#print(...this.#cluster.network.map(messageLine)),
      reads: () => this.#printReads(),
    };
    const command = setUp[verb] ?? onNodes[verb] ?? byHand[verb] ?? prints[verb];
    assert(command !== undefined, `there is a command ${verb}`);
    command();
    if (!this.#isByHand && verb in onNodes) this.#settle();
  }

  #raft(id: string | undefined): Cluster['members'][number]['raft'] {
    const member = this.#cluster.member(Number(id));
    assert(member.isUp, `node ${id} is up`);
    return member.raft;
  }

  #nodes([size, ...limits]: readonly string[]): void {
    const config: Partial<RaftConfig> = Object.fromEntries(
      limits.map((limit) => limit.split('=')).map(([name = '', value]) => [name, Number(value)]),
    );
    const seed = limits.find((limit) => limit.startsWith('seed='))?.slice('seed='.length);
    const random = new SeededRandom(Number(seed ?? 1));
    const randoms = seed === undefined ? patient : (): SeededRandom => random.fork();
    const spare = limits.find((limit) => limit.startsWith('spare='))?.slice('spare='.length);
    this.#cluster = new Cluster(Number(size), randoms, config, this.#core);
    for (let n = 0; n < Number(spare ?? 0); n++) this.#cluster.join();
    this.#cuts.clear();
    this.#isByHand = false;
    this.#isTracing = false;
  }

  #disk([id, ...settings]: readonly string[]): void {
    const member = this.#cluster.member(Number(id));
    const given = new Map(settings.map((setting) => setting.split('=') as [string, string]));
    const { disk } = member;
    const vote = given.get('vote');
    disk.hardState = { term: Number(given.get('term')), vote: vote === undefined ? undefined : Number(vote) };
    disk.base = placeOf(given.get('base') ?? '0/0');
    const terms = (given.get('log') ?? '').split(',').filter((term) => term !== '');
    disk.entries = terms.map((term, n) => ({
      index: disk.base.index + 1 + n,
      term: Number(term),
      kind: 'command',
      data: new Uint8Array(1),
    }));
    const applied = Number(given.get('applied') ?? disk.base.index);
    const at = disk.entries[applied - disk.base.index - 1];
    disk.applied = { index: applied, term: at?.term ?? disk.base.term };
    member.restart();
  }

  #propose([id, data = '', times = 'x1']: readonly string[]): void {
    const payload = Uint8Array.from(data, (char) => char.charCodeAt(0));
    const count = Number(times.slice(1));
    const proposed = this.#raft(id).propose(Array.from({ length: count }, () => payload));
    if (proposed.kind === 'refused') this.#print(`n${id} refuses the proposal: ${proposed.code}`);
  }

  #read([id, read, lease]: readonly string[]): void {
    const accepted = this.#raft(id).readIndex(Number(read), { lease: lease === 'lease' });
    if (accepted.kind === 'refused') this.#print(`n${id} refuses the read: ${accepted.code}`);
  }

  #change([id, transition = '', ...changes]: readonly string[]): void {
    const answer = this.#raft(id).changeMembers(changeOf(transition, changes));
    this.#printRefusal(id, answer);
  }

  #transfer([id, to]: readonly string[]): void {
    const raft = this.#raft(id);
    this.#printRefusal(
      id,
      to === undefined ? raft.transferLeadership() : raft.transferLeadership(Number(to)),
    );
  }

  #printRefusal(id: string | undefined, answer: { readonly kind: string; readonly code?: string }): void {
    if (answer.kind === 'refused') this.#print(`n${id} refuses: ${answer.code}`);
  }

  #crash([id, kept = 'keep=0']: readonly string[]): void {
    const member = this.#cluster.member(Number(id));
    for (const write of member.writes.splice(0, Number(kept.slice('keep='.length)))) member.disk.apply(write);
    member.crash();
  }

  #restart([id, state]: readonly string[]): void {
    const member = this.#cluster.member(Number(id));
    if (state === 'without-state') member.loseState();
    member.restart();
  }

  #isolate(id: NodeId): void {
    for (const { config } of this.#cluster.members) {
      if (config.id !== id) this.#cuts.add(`${id}>${config.id}`).add(`${config.id}>${id}`);
    }
  }

  #cut([one = '', other]: readonly string[]): void {
    if (other === undefined) this.#cuts.add(one);
    else this.#cuts.add(`${one}>${other}`).add(`${other}>${one}`);
  }

  #tick([id, count = '1']: readonly string[]): void {
    for (let n = 0; n < Number(count); n++) {
      for (const member of this.#cluster.members) {
        if (member.isUp && (id === 'all' || member.config.id === Number(id))) member.raft.tick();
      }
      if (!this.#isByHand) this.#settle();
    }
  }

  #pass([id, ms]: readonly string[]): void {
    for (const member of this.#cluster.members) {
      if (member.isUp && (id === 'all' || member.config.id === Number(id))) member.pass(Number(ms));
    }
  }

  #turn(id: string): void {
    for (const member of this.#cluster.members) {
      if (member.isUp && (id === 'all' || member.config.id === Number(id))) this.#cluster.turn(member);
    }
  }

  #write([id = 'all', count = '1000']: readonly string[]): void {
    for (const member of this.#cluster.members) {
      if (id === 'all' || member.config.id === Number(id)) member.complete(Number(count));
    }
  }

  /** Until nothing is left to do. */
  #settle(): void {
    for (let round = 0; round < 1_000; round++) {
      let isQuiet = this.#cluster.network.length === 0;
      for (const message of this.#cluster.network.splice(0)) this.#deliver(message);
      for (const member of this.#cluster.members) {
        if (!member.isUp || (member.writes.length === 0 && !member.raft.hasReady)) continue;
        isQuiet = false;
        member.complete(member.writes.length);
        this.#cluster.turn(member);
      }
      if (isQuiet) return;
    }
    assert(false, 'the cluster settles');
  }

  #deliver(message: Message): void {
    const isCut = this.#cuts.has(`${message.from}>${message.to}`) || !this.#cluster.member(message.to).isUp;
    if (this.#isTracing) this.#print(`${messageLine(message)}${isCut ? ' (lost)' : ''}`);
    if (!isCut) this.#cluster.deliver(message);
  }

  #forge(message: Message): void {
    const contradiction = this.#raft(String(message.to)).step(message);
    if (contradiction !== undefined) this.#print(`n${message.to} refuses the message: ${contradiction.what}`);
  }

  #matching(words: readonly string[]): readonly Message[] {
    const link = words.find((word) => word.includes('>')) ?? '>';
    const [from = '', to = ''] = link.split('>');
    const others = words.filter((word) => word !== link && word !== 'once');
    const matching = this.#cluster.network.filter((message) => {
      if (from !== '' && message.from !== Number(from)) return false;
      if (to !== '' && message.to !== Number(to)) return false;
      const said = messageLine(message).split(' ');
      return others.every((word) => said.includes(word));
    });
    return words.includes('once') ? matching.slice(0, 1) : matching;
  }

  #take(words: readonly string[]): readonly Message[] {
    const taken = this.#matching(words);
    this.#cluster.network = this.#cluster.network.filter((message) => !taken.includes(message));
    return taken;
  }

  #printEach(line: typeof stateLine): void {
    for (const member of this.#cluster.members) {
      this.#print(member.isUp ? line(member.raft.inspect()) : `n${member.config.id} down`);
    }
  }

  #printVotes(): void {
    for (const { config, raft } of this.#cluster.members) {
      const { term, vote } = raft.inspect();
      this.#print(`n${config.id} term=${term} vote=${vote ?? '-'}`);
    }
  }

  /** What was handed out since the last time. */
  #printReads(): void {
    for (const member of this.#cluster.members) {
      const { id } = member.config;
      for (const read of member.reads) this.#print(`n${id} read ${read.id} at index ${read.index}`);
      for (const read of member.abortedReads) this.#print(`n${id} read ${read} aborted`);
      member.reads = [];
      member.abortedReads = [];
    }
  }

  #print(...lines: readonly string[]): void {
    this.#output.push(...lines);
  }
}

/** Draws the highest number always: nobody campaigns before the test wants it. */
const patient = (): Random => ({
  integer: (_min, max) => max,
  chance: () => false,
  pick: (items) => present(items[0], 'there is an item to pick'),
});
