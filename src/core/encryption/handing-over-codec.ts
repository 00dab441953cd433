import { ByteWriter, decodeWith, expectValue, fromHex, toHex, type ByteReader, type Result } from '../bytes/index.ts'
import { EPOCH_ID_BYTES } from '../log/index.ts'
import type { EpochId } from './epochs/index.ts'
import { readGeneration, writeGeneration, type Generation } from './generation.ts'

/** What a member's device cannot come by itself, and asks another for. */
export interface Lacked {
  /** The epoch that all go on from does not open here: it takes a group info to come in again. */
  readonly isBehind: boolean
  /** Of these the content keys. */
  readonly epochs: readonly EpochId[]
}

/** What another member's device has of that, and may hand over; all generations are among it. */
export interface HandedOver {
  readonly generations: ReadonlyMap<EpochId, Generation>
  readonly contentKeys: ReadonlyMap<EpochId, Uint8Array>
  /** The scheme's own bytes. */
  readonly groupInfo: Uint8Array | undefined
}

/** Epochs named in one question; what is left is asked for when these have come. */
export const MAX_LACKED_EPOCHS = 256
/** The newest: whoever asks was in, and has the older ones. */
export const MAX_HANDED_GENERATIONS = 256
/** In a tree of a thousand devices it takes some hundred kilobytes. */
const MAX_GROUP_INFO_BYTES = 768 * 1024
const KEY_BYTES = 32

/**
 * | bytes | |
 * |---|---|
 * | 1 | 1 where a group info is wanted, else 0 |
 * | 2 + 16 n | epochs (at most 256) whose content keys are wanted |
 */
export function encodeLacked({ isBehind, epochs }: Lacked): Uint8Array {
  const writer = new ByteWriter().u8(isBehind ? 1 : 0).u16(epochs.length)
  for (const epoch of epochs) writer.bytes(bytesOf(epoch))
  return writer.finish()
}

export function readLacked(reader: ByteReader): Lacked {
  const isBehind = reader.u8()
  if (isBehind > 1) reader.refuse('neither 0 nor 1')
  return { isBehind: isBehind === 1, epochs: readMany(reader, MAX_LACKED_EPOCHS, () => readEpoch(reader)) }
}

/**
 * | bytes | |
 * |---|---|
 * | 2 + 112 n | generations (at most 256): epoch that each began with 16, its secrets 96 |
 * | 2 + 48 n | content keys (at most 256): epoch 16, key 32 |
 * | 4 + n | the scheme's group info, with the tree; empty where none was wanted, or this device has none |
 */
export function encodeHandedOver({ generations, contentKeys, groupInfo }: HandedOver): Uint8Array {
  const writer = new ByteWriter().u16(generations.size)
  for (const [epoch, generation] of generations) writeGeneration(writer.bytes(bytesOf(epoch)), generation)
  writer.u16(contentKeys.size)
  for (const [epoch, key] of contentKeys) writer.bytes(bytesOf(epoch)).bytes(key)
  return writer.longBytes(groupInfo ?? new Uint8Array()).finish()
}

export function decodeHandedOver(bytes: Uint8Array): Result<HandedOver> {
  return decodeWith(bytes, reader => {
    const generations = readMany(
      reader,
      MAX_HANDED_GENERATIONS,
      () => [readEpoch(reader), readGeneration(reader)] as const
    )
    const keys = readMany(reader, MAX_LACKED_EPOCHS, () => [readEpoch(reader), reader.bytes(KEY_BYTES)] as const)
    const groupInfo = reader.longBytes(MAX_GROUP_INFO_BYTES)
    return {
      generations: new Map(generations),
      contentKeys: new Map(keys),
      groupInfo: groupInfo.length === 0 ? undefined : groupInfo
    }
  })
}

function readMany<T>(reader: ByteReader, limit: number, read: () => T): T[] {
  const count = reader.u16()
  if (count > limit) reader.refuse(`${count}, ${limit} allowed`)
  return Array.from({ length: count }, read)
}

function readEpoch(reader: ByteReader): EpochId {
  return toHex(reader.bytes(EPOCH_ID_BYTES)) as EpochId
}

function bytesOf(epoch: EpochId): Uint8Array {
  return expectValue(fromHex(epoch))
}
