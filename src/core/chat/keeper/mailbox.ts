import {
  ByteWriter,
  CappedMap,
  decodeWith,
  expectValue,
  sha256,
  toHex,
  type Clock,
  type Millis
} from '../../bytes/index.ts'
import { DAY, dayOf } from '../../encryption/index.ts'
import type { RecordStore } from '../../log/index.ts'
import type { PeerId } from '../../network/index.ts'
import { MAX_BOX_BYTES, MAX_BOX_LETTERS, type LeaveAnswer } from './mailbox-codec.ts'

export interface MailboxDeps {
  readonly records: RecordStore
  readonly clock: Clock
  /** Bytes that all letters together may take up now. */
  readonly space: () => number
}

interface Letter {
  readonly leftAt: Millis
  readonly bytes: number
}

interface Used {
  readonly day: number
  readonly letters: number
  readonly bytes: number
}

/** An invite is good for a week unless told otherwise; who comes back after two asks anew. */
const KEPT_FOR: Millis = 14 * DAY
/** Each costs some 200 bytes of memory. */
const MAX_LETTERS = 8192
/** What one peer may leave in a day: a member answers those who waited, a newcomer asks once for each room. */
const MAX_LETTERS_OF_PEER = 64
const MAX_BYTES_OF_PEER = 2 ** 20
const MAX_PEERS = 4096
/** What a letter costs beside its bytes: its name and time. */
const LETTER_OVERHEAD_BYTES = 160
/** A letter that is left again lives longer, at the cost of a write: not more often than this. */
const LEFT_PRECISION: Millis = DAY
const PREFIX = 'mailbox/'

/**
 * Letters that wait at a keeper, which can neither read them nor tell whose they are. Nobody can take one away: they end by their time. A box
 * that is full takes no more, so that a flood drives out nothing that is there. Changes must be made one after the other.
 */
export class Mailbox {
  readonly #deps: MailboxDeps
  /** By the hash of the tag: what is stored must not tell it. Then by the letter's own, those first that were left first. */
  readonly #boxes = new Map<string, Map<string, Letter>>()
  readonly #used = new CappedMap<PeerId, Used>(MAX_PEERS)
  #letters = 0
  #bytes = 0

  constructor(deps: MailboxDeps) {
    this.#deps = deps
  }

  /** What earlier runs have left. */
  async load(): Promise<void> {
    const rows = await this.#deps.records.list(PREFIX)
    const letters = rows.map(([name, value]) => ({ name: name.slice(PREFIX.length), ...decodeStored(value) }))
    for (const { name, leftAt, letter } of letters.toSorted((a, b) => a.leftAt - b.leftAt)) {
      const [box = '', id = ''] = name.split('/')
      this.#note(box, id, { leftAt, bytes: letter.length + LETTER_OVERHEAD_BYTES })
    }
    await this.dropOld()
  }

  /** What is stored. */
  get bytes(): number {
    return this.#bytes
  }

  /** Stores the letter durably, the same one once. */
  async leave(tag: Uint8Array, letter: Uint8Array, from: PeerId): Promise<LeaveAnswer> {
    const [box, id] = [toHex(sha256(tag)), toHex(sha256(letter))]
    const known = this.#boxes.get(box)?.get(id)
    const leftAt = this.#deps.clock.now()
    if (known !== undefined && leftAt - known.leftAt < LEFT_PRECISION) return 'kept'
    const bytes = letter.length + LETTER_OVERHEAD_BYTES
    if ((known === undefined && !this.#fits(box, bytes)) || !this.#mayLeave(from, bytes)) return 'full'
    const value = new ByteWriter().u48(leftAt).bytes(letter).finish()
    await this.#deps.records.write([{ name: nameOf(box, id), value }])
    this.#forget(box, id)
    this.#note(box, id, { leftAt, bytes })
    return 'kept'
  }

  async look(tag: Uint8Array): Promise<Uint8Array[]> {
    const box = toHex(sha256(tag))
    const letters: Uint8Array[] = []
    for (const [id, { leftAt }] of this.#boxes.get(box) ?? []) {
      const stored = this.#isOld(leftAt) ? undefined : await this.#deps.records.get(nameOf(box, id))
      if (stored !== undefined) letters.push(decodeStored(stored).letter)
    }
    return letters
  }

  async dropOld(): Promise<void> {
    const old = [...this.#boxes].flatMap(([box, letters]) =>
      [...letters].filter(([, { leftAt }]) => this.#isOld(leftAt)).map(([id]) => [box, id] as const)
    )
    if (old.length === 0) return
    await this.#deps.records.write(old.map(([box, id]) => ({ name: nameOf(box, id), value: undefined })))
    for (const [box, id] of old) this.#forget(box, id)
  }

  #isOld(leftAt: Millis): boolean {
    return this.#deps.clock.now() - leftAt >= KEPT_FOR
  }

  #fits(box: string, bytes: number): boolean {
    const letters = [...(this.#boxes.get(box)?.values() ?? [])]
    const inBox = letters.reduce((sum, letter) => sum + letter.bytes, bytes)
    if (letters.length >= MAX_BOX_LETTERS || inBox > MAX_BOX_BYTES) return false
    return this.#letters < MAX_LETTERS && this.#bytes + bytes <= this.#deps.space()
  }

  #mayLeave(peer: PeerId, bytes: number): boolean {
    const day = dayOf(this.#deps.clock.now())
    const before = this.#used.get(peer)
    const today = before?.day === day ? before : { letters: 0, bytes: 0 }
    const used = { day, letters: today.letters + 1, bytes: today.bytes + bytes }
    const may = used.letters <= MAX_LETTERS_OF_PEER && used.bytes <= MAX_BYTES_OF_PEER
    if (may) this.#used.set(peer, used)
    return may
  }

  #note(box: string, id: string, letter: Letter): void {
    const letters = this.#boxes.get(box) ?? new Map<string, Letter>()
    this.#boxes.set(box, letters.set(id, letter))
    this.#letters += 1
    this.#bytes += letter.bytes
  }

  #forget(box: string, id: string): void {
    const letters = this.#boxes.get(box)
    const letter = letters?.get(id)
    if (letters === undefined || letter === undefined) return
    letters.delete(id)
    if (letters.size === 0) this.#boxes.delete(box)
    this.#letters -= 1
    this.#bytes -= letter.bytes
  }
}

function nameOf(box: string, id: string): string {
  return `${PREFIX}${box}/${id}`
}

/** The input comes from this peer's own store. */
function decodeStored(value: Uint8Array): { readonly leftAt: Millis; readonly letter: Uint8Array } {
  return expectValue(decodeWith(value, reader => ({ leftAt: reader.u48(), letter: reader.rest() })))
}
