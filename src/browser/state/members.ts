import { signal, type ReadonlySignal } from '@preact/signals'
import type { MemberSummary, Peer } from '../../core/chat/index.ts'
import { coalesce } from './coalesce.ts'

/** The members of one room: this member first, then who is online, by name. */
export interface Members {
  readonly list: ReadonlySignal<readonly MemberSummary[]>
  refresh(): Promise<void>
}

export function createMembers(peer: Peer, room: string): Members {
  const list = signal<readonly MemberSummary[]>([])
  const refresh = coalesce(async () => {
    list.value = (await peer.members(room)).toSorted(compareMembers)
  })
  return { list, refresh }
}

function compareMembers(one: MemberSummary, other: MemberSummary): number {
  return (
    Number(other.self) - Number(one.self) ||
    Number(other.online) - Number(one.online) ||
    one.nick.localeCompare(other.nick)
  )
}
