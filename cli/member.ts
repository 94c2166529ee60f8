/** `kvorum member`: who makes up the cluster, while it runs. */
import type { Command } from 'commander';
import { addAddMemberCommand } from './member/add.ts';
import { addListMembersCommand } from './member/list.ts';
import { addPromoteMemberCommand } from './member/promote.ts';
import { addRemoveMemberCommand } from './member/remove.ts';
import { addReplaceMemberCommand } from './member/replace.ts';

/** Adds `member` and everything below it. */
export function addMemberCommand(program: Command): void {
  const member = program.command('member').description('Change who the members of the cluster are');
  addListMembersCommand(member);
  addAddMemberCommand(member);
  addPromoteMemberCommand(member);
  addReplaceMemberCommand(member);
  addRemoveMemberCommand(member);
}
