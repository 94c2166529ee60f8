import { expect, test } from 'vitest';
import { reportedLeader } from '../../cluster/node-report.ts';
import type { NodeReport } from '../../cluster/node-report.ts';

type Saying = readonly [role: 'leader' | 'follower', term: number, leader: number | undefined];

function reports(sayings: readonly (Saying | undefined)[]): readonly NodeReport[] {
  return sayings.map((saying, at) => ({
    id: at + 1,
    address: `127.0.0.1:${21_000 + at}`,
    process: saying === undefined ? 'stopped' : 'running',
    pid: undefined,
    status: saying === undefined ? undefined : statusOf(at + 1, saying),
  }));
}

function statusOf(nodeId: number, [role, term, leader]: Saying): NodeReport['status'] {
  return {
    nodeId,
    role,
    term,
    leader,
    clusterId: 'c',
    version: '0',
    pid: 1,
    commitIndex: 0,
    appliedIndex: 0,
    firstIndex: 1,
    lastIndex: 0,
    revision: 0,
    compactedRevision: 0,
    sessions: 0,
    watches: 0,
    connections: 0,
    stateBytes: 0,
    uptimeMs: 0,
    protocol: 2,
    clusterVersion: 2,
    alarms: [],
  };
}

test('the leader is the one that a majority follows', () => {
  expect(reportedLeader(reports([['leader', 2, 1], ['follower', 2, 1], undefined]))).toBe(1);
  expect(reportedLeader(reports([['leader', 2, 1], undefined, undefined]))).toBeUndefined();
  expect(reportedLeader(reports([undefined, undefined, undefined]))).toBeUndefined();
});

test('a deposed leader is passed over for that of the newer term', () => {
  expect(
    reportedLeader(
      reports([
        ['leader', 2, 1],
        ['leader', 3, 2],
        ['follower', 3, 2],
      ]),
    ),
  ).toBe(2);
});

test('a follower of an older term does not count', () => {
  expect(reportedLeader(reports([['leader', 3, 1], ['follower', 2, 1], undefined]))).toBeUndefined();
});
