/**
 * Users: `u/<id>` the user with the password hash, `un/<name in lower case>` and `ue/<email>` whose
 * they are. The hash is made and checked outside; here it is only kept.
 */
import { orderedKey } from '../binary-string.ts';
import type { Applied, At, MachineEvent } from '../machine.ts';
import type { ReadRecords, Records } from '../records.ts';
import { refuse } from './refusal.ts';
import type { PasswordHash, ShopEventKind, ShopResult, User, UserCommand } from './shop-types.ts';

interface UserRecord extends User {
  readonly passwordHash: PasswordHash;
}

export function applyUserCommand(records: Records, command: UserCommand, at: At): Applied<ShopResult> {
  return command.kind === 'register-user' ? registerUser(records, command, at) : updateUser(records, command);
}

/** Without the password hash. */
export function readUser(records: ReadRecords, userId: number): User | undefined {
  const record = getUser(records, userId);
  return record === undefined ? undefined : withoutHash(record);
}

export function findUser(records: ReadRecords, name: string): User | undefined {
  const userId = records.get<number>(nameKey(name));
  return userId === undefined ? undefined : readUser(records, userId);
}

/** What it takes to check a password. */
export function readPasswordHash(records: ReadRecords, userId: number): PasswordHash | undefined {
  return getUser(records, userId)?.passwordHash;
}

function registerUser(
  records: Records,
  command: Extract<UserCommand, { kind: 'register-user' }>,
  at: At,
): Applied<ShopResult> {
  const { name, email, passwordHash } = command;
  if (records.get(nameKey(name)) !== undefined) return nameTaken(name);
  if (records.get(emailKey(email)) !== undefined) return emailTaken(email);
  const user: UserRecord = { userId: at.index, name, email, registeredWallMs: at.wallMs, passwordHash };
  putUser(records, user);
  return changed('user-registered', user);
}

function updateUser(
  records: Records,
  command: Extract<UserCommand, { kind: 'update-user' }>,
): Applied<ShopResult> {
  const { kind: _, ...update } = command;
  const before = getUser(records, update.userId);
  if (before === undefined) return refuse('unknown-user', `there is no user ${update.userId}`);
  const after: UserRecord = { ...before, ...update };
  if (isTaken(records, nameKey(after.name), before)) return nameTaken(after.name);
  if (isTaken(records, emailKey(after.email), before)) return emailTaken(after.email);
  records.delete(nameKey(before.name));
  records.delete(emailKey(before.email));
  putUser(records, after);
  return changed('user-updated', after);
}

function isTaken(records: Records, key: string, { userId }: User): boolean {
  const owner = records.get<number>(key);
  return owner !== undefined && owner !== userId;
}

function putUser(records: Records, user: UserRecord): void {
  records.put(userKey(user.userId), user);
  records.put(nameKey(user.name), user.userId);
  records.put(emailKey(user.email), user.userId);
}

function getUser(records: ReadRecords, userId: number): UserRecord | undefined {
  return records.get(userKey(userId));
}

function withoutHash({ passwordHash: _, ...user }: UserRecord): User {
  return user;
}

function changed(kind: ShopEventKind, record: UserRecord): Applied<ShopResult> {
  const user = withoutHash(record);
  const event: MachineEvent = { kind, key: `user/${user.userId}`, value: user };
  return { result: { kind: 'user', user }, events: [event] };
}

function nameTaken(name: string): Applied<ShopResult> {
  return refuse('name-taken', `the name ${name} is taken`);
}

function emailTaken(email: string): Applied<ShopResult> {
  return refuse('email-taken', `the email address ${email} is taken`);
}

function userKey(userId: number): string {
  return `u/${orderedKey(userId)}`;
}

function nameKey(name: string): string {
  return `un/${name.toLowerCase()}`;
}

function emailKey(email: string): string {
  return `ue/${email}`;
}
