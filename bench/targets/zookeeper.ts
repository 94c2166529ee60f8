import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { waitUntil } from '../../cluster/wait-until.ts';
import { freePorts } from './free-ports.ts';
import { pidsOf, ServerProcess } from './server-process.ts';
import type { StoreTarget } from './target.ts';
import { ZookeeperConnection, ZookeeperError } from './zookeeper-connection.ts';

const READY_MS = 60_000;
const SIZE = 3;
const PROGRAM = 'zkServer.sh';
/** Where Debian has it. */
const FOLDER = '/usr/share/zookeeper/bin';

interface Server {
  /** From 1 up. */
  readonly id: number;
  readonly client: string;
  /** Host, and the ports for followers and for elections. */
  readonly peer: string;
}

/** ZooKeeper's script, on the PATH or where Debian has it. */
export function findZookeeper(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), FOLDER];
  return folders.map((folder) => join(folder, PROGRAM)).find(isExecutable);
}

/**
 * Three servers of ZooKeeper with their defaults, and one session with the one that leads. It syncs
 * every write before it acknowledges it; a get is a sync and a read, as the manual has it.
 */
export class ZookeeperTarget implements StoreTarget {
  readonly name = 'zookeeper';
  readonly directory: string;
  readonly #program: string;
  readonly #servers: readonly Server[];
  readonly #folders = new Set<string>();
  #processes: ServerProcess[] = [];
  #connecting: Promise<ZookeeperConnection> | undefined;
  #connection: ZookeeperConnection | undefined;
  #killed: number | undefined;

  private constructor(directory: string, program: string, servers: readonly Server[]) {
    this.directory = directory;
    this.#program = program;
    this.#servers = servers;
  }

  static async create(firstPort: number, program: string): Promise<ZookeeperTarget> {
    const directory = await mkdtemp(join(tmpdir(), 'kvorum-bench-zookeeper-'));
    const ports = await freePorts(firstPort, 3 * SIZE);
    const servers = Array.from({ length: SIZE }, (_, at): Server => {
      const [client, follower, election] = ports.slice(3 * at);
      return { id: at + 1, client: `127.0.0.1:${client}`, peer: `127.0.0.1:${follower}:${election}` };
    });
    return new ZookeeperTarget(directory, program, servers);
  }

  get pids(): readonly number[] {
    return pidsOf(this.#processes);
  }

  async start(): Promise<void> {
    for (const server of this.#servers) {
      await mkdir(this.#folderOf(server));
      await writeFile(join(this.#folderOf(server), 'myid'), String(server.id));
      await writeFile(this.#configurationOf(server), this.#configuration(server));
    }
    this.#processes = this.#servers.map((server) => this.#spawn(server));
    await this.#connected();
  }

  /** The first put of a key creates it. */
  async put(key: string, value: Uint8Array): Promise<void> {
    const connection = await this.#connected();
    try {
      await connection.setData(`/${key}`, value);
    } catch (error) {
      if (codeOf(error) !== 'NO_NODE') throw error;
      await this.#create(connection, `/${key}`, value);
    }
  }

  async get(key: string): Promise<void> {
    const connection = await this.#connected();
    await connection.syncAndGetData(`/${key}`);
  }

  async killLeader(): Promise<number> {
    const leader = await this.#leader();
    this.#killed = leader.id - 1;
    const killedMs = performance.now();
    void this.#processes[this.#killed]?.kill();
    return killedMs;
  }

  async revive(): Promise<void> {
    const killed = this.#killed;
    const server = this.#servers[killed ?? -1];
    if (killed === undefined || server === undefined) return;
    await this.#processes[killed]?.kill();
    this.#processes[killed] = this.#spawn(server);
    await waitUntil({ what: 'a ZooKeeper that follows', timeoutMs: READY_MS }, async () =>
      (await modeOf(server)) === 'follower' ? true : undefined,
    );
    this.#killed = undefined;
  }

  async stop(): Promise<void> {
    this.#connection?.close();
    await Promise.all(this.#processes.map((each) => each.kill()));
    await rm(this.directory, { recursive: true, force: true });
  }

  async #create(connection: ZookeeperConnection, path: string, value: Uint8Array): Promise<void> {
    const folder = path.slice(0, path.lastIndexOf('/'));
    if (folder !== '' && !this.#folders.has(folder)) {
      await ignoring('NODE_EXISTS', connection.create(folder, new Uint8Array()));
      this.#folders.add(folder);
    }
    await ignoring('NODE_EXISTS', connection.create(path, value));
  }

  async #connected(): Promise<ZookeeperConnection> {
    if (this.#connection?.isOpen === true) return this.#connection;
    this.#connecting ??= this.#connect().finally(() => (this.#connecting = undefined));
    return this.#connecting;
  }

  async #connect(): Promise<ZookeeperConnection> {
    const options = { what: 'a session with ZooKeeper', timeoutMs: READY_MS };
    this.#connection = await waitUntil(options, async () => {
      try {
        const { client } = await this.#leader();
        return await ZookeeperConnection.open(client);
      } catch {
        return undefined; // not there yet
      }
    });
    return this.#connection;
  }

  async #leader(): Promise<Server> {
    return waitUntil({ what: 'a ZooKeeper that leads', timeoutMs: READY_MS }, async () => {
      const modes = await Promise.all(this.#servers.map(modeOf));
      return this.#servers[modes.indexOf('leader')];
    });
  }

  #folderOf({ id }: Server): string {
    return join(this.directory, `z${id}`);
  }

  #configurationOf(server: Server): string {
    return join(this.#folderOf(server), 'zoo.cfg');
  }

  #configuration(server: Server): string {
    const [host, port] = server.client.split(':');
    const ensemble = this.#servers.map(({ id, peer }) => `server.${id}=${peer}`);
    // The ticks are those of the example that comes with it.
    const lines = [
      'tickTime=2000',
      'initLimit=10',
      'syncLimit=5',
      `dataDir=${this.#folderOf(server)}`,
      `clientPort=${port}`,
      `clientPortAddress=${host}`,
      'admin.enableServer=false',
      '4lw.commands.whitelist=srvr',
      ...ensemble,
    ];
    return `${lines.join('\n')}\n`;
  }

  #spawn(server: Server): ServerProcess {
    const words = ['start-foreground', this.#configurationOf(server)];
    return new ServerProcess(this.#program, words, {
      JMXDISABLE: 'true',
      ZOO_LOG_DIR: this.#folderOf(server),
    });
  }
}

/** What the server says that it is; undefined while it is nothing. */
async function modeOf({ client }: Server): Promise<string | undefined> {
  const [host = '', port] = client.split(':');
  const socket = connect(Number(port), host);
  try {
    socket.end('srvr');
    return /^Mode: (\w+)$/m.exec(await text(socket))?.[1];
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

async function ignoring(code: string, done: Promise<void>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (codeOf(error) !== code) throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof ZookeeperError ? error.code : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
