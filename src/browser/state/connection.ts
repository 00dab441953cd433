import type { MemberSummary } from '../../core/chat/index.ts'

/** How things stand, for the connection line. */
export type Connection =
  | { readonly kind: 'looking' }
  | { readonly kind: 'cut off' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'alone' }
  | { readonly kind: 'together'; readonly people: number; readonly direct: number }

export interface ConnectionFacts {
  /** The network runs, and has had time to find somebody. */
  readonly settled: boolean
  /** Peers connected, relays included. */
  readonly peers: number
  /** Members of the room that is open; undefined when none is. */
  readonly members: readonly MemberSummary[] | undefined
}

export function connectionOf({ settled, peers, members }: ConnectionFacts): Connection {
  const people = (members ?? []).filter(member => member.online && !member.self)
  if (people.length > 0) return { kind: 'together', people: people.length, direct: people.filter(isDirect).length }
  if (peers === 0) return { kind: settled ? 'cut off' : 'looking' }
  return { kind: members === undefined ? 'ready' : settled ? 'alone' : 'looking' }
}

function isDirect({ path }: Pick<MemberSummary, 'path'>): boolean {
  return path === 'direct' || path === 'punched' || path === 'webrtc'
}
