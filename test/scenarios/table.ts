/** What the files of this folder show, by the suite whose scenario of that name makes the same claim. */
export interface Ring {
  /** The folder; the folder itself if it is empty. */
  readonly folder: string;
  readonly title: string;
}

export const RINGS: readonly Ring[] = [
  { folder: '', title: 'Our own' },
  { folder: 'etcd-data', title: 'etcd-io/raft, data-driven scenarios (testdata)' },
  {
    folder: 'etcd-paper',
    title: 'etcd-io/raft, raft_paper_test.go: one test per sentence of the Raft paper',
  },
  {
    folder: 'etcd-raft',
    title: 'etcd-io/raft, raft_test.go, raft_snap_test.go and raft_flow_control_test.go',
  },
];

/** All 28 data-driven scenarios of etcd-io/raft. */
export const ETCD_DATA: readonly string[] = [
  'single_node',
  'campaign',
  'campaign_learner_must_vote',
  'checkquorum',
  'prevote',
  'prevote_checkquorum',
  'forget_leader',
  'forget_leader_prevote_checkquorum',
  'forget_leader_read_only_lease_based',
  'probe_and_replicate',
  'heartbeat_resp_recovers_from_probing',
  'lagging_commit',
  'replicate_pause',
  'slow_follower_after_compaction',
  'snapshot_succeed_via_app_resp',
  'snapshot_succeed_via_app_resp_behind',
  'async_storage_writes',
  'async_storage_writes_append_aba_race',
  'confchange_v1_add_single',
  'confchange_v1_remove_leader',
  'confchange_v1_remove_leader_stepdown',
  'confchange_v2_add_single_auto',
  'confchange_v2_add_single_explicit',
  'confchange_v2_add_double_auto',
  'confchange_v2_add_double_implicit',
  'confchange_v2_replace_leader',
  'confchange_v2_replace_leader_stepdown',
  'confchange_disable_validation',
];

/** All 26 tests of raft_paper_test.go, without "Test". */
export const ETCD_PAPER: readonly string[] = [
  'FollowerUpdateTermFromMessage',
  'CandidateUpdateTermFromMessage',
  'LeaderUpdateTermFromMessage',
  'RejectStaleTermMessage',
  'StartAsFollower',
  'LeaderBcastBeat',
  'FollowerStartElection',
  'CandidateStartNewElection',
  'LeaderElectionInOneRoundRPC',
  'FollowerVote',
  'CandidateFallback',
  'FollowerElectionTimeoutRandomized',
  'CandidateElectionTimeoutRandomized',
  'FollowersElectionTimeoutNonconflict',
  'CandidatesElectionTimeoutNonconflict',
  'LeaderStartReplication',
  'LeaderCommitEntry',
  'LeaderAcknowledgeCommit',
  'LeaderCommitPrecedingEntries',
  'FollowerCommitEntry',
  'FollowerCheckMsgApp',
  'FollowerAppendEntries',
  'LeaderSyncFollowerLog',
  'VoteRequest',
  'Voter',
  'LeaderOnlyCommitsLogFromCurrentTerm',
];

/** The sentences that a scenario opens with, up to its first command. */
export function claimOf(text: string): string {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  const claim = lines.slice(0, end).map((line) => line.slice(2));
  return claim.join(' ').replaceAll('|', '\\|');
}

/** README.md: every scenario with its claim, as a table. */
export function renderTable(textOf: (file: string) => string, files: readonly string[]): string {
  const parts = RINGS.map(({ folder, title }) => {
    const own = files.filter((file) => (file.includes('/') ? file.split('/')[0] : '') === folder).sort();
    const rows = own.map((file) => `| [${file.split('/').at(-1)}](${file}) | ${claimOf(textOf(file))} |`);
    return [`## ${title}: ${own.length}`, '', '| file | claim |', '| --- | --- |', ...rows].join('\n');
  });
  return `${[INTRODUCTION(files.length), ...parts].join('\n\n')}\n`;
}

const INTRODUCTION = (count: number): string => `# Scenarios: ${count}

Each file plays one scenario on the core, without clock, network or disk, and holds what it printed; a
difference fails the test (see scenario.ts for the commands). Those in a folder have the name of another
suite's test and check the same claim; they were written from the claim, for this core.

Written by \`UPDATE=1 npx vitest run --config test/vitest.config.ts test/scenarios\`.`;
