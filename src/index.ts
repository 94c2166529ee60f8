/**
 * The public API: a client of a cluster, the errors that it throws, a machine of your own, and a node
 * that runs it.
 */
export { ERROR_FACTS, StoreError } from './base/errors.ts';
export type { ErrorCode, ErrorFacts, Outcome, StoreErrorOptions } from './base/errors.ts';
export { Client, connect } from './client/client.ts';
export type { NodeReport } from './client/client.ts';
export type { Bytes } from './client/bytes.ts';
export type { Reply } from './client/call.ts';
export { KeyValue, KvEvent } from './client/key-value.ts';
export { KvClient } from './client/kv-client.ts';
export type {
  ConditionFailed,
  DeleteResult,
  Expectation,
  KeyRange,
  Page,
  Placed,
  PutOptions,
  PutResult,
  RangeOptions,
  Read,
} from './client/kv-client.ts';
export { MachineClient } from './client/machine-client.ts';
export type { MachineWatchEvent, WatchKeys } from './client/machine-client.ts';
export { LeaderClient, MembersClient } from './client/members-client.ts';
export type { Candidate, MemberList, Place } from './client/members-client.ts';
export type { MemberProgress, MemberReport } from './wire/admin-frames.ts';
export type {
  CallOptions,
  ClientOptions,
  ConnectionEvent,
  ReadConsistency,
  ReadOptions,
} from './client/options.ts';
export { RegistryClient } from './client/registry-client.ts';
export type { InstanceDescription, LookupOptions, RegistryEvent } from './client/registry-client.ts';
export { Registration } from './client/registration.ts';
export { hashPassword, verifyPassword } from './client/password.ts';
export { ShopClient, ShopOrders, ShopProducts, ShopUsers } from './client/shop-client.ts';
export type { NewOrder, NewProduct, NewUser, ProductChange, ShopReply } from './client/shop-client.ts';
export { Watch } from './client/watch.ts';
export type { WatchOptions } from './client/watches.ts';
export { defineMachine } from './machine/define-machine.ts';
export type { CommandDefinition, MachineDefinition, QueryDefinition } from './machine/define-machine.ts';
export type { Applied, At, Machine, MachineEvent, Parsed, ParseCode } from './machine/machine.ts';
export type {
  RegistryEventKind,
  ServiceInstance,
  ServiceSummary,
} from './machine/registry/registry-types.ts';
export type {
  Order,
  OrderState,
  PasswordHash,
  Product,
  ShopRefusal,
  User,
} from './machine/shop/shop-types.ts';
export type { RangeOptions as RecordRangeOptions, ReadRecords, Records } from './machine/records.ts';
export type { MemberAddress, NodeStatus } from './wire/client-frames.ts';
export { nodeConfig } from './node/config.ts';
export type { NodeConfig, NodeLimits, NodeSettings } from './node/config.ts';
export { lineLog } from './node/event-log.ts';
export type { EventLog } from './node/event-log.ts';
export { startNode } from './node/node.ts';
export type { NodeParts, RunningNode } from './node/node.ts';
