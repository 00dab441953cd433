import { decodeUtf8, encodeUtf8, equalBytes, expectValue, fromHex, toHex } from '../../bytes/index.ts'
import type { DeviceId, MemberId } from '../../identity/index.ts'
import {
  idOfOrder,
  orderKeyOf,
  type EntryId,
  type EntryStore,
  type RecordChange,
  type StoredEntry
} from '../../log/index.ts'
import { isAuthorOf, saltOf, type Authorship } from './authorship.ts'
import { MAX_TARGETS } from './content.ts'

/** As many as a deletion can name beside the message. */
export const MAX_EDITS = MAX_TARGETS - 1

/** A member's word that an entry of its own is to be erased. */
export interface Claim extends Omit<Authorship, 'id'> {
  readonly member: MemberId
  /** Order key of the entry that says so: it is handed out along with what is left of the erased one. */
  readonly order: string
}

/**
 * What edits and deletions say of other entries, by target and member, so that it does not matter which comes first.
 * Whether it counts, because the target is the member's own, is for others to find out. It stays for as long as the entry
 * that says it, so that a target that comes back finds it. What changes is kept apart until it is stored.
 *
 * | record | |
 * |---|---|
 * | `edits/` target `/` member `/` order key of the edit | nothing |
 * | `claim/` target `/` salt that bears it out `/` member | a claim, of several the highest in room order |
 *
 * So however much is said of one entry, what counts of it is found at once: no false word stands before a true one.
 */
export class Amendments {
  readonly #store: EntryStore
  readonly #changed = new Map<EntryId, Map<string, Uint8Array | undefined>>()
  readonly #older = new Map<string, Promise<boolean>>()

  constructor(store: EntryStore) {
    this.#store = store
  }

  /** The member's edits of an entry that it says is its own: the highest `count` in room order, of which the last one shows. */
  async edits(target: EntryId, member: MemberId, count: number): Promise<EntryId[]> {
    await this.#renewEdits(target, member)
    const records = await this.#records(target, editName(target, member, ''), count)
    return [...records.keys()].sort().slice(-count).map(idOfOrder)
  }

  addEdit(target: EntryId, member: MemberId, edit: StoredEntry): void {
    this.#change(target, editName(target, member, orderKeyOf(edit)), NOTHING)
  }

  async removeEdit(target: EntryId, member: MemberId, edit: StoredEntry): Promise<void> {
    await this.#renewEdits(target, member)
    this.#change(target, editName(target, member, orderKeyOf(edit)), undefined)
  }

  /** Whose the entry is, as its header bears out, where anybody claims it: all who do name the same device. */
  async toldOf({ id, header }: StoredEntry): Promise<Claim | undefined> {
    const [record] = [...(await this.#records(id, claimPrefix(id, header.salt), 1)).values()]
    return record === undefined
      ? (await this.#oldClaims(id)).find(each => equalBytes(header.salt, saltOf(each)))
      : decodeClaim(record)
  }

  /** The claim that counts: of the very member whose device wrote the entry, and said above it, so that it goes no sooner. */
  async claimOf(entry: StoredEntry, memberOf: (device: DeviceId) => MemberId | undefined): Promise<Claim | undefined> {
    const { id, header } = entry
    const told = await this.toldOf(entry)
    const member = told && memberOf(told.device)
    if (member === undefined) return undefined
    const record = await this.#record(id, claimPrefix(id, header.salt) + member)
    const claims = record === undefined ? await this.#oldClaims(id) : [decodeClaim(record)]
    return claims.find(
      claim => claim.member === member && claim.order > orderKeyOf(entry) && isAuthorOf({ ...claim, id }, entry)
    )
  }

  async #oldClaims(target: EntryId): Promise<Claim[]> {
    if (!(await this.#hasAny(OLD_CLAIMS))) return []
    return [...(await this.#records(target, `${OLD_CLAIMS}${target}/`)).values()].map(decodeClaim)
  }

  /** Whether the store has any record of an older layout: asked once for all entries that come together. */
  #hasAny(prefix: string): Promise<boolean> {
    const asked = this.#older.get(prefix) ?? this.#store.records.list(prefix, 1).then(({ length }) => length > 0)
    this.#older.set(prefix, asked)
    return asked
  }

  async addClaim(target: EntryId, claim: Claim): Promise<void> {
    const name = claimPrefix(target, saltOf(claim)) + claim.member
    const before = await this.#record(target, name)
    if (before === undefined || decodeClaim(before).order < claim.order) this.#change(target, name, encodeClaim(claim))
  }

  /** The deletion goes, and says nothing any more. */
  async removeClaims({ id, ...target }: Authorship, deletion: EntryId): Promise<void> {
    for (const prefix of [claimPrefix(id, saltOf(target)), `${OLD_CLAIMS}${id}/`]) {
      for (const [name, value] of await this.#records(id, prefix)) {
        if (idOfOrder(decodeClaim(value).order) === deletion) this.#change(id, name, undefined)
      }
    }
  }

  /** What changed, to be stored. */
  changes(): RecordChange[] {
    return [...this.#changed.values()].flatMap(records => [...records].map(([name, value]) => ({ name, value })))
  }

  #change(target: EntryId, name: string, value: Uint8Array | undefined): void {
    const ofTarget = this.#changed.get(target) ?? new Map<string, Uint8Array | undefined>()
    ofTarget.set(name, value)
    this.#changed.set(target, ofTarget)
  }

  async #record(target: EntryId, name: string): Promise<Uint8Array | undefined> {
    const changed = this.#changed.get(target)
    return changed?.has(name) ? changed.get(name) : this.#store.records.get(name)
  }

  /** At least the last `count` of these records, by name, as far as there are so many. */
  async #records(target: EntryId, prefix: string, count?: number): Promise<Map<string, Uint8Array>> {
    const changed = [...(this.#changed.get(target) ?? [])].filter(([name]) => name.startsWith(prefix))
    const gone = changed.filter(([, value]) => value === undefined).length
    const records = new Map(await this.#store.records.list(prefix, count && count + gone))
    for (const [name, value] of changed) {
      if (value === undefined) records.delete(name)
      else records.set(name, value)
    }
    return records
  }

  /** Edits of an older layout stand in one record, of which the oldest does not tell the order. */
  async #renewEdits(target: EntryId, member: MemberId): Promise<void> {
    if (!(await this.#hasAny(OLD_EDITS))) return
    const name = `${OLD_EDITS}${target}/${member}`
    const old = await this.#record(target, name)
    if (old === undefined) return
    this.#change(target, name, undefined)
    const stored = JSON.parse(expectValue(decodeUtf8(old))) as { id: EntryId }[] | { all: EntryId[] }
    const ids = 'all' in stored ? stored.all : stored.map(({ id }) => id)
    for (const edit of await this.#store.load(ids)) this.addEdit(target, member, edit)
  }
}

const NOTHING = new Uint8Array()
/** Of a layout that kept all edits of an entry in one record. */
const OLD_EDITS = 'edit/'
/** Of a layout that kept a few claims of each member, true ones or not, and not where they were said. */
const OLD_CLAIMS = 'deletion/'

function editName(target: EntryId, member: MemberId, order: string): string {
  return `edits/${target}/${member}/${order}`
}

function claimPrefix(target: EntryId, salt: Uint8Array): string {
  return `claim/${target}/${toHex(salt)}/`
}

interface StoredClaim {
  readonly member: MemberId
  readonly device: DeviceId
  readonly sequence: number
  /** Not in older layouts, whose salts did not commit to it. */
  readonly kind?: number
  readonly opening: string
  readonly order?: string
  /** In older layouts, in place of the order. */
  readonly deletion?: EntryId
}

/** Above every order key: a claim of an older layout is not asked where it was said. */
const ABOVE_ALL = 'f'.repeat(16)

function encodeClaim({ member, device, sequence, kind, opening, order }: Claim): Uint8Array {
  const stored: StoredClaim = { member, device, sequence, kind, opening: toHex(opening), order }
  return encodeUtf8(JSON.stringify(stored))
}

/** The input comes from this peer's own store. */
function decodeClaim(bytes: Uint8Array): Claim {
  const stored = JSON.parse(expectValue(decodeUtf8(bytes))) as StoredClaim
  const { member, device, sequence, kind = 0, order = ABOVE_ALL + stored.deletion } = stored
  return { member, device, sequence, kind, order, opening: expectValue(fromHex(stored.opening)) }
}
