import { encodeUtf8, openOnce, sealOnce, type RandomBytes } from '../../bytes/index.ts'
import type { RecordChange } from '../../log/index.ts'
import { groupEpochOf, type EpochNode, type StoredGraph } from './epoch-graph.ts'
import type { GroupKeys, GroupState } from './group-keys.ts'
import { decodeFirst, decodeNode, encodeFirst, encodeNode } from './node-codec.ts'
import type { EpochId } from './winner.ts'

/** All records of a room's epochs begin with this. */
export const EPOCH_RECORDS = 'epoch/'
/** What was deleted below this is erased only when the store has purged it. */
export const EPOCH_SECRETS = `${EPOCH_RECORDS}secret/`
/** Where the secret half of this device's key package belongs. Whoever makes it writes it, as it comes before all epochs. */
export const KEY_PACKAGE_SECRET = `${EPOCH_SECRETS}key-package`

/** Says that it brings nobody in any more. */
export const KEY_PACKAGE_SPENT = `${EPOCH_RECORDS}spent`

const FIRST = `${EPOCH_RECORDS}first`
const NODE = `${EPOCH_RECORDS}node/`
const STATE = `${EPOCH_RECORDS}state/`
const STATE_KEY = `${EPOCH_SECRETS}state/`
const CONTENT_KEY = `${EPOCH_SECRETS}content/`
const ERASED = `${EPOCH_RECORDS}erased/`
const KEY_BYTES = 32

export interface StoredEpochsDeps {
  readonly keys: Pick<GroupKeys, 'encode' | 'decode'>
  readonly random: RandomBytes
}

/**
 * The epochs of a room as records of its store, to be written with the entries that they follow from:
 *
 * | name | value |
 * |---|---|
 * | `epoch/first` | where the room began |
 * | `epoch/spent` | nothing; that it is there says that the key package is spent |
 * | `epoch/node/` epoch | what its commit claims, kept for ever |
 * | `epoch/state/` epoch | the scheme's state, sealed under a key that is used for nothing else |
 * | `epoch/secret/state/` epoch | that key, 32 bytes |
 * | `epoch/secret/content/` epoch | the content key |
 * | `epoch/erased/` epoch | nothing; that it is there says that the content key was here, and is erased |
 * | `epoch/secret/key-package` | its secret half, deleted here when it is spent: `EpochGraph.prune` |
 *
 * 1. A state is written once, and erased by erasing its key: whatever copies of the sealed state are left then open no more.
 * 2. Deleting is not erasing: LevelDB and IndexedDB leave old bytes in their files until they rewrite these. Measured with LevelDB, of 390 keys that
 *    were gone all were still in its files when they had stood in one record, overwritten each time, and 366 when each had its own: so each has.
 *    `EntryStore.purge(EPOCH_SECRETS)`, after each change that deletes one, makes LevelDB rewrite what holds them. IndexedDB has no such thing; and
 *    no file system promises that the block of a deleted file is gone from the disk.
 * 3. Commits that wait are not stored: they are in the log, and are to be taken again after a restart.
 * 4. A state that cannot be decoded, as after a new version of the scheme, counts as erased: the device comes in by itself.
 */
export class StoredEpochs {
  /** As it was stored, for `EpochGraph.restore`; undefined when nothing was. */
  readonly loaded: StoredGraph | undefined
  readonly #deps: StoredEpochsDeps
  readonly #stored: Map<EpochId, StoredEpoch>
  #isFirstStored: boolean
  #isSpentStored: boolean

  /** @param records all whose name begins with `EPOCH_RECORDS`, as the store lists them */
  constructor(deps: StoredEpochsDeps, records: Iterable<readonly [name: string, value: Uint8Array]>) {
    this.#deps = deps
    const byName = new Map(records)
    const first = byName.get(FIRST)
    this.#isFirstStored = first !== undefined
    this.#isSpentStored = byName.has(KEY_PACKAGE_SPENT)
    this.#stored = storedIn(byName, deps.keys)
    this.loaded = first && {
      first: decodeFirst(first),
      nodes: [...this.#stored.values()].map(({ node }) => node),
      contentKeys: [...this.#stored].flatMap(([epoch, { contentKey }]) => (contentKey ? [[epoch, contentKey]] : [])),
      erased: [...this.#stored].flatMap(([epoch, { isErased }]) => (isErased ? [epoch] : [])),
      waiting: [],
      isKeyPackageSpent: this.#isSpentStored
    }
  }

  /**
   * What to write, in one batch, for the store to hold this graph. It counts as written from then on: should the write fail, all is to be
   * loaded again.
   */
  changes({ first, nodes, contentKeys, erased, isKeyPackageSpent }: StoredGraph): RecordChange[] {
    const changes: RecordChange[] = []
    if (!this.#isFirstStored) changes.push({ name: FIRST, value: encodeFirst(first) })
    if (isKeyPackageSpent && !this.#isSpentStored) {
      changes.push({ name: KEY_PACKAGE_SPENT, value: new Uint8Array() }, { name: KEY_PACKAGE_SECRET, value: undefined })
    }
    this.#isFirstStored = true
    this.#isSpentStored ||= isKeyPackageSpent
    const [keys, areErased] = [new Map(contentKeys), new Set(erased)]
    for (const node of nodes) {
      const [before, contentKey] = [this.#stored.get(node.epoch), keys.get(node.epoch)]
      const isErased = areErased.has(node.epoch)
      const after = { node, isStateThere: node.state !== undefined, contentKey, isErased }
      changes.push(...this.#changesOf(before, after))
      this.#stored.set(node.epoch, after)
    }
    return changes
  }

  #changesOf(before: StoredEpoch | undefined, { node, contentKey, isErased }: StoredEpoch): RecordChange[] {
    const { epoch, state } = node
    const changes: RecordChange[] = []
    if (before === undefined) changes.push({ name: NODE + epoch, value: encodeNode(node) })
    if (contentKey !== before?.contentKey) changes.push({ name: CONTENT_KEY + epoch, value: contentKey })
    if (isErased !== (before?.isErased ?? false))
      changes.push({ name: ERASED + epoch, value: isErased ? new Uint8Array() : undefined })
    const wasThere = before?.isStateThere ?? false
    if (wasThere === (state !== undefined)) return changes
    const key = state && this.#deps.random(KEY_BYTES)
    const sealed = state && key && sealOnce(key, this.#deps.keys.encode(state), encodeUtf8(epoch))
    return [...changes, { name: STATE_KEY + epoch, value: key }, { name: STATE + epoch, value: sealed }]
  }
}

interface StoredEpoch {
  readonly node: EpochNode
  readonly isStateThere: boolean
  readonly contentKey: Uint8Array | undefined
  readonly isErased: boolean
}

function storedIn(records: ReadonlyMap<string, Uint8Array>, keys: StoredEpochsDeps['keys']): Map<EpochId, StoredEpoch> {
  const stored = new Map<EpochId, StoredEpoch>()
  for (const [name, value] of records) {
    if (!name.startsWith(NODE)) continue
    const epoch = name.slice(NODE.length) as EpochId
    const [sealed, key] = [records.get(STATE + epoch), records.get(STATE_KEY + epoch)]
    const read = decodeNode(epoch, value)
    const state = sealed && key && openState(keys, read, sealed, key)
    const isStateThere = sealed !== undefined || key !== undefined
    const node = { ...read, state }
    const isErased = records.has(ERASED + epoch)
    stored.set(epoch, { node, isStateThere, contentKey: records.get(CONTENT_KEY + epoch), isErased })
  }
  return stored
}

function openState(
  keys: StoredEpochsDeps['keys'],
  node: EpochNode,
  sealed: Uint8Array,
  key: Uint8Array
): GroupState | undefined {
  const bytes = openOnce(key, sealed, encodeUtf8(node.epoch))
  const decoded = bytes && keys.decode(bytes)
  return decoded?.ok === true && decoded.value.epoch === groupEpochOf(node) ? decoded.value : undefined
}
