import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Figures, Question, Subject } from '../question.ts';
import { EtcdTarget, etcdVersion } from '../targets/etcd.ts';
import { KvorumTarget } from '../targets/kvorum.ts';
import type { Target } from '../targets/target.ts';
import { VALUE } from './keys.ts';

const PUT_EVERY_MS = 10;
const SETTLE_MS = 1_000;
/** As etcd waits, by its defaults: at least that long, and at most twice. */
const ELECTION = ['--election-ms=1000', '--heartbeat-ms=100'];

/** For how long is there nobody who takes a put, when the leader is killed? */
export const FAILOVER_QUESTION: Question = {
  name: 'failover',
  asks: 'kill -9 of the leader to the next acknowledged put, same election timeout',
  bars: [{ figure: 'pauseMs', over: 'etcd', wants: 'at most', bar: 1, moonshot: 0.5 }],
  rounds: 20,
  begin: async (bench) => {
    const targets = await startAll(bench);
    const subjects = targets.map((target): Subject => ({
      name: target.name,
      measure: () => measure(target),
    }));
    return { subjects, close: async () => void (await Promise.all(targets.map((target) => target.stop()))) };
  },
};

async function startAll(bench: Bench): Promise<readonly Target[]> {
  const kvorum = await KvorumTarget.start({ firstPort: bench.nextPort(), nodeFlags: ELECTION });
  if (etcdVersion() === undefined) return [kvorum];
  return [kvorum, await EtcdTarget.start({ firstPort: bench.nextPort() })];
}

/** Puts begin at a fixed pace, whatever became of those before: the first that is acknowledged ends the pause. */
async function measure(target: Target): Promise<Figures> {
  await sleep(SETTLE_MS);
  await target.put('failover', VALUE);
  const killedMs = await target.killLeader();
  const acknowledged = new AbortController();
  let pauseMs = Number.NaN;
  const put = async (): Promise<void> => {
    try {
      await target.put('failover', VALUE);
    } catch {
      return; // another one will do
    }
    if (acknowledged.signal.aborted) return;
    pauseMs = performance.now() - killedMs;
    acknowledged.abort();
  };
  const puts: Promise<void>[] = [];
  while (!acknowledged.signal.aborted) {
    puts.push(put());
    await sleep(PUT_EVERY_MS);
  }
  await Promise.all(puts);
  await target.revive();
  return { pauseMs };
}
