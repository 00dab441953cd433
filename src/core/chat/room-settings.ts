import { NotAllowedError, UsageError } from '../bytes/index.ts'
import { parseRoomName, type HistoryPolicy } from '../encryption/index.ts'
import type { MemberRole, SharedHistory } from './private-rooms.ts'
import { parseRetention } from './room/retention.ts'
import type { RoomRecord } from './room-records.ts'

/** What of a room's record a setting changes. */
export type RoomSettings = Pick<RoomRecord, 'keepers' | 'retention'>

const ROLES: readonly MemberRole[] = ['owner', 'admin', 'member', 'observer']
const LATER: readonly string[] = ['dht']
/** What nobody may set in an open room, and why. */
const NOT_IN_OPEN_ROOMS: ReadonlyMap<string, string> = new Map([
  ['name', 'an open room is its name: under another name it would be another room, which you can create'],
  ['history', 'in an open room whoever knows its name may read all that its members have']
])

/**
 * A setting of an open room as it was written. All settings that it has are this device's own.
 * @throws UsageError for a key or value that does not exist, NotAllowedError for what nobody may set in an open room
 */
export function parseRoomSetting(key: string, value: string): RoomSettings {
  if (key === 'keepers') return { keepers: parseKeepers(value) }
  if (key === 'retention') return { retention: parseRetention(value) }
  const why = NOT_IN_OPEN_ROOMS.get(key)
  if (why !== undefined) throw new NotAllowedError(`nobody may set the ${key} of an open room: ${why}`)
  if (LATER.includes(key)) throw new UsageError(`the setting ${key} is not built yet; see docs/contract.md for what is`)
  throw new UsageError(
    `there is no setting ${JSON.stringify(key)}: a room has keepers and retention, a private one name and history, too`
  )
}

/** Whether a setting of a private room is everybody's. */
export function isPolicy(key: string): boolean {
  return NOT_IN_OPEN_ROOMS.has(key)
}

/** @throws UsageError for a value that cannot be */
export function parsePolicy(key: string, value: string): { readonly name?: string; readonly history?: HistoryPolicy } {
  if (key === 'name') {
    const name = parseRoomName(value)
    if (!name.ok) throw new UsageError(name.error)
    return { name: name.value }
  }
  return { history: parseHistory(value) }
}

/** @throws UsageError for what is none */
export function parseHistory(value: string): SharedHistory {
  if (value === 'none' || value === 'joined' || value === 'all') return value
  const number = /^[1-9]\d{0,6}$/.test(value) ? Number(value) : undefined
  if (number === undefined)
    throw new UsageError(`history ${JSON.stringify(value)}: none, joined, all, or a number of messages`)
  return number
}

/** @throws UsageError for what is none */
export function parseRole(value: string): MemberRole {
  const role = ROLES.find(each => each === value)
  if (role === undefined) throw new UsageError(`role ${JSON.stringify(value)}: owner, admin, member or observer`)
  return role
}

function parseKeepers(value: string): boolean {
  if (value === 'on' || value === 'off') return value === 'on'
  if (value.startsWith('/')) {
    throw new UsageError('keepers by address are not built yet; see docs/contract.md for what is: on or off')
  }
  throw new UsageError(`keepers ${JSON.stringify(value)}: neither on nor off`)
}
