import { assert } from '../../src/base/assert.ts';
import { StoreError } from '../../src/base/errors.ts';
import type { SeededRandom } from '../../src/base/seeded-random.ts';
import { TERM_JUMP_MAX } from '../../src/raft/contradiction.ts';
import type { Message } from '../../src/raft/message.ts';
import { messageFromRow, messageRow } from '../../src/wire/raft-message-codec.ts';
import { Cluster, type Member } from '../raft/cluster.ts';
import { Storm } from '../raft/storm.ts';
import { Witness } from '../raft/witness.ts';
import type { Target } from './fuzz.ts';
import { mutate, nudgeRow } from './mutate.ts';

const WEATHER = {
  loss: 0.1,
  repeat: 0.1,
  reorder: 0.2,
  crash: 0.01,
  partition: 0.02,
  propose: 0.2,
  change: 0,
};
/** Hostile messages to one node of one cluster. */
const MESSAGES = 20;
/** Kind, sender and receiver of a message in a row. */
const HEAD = 3;

/**
 * A node of a running cluster gets messages that look like those of the others, with fields that are
 * not: what the decoder lets through is taken or refused, and never stops the node. It may come to
 * wrong conclusions, since it cannot know who lies; but its term must not leap.
 */
export const RAFT_TARGET: Target = {
  name: 'raft messages',
  attack: (random) => {
    const cluster = new Cluster(3, () => random.fork());
    const storm = new Storm(cluster, random, WEATHER, new Witness(cluster));
    const seen = new Set<Message>();
    for (let n = random.integer(0, 120); n > 0; n--) {
      const candidate = random.pick(cluster.members);
      // Elections would take their time.
      if (n % 40 === 0 && candidate.isUp) candidate.raft.campaign();
      storm.step();
      for (const message of cluster.network) seen.add(message);
    }
    const victim = random.pick(cluster.members);
    if (!victim.isUp) victim.restart();
    let taken = 0;
    const samples = [...seen];
    for (let n = 0; n < MESSAGES && samples.length > 0; n++) {
      if (attackOnce(cluster, victim, random.pick(samples), random) === 'taken') taken += 1;
    }
    return taken > 0 ? 'taken' : 'refused';
  },
};

function attackOnce(
  cluster: Cluster,
  victim: Member,
  sample: Message,
  random: SeededRandom,
): 'taken' | 'refused' {
  const { id } = victim.config;
  const term = random.chance(0.5) ? victim.raft.term : sample.term;
  const from = random.pick(cluster.members.map(({ config }) => config.id).filter((other) => other !== id));
  let message: Message;
  try {
    const row = messageRow({ ...sample, from, to: id, term });
    message = messageFromRow(random.chance(0.7) ? nudgeRow(row, HEAD, random) : mutate(row, random));
  } catch (error) {
    if (error instanceof StoreError) return 'refused';
    throw error;
  }
  const before = victim.raft.term;
  const contradiction = victim.raft.step({ ...message, from, to: id });
  assert(victim.raft.term - before <= TERM_JUMP_MAX, 'a term never leaps');
  assert(contradiction === undefined || victim.raft.term === before, 'what is refused changes nothing');
  if (random.chance(0.3)) victim.raft.tick();
  // What it does about it goes nowhere; its own disk is as it says.
  const { write } = victim.raft.ready();
  if (write !== undefined) victim.writes.push(write);
  if (random.chance(0.7)) victim.complete(random.integer(0, victim.writes.length));
  return contradiction === undefined ? 'taken' : 'refused';
}
