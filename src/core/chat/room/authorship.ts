import {
  concatBytes,
  encodeUtf8,
  equalBytes,
  expectValue,
  fromHex,
  sha256,
  toHex,
  ByteWriter,
  type ByteReader
} from '../../bytes/index.ts'
import { deviceIdOf, PUBLIC_KEY_BYTES, type DeviceId } from '../../identity/index.ts'
import { ENTRY_ID_BYTES, SALT_BYTES, type EntryId, type StoredEntry } from '../../log/index.ts'

/**
 * Whose an entry is, and of what kind, shown without its body: the salt in its header commits to that. The opening stands
 * in the body, and is told by whoever deletes the entry. So nobody can make others give up an entry that is not theirs,
 * or show one as a deleted message that was none.
 *
 * salt = the first 16 bytes of SHA-256("starling/salt/2", 0, device 32, sequence 8, kind 1, opening 16)
 */
export interface Authorship {
  readonly id: EntryId
  readonly device: DeviceId
  readonly sequence: number
  /** As in the body. */
  readonly kind: number
  readonly opening: Uint8Array
}

export const OPENING_BYTES = 16
const TAG = concatBytes([encodeUtf8('starling/salt/2'), Uint8Array.of(0)])

export function saltOf({ device, sequence, kind, opening }: Omit<Authorship, 'id'>): Uint8Array {
  const words = new ByteWriter()
    .bytes(TAG)
    .bytes(expectValue(fromHex(device)))
    .u64(sequence)
    .u8(kind)
    .bytes(opening)
  return sha256(words.finish()).slice(0, SALT_BYTES)
}

/** Whether the entry's header bears this out. */
export function isAuthorOf(authorship: Authorship, { id, header }: StoredEntry): boolean {
  return id === authorship.id && equalBytes(header.salt, saltOf(authorship))
}

/** What the entry tells of itself, where its header bears that out; undefined: it cannot be erased. */
export function authorshipOf(
  entry: StoredEntry,
  { device, sequence, kind }: Pick<Authorship, 'device' | 'sequence' | 'kind'>,
  opening: Uint8Array | undefined
): Authorship | undefined {
  if (opening === undefined) return undefined
  const authorship = { id: entry.id, device, sequence, kind, opening }
  return isAuthorOf(authorship, entry) ? authorship : undefined
}

export function writeAuthorship(writer: ByteWriter, { id, device, sequence, kind, opening }: Authorship): void {
  writer
    .bytes(expectValue(fromHex(id)))
    .bytes(expectValue(fromHex(device)))
    .u64(sequence)
    .u8(kind)
    .bytes(opening)
}

export function readAuthorship(reader: ByteReader): Authorship {
  return {
    id: toHex(reader.bytes(ENTRY_ID_BYTES)) as EntryId,
    device: deviceIdOf(reader.bytes(PUBLIC_KEY_BYTES)),
    sequence: reader.u64(),
    kind: reader.u8(),
    opening: reader.bytes(OPENING_BYTES)
  }
}
