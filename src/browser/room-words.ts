import type { InviteSummary, MemberRole, RoomSummary, SharedHistory } from '../core/chat/index.ts'
import { count } from './words.ts'

/** What is said of private rooms: who may what, and how they end. */

/** Nothing at a member, which is what one expects. */
export const ROLE_WORDS: Readonly<Record<MemberRole, string>> = {
  owner: 'owner',
  admin: 'admin',
  member: '',
  observer: 'only reads'
}

/** Of a role, for whoever gives it. */
const ROLE_CHOICES: readonly (readonly [role: MemberRole, words: string])[] = [
  ['member', 'Member: reads and writes'],
  ['admin', 'Admin: invites and removes, too'],
  ['observer', 'Observer: only reads']
]

/** An admin gives what is below admin. */
export function rolesToInviteAs({ role }: RoomSummary): typeof ROLE_CHOICES {
  return role === 'owner' ? ROLE_CHOICES : ROLE_CHOICES.filter(([given]) => given !== 'admin')
}

export const HISTORY_CHOICES: readonly (readonly [value: SharedHistory, words: string])[] = [
  ['joined', 'Nothing from before'],
  [100, 'The newest 100 messages'],
  ['all', 'Everything']
]

export const PRIVATE_ROOM_NOTE =
  'Only members can read it. People come in by an invite, and whoever is removed reads nothing that is said from then on.'

export const DIRECT_NOTE =
  'Only the two of you read this, and nobody else can be let in. Compare the safety number to be sure that nobody is in between.'

const ENDED: Readonly<Record<NonNullable<RoomSummary['ended']>, string>> = {
  closed: 'This room was closed. What was said stays; nothing is added.',
  removed: 'You were removed from this room. What you had stays here; what is said now does not reach you.',
  banned: 'You were removed from this room for good. What you had stays here.',
  left: 'You left this room. What you had stays here.',
  'device-removed':
    'This device was taken out of this room. What it had stays here; what is said now does not reach it.',
  'other-left':
    'They left this conversation. What was said stays here. To write to them again, choose Message at their name in a room that you share.'
}

const APART =
  'Who is known here is online, and does not meet you in this room any more. If you were away for long, a new invite from one of them brings you back: open it under Join.'

/** Of a room that one is in, and was away from for so long that it takes a new invite, or was put out of; undefined of any other. */
export function returningWords(room: RoomSummary): string | undefined {
  const { returning, ended } = room
  const write = ended === undefined ? ' What you write goes out then.' : ''
  if (returning === undefined) return room.apart === true ? APART : undefined
  if (typeof returning === 'object') {
    return `You are not ${ended === undefined ? 'back with the others' : 'let in again'}: ${returning.refused}.`
  }
  if (returning === 'asking') return `A member is being asked to bring you back.${write}`
  return `Nobody is there yet who could bring you back. ${waitingWords(room)}${write}`
}

/** What it takes, while nobody is there who answers. */
export function waitingWords({ waitsAt = 0 }: RoomSummary): string {
  if (waitsAt === 0)
    return 'It takes one member who is online. Keep this tab open: it goes on by itself, and again when you come back.'
  const relays = count(waitsAt, 'relay', 'relays')
  return `It takes one member who comes online. The request waits at ${relays}, where they find it: this tab need not be open then.`
}

/** Why there is nowhere to write; undefined where there is. */
export function silenceWords({ ended, role, kind }: RoomSummary): string | undefined {
  if (ended !== undefined) return ENDED[ended]
  return kind === 'private' && role === 'observer' ? 'You only read here. An admin can let you write.' : undefined
}

/** `Member, until 5 Dec, used 1 of 3 times` */
export function inviteWords({ role, expires, uses, used, state }: InviteSummary): string {
  const until = new Date(expires).toLocaleDateString('en', { day: 'numeric', month: 'short' })
  const times =
    uses === null ? `used ${count(used, 'time', 'times')}` : `used ${used} of ${count(uses, 'time', 'times')}`
  const end = state === 'open' ? `until ${until}` : STATES[state]
  return `${role.charAt(0).toUpperCase()}${role.slice(1)}, ${end}, ${times}`
}

const STATES: Readonly<Record<Exclude<InviteSummary['state'], 'open'>, string>> = {
  expired: 'expired',
  revoked: 'revoked',
  'used-up': 'used up'
}

/** A direct conversation is both members' alike, and stays as it is. */
export function canManage({ kind, role, ended, direct }: RoomSummary): boolean {
  return kind === 'private' && direct === undefined && ended === undefined && (role === 'owner' || role === 'admin')
}

export function ownsRoom(room: RoomSummary): boolean {
  return canManage(room) && room.role === 'owner'
}

export function canInvite(room: RoomSummary): boolean {
  return room.kind === 'open' || canManage(room)
}
