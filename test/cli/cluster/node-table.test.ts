import { expect, test } from 'vitest';
import { formatLine, formatNodes, toRow } from '../../../cli/cluster/node-table.ts';
import type { NodeReport } from '../../../cluster/node-report.ts';

const STATUS: NonNullable<NodeReport['status']> = {
  nodeId: 1,
  clusterId: 'c',
  version: '0',
  pid: 4_242,
  role: 'leader',
  term: 12,
  leader: 1,
  commitIndex: 1_000,
  appliedIndex: 999,
  firstIndex: 1,
  lastIndex: 1_000,
  revision: 900,
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

const REPORTS: readonly NodeReport[] = [
  { id: 1, address: '127.0.0.1:7401', process: 'running', pid: 4_242, status: STATUS },
  { id: 2, address: '127.0.0.1:7402', process: 'paused', pid: 4_243, status: undefined },
  { id: 3, address: '127.0.0.1:7403', process: 'stopped', pid: undefined, status: undefined },
  { id: 4, address: '127.0.0.1:7404', process: 'running', pid: 4_245, status: undefined },
];

test('a node shows its role, or why it has none', () => {
  expect(formatNodes(REPORTS).join('\n')).toMatchInlineSnapshot(`
    "NODE  ROLE       TERM  COMMIT  APPLIED  PID   ADDRESS
    n1    leader     12    1000    999      4242  127.0.0.1:7401
    n2    paused     -     -       -        4243  127.0.0.1:7402
    n3    stopped    -     -       -        -     127.0.0.1:7403
    n4    no answer  -     -       -        4245  127.0.0.1:7404"
  `);
});

test('where no table can be drawn, a node is a line', () => {
  expect(REPORTS.map(formatLine)).toEqual([
    'n1 leader term 12 127.0.0.1:7401',
    'n2 paused 127.0.0.1:7402',
    'n3 stopped 127.0.0.1:7403',
    'n4 no answer 127.0.0.1:7404',
  ]);
});

test('the keys under --json stay', () => {
  expect(REPORTS.map((report) => Object.keys(toRow(report)))).toEqual(
    REPORTS.map(() => [
      'id',
      'address',
      'process',
      'pid',
      'role',
      'term',
      'leader',
      'commitIndex',
      'appliedIndex',
    ]),
  );
});
