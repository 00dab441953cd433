import { ByteWriter, decodeWith, expectValue, fromHex, toHex, type ByteReader } from '../../bytes/index.ts'
import {
  EPOCH_SECRETS,
  KEY_PACKAGE_SECRET,
  KEY_PACKAGE_SPENT,
  readGeneration,
  writeGeneration,
  type EpochId,
  type Generation,
  type KeyPackage
} from '../../encryption/index.ts'
import { ENTRY_ID_BYTES, type EntryId, type EntryStore, type RecordChange } from '../../log/index.ts'

/**
 * What a device keeps of a private room beside its control entries and epochs (`StoredEpochs`), as records of the room's store:
 *
 * | name | value |
 * |---|---|
 * | `control/key-package` | what the device comes in with; its secret half lies with the other secrets, until it is spent |
 * | `control/generations` | of each: epoch that it began with 16, its secrets 96 |
 * | `control/handed-over` | content keys from before: of each epoch 16, key 32 |
 * | `control/handed-bodies` | keys of single bodies from before: of each entry its id 32, key 32 |
 * | `control/unpurged` | nothing; that it is there says that secrets were deleted and the store was not purged since |
 */
export interface ControlRecords {
  readonly keyPackage: KeyPackage
  readonly generations: ReadonlyMap<EpochId, Generation>
  readonly contentKeys: ReadonlyMap<EpochId, Uint8Array>
  readonly bodyKeys: ReadonlyMap<EntryId, Uint8Array>
}

const KEY_PACKAGE = 'control/key-package'
const GENERATIONS = 'control/generations'
const HANDED_OVER = 'control/handed-over'
const HANDED_BODIES = 'control/handed-bodies'
/** All in which secrets are that are deleted some time. */
export const SECRET_RECORDS = [EPOCH_SECRETS, HANDED_OVER, HANDED_BODIES] as const
const NOTHING = new Uint8Array()
/** Written with what deletes secrets, deleted behind the purge. */
export const UNPURGED = { name: 'control/unpurged', value: NOTHING } as const
const EPOCH_BYTES = 16
const KEY_BYTES = 32

/** Undefined: this device was never in the room. */
export async function loadControlRecords(records: EntryStore['records']): Promise<ControlRecords | undefined> {
  const names = [KEY_PACKAGE, KEY_PACKAGE_SECRET, GENERATIONS, HANDED_OVER, HANDED_BODIES]
  const [shown, secret = NOTHING, generations, handedOver = NOTHING, handedBodies = NOTHING] =
    await records.getMany(names)
  if (shown === undefined || generations === undefined) return undefined
  return {
    keyPackage: { shown, secret },
    generations: read(generations, reader => readMap<EpochId, Generation>(reader, EPOCH_BYTES, readGeneration)),
    contentKeys: readKeys(handedOver, EPOCH_BYTES),
    bodyKeys: readKeys(handedBodies, ENTRY_ID_BYTES)
  }
}

/** Whether this device has ever had keys of the room. */
export async function hasBeenIn(records: EntryStore['records']): Promise<boolean> {
  return (await records.get(GENERATIONS)) !== undefined
}

/** For one that has brought this device in nowhere yet. */
export function keyPackageRecords({ shown, secret }: KeyPackage): RecordChange[] {
  return [
    { name: KEY_PACKAGE_SPENT, value: undefined },
    { name: KEY_PACKAGE, value: shown },
    { name: KEY_PACKAGE_SECRET, value: secret }
  ]
}

/** What those gave who let this device in, beneath what it has from before: by that it opens what it has stored, and it may be false. */
export async function admittedRecords(
  records: EntryStore['records'],
  { generations, contentKeys, bodyKeys }: Pick<ControlRecords, 'generations' | 'contentKeys' | 'bodyKeys'>
): Promise<RecordChange[]> {
  const known = await loadControlRecords(records)
  return [
    generationsRecord(new Map([...generations, ...(known?.generations ?? [])])),
    handedOverRecord(new Map([...contentKeys, ...(known?.contentKeys ?? [])])),
    handedBodiesRecord(new Map([...bodyKeys, ...(known?.bodyKeys ?? [])]))
  ]
}

/** Whether it deletes a secret, which is gone from the store's files only when that is purged. */
export function isErasure({ name, value }: RecordChange): boolean {
  return value === undefined && name.startsWith(EPOCH_SECRETS)
}

export function generationsRecord(generations: ReadonlyMap<EpochId, Generation>): RecordChange {
  const writer = new ByteWriter()
  for (const [epoch, generation] of generations) writeGeneration(writer.bytes(bytesOf(epoch)), generation)
  return { name: GENERATIONS, value: writer.finish() }
}

export function handedOverRecord(contentKeys: ReadonlyMap<EpochId, Uint8Array>): RecordChange {
  return { name: HANDED_OVER, value: encodeKeys(contentKeys) }
}

export function handedBodiesRecord(bodyKeys: ReadonlyMap<EntryId, Uint8Array>): RecordChange {
  return { name: HANDED_BODIES, value: encodeKeys(bodyKeys) }
}

function encodeKeys(keys: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const writer = new ByteWriter()
  for (const [id, key] of keys) writer.bytes(bytesOf(id)).bytes(key)
  return writer.finish()
}

function readKeys<Id extends string>(bytes: Uint8Array, idBytes: number): Map<Id, Uint8Array> {
  return read(bytes, reader => readMap<Id, Uint8Array>(reader, idBytes, each => each.bytes(KEY_BYTES)))
}

function readMap<Id extends string, T>(
  reader: ByteReader,
  idBytes: number,
  readValue: (reader: ByteReader) => T
): Map<Id, T> {
  const map = new Map<Id, T>()
  while (reader.remaining > 0) map.set(toHex(reader.bytes(idBytes)) as Id, readValue(reader))
  return map
}

/** The input comes from this peer's own store. */
function read<T>(bytes: Uint8Array, readAll: (reader: ByteReader) => T): T {
  return expectValue(decodeWith(bytes, readAll))
}

function bytesOf(id: string): Uint8Array {
  return expectValue(fromHex(id))
}
