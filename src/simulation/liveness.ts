/** Once faults have stopped the cluster must make progress: a leader, a write, a read, and all nodes alike. */
import type { NodeId } from '../base/flavor.ts';
import { type Configuration, isJoint } from '../raft/configuration.ts';
import type { Answer, Call } from './calls.ts';
import type { SimulatedNode } from './node.ts';
import { claim } from './violation.ts';
import type { World } from './world.ts';

const NAME = 'progress after the faults';
/** In election timeouts. */
const LEADER_LIMIT = 10;
const DRAIN_LIMIT_MS = 30_000;
/** The slowest clusters that are drawn take one entry a round trip, and have a backlog. */
const MEMBERS_LIMIT_MS = 60_000;
const ANSWER_LIMIT_MS = 120_000;
const AGREE_LIMIT_MS = 120_000;
const WATCH_SETTLE_MS = 3000;
const ASKED_SETTLE_MS = 1000;

/** @throws Violation if the cluster does not recover within its limits */
export function settle(world: World): void {
  world.calm();
  // What was late or slow when the faults stopped gets through first.
  world.run(world.lateMs);
  const electionMs = world.swarm.electionTicksMax * world.swarm.tickMs;
  const led = world.runUntil(() => world.leader !== undefined, LEADER_LIMIT * electionMs);
  claim(led, NAME, () => `no leader after ${LEADER_LIMIT} election timeouts: ${describe(world)}`);
  // So does what was asked of the members a moment ago, and waits at a node for its turn.
  world.run(ASKED_SETTLE_MS);
  settleMembers(world);
  finishCalls(world);
  mustAnswer(world, { kind: 'command', machine: 'sessions', body: { kind: 'open', ttlMs: 3_600_000 } });
  mustAnswer(world, {
    kind: 'query',
    machine: 'sessions',
    body: { kind: 'count' },
    consistency: 'linearizable',
  });
  const agreed = world.runUntil(() => allAlike(world), AGREE_LIMIT_MS);
  claim(agreed, NAME, () => `the nodes do not agree: ${describe(world)}`);
  world.safety.compareReplicas();
  world.run(WATCH_SETTLE_MS);
}

/** Whoever is no member any more was removed without hearing of it: its peers would tell it now. */
function retireOthers(world: World, { members }: Configuration): void {
  for (const node of world.nodes) if (!node.gone && !members.has(node.id)) world.retire(node);
}

const ignore = (): void => undefined;

/** A joint phase that waits to be ended is ended, and nodes that lost their disks are removed. */
function settleMembers(world: World): void {
  const settled = world.runUntil(() => {
    const { leader } = world;
    const configuration = leader?.replica?.configuration;
    if (leader === undefined || configuration === undefined) return false;
    // One that is not committed yet may be rolled back: it removes nobody.
    const { configurationIndex = 0, commitIndex = 0 } = leader.replica?.inspect() ?? {};
    if (configurationIndex > commitIndex) return false;
    const lost = [...configuration.members.keys()].filter((id) => world.node(id).gone);
    if (!isJoint(configuration) && lost.length === 0) {
      retireOthers(world, configuration);
      return true;
    }
    askFor(world, leader, configuration, lost);
    return false;
  }, MEMBERS_LIMIT_MS);
  claim(settled, NAME, () => `the members do not settle: ${describe(world)}`);
}

function askFor(
  world: World,
  leader: SimulatedNode,
  configuration: Configuration,
  lost: readonly NodeId[],
): void {
  // A while passes between two requests: the first one may be under way.
  const everyMs = world.swarm.electionTicksMin * world.swarm.tickMs;
  const asked = world.events.nowUs;
  const [id] = lost;
  if (isJoint(configuration)) {
    if (configuration.autoLeave) return;
    world.administer(leader.id, (caller) => ({ kind: 'leave-joint', caller }), ignore);
  } else if (id !== undefined) {
    const change = { changes: [{ kind: 'remove', id } as const], transition: 'auto' as const };
    world.administer(leader.id, (caller) => ({ kind: 'change-members', caller, change }), ignore);
  }
  world.runUntil(() => world.events.nowUs >= asked + everyMs * 1000, everyMs);
}

function finishCalls(world: World): void {
  world.runUntil(() => world.clients.every((client) => client.idle), DRAIN_LIMIT_MS);
  for (const client of world.clients) client.stop();
}

/** A client that is told to try again does so. */
function mustAnswer(world: World, call: Call): void {
  const [client] = world.clients;
  let answer: Answer | undefined;
  const ask = (): void => {
    client?.submit(call, (told) => {
      answer = told;
      if (told.kind !== 'ok' && !isOver()) ask();
    });
  };
  const untilUs = world.events.nowUs + ANSWER_LIMIT_MS * 1000;
  const isOver = (): boolean => world.events.nowUs >= untilUs;
  ask();
  const answered = world.runUntil(() => answer?.kind === 'ok', ANSWER_LIMIT_MS);
  claim(answered, NAME, () => `a ${call.kind} came to ${JSON.stringify(answer)}`);
}

function allAlike(world: World): boolean {
  const leader = world.leader?.replica?.inspect();
  if (leader === undefined) return false;
  const lastIndex = leader.base.index + leader.entries.length;
  if (isJoint(leader.configuration)) return false;
  return [...leader.configuration.members.keys()].every(
    (id) => world.node(id).replica?.inspect().appliedIndex === lastIndex,
  );
}

function describe(world: World): string {
  return world.nodes
    .map(({ id, replica, gone }) => {
      if (gone) return `node ${id} gone`;
      const status = replica?.status();
      return `node ${id} ${status?.role} of term ${status?.term} applied ${status?.appliedIndex} of ${status?.lastIndex}`;
    })
    .join(', ');
}
