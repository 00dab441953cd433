import { signal, type ReadonlySignal } from '@preact/signals'
import type { Peer, RoomSummary } from '../../core/chat/index.ts'
import type { ShownMessage } from './shown-message.ts'

export interface RoomRow {
  readonly summary: RoomSummary
  readonly last: Pick<ShownMessage, 'nick' | 'text' | 'time' | 'own' | 'deleted'> | undefined
}

/** The rooms, the one with the newest message first. */
export interface RoomList {
  readonly rows: ReadonlySignal<readonly RoomRow[]>
  /** Takes over names, counts and membership from the peer. */
  refresh(): void
  received(message: ShownMessage): void
  /** Something that was said says something else now. */
  amended(room: string): void
}

export function createRoomList(peer: Peer): RoomList {
  const rows = signal<readonly RoomRow[]>([])
  const last = new Map<string, RoomRow['last']>()
  let isDue = false

  function refresh(): void {
    const summaries = peer.rooms()
    for (const { id } of summaries) {
      if (last.has(id)) continue
      last.set(id, undefined)
      void readLast(id)
    }
    rows.value = summaries.map(summary => ({ summary, last: last.get(summary.id) })).toSorted(compareRows)
  }

  async function readLast(room: string): Promise<void> {
    const [message] = await peer.messages(room, { limit: 1 }).catch(() => [])
    if (message !== undefined) received(message)
  }

  function received(message: ShownMessage): void {
    const known = last.get(message.room)
    if (known === undefined || known.time <= message.time) last.set(message.room, message)
    refreshSoon()
  }

  /** Once for all that is told in one go. */
  function refreshSoon(): void {
    if (isDue) return
    isDue = true
    queueMicrotask(() => {
      isDue = false
      refresh()
    })
  }

  refresh()
  return { rows, refresh, received, amended: room => void readLast(room) }
}

function compareRows(one: RoomRow, other: RoomRow): number {
  return (other.last?.time ?? 0) - (one.last?.time ?? 0) || one.summary.name.localeCompare(other.summary.name)
}
