import { UsageError } from '../bytes/index.ts'
import { openRoom } from '../encryption/index.ts'
import { foldCase } from '../identity/index.ts'
import type { RoomSummary } from './peer.ts'

/** The room of these that is called so: by its name, its id, or the start of that. @throws UsageError when there is none, or more than one */
export function findSummary(all: readonly RoomSummary[], reference: string): RoomSummary {
  const named = openRoom(reference)
  const open = named.ok ? all.filter(({ id }) => id === named.value.roomId) : []
  const called = all.filter(({ kind, name }) => kind === 'private' && foldCase(name) === foldCase(reference.trim()))
  const [directs, rooms] = [called.filter(each => each.direct), called.filter(each => !each.direct)]
  const alive = directs.filter(({ ended }) => ended === undefined)
  const goingOn = alive.filter(({ members }) => members > 1)
  // Nobody takes a room's name by writing to its members. Of several conversations with one member that counts which goes on.
  const [byName = []] = [[...open, ...rooms], goingOn, alive, directs].filter(({ length }) => length > 0)
  const byId = /^[0-9a-f]+$/.test(reference) ? all.filter(({ id }) => id.startsWith(reference)) : []
  const [room, another] = byName.length > 0 ? byName : byId
  if (another !== undefined) throw new UsageError(`more than one room is ${reference}: give more of its id`)
  if (room === undefined) throw new UsageError(`there is no room ${JSON.stringify(reference)} here: see \`room list\``)
  return room
}
