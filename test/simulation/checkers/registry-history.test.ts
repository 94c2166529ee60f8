import { expect, test } from 'vitest';
import { checkRegistryHistory } from '../../../src/simulation/checkers/registry-history.ts';
import { type Applied, committed, query } from './committed.ts';

const at = (timeMs: number, kind: string, result: object, more: object = {}): Applied => ({
  machine: 'registry',
  body: { kind, service: 'web', id: 'a', ...more },
  result,
  timeMs,
});
const registered = at(
  0,
  'register',
  { kind: 'registered', replaced: false },
  { ttlMs: 1000, deregisterAfterMs: 2000 },
);
const lookup = { kind: 'lookup', service: 'web', passingOnly: false };
const seen = (status: string) => ({
  kind: 'lookup',
  instances: [{ service: 'web', id: 'a', status }],
  more: false,
});

test('an instance is well, then critical, then gone, each in its time', () => {
  const log = committed([
    registered,
    at(999, 'heartbeat', { kind: 'alive', recovered: false }),
    at(1999, 'heartbeat', { kind: 'alive', recovered: true }),
    { machine: 'clock', body: null, result: null, timeMs: 3000 },
    at(5000, 'deregister', { kind: 'unknown-instance' }),
  ]);
  checkRegistryHistory([query('registry', lookup, 1, seen('passing'))], log);
});

test('one that is critical early, late or never is found', () => {
  const early = committed([registered, at(999, 'heartbeat', { kind: 'alive', recovered: true })]);
  expect(() => checkRegistryHistory([], early)).toThrow('gave alive true, not alive false');
  const late = committed([registered, at(1000, 'heartbeat', { kind: 'alive', recovered: false })]);
  expect(() => checkRegistryHistory([], late)).toThrow('gave alive false, not alive true');
});

test('a lookup that shows another state is found', () => {
  const calls = [query('registry', lookup, 1, seen('critical'))];
  expect(() => checkRegistryHistory(calls, committed([registered]))).toThrow('gave [web/a critical]');
});
