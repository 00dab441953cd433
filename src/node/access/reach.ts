import { setTimeout as delay } from 'node:timers/promises'
import type { Peer } from '../../core/chat/index.ts'
import type { Settings } from '../command-line/settings.ts'
import type { StoredPeer } from './stored-peer.ts'

/** As long as `send` looks for somebody. */
const SEARCH_MS = 10_000
/** What is decided is acknowledged by nobody: this is for it to be passed on once somebody is met. */
const PASS_ON_MS = 3000

/**
 * Goes online with a stored peer for as long as it takes to meet another member of a private room, and then to pass on what was
 * decided there; resolves with whether somebody was met.
 *
 * @param decide what is decided only then, in place of before
 */
export async function reachMembers(
  stored: StoredPeer,
  room: string,
  settings: Settings,
  stop: AbortSignal,
  decide?: () => Promise<unknown>
): Promise<boolean> {
  const { connect } = await import('../peer/full-peer.ts')
  await connect(stored, settings, false)
  return passOn(stored.peer, room, stop, decide)
}

/** The same with a peer that is online, which is told, too, what others have decided. */
export async function passOn(
  peer: Peer,
  room: string,
  stop: AbortSignal,
  decide?: () => Promise<unknown>
): Promise<boolean> {
  const isMet = await untilMet(peer, room, AbortSignal.any([stop, AbortSignal.timeout(SEARCH_MS)]))
  await decide?.()
  if (isMet) await delay(PASS_ON_MS, undefined, { signal: stop }).catch(() => undefined)
  return isMet
}

async function untilMet(peer: Peer, room: string, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  signal.addEventListener('abort', () => resolve(false), { once: true })
  const unlisten = peer.listen(event => {
    if (event.event === 'member' && event.room === room && event.change === 'online') resolve(true)
  })
  try {
    const members = await peer.members(room)
    return members.some(({ online, self }) => online && !self) || (await promise)
  } finally {
    unlisten()
  }
}
