import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import type { Target } from './target.ts';

interface Member {
  readonly name: string;
  readonly client: string;
  readonly peer: string;
}

/** Whether there is an etcd to compare with. */
export function etcdVersion(): string | undefined {
  try {
    return execFileSync('etcd', ['--version'], { encoding: 'utf8' })
      .split('\n')[0]
      ?.replace('etcd Version: ', '');
  } catch {
    return undefined;
  }
}

/** Three etcd members on this machine, with their defaults, and the npm `etcd3` client. */
export async function startEtcd(basePort: number): Promise<Target> {
  const directory = await mkdtemp(join(tmpdir(), 'kvorum-bench-etcd-'));
  const members = [0, 1, 2].map((member): Member => ({
    name: `m${member}`,
    client: `http://127.0.0.1:${basePort + 2 * member}`,
    peer: `http://127.0.0.1:${basePort + 2 * member + 1}`,
  }));
  const cluster = members.map(({ name, peer }) => `${name}=${peer}`).join(',');
  const processes = members.map((member) =>
    spawn('etcd', memberFlags(member, directory, cluster), { stdio: 'ignore' }),
  );
  const client = new Etcd3({ hosts: members.map((member) => member.client) });
  await untilWritable(client);
  return {
    name: 'etcd',
    put: async (key, value) => void (await client.put(key).value(Buffer.from(value))),
    get: async (key) => void (await client.get(key).buffer()),
    stop: async () => {
      client.close();
      await Promise.all(processes.map(stopProcess));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function memberFlags(member: Member, directory: string, cluster: string): string[] {
  const { name, client, peer } = member;
  const flags: Record<string, string> = {
    name,
    'data-dir': join(directory, name),
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': cluster,
    'initial-cluster-token': directory,
    'log-level': 'error',
  };
  return Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
}

async function untilWritable(client: Etcd3): Promise<void> {
  const deadlineMs = performance.now() + 30_000;
  for (;;) {
    try {
      await client.put('ready').value('yes');
      return;
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await wait(200);
    }
  }
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
