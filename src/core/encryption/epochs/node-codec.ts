import { ByteWriter, decodeWith, expectValue, fromHex, toHex, type ByteReader } from '../../bytes/index.ts'
import type { DeviceId, MemberId } from '../../identity/index.ts'
import type { EpochNode, FirstEpoch } from './epoch-graph.ts'
import type { GroupEpoch } from './group-keys.ts'
import type { EpochId } from './winner.ts'

const EPOCH_BYTES = 16
const ID_BYTES = 32
/** Claims are bounded where they come in; what is stored is trusted to be one. */
const MAX_GENERATION_BYTES = 0xffff

/**
 * An epoch as it is stored, without its state. Integers are big-endian.
 *
 * | bytes | |
 * |---|---|
 * | 4, 6, 32 | depth, when it was seen, hash of its content key |
 * | 16, 16, 32, 32 | how it began, nothing of which stands at the first: parent, what the scheme calls it, committer, committing device |
 * | 2 + 32 n | devices added |
 * | 2 + 32 n | devices removed |
 * | 2 + n | sealed secrets of the generation that begins; empty where none does |
 */
export function encodeNode({ depth, seenAt, keyHash, began }: EpochNode): Uint8Array {
  const writer = new ByteWriter().u32(depth).u48(seenAt).bytes(bytesOf(keyHash))
  if (began === undefined) return writer.finish()
  const { parent, groupEpoch, committer, device, added, removed, generation } = began
  for (const id of [parent, groupEpoch, committer, device]) writer.bytes(bytesOf(id))
  for (const devices of [added, removed]) {
    writer.u16(devices.length)
    for (const each of devices) writer.bytes(bytesOf(each))
  }
  return writer.shortBytes(generation ?? new Uint8Array()).finish()
}

/** Epochs as they were stored while they were named after what the scheme calls them: such a room cannot go on. */
export class OutdatedEpochsError extends Error {}

/** @throws OutdatedEpochsError */
export function decodeNode(epoch: EpochId, bytes: Uint8Array): EpochNode {
  const decoded = decodeWith(bytes, reader => {
    const [depth, seenAt, keyHash] = [reader.u32(), reader.u48(), readId(reader)]
    const began = reader.remaining === 0 ? undefined : readBeginning(reader, epoch)
    return { epoch, depth, seenAt, keyHash, began, state: undefined }
  })
  if (!decoded.ok) throw new OutdatedEpochsError(decoded.error)
  return decoded.value
}

function readBeginning(reader: ByteReader, epoch: EpochId): NonNullable<EpochNode['began']> {
  const parent = toHex(reader.bytes(EPOCH_BYTES)) as EpochId
  const groupEpoch = toHex(reader.bytes(EPOCH_BYTES)) as GroupEpoch
  const [committer, device] = [readId(reader) as MemberId, readId(reader) as DeviceId]
  const [added, removed] = [readDevices(reader), readDevices(reader)]
  const generation = reader.shortBytes(MAX_GENERATION_BYTES)
  const whose = { parent, epoch, groupEpoch, committer, device, added, removed }
  return { ...whose, generation: generation.length === 0 ? undefined : generation }
}

function readDevices(reader: ByteReader): DeviceId[] {
  return Array.from({ length: reader.u16() }, () => readId(reader) as DeviceId)
}

function readId(reader: ByteReader): string {
  return toHex(reader.bytes(ID_BYTES))
}

export function encodeFirst({ epoch, device, keyHash }: FirstEpoch): Uint8Array {
  return new ByteWriter().bytes(bytesOf(epoch)).bytes(bytesOf(device)).bytes(bytesOf(keyHash)).finish()
}

export function decodeFirst(bytes: Uint8Array): FirstEpoch {
  const decoded = decodeWith(bytes, reader => {
    const epoch = toHex(reader.bytes(EPOCH_BYTES)) as EpochId
    return { epoch, device: readId(reader) as DeviceId, keyHash: readId(reader) }
  })
  return expectValue(decoded)
}

function bytesOf(hex: string): Uint8Array {
  return expectValue(fromHex(hex))
}
