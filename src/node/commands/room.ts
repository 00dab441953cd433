import type { MemberSummary } from '../../core/chat/index.ts'
import { withAccess } from '../access/open-access.ts'
import { ownCall } from '../command-line/own-call.ts'
import { parseCount, parseDuration, parseSeconds } from '../command-line/values.ts'
import { notBuiltYet, UsageError } from '../exits.ts'
import { roomLine } from '../terminal/room-line.ts'
import { visible } from '../terminal/visible.ts'
import { tellFull } from './tell-full.ts'
import type { Invocation, Run } from './command.ts'

export const createRoom: Run = async invocation => {
  const { settings, stop, output } = invocation
  if (!settings.flags.has('open')) {
    throw new UsageError(
      'private rooms are not built yet: add --open for a room that anyone who knows its name can enter'
    )
  }
  const room = await withAccess(settings, stop, peer => peer.joinOpenRoom(first(invocation)))
  output.result(
    { id: room.id, name: room.name },
    `You are in the open room ${visible(room.name)}. Anyone who knows its name is, too.`
  )
}

export const joinRoom: Run = async invocation => {
  const { settings, stop, output } = invocation
  const target = first(invocation)
  const timeout = settings.flags.get('timeout')?.[0]
  if (timeout !== undefined) parseSeconds(timeout, 'timeout')
  const isLink = /^starling:|#\//.test(target)
  if (!isLink && !settings.flags.has('open')) {
    throw new UsageError(
      `${JSON.stringify(target)} is not a Starling link; to enter the open room of this name, add --open`
    )
  }
  const room = await withAccess(settings, stop, peer => (isLink ? peer.joinByLink(target) : peer.joinOpenRoom(target)))
  output.result({ id: room.id, name: room.name }, `You are in the open room ${visible(room.name)}.`)
}

export const listRooms: Run = async ({ settings, stop, output }) => {
  const rooms = await withAccess(settings, stop, peer => peer.rooms(), tellFull(output))
  if (rooms.length === 0 && !output.json) {
    output.note(`You are in no room yet: ${ownCall(settings)} room create NAME --open`)
  }
  for (const room of rooms) output.result(room, roomLine(room))
}

export const listMembers: Run = async invocation => {
  const { settings, stop, output } = invocation
  const members = await withAccess(settings, stop, peer => peer.members(first(invocation)), tellFull(output))
  for (const member of members) output.result(member, memberLine(member))
}

export const leaveRoom: Run = async invocation => {
  const { settings, stop, output } = invocation
  const room = await withAccess(settings, stop, peer => peer.leaveRoom(first(invocation)))
  output.result({ id: room.id, name: room.name }, `You left ${visible(room.name)}. What is stored of it here stays.`)
}

export const setRoom: Run = async invocation => {
  const { settings, stop, output } = invocation
  const [room = '', key = '', value = ''] = invocation.arguments
  const changed = await withAccess(settings, stop, peer => peer.setRoom(room, key, value))
  output.result({ id: changed.id, name: changed.name }, `${visible(changed.name)}: ${key} ${value}.`)
}

export const inviteToRoom: Run = async invocation => {
  const { settings, stop, output } = invocation
  checkInviteFlags(settings.flags)
  const invite = await withAccess(settings, stop, peer => peer.inviteLink(first(invocation), settings.webUrl))
  output.result({ invite }, invite)
}

/** An open room's link admits for ever and everybody. */
function checkInviteFlags(flags: ReadonlyMap<string, readonly string[]>): void {
  const expires = flags.get('expires')?.[0]
  if (expires !== undefined) parseDuration(expires, 'expires')
  const uses = flags.get('uses')?.[0]
  if (uses !== undefined) parseCount(uses, 'uses', 1)
  const given = ['role', 'expires', 'uses'].find(name => flags.has(name))
  if (given !== undefined) throw notBuiltYet(`--${given}, which is for private rooms,`)
}

function memberLine(member: Omit<MemberSummary, 'rtt'>): string {
  const where = member.self ? 'you' : member.online ? `online, ${member.path}` : 'offline'
  const flag = member.equivocated === true ? ', signed two messages as one' : ''
  return `${member.member.slice(0, 12)}  ${visible(member.nick)}  (${where}${flag})`
}

function first(invocation: Invocation): string {
  return invocation.arguments[0] ?? ''
}
