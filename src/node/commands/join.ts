import type { RoomSummary } from '../../core/chat/index.ts'
import { openAccess } from '../access/open-access.ts'
import { isAsking, isOutside } from '../access/outside.ts'
import type { RunningPeer } from '../access/running-peer.ts'
import type { StoredPeer } from '../access/stored-peer.ts'
import { ownCall } from '../command-line/own-call.ts'
import type { Settings } from '../command-line/settings.ts'
import { parseSeconds } from '../command-line/values.ts'
import { UnavailableError, UsageError } from '../exits.ts'
import { counted } from '../terminal/counted.ts'
import { visible } from '../terminal/visible.ts'
import type { Invocation, Run } from './command.ts'

const DEFAULT_TIMEOUT_SECONDS = '30'

/** Enters a room; into a private one its members let this peer, for which it waits. */
export const joinRoom: Run = async invocation => {
  const { settings, stop, output } = invocation
  const target = invocation.arguments[0] ?? ''
  const timeout = parseSeconds(settings.flags.get('timeout')?.[0] ?? DEFAULT_TIMEOUT_SECONDS, 'timeout')
  const isLink = /\bstarling:|#\//.test(target)
  if (!isLink && !settings.flags.has('open')) {
    throw new UsageError(
      `${JSON.stringify(target)} is not a Starling link; to enter the open room of this name, add --open`
    )
  }
  const access = await openAccess(settings, stop)
  const room =
    access.kind === 'running'
      ? await joinThrough(access.peer, target, isLink, timeout, stop)
      : await joinAlone(access.stored, target, isLink, timeout, invocation)
  if (isOutside(room)) throw notAdmitted(room, timeout, access.kind, settings)
  const kind = room.kind === 'open' ? 'the open room' : 'the private room'
  output.result({ id: room.id, name: room.name }, `You are in ${kind} ${visible(room.name)}.`)
}

function joinThrough(
  peer: RunningPeer,
  target: string,
  isLink: boolean,
  timeout: number,
  stop: AbortSignal
): Promise<RoomSummary> {
  return isLink ? peer.joinAndWait(target, timeout, stop) : peer.joinOpenRoom(target)
}

/** Goes online where members are to be asked. */
async function joinAlone(
  stored: StoredPeer,
  target: string,
  isLink: boolean,
  timeout: number,
  { settings, stop }: Invocation
): Promise<RoomSummary> {
  const { peer } = stored
  try {
    const room = isLink ? await peer.joinByLink(target) : await peer.joinOpenRoom(target)
    if (room.kind === 'open') return room
    const { connect } = await import('../peer/full-peer.ts')
    const { untilAdmitted } = await import('../access/private-rooms.ts')
    await connect(stored, settings, false)
    if (isAsking(room)) return await untilAdmitted(peer, room.id, timeout, stop)
    if (!(await isOutByNow(stored, room, stop))) return room
    await peer.joinByLink(target)
    return await untilAdmitted(peer, room.id, timeout, stop)
  } finally {
    await stored.stop()
  }
}

/** Whoever was removed while no peer ran here takes itself for a member, until it meets one. */
async function isOutByNow({ peer }: StoredPeer, { id, members }: RoomSummary, stop: AbortSignal): Promise<boolean> {
  if (members > 1) {
    const { passOn } = await import('../access/reach.ts')
    await passOn(peer, id, stop)
  }
  return peer.findRoom(id).ended !== undefined
}

function notAdmitted(room: RoomSummary, timeout: number, kind: 'running' | 'stored', settings: Settings): Error {
  const { name, returning, waitsAt = 0 } = room
  const next = kind === 'running' ? 'the running peer goes on trying' : `${ownCall(settings)} up goes on trying`
  const what = returning === undefined ? 'let you into' : 'brought you back into'
  const where = waitsAt === 0 ? '' : `, or who comes by: the request waits at ${counted(waitsAt, 'relay')}`
  return new UnavailableError(
    `no member ${what} ${JSON.stringify(name)} within ${timeout / 1000} s: it takes one who is online${where}; ${next}`
  )
}
