import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { measureLoad } from '../measure/closed-load.ts';
import type { Bench, Figures, Question, Subject } from '../question.ts';
import { EtcdTarget } from '../targets/etcd.ts';
import { keyOf, VALUE } from './keys.ts';

const run = promisify(execFile);
const IN_FLIGHT = [64, 256, 1024];
const H2LOAD_CONNECTIONS = 4;

/** Puts from one Node process against etcd driven by a generator in C: who has the better store, whatever the client? */
export const NATIVE_LOAD_QUESTION: Question = {
  name: 'native-load',
  asks: 'puts from one Node process, against etcd driven by h2load, both at their best concurrency',
  bars: [{ figure: 'perSecond', over: 'etcd, h2load', wants: 'at least', bar: 2, moonshot: 4 }],
  begin: async (bench) => {
    const targets = await bench.targets();
    const subjects: Subject[] = [];
    for (const target of targets) {
      if (target instanceof EtcdTarget) {
        if (hasH2load()) subjects.push({ name: 'etcd, h2load', measure: () => h2load(target, bench) });
        else bench.note('h2load is not on the PATH: etcd is not driven by it');
        continue;
      }
      const put = (at: number): Promise<void> => target.put(keyOf(at), VALUE);
      subjects.push({
        name: target.name,
        measure: () =>
          best((inFlight) => {
            const durationMs = bench.durationMs / IN_FLIGHT.length;
            return measureLoad(target, put, { inFlight, warmUpMs: durationMs / 3, durationMs });
          }),
      });
    }
    return { subjects, close: () => Promise.resolve() };
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
async function h2load(target: EtcdTarget, bench: Bench): Promise<Figures> {
  const directory = await mkdtemp(join(tmpdir(), 'kvorum-bench-h2load-'));
  try {
    const body = join(directory, 'put');
    await writeFile(body, grpcMessage(putRequest(keyOf(1), VALUE)));
    return await best(async (inFlight) => {
      const requests = Math.round((bench.durationMs / 1000 / IN_FLIGHT.length) * 8_000);
      const words = [
        '-n',
        requests,
        '-c',
        H2LOAD_CONNECTIONS,
        '-m',
        inFlight / H2LOAD_CONNECTIONS,
        '-d',
        body,
      ];
      const headers = ['-H', 'content-type: application/grpc', '-H', 'te: trailers'];
      const url = `${target.endpoints[0]}/etcdserverpb.KV/Put`;
      const { stdout } = await run('h2load', [...words.map(String), ...headers, url]);
      const perSecond = /finished in [\d.]+m?s, ([\d.]+) req\/s/.exec(stdout)?.[1];
      const succeeded = /(\d+) succeeded/.exec(stdout)?.[1];
      if (perSecond === undefined || Number(succeeded) !== requests)
        throw new Error(`h2load failed:\n${stdout}`);
      return { perSecond: Number(perSecond) };
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
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
