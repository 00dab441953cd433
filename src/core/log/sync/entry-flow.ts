import {
  decodeEntry,
  decodeErasedEntry,
  encodeEntry,
  isNewerEntry,
  isWhole,
  type EntryClass,
  type EntryId,
  type StoredEntry
} from '../entry.ts'
import { MAX_FRAME_IDS, type SyncFrame } from './sync-frame.ts'
import type { SyncLog } from './sync-log.ts'
import { SyncFaultError, type SyncWire } from './sync-wire.ts'

/** Entries read at a time to be sent: 2 MB at the most. */
const READ_ENTRIES = 32
/** Entries held before they are stored, for a write costs the same for few as for many; so many bytes of them, too. */
const STORED_ENTRIES = 256
const STORED_BYTES = 1024 * 1024

/** Sends those of these entries that are here; the number of them. */
export async function sendEntries(wire: SyncWire, log: SyncLog, ids: readonly EntryId[]): Promise<number> {
  let sent = 0
  for (const group of groupsOf(ids, READ_ENTRIES)) {
    if (wire.hasSentEnough) break
    const entries = await log.load(group)
    const companions = await log.companionsOf(entries)
    await wire.write(
      ...companions.map(bytes => ({ kind: 'companion' as const, bytes })),
      ...entries.map(entry => ({
        kind: isWhole(entry) ? ('entry' as const) : ('erased' as const),
        bytes: encodeEntry(entry)
      }))
    )
    sent += entries.length
  }
  await wire.write({ kind: 'done' })
  return sent
}

/** Whose it is, and whose it erases. */
const MAX_COMPANIONS_EACH = 2

interface Received {
  readonly received: number
  readonly receivedBytes: number
  readonly stored: number
}

/** Takes what comes of the entries that were asked for, and nothing else. */
async function receiveEntries(
  wire: SyncWire,
  log: SyncLog,
  entryClass: EntryClass,
  ids: readonly EntryId[]
): Promise<Received> {
  const wanted = new Set(ids)
  const allowed = { entries: ids.length, companions: MAX_COMPANIONS_EACH * ids.length }
  let [received, receivedBytes, stored] = [0, 0, 0]
  let [group, groupBytes]: [StoredEntry[], number] = [[], 0]
  for (let frame = await wire.read(); frame.kind !== 'done'; frame = await wire.read()) {
    if (frame.kind === 'companion') {
      if (--allowed.companions < 0) throw new SyncFaultError('more companions than entries')
      await log.takeCompanion(frame.bytes)
      continue
    }
    if ((frame.kind !== 'entry' && frame.kind !== 'erased') || --allowed.entries < 0)
      throw new SyncFaultError('frames that were not asked for')
    // A newer program may know what to make of it; its id cannot be told here.
    if (isNewerEntry(frame.bytes)) continue
    group.push(decodeWanted(frame, wanted, entryClass))
    groupBytes += frame.bytes.length
    received += 1
    receivedBytes += frame.bytes.length
    if (group.length < STORED_ENTRIES && groupBytes < STORED_BYTES) continue
    stored += await log.take(group)
    ;[group, groupBytes] = [[], 0]
  }
  if (group.length > 0) stored += await log.take(group)
  return { received, receivedBytes, stored }
}

/** Asks for these in order, until all came or the session has moved enough. What cannot be used must not stand before what can. */
export async function pull(wire: SyncWire, log: SyncLog, entryClass: EntryClass, ids: readonly EntryId[]) {
  let [received, receivedBytes, stored, isComplete] = [0, 0, 0, true]
  for (const batch of groupsOf(ids, MAX_FRAME_IDS)) {
    if (wire.hasReceivedEnough) return { received, receivedBytes, stored, isComplete: false }
    const lacking = await log.lacking(batch)
    if (lacking.length === 0) continue
    await wire.write({ kind: 'want', ids: lacking })
    const came = await receiveEntries(wire, log, entryClass, lacking)
    received += came.received
    receivedBytes += came.receivedBytes
    stored += came.stored
    isComplete &&= came.received === lacking.length
  }
  return { received, receivedBytes, stored, isComplete }
}

/** Offers these in order and sends what of them is wanted, until the other side or the session has had enough. */
export async function push(wire: SyncWire, log: SyncLog, ids: readonly EntryId[]) {
  let sent = 0
  for (const batch of groupsOf(ids, MAX_FRAME_IDS)) {
    if (wire.hasSentEnough) return { sent, isComplete: false }
    await wire.write({ kind: 'offer', ids: batch })
    const answer = await wire.read()
    if (answer.kind === 'done') return { sent, isComplete: false }
    if (answer.kind !== 'want') throw new SyncFaultError('an offer answered with something else')
    const offered = new Set(batch)
    if (!answer.ids.every(id => offered.has(id))) throw new SyncFaultError('ids that were not offered')
    if (answer.ids.length > 0) sent += await sendEntries(wire, log, answer.ids)
  }
  return { sent, isComplete: !wire.hasSentEnough }
}

/** Answers an offer: asks for what is not here and takes it. */
export async function receiveOffer(
  wire: SyncWire,
  log: SyncLog,
  entryClass: EntryClass,
  ids: readonly EntryId[]
): Promise<void> {
  if (wire.hasReceivedEnough || log.isFull?.(entryClass) === true) return wire.write({ kind: 'done' })
  const lacking = await log.lacking(ids)
  await wire.write({ kind: 'want', ids: lacking })
  if (lacking.length > 0) await receiveEntries(wire, log, entryClass, lacking)
}

type EntryFrame = Extract<SyncFrame, { bytes: Uint8Array }>

function decodeWanted({ kind, bytes }: EntryFrame, wanted: Set<EntryId>, entryClass: EntryClass): StoredEntry {
  const entry = kind === 'erased' ? decodeErasedEntry(bytes) : decodeEntry(bytes)
  if (!entry.ok) throw new SyncFaultError(entry.error)
  if (!wanted.delete(entry.value.id)) throw new SyncFaultError('an entry that was not asked for')
  if (entry.value.header.class !== entryClass) throw new SyncFaultError('an entry of the other class')
  return entry.value
}

function groupsOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size)
  )
}
