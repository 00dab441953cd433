import type { PublicEvent } from '../api/feed.ts'
import { findRoom } from '../access/find-room.ts'
import { openAccess } from '../access/open-access.ts'
import { MESSAGE_PAGE, type PeerAccess, type ReadMessage } from '../access/peer-access.ts'
import type { RunningPeer } from '../access/running-peer.ts'
import type { StoredPeer } from '../access/stored-peer.ts'
import { parseCount } from '../command-line/values.ts'
import { EnvironmentError, isDiskFull, sentenceOf } from '../exits.ts'
import { messageLine } from '../terminal/message-line.ts'
import { visible } from '../terminal/visible.ts'
import { tellFull } from './tell-full.ts'
import type { Invocation, Run } from './command.ts'

export const read: Run = async invocation => {
  const { settings, stop, output } = invocation
  const limit = settings.flags.get('limit')?.[0]
  const count = limit === undefined ? Number.POSITIVE_INFINITY : parseCount(limit, 'limit', 0)
  const isFollowing = settings.flags.has('follow')
  const access = await openAccess(settings, stop, isFollowing ? undefined : tellFull(output))
  if (access.kind === 'running') {
    return isFollowing ? followRunning(access.peer, count, invocation) : readOnce(access.peer, count, invocation)
  }
  if (isFollowing) return followAlone(access.stored, count, invocation)
  const { storedPeerAccess } = await import('../access/stored-peer.ts')
  const peer = storedPeerAccess(access.stored)
  try {
    await readOnce(peer, count, invocation)
  } finally {
    await peer.close()
  }
}

async function readOnce(peer: PeerAccess, count: number, invocation: Invocation): Promise<void> {
  const { id } = await peer.findRoom(roomOf(invocation))
  await printHistory(peer, id, count, invocation)
  await markRead(peer, id, invocation)
}

async function followRunning(peer: RunningPeer, count: number, invocation: Invocation): Promise<void> {
  const { stop } = invocation
  const { id } = await peer.findRoom(roomOf(invocation))
  const events = await peer.events(stop)
  try {
    await follow(peer, id, count, events, invocation)
  } catch (thrown) {
    if (!stop.aborted) throw thrown
  }
  if (!stop.aborted) throw new EnvironmentError('the running peer has stopped: start it again, or follow without it')
}

/** Without a running peer the command is one, for as long as it follows. */
async function followAlone(stored: StoredPeer, count: number, invocation: Invocation): Promise<void> {
  const { settings, output, stop } = invocation
  const { startFullPeer } = await import('../peer/full-peer.ts')
  const { withCleanup } = await import('../peer/cleanup.ts')
  const { createEventQueue } = await import('../peer/event-queue.ts')
  const { storedPeerAccess } = await import('../access/stored-peer.ts')
  await withCleanup(async cleanup => {
    cleanup.add(stored.stop)
    const { id } = findRoom(stored.peer, roomOf(invocation))
    const queue = createEventQueue(stop)
    await startFullPeer({ settings, http: settings.http, stored, output, cleanup, onEvent: queue.push })
    await follow(storedPeerAccess(stored), id, count, queue.events, invocation)
  })
}

/** What arrives while the history is printed waits in `events`; what is in both is printed once. */
async function follow(
  peer: PeerAccess,
  room: string,
  count: number,
  events: AsyncIterable<PublicEvent>,
  invocation: Invocation
): Promise<void> {
  const printed = new Set(await printHistory(peer, room, count, invocation))
  await markRead(peer, room, invocation)
  for await (const event of events) {
    if (event.event === 'edited' && event.room === room) {
      invocation.output.result(event, `${event.id.slice(0, 8)} edited: ${visible(event.text)}`)
    }
    if (event.event === 'deleted' && event.room === room) {
      invocation.output.result(event, `${event.id.slice(0, 8)} deleted`)
    }
    if (event.event !== 'message' || event.room !== room || printed.has(event.id)) continue
    print(invocation, event)
    await markRead(peer, room, invocation)
  }
}

/** The ids of what it printed. */
async function printHistory(
  peer: PeerAccess,
  room: string,
  count: number,
  invocation: Invocation
): Promise<readonly string[]> {
  const history = await newestMessages(peer, room, count)
  for (const message of history) print(invocation, message)
  if (history.length === 0 && count > 0) invocation.output.aside('No messages yet.')
  return history.map(message => message.id)
}

async function newestMessages(peer: PeerAccess, room: string, count: number): Promise<readonly ReadMessage[]> {
  let found: ReadMessage[] = []
  while (found.length < count) {
    const wanted = Math.min(MESSAGE_PAGE, count - found.length)
    const page = await peer.messages(room, wanted, found[0]?.id)
    found = [...page, ...found]
    if (page.length < wanted) break
  }
  return found
}

/** On a full disk it stays unread, and is printed all the same. */
async function markRead(peer: PeerAccess, room: string, { output }: Invocation): Promise<void> {
  await peer.markRead(room).catch((thrown: unknown) => {
    if (!isDiskFull(thrown)) throw thrown
    output.log('warn', sentenceOf(thrown))
  })
}

function print({ output }: Invocation, message: ReadMessage | (PublicEvent & { event: 'message' })): void {
  output.result(message, messageLine(message))
}

function roomOf(invocation: Invocation): string {
  return invocation.arguments[0] ?? ''
}
