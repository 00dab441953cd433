import { ByteWriter, decodeWith, expectValue, fromHex, toHex, type ByteReader } from '../../bytes/index.ts'
import {
  KEY_PACKAGE_SECRET,
  readGeneration,
  writeGeneration,
  type EpochId,
  type Generation,
  type KeyPackage
} from '../../encryption/index.ts'
import type { EntryStore, RecordChange } from '../../log/index.ts'

/**
 * What a device keeps of a private room beside its control entries and epochs (`StoredEpochs`), as records of the room's store:
 *
 * | name | value |
 * |---|---|
 * | `control/key-package` | what the device comes in with; its secret half lies with the other secrets, until it is spent |
 * | `control/generations` | of each: epoch that it began with 16, its secrets 96 |
 * | `control/handed-over` | content keys from before: of each epoch 16, key 32 |
 */
export interface ControlRecords {
  readonly keyPackage: KeyPackage
  readonly generations: ReadonlyMap<EpochId, Generation>
  readonly contentKeys: ReadonlyMap<EpochId, Uint8Array>
}

const KEY_PACKAGE = 'control/key-package'
const GENERATIONS = 'control/generations'
const HANDED_OVER = 'control/handed-over'
const NOTHING = new Uint8Array()
const EPOCH_BYTES = 16
const KEY_BYTES = 32

/** Undefined: this device was never in the room. */
export async function loadControlRecords(records: EntryStore['records']): Promise<ControlRecords | undefined> {
  const names = [KEY_PACKAGE, KEY_PACKAGE_SECRET, GENERATIONS, HANDED_OVER]
  const [shown, secret = NOTHING, generations, handedOver] = await records.getMany(names)
  if (shown === undefined || generations === undefined) return undefined
  return {
    keyPackage: { shown, secret },
    generations: read(generations, reader => readMap(reader, readGeneration)),
    contentKeys:
      handedOver === undefined ? new Map() : read(handedOver, reader => readMap(reader, each => each.bytes(KEY_BYTES)))
  }
}

export function keyPackageRecords({ shown, secret }: KeyPackage): RecordChange[] {
  return [
    { name: KEY_PACKAGE, value: shown },
    { name: KEY_PACKAGE_SECRET, value: secret }
  ]
}

export function generationsRecord(generations: ReadonlyMap<EpochId, Generation>): RecordChange {
  const writer = new ByteWriter()
  for (const [epoch, generation] of generations) writeGeneration(writer.bytes(bytesOf(epoch)), generation)
  return { name: GENERATIONS, value: writer.finish() }
}

export function handedOverRecord(contentKeys: ReadonlyMap<EpochId, Uint8Array>): RecordChange {
  const writer = new ByteWriter()
  for (const [epoch, key] of contentKeys) writer.bytes(bytesOf(epoch)).bytes(key)
  return { name: HANDED_OVER, value: writer.finish() }
}

function readMap<T>(reader: ByteReader, readValue: (reader: ByteReader) => T): Map<EpochId, T> {
  const map = new Map<EpochId, T>()
  while (reader.remaining > 0) map.set(toHex(reader.bytes(EPOCH_BYTES)) as EpochId, readValue(reader))
  return map
}

/** The input comes from this peer's own store. */
function read<T>(bytes: Uint8Array, readAll: (reader: ByteReader) => T): T {
  return expectValue(decodeWith(bytes, readAll))
}

function bytesOf(epoch: EpochId): Uint8Array {
  return expectValue(fromHex(epoch))
}
