import { expect, test } from 'vitest';
import { execute, ownSubject } from '../../src/simulation/run.ts';
import { quietSwarm } from '../../src/simulation/schedule.ts';

test('a healthy cluster that commits nothing is found', () => {
  const swarm = quietSwarm({ nodes: 3 });
  const { failure } = execute({ seed: 1 }, swarm, ownSubject(swarm), (world) => {
    // Nobody said that links are faulty, and yet nothing arrives.
    world.network.send = (): void => undefined;
    world.run(60_000);
  });
  expect(failure?.property).toBe('progress of a connected quorum');
});

test('a cluster that is asked for nothing is not blamed for it', () => {
  const swarm = quietSwarm({ nodes: 3 });
  const { failure, marks } = execute({ seed: 1 }, swarm, ownSubject(swarm), (world) => world.run(60_000));
  expect(failure).toBeUndefined();
  expect(marks['progress of a connected quorum']).toBeGreaterThan(0);
});
