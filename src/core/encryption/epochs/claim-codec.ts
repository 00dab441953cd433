import {
  ByteWriter,
  concatBytes,
  decodeWith,
  encodeUtf8,
  expectValue,
  fromHex,
  sha256,
  toHex,
  type Result
} from '../../bytes/index.ts'
import type { DeviceId } from '../../identity/index.ts'
import type { OperationId } from '../access/index.ts'
import { readAscendingIds } from '../ascending-ids.ts'
import type { CommitClaim } from './commit-claim.ts'
import type { GroupEpoch } from './group-keys.ts'
import type { EpochId } from './winner.ts'

/**
 * A commit and what is claimed of it, as they stand in a control entry, whose author is the committer. Integers are big-endian.
 *
 * | bytes | |
 * |---|---|
 * | 16 | parent: the epoch it goes on from |
 * | 16 | what the scheme calls the epoch it begins |
 * | 1 + 32 n | operations that justify it: number (1 to 16), ids ascending |
 * | 2 + 32 n | devices added: number (to 256), ascending |
 * | 2 + 32 n | devices removed, alike |
 * | 32 | SHA-256 of the epoch's content key |
 * | 2 + n | sealed secrets of the generation that begins; empty where nobody is removed |
 * | 4 + n | the scheme's commit |
 * | 4 + n | the scheme's welcome; empty where nobody is added |
 */
export type SaidClaim = Omit<CommitClaim, 'committer' | 'device' | 'epoch'>

const EPOCH_BYTES = 16
const ID_BYTES = 32
/** Three secrets and a tag. */
const MAX_GENERATION_BYTES = 112
const NOTHING = new Uint8Array()
const MAX_CITES = 16
const MAX_DEVICES = 256
/** Commit and welcome of MLS grow with the group: 34 KB together at a hundred devices. */
const MAX_SCHEME_BYTES = 1024 * 1024

export function encodeClaim(claim: SaidClaim): Uint8Array {
  const writer = new ByteWriter().bytes(bytesOf(claim.parent)).bytes(bytesOf(claim.groupEpoch)).u8(claim.cites.length)
  for (const id of claim.cites.toSorted()) writer.bytes(bytesOf(id))
  for (const devices of [claim.added, claim.removed]) {
    writer.u16(devices.length)
    for (const device of devices.toSorted()) writer.bytes(bytesOf(device))
  }
  writer
    .bytes(bytesOf(claim.keyHash))
    .shortBytes(claim.generation ?? NOTHING)
    .longBytes(claim.commit)
  return writer.longBytes(claim.welcome ?? NOTHING).finish()
}

export function decodeClaim(bytes: Uint8Array): Result<SaidClaim> {
  return decodeWith(bytes, reader => {
    const parent = toHex(reader.bytes(EPOCH_BYTES)) as EpochId
    const groupEpoch = toHex(reader.bytes(EPOCH_BYTES)) as GroupEpoch
    const cites = readAscendingIds(reader, reader.u8(), MAX_CITES) as OperationId[]
    if (cites.length === 0) reader.refuse('a commit that nothing justifies')
    const added = readAscendingIds(reader, reader.u16(), MAX_DEVICES) as DeviceId[]
    const removed = readAscendingIds(reader, reader.u16(), MAX_DEVICES) as DeviceId[]
    if (added.some(device => removed.includes(device))) reader.refuse('a device added and removed')
    const keyHash = toHex(reader.bytes(ID_BYTES))
    const generation = something(reader.shortBytes(MAX_GENERATION_BYTES))
    const commit = reader.longBytes(MAX_SCHEME_BYTES)
    const welcome = something(reader.longBytes(MAX_SCHEME_BYTES))
    if (added.length === 0 && welcome !== undefined) reader.refuse('a welcome for nobody')
    return { parent, groupEpoch, cites, added, removed, keyHash, generation, commit, welcome }
  })
}

/** The epoch that begins with what this device claims in these bytes. */
export function epochIdOf(device: DeviceId, claim: Uint8Array): EpochId {
  const hash = sha256(concatBytes([encodeUtf8('starling/epoch/1\0'), bytesOf(device), claim]))
  return toHex(hash.subarray(0, EPOCH_BYTES)) as EpochId
}

function something(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.length === 0 ? undefined : bytes
}

function bytesOf(hex: string): Uint8Array {
  return expectValue(fromHex(hex))
}
