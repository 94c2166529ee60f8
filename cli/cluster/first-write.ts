import { connect } from '../../src/client/client.ts';

const TIMEOUT_MS = 10_000;

/**
 * Writes a key and reads it back, to show that the cluster works. A key that is there already, from
 * an earlier start, is left alone and only read. Returns what was done, in words.
 */
export async function firstWrite(endpoints: readonly string[]): Promise<string> {
  await using client = connect(endpoints, { name: 'kvorum cluster start', timeoutMs: TIMEOUT_MS });
  await client.ready();
  const startedMs = performance.now();
  const result = await client.kv.compareAndSet('hello', { version: 0 }, 'world');
  if (result.kind === 'condition-failed') {
    return `hello=${result.current?.text()} is still there, of revision ${result.current?.modRevision}`;
  }
  const found = await client.kv.get('hello');
  const tookMs = Math.ceil(performance.now() - startedMs);
  return `put hello=world, revision ${result.revision}; read back ${found?.text()}; ${tookMs} ms`;
}
