import { decodeUtf8, encodeUtf8, expectValue, fromHex, toHex } from '../../bytes/index.ts'
import type { DeviceId, MemberId } from '../../identity/index.ts'
import type { EntryId, EntryStore, RecordChange } from '../../log/index.ts'
import type { Authorship } from './authorship.ts'
import { MAX_TARGETS } from './content.ts'

/** As many as a deletion can name beside the message. */
export const MAX_EDITS = MAX_TARGETS - 1

/** A member's edits of one entry that it says is its own. */
export interface Edits {
  /** The one that shows: the highest in room order. */
  readonly shown: EntryId
  readonly order: string
  /** All that are here. Whoever edits a message more often than a deletion can name shows the newest of them alone. */
  readonly all: readonly EntryId[]
}

/** A member's word that an entry of its own is to be erased. */
export interface Claim extends Omit<Authorship, 'id'> {
  readonly member: MemberId
  /** The entry that says so: it is handed out along with what is left of the erased one. */
  readonly deletion: EntryId
}

/** Of one member's words about one entry the first is true, or the member misleads itself. */
const MAX_CLAIMS = 4

/**
 * What edits and deletions say of other entries, by target and member, so that it does not matter which comes first.
 * Whether it counts, because the target is the member's own, is for others to find out. What is added is kept apart until
 * it is stored.
 */
export class Amendments {
  readonly #store: EntryStore
  readonly #added = new Map<string, Uint8Array | undefined>()

  constructor(store: EntryStore) {
    this.#store = store
  }

  async edits(target: EntryId, member: MemberId): Promise<Edits | undefined> {
    const stored = await this.#get(editName(target, member))
    return stored && (JSON.parse(expectValue(decodeUtf8(stored))) as Edits)
  }

  async addEdit(target: EntryId, member: MemberId, id: EntryId, order: string): Promise<Edits> {
    const before = await this.edits(target, member)
    const all = [...(before?.all ?? []), id].slice(-MAX_EDITS)
    const isShown = before === undefined || order > before.order
    return this.#setEdits(target, member, isShown ? { shown: id, order, all } : { ...before, all })
  }

  /** The edits that are left, with their orders, after others were erased. */
  leaveEdits(target: EntryId, member: MemberId, left: ReadonlyMap<EntryId, string>): Edits | undefined {
    const [first, ...others] = left
    if (first === undefined) {
      this.#added.set(editName(target, member), undefined)
      return undefined
    }
    const [shown, order] = others.reduce((a, b) => (b[1] > a[1] ? b : a), first)
    return this.#setEdits(target, member, { shown, order, all: [...left.keys()] })
  }

  #setEdits(target: EntryId, member: MemberId, edits: Edits): Edits {
    this.#added.set(editName(target, member), encodeUtf8(JSON.stringify(edits)))
    return edits
  }

  async claim(target: EntryId, member: MemberId): Promise<Claim | undefined> {
    const stored = await this.#get(claimName(target, member))
    return stored && decodeClaim(stored)
  }

  /** All that is claimed of this entry, by whomever. */
  async claims(target: EntryId): Promise<Claim[]> {
    return [...(await this.#claims(claimName(target, ''))).values()].map(decodeClaim)
  }

  /** A later one stands beside the first: which of them is true shows only with the header that it is about. */
  async addClaim(target: EntryId, claim: Claim): Promise<void> {
    const first = claimName(target, claim.member)
    const before = await this.#claims(first)
    const isKnown = [...before.values()].some(each => decodeClaim(each).deletion === claim.deletion)
    if (isKnown || before.size >= MAX_CLAIMS) return
    this.#added.set(before.size === 0 ? first : `${first}/${claim.deletion}`, encodeClaim(claim))
  }

  async #claims(prefix: string): Promise<Map<string, Uint8Array>> {
    const added = [...this.#added].flatMap(([name, value]) =>
      value !== undefined && name.startsWith(prefix) ? [[name, value] as const] : []
    )
    return new Map([...(await this.#store.records.list(prefix)), ...added])
  }

  /** What was added, to be stored. */
  changes(): RecordChange[] {
    return [...this.#added].map(([name, value]) => ({ name, value }))
  }

  async #get(name: string): Promise<Uint8Array | undefined> {
    return this.#added.has(name) ? this.#added.get(name) : this.#store.records.get(name)
  }
}

/** The records of an entry that goes whole. */
export async function forgottenAmendments(store: EntryStore, target: EntryId): Promise<RecordChange[]> {
  const rows = await Promise.all(
    [editName(target, ''), claimName(target, '')].map(prefix => store.records.list(prefix))
  )
  return rows.flat().map(([name]) => ({ name, value: undefined }))
}

function editName(target: EntryId, member: string): string {
  return `edit/${target}/${member}`
}

function claimName(target: EntryId, member: string): string {
  return `deletion/${target}/${member}`
}

interface StoredClaim {
  readonly member: MemberId
  readonly device: DeviceId
  readonly sequence: number
  readonly kind: number
  readonly opening: string
  readonly deletion: EntryId
}

function encodeClaim({ opening, ...claim }: Claim): Uint8Array {
  const stored: StoredClaim = { ...claim, opening: toHex(opening) }
  return encodeUtf8(JSON.stringify(stored))
}

/** The input comes from this peer's own store. */
function decodeClaim(bytes: Uint8Array): Claim {
  const stored = JSON.parse(expectValue(decodeUtf8(bytes))) as StoredClaim
  return { ...stored, opening: expectValue(fromHex(stored.opening)) }
}
