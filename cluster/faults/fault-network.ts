/**
 * The network between real nodes, made faulty on purpose. Each node is known to all others, and to
 * the clients, by the address of a proxy of its own; the proxy learns from the first line of a
 * connection who made it (`GET /peer?from=2`), and so every directed link has faults of its own.
 * Nodes send only on connections that they dialled, so the link from 1 to 2 is the connection
 * that 1 dialled, both ways of it.
 */
import { createConnection, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { NodeId } from '../../src/base/flavor.ts';
import type { Random } from '../../src/base/random.ts';
import { FaultyPipe } from './faulty-pipe.ts';
import { noCounts, SOUND, worstOf } from './link-fault.ts';
import type { LinkFault, LinkFaultCounts } from './link-fault.ts';

/** Who made a connection: a node, or anyone else. */
export type Origin = NodeId | 'client';

/** From whom to whom. */
export type Link = readonly [from: Origin, to: NodeId];

/** Where a node is said to be, and where it is. */
export interface ProxiedPlace {
  readonly id: NodeId;
  /** `host:port` of the proxy. */
  readonly address: string;
  /** `host:port` of the node. */
  readonly listen: string;
}

interface Connection {
  readonly link: Link;
  readonly near: Socket;
  readonly far: Socket;
  readonly pipes: readonly FaultyPipe[];
}

const FIRST_LINE_BYTES_MAX = 8 * 1024;

export class FaultNetwork {
  readonly #random: Random;
  readonly #servers = new Map<NodeId, Server>();
  readonly #connections = new Set<Connection>();
  readonly #unknown = new Set<Socket>();
  /** Faults that are in force, each on some links. */
  readonly #faults = new Map<symbol, { readonly links: ReadonlySet<string>; readonly fault: LinkFault }>();
  readonly #effective = new Map<string, LinkFault>();
  readonly #total: LinkFaultCounts = noCounts();

  constructor(random: Random) {
    this.#random = random;
  }

  /** What all faults so far did, over all links. */
  get counts(): Readonly<LinkFaultCounts> {
    return this.#total;
  }

  /** Opens the proxy of a node, which need not run yet. */
  async add({ id, address, listen }: ProxiedPlace): Promise<void> {
    const server = createServer((socket) => this.#onConnection(id, listen, socket));
    this.#servers.set(id, server);
    const { host, port } = split(address);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, resolve);
    });
  }

  /** Closes the proxy of a node that is gone for good. */
  remove(id: NodeId): void {
    this.#servers.get(id)?.close();
    this.#servers.delete(id);
    for (const connection of this.#connections) if (connection.link[1] === id) cutNow(connection);
  }

  /** Puts a fault on links, beside those that they have; returns how to take it off again. */
  strike(links: readonly Link[], fault: LinkFault): () => void {
    const id = Symbol('fault');
    this.#faults.set(id, { links: new Set(links.map(nameOf)), fault });
    this.#refresh(links);
    return () => {
      this.#faults.delete(id);
      this.#refresh(links);
    };
  }

  /** Resets every connection of these links, once; returns how many there were. */
  reset(links: readonly Link[]): number {
    const names = new Set(links.map(nameOf));
    const hit = [...this.#connections].filter(({ link }) => names.has(nameOf(link)));
    for (const connection of hit) cutNow(connection);
    this.#total.resets += hit.length;
    return hit.length;
  }

  async close(): Promise<void> {
    for (const socket of this.#unknown) socket.destroy();
    for (const { near, far } of this.#connections) {
      near.destroy();
      far.destroy();
    }
    await Promise.all([...this.#servers.values()].map((server) => new Promise((done) => server.close(done))));
  }

  #refresh(links: readonly Link[]): void {
    for (const link of links) {
      const name = nameOf(link);
      const faults = [...this.#faults.values()].filter((each) => each.links.has(name));
      if (faults.length === 0) this.#effective.delete(name);
      else this.#effective.set(name, worstOf(faults.map(({ fault }) => fault)));
    }
    const names = new Set(links.map(nameOf));
    for (const connection of this.#connections) {
      if (!names.has(nameOf(connection.link))) continue;
      if (this.#faultOf(connection.link).cut === true) this.#cut(connection);
      else for (const pipe of connection.pipes) pipe.pump();
    }
  }

  #faultOf(link: Link): LinkFault {
    return this.#effective.get(nameOf(link)) ?? SOUND;
  }

  #cut(connection: Connection): void {
    this.#total.cuts++;
    cutNow(connection);
  }

  /** Waits for the first line, which says who it is. */
  #onConnection(to: NodeId, listen: string, near: Socket): void {
    let head = Buffer.alloc(0);
    near.on('error', () => near.destroy());
    near.on('close', () => this.#unknown.delete(near));
    this.#unknown.add(near);
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      if (!head.includes('\n') && head.length < FIRST_LINE_BYTES_MAX) return;
      near.off('data', onData);
      this.#unknown.delete(near);
      this.#connect([originOf(head), to], listen, near, head);
    };
    near.on('data', onData);
  }

  #connect(link: Link, listen: string, near: Socket, head: Buffer): void {
    if (this.#faultOf(link).cut === true) {
      this.#total.cuts++;
      near.resetAndDestroy();
      return;
    }
    const far = createConnection(split(listen));
    far.setNoDelay(true);
    near.setNoDelay(true);
    const common = { fault: () => this.#faultOf(link), counts: this.#total, random: this.#random };
    const forth = new FaultyPipe({ ...common, from: near, to: far });
    const back = new FaultyPipe({ ...common, from: far, to: near });
    const connection: Connection = { link, near, far, pipes: [forth, back] };
    this.#connections.add(connection);
    far.on('error', () => far.destroy());
    near.on('close', () => this.#connections.delete(connection));
    forth.begin(head);
  }
}

/** As a crashed host would answer: by a reset. */
function cutNow({ near, far }: Connection): void {
  near.resetAndDestroy();
  far.resetAndDestroy();
}

/** The first line of a peer names it: `GET /peer?from=2 HTTP/1.1`. */
function originOf(head: Buffer): Origin {
  const [, id] = /^GET \/peer\?from=(\d+) /.exec(head.subarray(0, 64).toString('latin1')) ?? [];
  return id === undefined ? 'client' : Number(id);
}

function nameOf([from, to]: Link): string {
  return `${from}>${to}`;
}

function split(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at), port: Number(address.slice(at + 1)) };
}
