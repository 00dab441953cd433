import { decodeUtf8, encodeUtf8, expectValue, fromHex, toHex } from '../../bytes/index.ts'
import type { DeviceId, MemberId } from '../../identity/index.ts'
import type { EntryId, EntryStore, RecordChange } from '../../log/index.ts'
import type { Authorship } from './authorship.ts'
import { MAX_TARGETS } from './content.ts'

/** As many as a deletion can name beside the message. */
export const MAX_EDITS = MAX_TARGETS - 1

/** A member's edits of one entry that it says is its own, in room order: the last one shows. The highest `MAX_EDITS` are kept. */
export type Edits = readonly Edit[]

interface Edit {
  readonly id: EntryId
  readonly order: string
}

/** A member's word that an entry of its own is to be erased. */
export interface Claim extends Omit<Authorship, 'id'> {
  readonly member: MemberId
  /** The entry that says so: it is handed out along with what is left of the erased one. */
  readonly deletion: EntryId
}

/** One is true, unless the member's devices mislead each other. */
const MAX_CLAIMS = 4

/**
 * What edits and deletions say of other entries, by target and member, so that it does not matter which comes first.
 * Whether it counts, because the target is the member's own, is for others to find out. It stays for as long as the entry
 * that says it, so that a target that comes back finds it. What changes is kept apart until it is stored.
 */
export class Amendments {
  readonly #store: EntryStore
  readonly #changed = new Map<EntryId, Map<string, Uint8Array | undefined>>()

  constructor(store: EntryStore) {
    this.#store = store
  }

  async edits(target: EntryId, member: MemberId): Promise<Edits> {
    const stored = (await this.#records(target, editName(target, member))).values().next().value
    return stored === undefined ? [] : decodeEdits(stored)
  }

  /** All edits that are known by now. */
  async addEdit(target: EntryId, member: MemberId, edit: Edit): Promise<Edits> {
    const others = (await this.edits(target, member)).filter(({ id }) => id !== edit.id)
    const all = [...others, edit].sort((a, b) => (a.order < b.order ? -1 : 1)).slice(-MAX_EDITS)
    return this.#setEdits(target, member, all)
  }

  /** The edits that are left without this one. */
  async removeEdit(target: EntryId, member: MemberId, edit: EntryId): Promise<Edits> {
    const before = await this.edits(target, member)
    const left = before.filter(({ id }) => id !== edit)
    return left.length === before.length ? before : this.#setEdits(target, member, left)
  }

  #setEdits(target: EntryId, member: MemberId, edits: Edits): Edits {
    this.#change(target, editName(target, member), edits.length === 0 ? undefined : encodeEdits(edits))
    return edits
  }

  /** All that is claimed of this entry, by whomever. */
  async claims(target: EntryId): Promise<Claim[]> {
    return [...(await this.#records(target, claimName(target, ''))).values()].map(decodeClaim)
  }

  /** A later one stands beside the first: which of them is true shows only with the header that it is about. */
  async addClaim(target: EntryId, claim: Claim): Promise<void> {
    const first = claimName(target, claim.member)
    const before = await this.#records(target, first)
    const isKnown = [...before.values()].some(each => decodeClaim(each).deletion === claim.deletion)
    if (isKnown || before.size >= MAX_CLAIMS) return
    this.#change(target, before.has(first) ? `${first}/${claim.deletion}` : first, encodeClaim(claim))
  }

  /** The deletion goes, and says nothing any more. */
  async removeClaims(target: EntryId, deletion: EntryId): Promise<void> {
    for (const [name, value] of await this.#records(target, claimName(target, ''))) {
      if (decodeClaim(value).deletion === deletion) this.#change(target, name, undefined)
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

  async #records(target: EntryId, prefix: string): Promise<Map<string, Uint8Array>> {
    const records = new Map(await this.#store.records.list(prefix))
    for (const [name, value] of this.#changed.get(target) ?? []) {
      if (value === undefined) records.delete(name)
      else if (name.startsWith(prefix)) records.set(name, value)
    }
    return records
  }
}

function editName(target: EntryId, member: MemberId): string {
  return `edit/${target}/${member}`
}

function claimName(target: EntryId, member: string): string {
  return `deletion/${target}/${member}`
}

/** Of older layouts: of the edits that do not show no order is known. */
interface OldEdits {
  readonly shown: EntryId
  readonly order: string
  readonly all: readonly EntryId[]
}

function encodeEdits(edits: Edits): Uint8Array {
  return encodeUtf8(JSON.stringify(edits))
}

/** The input comes from this peer's own store, as in what follows. */
function decodeEdits(bytes: Uint8Array): Edits {
  const stored = JSON.parse(expectValue(decodeUtf8(bytes))) as Edits | OldEdits
  if (!('all' in stored)) return stored
  const { all, shown, order } = stored
  return [...all.filter(id => id !== shown).map(id => ({ id, order: '' })), { id: shown, order }]
}

interface StoredClaim {
  readonly member: MemberId
  readonly device: DeviceId
  readonly sequence: number
  /** Not in older layouts, whose salts did not commit to it. */
  readonly kind?: number
  readonly opening: string
  readonly deletion: EntryId
}

function encodeClaim({ opening, ...claim }: Claim): Uint8Array {
  const stored: StoredClaim = { ...claim, opening: toHex(opening) }
  return encodeUtf8(JSON.stringify(stored))
}

function decodeClaim(bytes: Uint8Array): Claim {
  const stored = JSON.parse(expectValue(decodeUtf8(bytes))) as StoredClaim
  return { ...stored, kind: stored.kind ?? 0, opening: expectValue(fromHex(stored.opening)) }
}
