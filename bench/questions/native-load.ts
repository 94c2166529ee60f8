import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { measureTarget } from '../measure/target-load.ts';
import type { Bench, Figures, Question, Subject } from '../question.ts';
import { EtcdTarget } from '../targets/etcd.ts';
import { putOn, VALUE, VALUE_BYTES } from './keys.ts';

const run = promisify(execFile);
const IN_FLIGHT = [256, 1024, 4096];
const WARM_UP_IN_FLIGHT = 1024;
const CONNECTIONS = 4;

/** Puts from one Node process against etcd driven by a generator in C: who has the better store, whatever the client? */
export const NATIVE_LOAD_QUESTION: Question = {
  name: 'native-load',
  asks: 'puts from one Node process, against etcd driven by h2load, both at their best concurrency',
  bars: [{ figure: 'perSecond', over: 'etcd, h2load', wants: 'at least', bar: 2, moonshot: 4 }],
  begin: async (bench) => {
    const [kvorum, etcd] = await bench.stores(['etcd']);
    if (kvorum === undefined) throw new TypeError('there is always one store');
    const put = putOn(kvorum, bench.keys);
    await bench.warmUp(kvorum, { kind: 'put', operation: put, inFlight: WARM_UP_IN_FLIGHT });
    const durationMs = bench.durationMs / IN_FLIGHT.length;
    const measure = (): Promise<Figures> =>
      best((inFlight) => {
        const load = { inFlight, bytesEach: VALUE_BYTES, warmUpMs: durationMs / 3, durationMs };
        return measureTarget(kvorum, put, load);
      });
    const own: Subject = { name: kvorum.name, measure };
    if (!(etcd instanceof EtcdTarget)) return [own];
    if (hasH2load()) return [own, { name: 'etcd, h2load', measure: () => h2load(etcd, bench) }];
    bench.note('h2load is not on the PATH: etcd is not driven by it');
    return [own];
  },
};

function hasH2load(): boolean {
  try {
    execFileSync('h2load', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function best(measure: (inFlight: number) => Promise<Figures>): Promise<Figures> {
  let highest: Figures = { perSecond: 0 };
  for (const inFlight of IN_FLIGHT) {
    const figures = await measure(inFlight);
    if ((figures['perSecond'] ?? 0) > (highest['perSecond'] ?? 0)) highest = { ...figures, inFlight };
  }
  return highest;
}

/** One key for all: h2load sends the same body each time. */
async function h2load(etcd: EtcdTarget, { durationMs }: Bench): Promise<Figures> {
  const directory = await mkdtemp(join(tmpdir(), 'kvorum-bench-h2load-'));
  try {
    const body = join(directory, 'put');
    await writeFile(body, grpcMessage(putRequest('bench', VALUE)));
    return await best((inFlight) => h2loadAt(etcd, inFlight, body, durationMs / IN_FLIGHT.length));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * A failed gRPC call is an HTTP 200 as well, and h2load does not look at trailers: what counts is how far
 * the revision of the store rose.
 */
async function h2loadAt(
  etcd: EtcdTarget,
  inFlight: number,
  body: string,
  durationMs: number,
): Promise<Figures> {
  const url = `${await etcd.leaderEndpoint()}/etcdserverpb.KV/Put`;
  const before = await etcd.revision();
  const time = [`--duration=${Math.round(durationMs)}ms`, `--warm-up-time=${Math.round(durationMs / 3)}ms`];
  const load = [`--clients=${CONNECTIONS}`, `--max-concurrent-streams=${inFlight / CONNECTIONS}`];
  const request = [`--data=${body}`, '--header=content-type: application/grpc', '--header=te: trailers'];
  const { stdout } = await run('h2load', [...time, ...load, ...request, url]);
  const revisions = (await etcd.revision()) - before;
  const answered = readH2load(stdout);
  if (answered === undefined || answered.failed > 0 || revisions < answered.succeeded)
    throw new Error(`h2load: the revision of etcd rose by ${revisions}\n${stdout}`);
  return { perSecond: answered.perSecond };
}

/** What h2load says at its end. */
export function readH2load(
  text: string,
): { readonly perSecond: number; readonly succeeded: number; readonly failed: number } | undefined {
  const perSecond = /finished in [\d.]+m?s, ([\d.]+) req\/s/.exec(text)?.[1];
  const counts = /(\d+) succeeded, (\d+) failed/.exec(text);
  if (perSecond === undefined || counts === null) return undefined;
  return { perSecond: Number(perSecond), succeeded: Number(counts[1]), failed: Number(counts[2]) };
}

/** etcdserverpb.PutRequest: key is field 1, value field 2. */
function putRequest(key: string, value: Uint8Array): Uint8Array {
  return Buffer.concat([field(1, Buffer.from(key)), field(2, value)]);
}

function field(number: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  return value < 128 ? Uint8Array.of(value) : Uint8Array.of((value & 127) | 128, value >> 7);
}

/** Not compressed, and its length (gRPC over HTTP/2, "Length-Prefixed-Message"). */
function grpcMessage(message: Uint8Array): Uint8Array {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
