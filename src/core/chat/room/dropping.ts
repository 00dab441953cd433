import { toHex, type Millis } from '../../bytes/index.ts'
import type { EpochId } from '../../encryption/index.ts'
import type { DeviceId, MemberId } from '../../identity/index.ts'
import { HIGHEST, LOWEST, orderKeyOf, type EntryId, type RecordChange } from '../../log/index.ts'
import { Amendments } from './amendments.ts'
import type { ControlLog } from './control-log.ts'
import { SECRET_RECORDS, UNPURGED } from './control-records.ts'
import { costOf, withLess, withoutAbove, type DeviceRecord } from './devices.ts'
import { withoutHeads } from './history.ts'
import { floorOf, outdatedOf, type Outdated, type Retention } from './retention.ts'
import type { RoomDeps } from './room-deps.ts'
import { SequenceIndex, sequenceName } from './sequence-index.ts'
import type { StoredState } from './stored-state.ts'

/** Entries that go in one write, or are read at a time. */
const BATCH = 256

/** Drops entries whole, with all that is kept of them. */
export class Dropping {
  readonly #deps: RoomDeps
  readonly #stored: StoredState
  /** Of epochs that are over, by which it is bounded, the newest entry found here: none is looked for again before that goes. */
  readonly #newestOf = new Map<EpochId, Millis>()

  constructor(deps: RoomDeps, stored: StoredState) {
    this.#deps = deps
    this.#stored = stored
  }

  /** Drops a part of what is older than this device keeps; whether more is left. */
  async outdated(retention: Retention, now: Millis): Promise<boolean> {
    const { store, since = 0 } = this.#deps
    // Whoever is nearly ahead of now must not make what others say now too old.
    const floor = Math.min(await floorOf(store, retention, now), this.#deps.clock.now())
    this.#stored.floor = Math.max(since, floor)
    // Control entries never expire.
    const items = await store.sets.chat.items(LOWEST, { ms: this.#stored.floor, prefix: '' }, BATCH)
    await this.#drop(items.map(({ id }) => id))
    return items.length === BATCH
  }

  /**
   * Erases states whose time is over, and, once all that is outdated is dropped, content keys of epochs of which nothing is kept here any more,
   * nor comes but from who was apart.
   */
  async keys(control: ControlLog): Promise<void> {
    control.prune()
    const { floor } = this.#stored
    const isOver = (epoch: EpochId): boolean => (this.#newestOf.get(epoch) ?? 0) < floor
    const over = control.room.erasing.outlivedBy(floor).filter(isOver)
    if (over.length > 0) await this.#noteNewest(new Set(over))
    for (const epoch of over) if (isOver(epoch)) control.eraseKey(epoch)
  }

  /** What was deleted is gone then from the store's files, too. */
  async purge(control: ControlLog): Promise<void> {
    if (!control.isPurgeDue) return
    for (const prefix of SECRET_RECORDS) await this.#deps.store.purge(prefix)
    await this.#stored.commit({ records: [{ ...UNPURGED, value: undefined }] })
    control.isPurgeDue = false
  }

  async #noteNewest(epochs: ReadonlySet<EpochId>): Promise<void> {
    const { store } = this.#deps
    for (let from = { ms: this.#stored.floor, prefix: '' }; ;) {
      const items = await store.sets.chat.items(from, HIGHEST, BATCH)
      for (const { header } of await store.load(items.map(({ id }) => id))) {
        const epoch = toHex(header.epoch) as EpochId
        if (epochs.has(epoch)) this.#newestOf.set(epoch, header.clock.ms)
      }
      const last = items.at(-1)
      if (last === undefined || items.length < BATCH) return
      from = { ms: last.ms, prefix: last.id }
    }
  }

  /**
   * Drops what those said who were removed, or made observers, after what their remover knew of: it came before that was known; and all of
   * those who were let in by what turned out not to count.
   */
  async unentitled(): Promise<void> {
    const { book, control } = this.#stored.current
    if (control === undefined) return
    for (const record of book.devices()) {
      const upTo = control.room.writesUpTo(record.device) ?? 0
      if ((record.last?.sequence ?? 0) <= upTo) continue
      await this.#drop(await this.#above(record, upTo))
      const lastId =
        upTo === 0 ? undefined : await new SequenceIndex(this.#deps.store).find({ ...record, sequence: upTo })
      const left = withoutAbove(book.get(record.device) ?? record, upTo, lastId)
      // One's own numbering goes on: who is let in again must not sign another entry of the same number.
      book.set(record.device === this.#deps.identity.certificate.device ? { ...left, last: record.last } : left)
      await this.#stored.commit({ records: book.takeChanges() })
    }
  }

  async #above({ device, held }: DeviceRecord, upTo: number): Promise<EntryId[]> {
    const sequences = new SequenceIndex(this.#deps.store)
    const ids: EntryId[] = []
    for (const { from, to } of held) {
      for (let sequence = Math.max(from, upTo + 1); sequence <= to; sequence += 1) {
        const id = await sequences.find({ device, sequence })
        if (id !== undefined) ids.push(id)
      }
    }
    return ids
  }

  async #drop(ids: readonly EntryId[]): Promise<void> {
    const { store, keys } = this.#deps
    const { book } = this.#stored.current
    const amendments = new Amendments(store)
    const memberOf = (device: DeviceId): MemberId | undefined => book.get(device)?.member
    const going: Outdated[] = []
    // What a deletion erased goes before it: it tells whose that was.
    const inOrder = (await store.load(ids)).toSorted((a, b) => (orderKeyOf(a) < orderKeyOf(b) ? -1 : 1))
    for (const entry of inOrder) going.push(await outdatedOf({ keys, memberOf, amendments }, entry))
    if (going.length > 0) await this.#write(going, amendments.changes())
  }

  async #write(going: readonly Outdated[], amendments: readonly RecordChange[]): Promise<void> {
    const state = this.#stored.current
    const ids = going.map(({ entry }) => entry.id)
    for (const { entry, place } of going) {
      const device = place && state.book.get(place.device)
      if (device !== undefined) state.book.set(withLess(device, costOf(device, { entry })))
    }
    state.history = withoutHeads(state.history, ids)
    const sequences = going
      .flatMap(({ place }) => place ?? [])
      .map(place => ({ name: sequenceName(place), value: undefined }))
    const keys = state.control?.dropped(ids) ?? []
    const records = [...amendments, ...sequences, ...keys, ...state.book.takeChanges()]
    await this.#stored.commit({ dropped: ids, records })
  }
}
