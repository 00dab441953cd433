import { type ByteReader, ByteWriter, decodeWith, expectValue, fromHex, toHex, type Result } from '../../bytes/index.ts'
import { ENTRY_ID_BYTES, MAX_ENTRY_BYTES, MAX_HEADER_BYTES, type EntryClass, type EntryId } from '../entry.ts'
import { MAX_MESSAGE_BYTES } from './reconciliation.ts'
import type { SyncBound } from './sync-set.ts'

/**
 * What two peers say on a stream of `/starling/sync/1`. The first byte is the kind; integers are big-endian.
 *
 * | kind | | what follows |
 * |---|---|---|
 * | 1 | open | class 1, bound, number of items above it 8: the opener's set |
 * | 2 | raise | whether older ones are left for another session 1, bound: begin again above it |
 * | 3 | reconcile | a Negentropy message |
 * | 4 | want | number 2, ids: send these |
 * | 5 | offer | number 2, ids, newest first: which of these? |
 * | 6 | companion | bytes that belong to the entries that follow; their meaning is for the layers above |
 * | 7 | entry | header and body |
 * | 8 | done | that was all |
 * | 9 | erased | header alone: what is left of an entry whose body was erased |
 *
 * A bound is ms 8, length 1, that many first bytes of an id.
 */
export type SyncFrame =
  | { readonly kind: 'open'; readonly class: EntryClass; readonly from: SyncBound; readonly count: number }
  | { readonly kind: 'raise'; readonly from: SyncBound; readonly isOlderLeft: boolean }
  | { readonly kind: 'reconcile' | 'companion' | 'entry' | 'erased'; readonly bytes: Uint8Array }
  | { readonly kind: 'want' | 'offer'; readonly ids: readonly EntryId[] }
  | { readonly kind: 'done' }

/** Ids in one frame: what comes back for them flows without another round trip. */
export const MAX_FRAME_IDS = 256
/** A certificate and a nickname take up to 1.2 KB. */
const MAX_COMPANION_BYTES = 2048
export const MAX_SYNC_FRAME_BYTES = 1 + Math.max(MAX_ENTRY_BYTES, MAX_MESSAGE_BYTES)

const KIND = { open: 1, raise: 2, reconcile: 3, want: 4, offer: 5, companion: 6, entry: 7, done: 8, erased: 9 } as const
const CLASS = { control: 1, chat: 2 } as const

export function encodeSyncFrame(frame: SyncFrame): Uint8Array {
  const writer = new ByteWriter().u8(KIND[frame.kind])
  if (frame.kind === 'open') return writeBound(writer.u8(CLASS[frame.class]), frame.from).u64(frame.count).finish()
  if (frame.kind === 'raise') return writeBound(writer.u8(frame.isOlderLeft ? 1 : 0), frame.from).finish()
  if (frame.kind === 'done') return writer.finish()
  return 'ids' in frame ? writeIds(writer, frame.ids).finish() : writer.bytes(frame.bytes).finish()
}

export function decodeSyncFrame(bytes: Uint8Array): Result<SyncFrame> {
  return decodeWith(bytes, readFrame)
}

function readFrame(reader: ByteReader): SyncFrame {
  const kind = reader.u8()
  if (kind === KIND.open)
    return { kind: 'open', class: readClass(reader), from: readBound(reader), count: reader.u64() }
  if (kind === KIND.raise) return { kind: 'raise', isOlderLeft: readFlag(reader), from: readBound(reader) }
  if (kind === KIND.reconcile) return { kind: 'reconcile', bytes: readAtMost(reader, MAX_MESSAGE_BYTES) }
  if (kind === KIND.want) return { kind: 'want', ids: readIds(reader) }
  if (kind === KIND.offer) return { kind: 'offer', ids: readIds(reader) }
  if (kind === KIND.companion) return { kind: 'companion', bytes: readAtMost(reader, MAX_COMPANION_BYTES) }
  if (kind === KIND.entry) return { kind: 'entry', bytes: readAtMost(reader, MAX_ENTRY_BYTES) }
  if (kind === KIND.erased) return { kind: 'erased', bytes: readAtMost(reader, MAX_HEADER_BYTES) }
  if (kind === KIND.done) return { kind: 'done' }
  return reader.refuse(`a frame of kind ${kind}`)
}

function readAtMost(reader: ByteReader, limit: number): Uint8Array {
  if (reader.remaining > limit) reader.refuse(`${reader.remaining} bytes, ${limit} allowed`)
  return reader.rest()
}

function readClass(reader: ByteReader): EntryClass {
  const code = reader.u8()
  if (code === CLASS.control) return 'control'
  return code === CLASS.chat ? 'chat' : reader.refuse(`entries of class ${code}`)
}

function readFlag(reader: ByteReader): boolean {
  const flag = reader.u8()
  return flag > 1 ? reader.refuse(`a flag of ${flag}`) : flag === 1
}

function writeBound(writer: ByteWriter, { ms, prefix }: SyncBound): ByteWriter {
  const bytes = expectValue(fromHex(prefix))
  return writer.u64(ms).u8(bytes.length).bytes(bytes)
}

function readBound(reader: ByteReader): SyncBound {
  const ms = reader.u64()
  const length = reader.u8()
  if (length > ENTRY_ID_BYTES) reader.refuse(`a bound of ${length} bytes`)
  return { ms, prefix: toHex(reader.bytes(length)) }
}

function writeIds(writer: ByteWriter, ids: readonly EntryId[]): ByteWriter {
  writer.u16(ids.length)
  for (const id of ids) writer.bytes(expectValue(fromHex(id)))
  return writer
}

function readIds(reader: ByteReader): EntryId[] {
  const count = reader.u16()
  if (count > MAX_FRAME_IDS) reader.refuse(`${count} ids`)
  return Array.from({ length: count }, () => toHex(reader.bytes(ENTRY_ID_BYTES)) as EntryId)
}
