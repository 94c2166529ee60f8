import { onTestFinished } from 'vitest';
import { connect } from '../../src/client/client.ts';
import type { Client } from '../../src/client/client.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import { ScriptedCluster } from './scripted-cluster.ts';

/** A cluster and a client of it, both closed at the end of the test. */
export async function setUp(
  size = 3,
  options: Omit<ClientOptions, 'endpoints'> = {},
): Promise<{ readonly cluster: ScriptedCluster; readonly client: Client }> {
  const cluster = await ScriptedCluster.start(size);
  onTestFinished(() => cluster.close());
  return { cluster, client: clientOf(cluster.endpoints, options) };
}

export function clientOf(
  endpoints: readonly string[],
  options: Omit<ClientOptions, 'endpoints'> = {},
): Client {
  const client = connect(endpoints, { timeoutMs: 3_000, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** Waits for a condition. */
export async function until(what: string, holds: () => boolean, timeoutMs = 5_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

/** The first so many items. */
export async function take<T>(items: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { done, value } = await items.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}
