import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd3 } from 'etcd3';
import { waitUntil } from '../../cluster/wait-until.ts';
import { freePorts } from './free-ports.ts';
import { pidsOf, ServerProcess } from './server-process.ts';
import type { WatchableTarget } from './target.ts';

const READY_MS = 60_000;
const SIZE = 3;

interface Member {
  readonly name: string;
  readonly client: string;
  readonly peer: string;
}

/** Members of etcd on this machine, with their defaults, and the npm `etcd3` client. */
export class EtcdTarget implements WatchableTarget {
  readonly name = 'etcd';
  readonly directory: string;
  readonly #members: readonly Member[];
  readonly #client: Etcd3;
  #processes: ServerProcess[] = [];
  #killed: number | undefined;

  private constructor(directory: string, members: readonly Member[]) {
    this.directory = directory;
    this.#members = members;
    this.#client = new Etcd3({ hosts: members.map(({ client }) => client) });
  }

  static async create(firstPort: number): Promise<EtcdTarget> {
    const directory = await mkdtemp(join(tmpdir(), 'kvorum-bench-etcd-'));
    const ports = await freePorts(firstPort, 2 * SIZE);
    const members = Array.from({ length: SIZE }, (_, at): Member => {
      const [client, peer] = ports.slice(2 * at).map((port) => `http://127.0.0.1:${port}`);
      return { name: `m${at}`, client: client ?? '', peer: peer ?? '' };
    });
    return new EtcdTarget(directory, members);
  }

  get pids(): readonly number[] {
    return pidsOf(this.#processes);
  }

  async start(): Promise<void> {
    this.#processes = this.#members.map((member) => this.#spawn(member, 'new'));
    await untilWritable(this.#client);
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

  /** How many changes the store has seen. */
  async revision(): Promise<number> {
    const { header } = await this.#client.maintenance.status();
    return Number(header.revision);
  }

  /** Where the member that leads takes calls. */
  async leaderEndpoint(): Promise<string> {
    return this.#members[await this.#leader()]?.client ?? '';
  }

  async killLeader(): Promise<number> {
    this.#killed = await this.#leader();
    const leader = this.#processes[this.#killed];
    if (leader === undefined) throw new Error('no member of etcd leads');
    const killedMs = performance.now();
    void leader.kill();
    return killedMs;
  }

  async revive(): Promise<void> {
    const killed = this.#killed;
    const member = this.#members[killed ?? -1];
    if (killed === undefined || member === undefined) return;
    await this.#processes[killed]?.kill();
    this.#processes[killed] = this.#spawn(member, 'existing');
    const client = new Etcd3({ hosts: member.client });
    try {
      await untilWritable(client);
    } finally {
      client.close();
    }
    this.#killed = undefined;
  }

  async stop(): Promise<void> {
    this.#client.close();
    await Promise.all(this.#processes.map((each) => each.kill()));
    await rm(this.directory, { recursive: true, force: true });
  }

  async #leader(): Promise<number> {
    const leads = await Promise.all(this.#members.map((member) => isLeader(member)));
    return leads.indexOf(true);
  }

  #spawn({ name, client, peer }: Member, state: 'new' | 'existing'): ServerProcess {
    const flags: Record<string, string> = {
      name,
      'data-dir': join(this.directory, name),
      'listen-client-urls': client,
      'advertise-client-urls': client,
      'listen-peer-urls': peer,
      'initial-advertise-peer-urls': peer,
      'initial-cluster': this.#members.map((member) => `${member.name}=${member.peer}`).join(','),
      'initial-cluster-token': this.directory,
      'initial-cluster-state': state,
      'log-level': 'error',
      // Enough for every question; the default is a history for ever, in 2 GiB.
      'quota-backend-bytes': String(8 * 1024 ** 3),
    };
    return new ServerProcess(
      'etcd',
      Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`),
    );
  }
}

async function untilWritable(client: Etcd3): Promise<void> {
  await waitUntil({ what: 'an etcd that takes writes', timeoutMs: READY_MS }, async () => {
    try {
      await client.put('ready').value('yes');
      return true;
    } catch {
      return undefined; // not there yet
    }
  });
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
