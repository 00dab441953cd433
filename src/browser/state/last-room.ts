import type { Memory } from '../memory.ts'
import type { RoomRow } from './room-list.ts'

const NAME = 'room'

export function rememberRoom(memory: Memory, room: string): void {
  memory.set(NAME, room)
}

/** The room that was open last, as long as one takes part in it; else the first one of the list. */
export function lastRoom(memory: Memory, rows: readonly RoomRow[]): string | undefined {
  const remembered = memory.get(NAME)
  const row = rows.find(({ summary }) => summary.id === remembered) ?? rows[0]
  return row?.summary.id
}
