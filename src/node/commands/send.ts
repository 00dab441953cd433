import type { Peer, RoomSummary } from '../../core/chat/index.ts'
import { findRoom } from '../access/find-room.ts'
import { openAccess } from '../access/open-access.ts'
import type { RunningPeer } from '../access/running-peer.ts'
import type { StoredPeer } from '../access/stored-peer.ts'
import { ownCall } from '../command-line/own-call.ts'
import type { Settings } from '../command-line/settings.ts'
import { parseCount, parseSeconds } from '../command-line/values.ts'
import { notBuiltYet, UnavailableError, UsageError } from '../exits.ts'
import { counted } from '../terminal/counted.ts'
import { readStandardInput } from '../terminal/standard-input.ts'
import { visible } from '../terminal/visible.ts'
import type { Invocation, Run } from './command.ts'

const DEFAULT_TIMEOUT_SECONDS = '30'
/** Without a running peer: how long to look for somebody who takes the message. */
const HAND_OVER_MS = 10_000
/** Fits whatever it says: only for longer texts the chat layer, which knows the limit, is loaded. */
const SHORT_BYTES = 4096

interface Order {
  readonly room: string
  readonly text: string
  /** How many others must have it; 0: nobody is waited for. */
  readonly wait: number
  readonly timeout: number
}

export const send: Run = async invocation => {
  const { settings, stop } = invocation
  const order = await readOrder(invocation)
  const access = await openAccess(settings, stop)
  if (access.kind === 'running') return sendThrough(access.peer, order, invocation)
  return sendAlone(access.stored, order, invocation, async ({ peer }) => findRoom(peer, order.room))
}

/** The same to a member, in the direct conversation with them. */
export const sendDirect: Run = async invocation => {
  const { settings, stop } = invocation
  const order = await readOrder(invocation)
  const access = await openAccess(settings, stop)
  if (access.kind === 'stored') {
    return sendAlone(access.stored, order, invocation, async ({ peer }) =>
      entered(await peer.openDirect(order.room), `${ownCall(settings)} up goes on trying`)
    )
  }
  const room = await access.peer.openDirect(order.room, order.timeout, stop)
  await sendThrough(access.peer, { ...order, room: entered(room, 'the running peer goes on trying').id }, invocation)
}

/** @throws UnavailableError where it is there already, and nobody has let this device in yet */
function entered(room: RoomSummary, next: string): RoomSummary {
  if (room.joining === undefined) return room
  throw new UnavailableError(
    `nobody has let this device into the conversation with ${visible(room.name)} yet: it takes them, or another device of yours, online; ${next}`
  )
}

async function readOrder({ arguments: [room = '', ...words], settings: { flags } }: Invocation): Promise<Order> {
  if (flags.has('to')) throw notBuiltYet('--to')
  const wait = flags.get('wait')?.[0]
  const order = {
    room,
    wait: wait === undefined ? 0 : parseCount(wait, 'wait', 1),
    timeout: parseSeconds(flags.get('timeout')?.[0] ?? DEFAULT_TIMEOUT_SECONDS, 'timeout')
  }
  const text = words.length === 1 && words[0] === '-' ? await readStandardInput(await textLimit()) : words.join(' ')
  if (text.trim() === '') throw new UsageError('there is nothing to send: the text is empty')
  const bytes = Buffer.byteLength(text)
  if (bytes > SHORT_BYTES && bytes > (await textLimit())) throw await tooLong()
  return { ...order, text }
}

async function textLimit(): Promise<number> {
  return (await import('../../core/chat/index.ts')).MAX_TEXT_BYTES
}

async function tooLong(): Promise<UsageError> {
  return new UsageError(`the text is longer than ${(await textLimit()) / 1024} KiB: send it in parts`)
}

async function sendThrough(peer: RunningPeer, order: Order, { output, stop }: Invocation): Promise<void> {
  const { id, to, kept, inTime } = await peer.send(order.room, order.text, order.wait, order.timeout, stop)
  if (!inTime) {
    output.result({ id, ...whoHasIt({ to, kept }) }, 'Stored.')
    const { keepers } = await peer.findRoom(order.room)
    throw notDelivered(order, { to, kept, keepers, reached: 0 }, 'the running peer goes on trying')
  }
  if (order.wait === 0) output.result({ id }, 'Sent.')
  else output.result({ id, to }, `Delivered to ${to}.`)
}

/** Goes online for as long as it takes to hand the message over. */
async function sendAlone(
  stored: StoredPeer,
  wanted: Order,
  { settings, output, stop }: Invocation,
  find: (stored: StoredPeer) => Promise<RoomSummary>
): Promise<void> {
  const { peer } = stored
  try {
    const order = { ...wanted, room: (await find(stored)).id }
    const { id } = await peer.send(order.room, order.text)
    const standing = await deliver(stored, id, order, settings, stop).catch((thrown: unknown) => {
      output.result({ id }, 'Stored.')
      throw thrown
    })
    const { to, kept, keepers, isDone } = standing
    const keeping = `Kept by ${relaysText(kept, keepers)} until others come.`
    output.result({ id, ...whoHasIt(standing) }, !isDone ? 'Stored.' : to > 0 ? `Delivered to ${to}.` : keeping)
    if (!isDone) throw notDelivered(order, standing, `${ownCall(settings)} up delivers it`)
  } finally {
    await stored.stop()
  }
}

async function deliver(
  stored: StoredPeer,
  id: string,
  order: Order,
  settings: Settings,
  stop: AbortSignal
): Promise<Standing & { readonly isDone: boolean }> {
  const { connect } = await import('../peer/full-peer.ts')
  await connect(stored, settings, false)
  const { peer } = stored
  const time = AbortSignal.timeout(order.wait > 0 ? order.timeout : HAND_OVER_MS)
  const isDone = await handOver(peer, id, order, AbortSignal.any([stop, time])).then(
    () => true,
    (thrown: unknown) => {
      if (!time.aborted || stop.aborted) throw thrown
      return false
    }
  )
  const { to, keepers: kept } = await peer.takersOf(id)
  const { keepers } = findRoom(peer, order.room)
  return { to, kept, keepers, reached: peer.status().peers.length, isDone }
}

/** To as many others as are waited for, else to whoever takes it: one member or one keeper. */
async function handOver(peer: Peer, id: string, { wait }: Order, signal: AbortSignal): Promise<void> {
  if (wait > 0) await peer.waitForDelivery(id, wait, signal)
  else await peer.waitForTaker(id, signal)
}

/** Who has it, how many relays keep it, which ones keep the room, and how many peers were there at all. */
interface Standing {
  readonly to: number
  readonly kept: number
  readonly keepers: readonly string[]
  readonly reached: number
}

/** As the events `delivered` and `kept` tell it: absent where nobody has it. */
function whoHasIt({ to, kept }: Pick<Standing, 'to' | 'kept'>): { to?: number; kept?: number } {
  return { ...(to > 0 && { to }), ...(kept > 0 && { kept }) }
}

/** By name where those that keep the room are those that have the message. */
function relaysText(kept: number, keepers: readonly string[]): string {
  return keepers.length === kept ? `${counted(kept, 'relay')} (${keepers.join(', ')})` : counted(kept, 'relay')
}

function notDelivered({ wait, timeout }: Order, standing: Standing, next: string): UnavailableError {
  const { to, kept, keepers, reached } = standing
  const has = `${to === 0 ? 'none' : to} ${to === 1 ? 'has' : 'have'} it`
  const alone =
    reached === 0
      ? 'nobody was reachable to take the message'
      : `${counted(reached, 'relay')} ${reached === 1 ? 'was' : 'were'} reached, but keep${reached === 1 ? 's' : ''} no rooms, and no member was there to take the message`
  const keeping = kept > 0 ? `, and ${relaysText(kept, keepers)} keep${kept === 1 ? 's' : ''} it for them` : ''
  const missed = wait > 0 ? `${counted(wait, 'other')} asked for, ${has} after ${timeout / 1000} s${keeping}` : alone
  return new UnavailableError(`${missed}; it stays queued, and ${next}`)
}
