import type { Peer } from '../../core/chat/index.ts'
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
import type { Invocation, Run } from './command.ts'

const DEFAULT_TIMEOUT_SECONDS = '30'
/** Without a running peer: how long to look for somebody who takes the message. */
const HAND_OVER_MS = 10_000
/** Fits whatever it says: only for longer texts the chat layer, which knows the limit, is loaded. */
const SHORT_BYTES = 4096
/** Messages looked through for the one just sent. */
const NEWEST = 20

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
  const access = await openAccess(settings.data, stop)
  if (access.kind === 'running') return sendThrough(access.peer, order, invocation)
  return sendAlone(access.stored, order, invocation)
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
  const { id, to, inTime } = await peer.send(order.room, order.text, order.wait, order.timeout, stop)
  if (!inTime) {
    output.result({ id }, 'Stored.')
    throw notDelivered(order, { to, kept: 0, reached: 0 }, 'the running peer goes on trying')
  }
  output.result({ id }, order.wait === 0 ? 'Sent.' : `Delivered to ${to}.`)
}

/** Goes online for as long as it takes to hand the message over. */
async function sendAlone(stored: StoredPeer, order: Order, { settings, output, stop }: Invocation): Promise<void> {
  const { peer } = stored
  try {
    const { id } = await peer.send(findRoom(peer, order.room).id, order.text)
    const words = await deliver(stored, id, order, settings, stop).catch((thrown: unknown) => {
      output.result({ id }, 'Stored.')
      throw thrown
    })
    output.result({ id }, words)
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
): Promise<string> {
  const { connect } = await import('../peer/full-peer.ts')
  await connect(stored, settings, false)
  const time = AbortSignal.timeout(order.wait > 0 ? order.timeout : HAND_OVER_MS)
  try {
    return await handOver(stored.peer, id, order, AbortSignal.any([stop, time]))
  } catch (thrown) {
    if (!time.aborted || stop.aborted) throw thrown
    const to = await stored.peer.waitForDelivery(id, 0, stop)
    const newest = await stored.peer.messages(findRoom(stored.peer, order.room).id, { limit: NEWEST })
    const kept = newest.find(message => message.id === id)?.kept ?? 0
    const reached = stored.peer.status().peers.length
    throw notDelivered(order, { to, kept, reached }, `${ownCall(settings)} up delivers it`)
  }
}

/** To as many others as are waited for, else to whoever takes it: one member or one keeper. */
async function handOver(peer: Peer, id: string, { wait }: Order, signal: AbortSignal): Promise<string> {
  if (wait > 0) return `Delivered to ${await peer.waitForDelivery(id, wait, signal)}.`
  const { to, keepers } = await peer.waitForTaker(id, signal)
  return to > 0 ? `Delivered to ${to}.` : `Kept by ${counted(keepers, 'relay')} until others come.`
}

/** Who has it, which relays keep it, and how many peers were there at all. */
interface Standing {
  readonly to: number
  readonly kept: number
  readonly reached: number
}

function notDelivered({ wait, timeout }: Order, { to, kept, reached }: Standing, next: string): UnavailableError {
  const has = `${to === 0 ? 'none' : to} ${to === 1 ? 'has' : 'have'} it`
  const alone =
    reached === 0
      ? 'nobody was reachable to take the message'
      : `${counted(reached, 'relay')} ${reached === 1 ? 'was' : 'were'} reached, but keep${reached === 1 ? 's' : ''} no rooms, and no member was there to take the message`
  const keeping = kept > 0 ? `, and ${counted(kept, 'relay')} keep${kept === 1 ? 's' : ''} it for them` : ''
  const missed = wait > 0 ? `${counted(wait, 'other')} asked for, ${has} after ${timeout / 1000} s${keeping}` : alone
  return new UnavailableError(`${missed}; it stays queued, and ${next}`)
}
