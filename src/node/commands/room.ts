import type { MemberSummary, RoomSummary } from '../../core/chat/index.ts'
import { withAccess } from '../access/open-access.ts'
import type { PeerAccess } from '../access/peer-access.ts'
import { ownCall } from '../command-line/own-call.ts'
import { UsageError } from '../exits.ts'
import { roomLine } from '../terminal/room-line.ts'
import { visible } from '../terminal/visible.ts'
import { tellFull } from './tell-full.ts'
import type { Invocation, Run } from './command.ts'
import { forgetWithMembers, leaveWithMembers, withMembers } from './with-members.ts'

export const createRoom: Run = async invocation => {
  const { settings, stop, output } = invocation
  const name = first(invocation)
  const history = settings.flags.get('history')?.[0]
  const open = settings.flags.has('open')
  if (open && history !== undefined) {
    throw new UsageError('--history is for private rooms: in an open room whoever knows its name may read all')
  }
  const room = await withAccess(settings, stop, peer =>
    open ? peer.joinOpenRoom(name) : peer.createRoom(name, history)
  )
  const next = open
    ? `You are in the open room ${visible(room.name)}. Anyone who knows its name is, too.`
    : `${visible(room.name)} is yours, and private. Let others in: ${ownCall(settings)} room invite ${room.id.slice(0, 12)}`
  output.result({ id: room.id, name: room.name }, next)
}

export const listRooms: Run = async ({ settings, stop, output }) => {
  const rooms = await withAccess(settings, stop, peer => peer.rooms(), tellFull(output))
  if (rooms.length === 0 && !output.json) {
    output.note(`You are in no room yet: ${ownCall(settings)} room create NAME`)
  }
  for (const room of rooms) output.result(room, roomLine(room))
}

export const listMembers: Run = async invocation => {
  const { settings, stop, output } = invocation
  const members = await withAccess(settings, stop, peer => peer.members(first(invocation)), tellFull(output))
  for (const member of members) output.result(member, memberLine(member))
}

export const leaveRoom: Run = async invocation => {
  const room = await leaveWithMembers(invocation, first(invocation))
  invocation.output.result({ id: room.id, name: room.name }, leftText(room, ownCall(invocation.settings)))
}

function leftText({ id, name, joining, direct }: RoomSummary, call: string): string {
  const shown = visible(name)
  if (joining === 'request') return `You refused ${shown}, who is not told. \`dm\` to them lifts that.`
  if (joining !== undefined) return `You do not ask to come into ${shown} any more.`
  const left = `You left ${direct === undefined ? '' : 'the conversation with '}${shown}.`
  // It is not in `room list` any more, where its id could be found.
  return `${left} What is stored of it here stays; to erase it: ${call} room forget ${id}`
}

export const forgetRoom: Run = async invocation => {
  const reference = first(invocation)
  const id = await forgetWithMembers(invocation, reference)
  invocation.output.result({ id }, `Nothing of ${visible(reference)} is stored here any more.`)
}

export const setRoom: Run = async invocation => {
  const [room = '', key = '', value = ''] = invocation.arguments
  const set = (peer: PeerAccess): Promise<RoomSummary> => peer.setRoom(room, key, value)
  const { settings, stop, output } = invocation
  const isForAll = key === 'name' || key === 'history'
  const changed = await (isForAll ? withMembers(invocation, set) : withAccess(settings, stop, set))
  output.result({ id: changed.id, name: changed.name }, `${visible(changed.name)}: ${key} ${value}.`)
}

function memberLine(member: Omit<MemberSummary, 'rtt'>): string {
  const role = member.role === 'member' ? '' : `${member.role}, `
  const where = member.self ? 'you' : member.online ? `online, ${member.path}` : 'offline'
  const doubt = member.equivocated === true ? ', signed two messages as one' : ''
  const way = member.uninvited === true ? ', came by an invite that you had revoked' : ''
  return `${member.member.slice(0, 12)}  ${visible(member.nick)}  (${role}${where}${way}${doubt})`
}

function first(invocation: Invocation): string {
  return invocation.arguments[0] ?? ''
}
