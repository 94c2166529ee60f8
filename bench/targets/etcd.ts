import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd3 } from 'etcd3';
import { waitUntil } from '../../cluster/wait-until.ts';
import type { Target } from './target.ts';

const READY_MS = 60_000;

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

/** Members of etcd on this machine, with their defaults, and the npm `etcd3` client. */
export class EtcdTarget implements Target {
  readonly name = 'etcd';
  readonly endpoints: readonly string[];
  readonly #directory: string;
  readonly #members: readonly Member[];
  readonly #processes: ChildProcess[];
  readonly #client: Etcd3;
  #killed: number | undefined;

  private constructor(directory: string, members: readonly Member[]) {
    this.#directory = directory;
    this.#members = members;
    this.endpoints = members.map(({ client }) => client);
    this.#processes = members.map((member) => this.#spawn(member, 'new'));
    this.#client = new Etcd3({ hosts: [...this.endpoints] });
  }

  static async start({ firstPort, size = 3 }: { firstPort: number; size?: number }): Promise<EtcdTarget> {
    const directory = await mkdtemp(join(tmpdir(), 'kvorum-bench-etcd-'));
    const members = Array.from({ length: size }, (_, at): Member => ({
      name: `m${at}`,
      client: `http://127.0.0.1:${firstPort + 2 * at}`,
      peer: `http://127.0.0.1:${firstPort + 2 * at + 1}`,
    }));
    const target = new EtcdTarget(directory, members);
    await target.#untilWritable(target.#client);
    return target;
  }

  get pids(): readonly number[] {
    return this.#processes.flatMap(({ pid, exitCode, signalCode }) =>
      pid === undefined || exitCode !== null || signalCode !== null ? [] : [pid],
    );
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    await this.#client.put(key).value(Buffer.from(value));
  }

  async get(key: string): Promise<void> {
    await this.#client.get(key).buffer();
  }

  watch(prefix: string, onEvent: () => void): () => Promise<void> {
    const watcher = this.#client.watch().prefix(prefix).watcher();
    watcher.on('put', onEvent);
    return () => watcher.cancel();
  }

  async killLeader(): Promise<number> {
    const leads = await Promise.all(this.#members.map((member) => isLeader(member)));
    const leader = leads.indexOf(true);
    const child = this.#processes[leader];
    if (child === undefined) throw new Error('no member of etcd leads');
    this.#killed = leader;
    const killedMs = performance.now();
    child.kill('SIGKILL');
    return killedMs;
  }

  async revive(): Promise<void> {
    const killed = this.#killed;
    const member = this.#members[killed ?? -1];
    const child = this.#processes[killed ?? -1];
    if (killed === undefined || member === undefined || child === undefined) return;
    await kill(child);
    this.#processes[killed] = this.#spawn(member, 'existing');
    const client = new Etcd3({ hosts: member.client });
    try {
      await this.#untilWritable(client);
    } finally {
      client.close();
    }
    this.#killed = undefined;
  }

  async stop(): Promise<void> {
    this.#client.close();
    await Promise.all(this.#processes.map(kill));
    await rm(this.#directory, { recursive: true, force: true });
  }

  #spawn({ name, client, peer }: Member, state: 'new' | 'existing'): ChildProcess {
    const flags: Record<string, string> = {
      name,
      'data-dir': join(this.#directory, name),
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': this.#members.map((member) => `${member.name}=${member.peer}`).join(','),
      'initial-cluster-token': this.#directory,
      'initial-cluster-state': state,
      'log-level': 'error',
      // Enough for every question; the default is a history for ever, in 2 GiB.
      'quota-backend-bytes': String(8 * 1024 ** 3),
    };
    const words = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    return spawn('etcd', words, { stdio: 'ignore' });
  }

  async #untilWritable(client: Etcd3): Promise<void> {
    await waitUntil({ what: 'an etcd that takes writes', timeoutMs: READY_MS }, async () => {
      try {
        await client.put('ready').value('yes');
        return true;
      } catch {
        return undefined; // not there yet
      }
    });
  }
}

async function isLeader(member: Member): Promise<boolean> {
  const client = new Etcd3({ hosts: member.client });
  try {
    const { header, leader } = await client.maintenance.status();
    return header.member_id === leader;
  } catch {
    return false;
  } finally {
    client.close();
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
