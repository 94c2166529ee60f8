import { expect, test } from 'vitest';
import { readH2load } from '../../bench/questions/native-load.ts';

const SAID = `
finished in 1.34s, 18757.00 req/s, 1.18MB/s
requests: 18757 total, 18757 started, 18757 done, 18756 succeeded, 1 failed, 1 errored, 0 timeout
`;

test('the rate and the counts are read from what h2load says', () => {
  expect(readH2load(SAID)).toEqual({ perSecond: 18_757, succeeded: 18_756, failed: 1 });
});

test('what does not end as h2load does is not read', () => {
  expect(readH2load('could not connect')).toBeUndefined();
});
