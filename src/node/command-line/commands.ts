import type { Run } from '../commands/command.ts'
import { RELAY_FLAGS, UP_FLAGS, type Flag } from './flags.ts'

/** A command of `docs/contract.md`. */
export interface Command {
  readonly path: string
  /** Its arguments, as help shows them. */
  readonly arguments: string
  /** Fewest and most of them. */
  readonly count: readonly [number, number]
  readonly summary: string
  readonly flags: readonly Flag[]
  /** Absent: named in the contract and not built yet. Loaded on demand, so that each command loads only what it needs. */
  readonly load?: () => Promise<Run>
}

const ANY = Number.POSITIVE_INFINITY
const OPEN: Flag = { name: 'open', summary: 'an open room: anyone who knows the name is in' }
const HISTORY: Flag = {
  name: 'history',
  value: 'WHAT',
  summary: 'what newcomers read of what was said before: none, joined (default), a number, all'
}
const TIMEOUT: Flag = { name: 'timeout', value: 'S', summary: 'seconds to wait, default 30' }

export const COMMANDS: readonly Command[] = [
  {
    path: 'up',
    arguments: '',
    count: [0, 0],
    summary: 'run a full peer: member of its rooms, web app and local API',
    flags: UP_FLAGS,
    load: async () => (await import('../commands/up.ts')).up
  },
  {
    path: 'relay',
    arguments: '',
    count: [0, 0],
    summary: 'run a public relay: bootstrap, DHT server, circuit relay, web app',
    flags: RELAY_FLAGS,
    load: async () => (await import('../commands/relay.ts')).relay
  },
  {
    path: 'room create',
    arguments: 'NAME [--open]',
    count: [1, 1],
    summary: 'create a room and enter it: private, or open to anyone who knows its name',
    flags: [OPEN, HISTORY],
    load: async () => (await import('../commands/room.ts')).createRoom
  },
  {
    path: 'room join',
    arguments: 'LINK | NAME --open',
    count: [1, 1],
    summary: 'enter a room by its link, or an open room by its name',
    flags: [OPEN, TIMEOUT],
    load: async () => (await import('../commands/join.ts')).joinRoom
  },
  {
    path: 'room list',
    arguments: '',
    count: [0, 0],
    summary: 'your rooms',
    flags: [],
    load: async () => (await import('../commands/room.ts')).listRooms
  },
  {
    path: 'room members',
    arguments: 'ROOM',
    count: [1, 1],
    summary: 'who is in the room',
    flags: [],
    load: async () => (await import('../commands/room.ts')).listMembers
  },
  {
    path: 'room leave',
    arguments: 'ROOM',
    count: [1, 1],
    summary: 'stop taking part; what is stored here stays',
    flags: [],
    load: async () => (await import('../commands/room.ts')).leaveRoom
  },
  {
    path: 'room forget',
    arguments: 'ROOM',
    count: [1, 1],
    summary:
      'leave it, or have left it, and erase all that is stored of it here; ROOM may be the name of an open room, or a whole id',
    flags: [],
    load: async () => (await import('../commands/room.ts')).forgetRoom
  },
  {
    path: 'room set',
    arguments: 'ROOM KEY VALUE',
    count: [3, 3],
    summary:
      'change a setting of the room: keepers (on, off), retention (30d, a number, forever); of a private one also name, history',
    flags: [],
    load: async () => (await import('../commands/room.ts')).setRoom
  },
  {
    path: 'room invite',
    arguments: 'ROOM',
    count: [1, 1],
    summary: 'a link that brings others into the room',
    flags: [
      { name: 'role', value: 'ROLE', summary: 'what it makes of newcomers: admin, member (default), observer' },
      { name: 'expires', value: 'DURATION', summary: 'how long it holds, default 7d' },
      { name: 'uses', value: 'N', summary: 'how many it lets in; without end by default' }
    ],
    load: async () => (await import('../commands/invite.ts')).inviteToRoom
  },
  {
    path: 'room invites',
    arguments: 'ROOM',
    count: [1, 1],
    summary: 'the invites into a private room',
    flags: [],
    load: async () => (await import('../commands/invite.ts')).listInvites
  },
  {
    path: 'room revoke',
    arguments: 'INVITE',
    count: [1, 1],
    summary: 'make an invite useless; INVITE is its link, its id, or the start of that',
    flags: [],
    load: async () => (await import('../commands/invite.ts')).revokeInvite
  },
  {
    path: 'room remove',
    arguments: 'ROOM MEMBER',
    count: [2, 2],
    summary: 'remove a member, and make the invites that are open useless; or one device, as one that you lost',
    flags: [{ name: 'device', value: 'ID', summary: 'this one device of the member alone: see room members --json' }],
    load: async () => (await import('../commands/membership.ts')).removeMember
  },
  {
    path: 'room ban',
    arguments: 'ROOM MEMBER',
    count: [2, 2],
    summary: 'remove a member for good',
    flags: [],
    load: async () => (await import('../commands/membership.ts')).banMember
  },
  {
    path: 'room role',
    arguments: 'ROOM MEMBER ROLE',
    count: [3, 3],
    summary: 'change what a member may do: owner, admin, member or observer',
    flags: [],
    load: async () => (await import('../commands/membership.ts')).changeRole
  },
  {
    path: 'room close',
    arguments: 'ROOM',
    count: [1, 1],
    summary: 'end the room for everybody; what was said stays',
    flags: [],
    load: async () => (await import('../commands/membership.ts')).closeRoom
  },
  {
    path: 'send',
    arguments: 'ROOM TEXT... (- reads standard input)',
    count: [2, ANY],
    summary: 'send a message',
    flags: [
      { name: 'wait', value: 'K', summary: 'wait until K other members have it' },
      TIMEOUT,
      { name: 'to', value: 'NICK', summary: 'address one member (not built yet)' }
    ],
    load: async () => (await import('../commands/send.ts')).send
  },
  {
    path: 'dm',
    arguments: 'MEMBER TEXT... (- reads standard input)',
    count: [2, ANY],
    summary: 'write to a member of one of your rooms alone',
    flags: [{ name: 'wait', value: '1', summary: 'wait until the other has it' }, TIMEOUT],
    load: async () => (await import('../commands/send.ts')).sendDirect
  },
  {
    path: 'edit',
    arguments: 'ROOM ID TEXT...',
    count: [3, ANY],
    summary: 'give a message of yours other words',
    flags: [],
    load: async () => (await import('../commands/amend.ts')).editMessage
  },
  {
    path: 'delete',
    arguments: 'ROOM ID',
    count: [2, 2],
    summary: 'take a message of yours back, at everybody whom that reaches',
    flags: [],
    load: async () => (await import('../commands/amend.ts')).deleteMessage
  },
  {
    path: 'read',
    arguments: 'ROOM',
    count: [1, 1],
    summary: 'messages in room order',
    flags: [
      { name: 'limit', value: 'N', summary: 'the newest N only' },
      { name: 'follow', summary: 'go on with those that arrive, until Ctrl-C' }
    ],
    load: async () => (await import('../commands/read.ts')).read
  },
  {
    path: 'id show',
    arguments: '',
    count: [0, 0],
    summary: 'this member’s identity',
    flags: [],
    load: async () => (await import('../commands/id.ts')).showIdentity
  },
  {
    path: 'id name',
    arguments: 'NICK',
    count: [1, 1],
    summary: 'set the nickname',
    flags: [],
    load: async () => (await import('../commands/id.ts')).setNickname
  },
  {
    path: 'id export',
    arguments: 'FILE',
    count: [1, 1],
    summary: 'write the identity to a new file, under a passphrase of its own',
    flags: [],
    load: async () => (await import('../commands/identity.ts')).exportIdentity
  },
  {
    path: 'id import',
    arguments: 'FILE | -',
    count: [1, 1],
    summary: 'make this a new device of an exported identity; - takes its 24 words from standard input',
    flags: [],
    load: async () => (await import('../commands/identity.ts')).importIdentity
  },
  {
    path: 'id phrase',
    arguments: '',
    count: [0, 0],
    summary: 'show the identity as 24 words',
    flags: [],
    load: async () => (await import('../commands/identity.ts')).showPhrase
  },
  {
    path: 'id passphrase',
    arguments: '',
    count: [0, 0],
    summary: 'protect the identity on this device with a passphrase, or change it',
    flags: [{ name: 'remove', summary: 'take the passphrase away' }],
    load: async () => (await import('../commands/identity.ts')).changePassphrase
  },
  {
    path: 'id verify',
    arguments: 'MEMBER',
    count: [1, 1],
    summary: 'the safety number between you and a member: compare it over another way',
    flags: [],
    load: async () => (await import('../commands/verify.ts')).verifyMember
  },
  {
    path: 'status',
    arguments: '',
    count: [0, 0],
    summary: 'rooms, peers and how they are reached',
    flags: [],
    load: async () => (await import('../commands/status.ts')).status
  },
  {
    path: 'doctor',
    arguments: '',
    count: [0, 0],
    summary: 'what the network lets this peer do, and what would help',
    flags: [],
    load: async () => (await import('../commands/doctor.ts')).doctor
  },
  ...[
    ['chat', '[ROOM]', 'terminal chat'],
    ['file send', 'ROOM PATH', 'send a file'],
    ['file get', 'ROOM ID PATH', 'fetch a file'],
    ['bot', '-- COMMAND', 'run a program as a bot'],
    ['bridge', 'socketio|irc', 'bring the users of an old chat into a room']
  ].map(([path = '', args = '', summary = '']): Command => ({
    path,
    arguments: args,
    count: [0, ANY],
    summary,
    flags: []
  }))
]

/** Words that stand before another word. */
export const GROUPS: ReadonlySet<string> = new Set(
  COMMANDS.filter(command => command.path.includes(' ')).map(command => command.path.split(' ')[0] ?? '')
)
