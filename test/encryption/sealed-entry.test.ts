import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectValue, openOnce, sealOnce, deriveKey, sha256 } from '../../src/core/bytes/index.ts'
import {
  decodeSignedWords,
  MAX_CONTENT_BYTES,
  openEntry,
  openRoom,
  reopenEntry,
  sealEntry,
  sealSignedWords,
  signedWordsOf,
  verifySignedWords,
  type OpenedBody
} from '../../src/core/encryption/index.ts'
import {
  createEntry,
  encodeEntry,
  encodeHeaderStart,
  type Entry,
  type EntryId,
  type HeaderStart
} from '../../src/core/log/index.ts'
import type { Identity } from '../../src/core/identity/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { hostileBytes } from '../support/hostile-bytes.ts'
import { seededRandom } from '../support/seeded-random.ts'

const open = expectValue(openRoom('Starlings'))
const contentKey = open.epochs.contentKey('chat', open.epochs.current()) ?? new Uint8Array(32)
const room = { roomId: open.roomId, contentKey }
const other = expectValue(openRoom('Crows'))

let anna: Identity
let eve: Identity
beforeAll(async () => {
  ;[anna, eve] = await Promise.all([identityOf(1), identityOf(2)])
})

function startOf(seed: number): HeaderStart {
  const clock = { ms: NOON + seed, counter: 0 }
  return { class: 'chat', epoch: open.epochs.current(), clock, extensions: [], salt: seededRandom(seed)(16) }
}

function bodyOf(content: Uint8Array): Omit<OpenedBody, 'device'> {
  return { sequence: 1, previous: undefined, parents: [], kind: 1, content }
}

function sample(content = 'hello', author = anna): Promise<Entry> {
  return sealEntry(room, author.deviceKey, startOf(5), bodyOf(new TextEncoder().encode(content)))
}

/** The same entry around another plaintext, sealed by somebody who has the room's key. */
function resealed(entry: Entry, change: (plaintext: Uint8Array) => Uint8Array): Entry {
  const key = deriveKey(contentKey, 'starling/body/1', 32, entry.header.salt)
  const data = encodeHeaderStart(entry.header)
  const plaintext = openOnce(key, entry.body, data) ?? new Uint8Array()
  return createEntry(entry.header, sealOnce(key, change(plaintext), data))
}

async function openedBy(entry: Entry): Promise<OpenedBody | undefined> {
  const opened = await openEntry(room, entry)
  return opened.ok && opened.value !== 'newer' ? opened.value : undefined
}

describe('sealed entries', () => {
  test('open to what was sealed, in the smallest size that holds it', async () => {
    const ids = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map(bytes => Buffer.from(bytes).toString('hex') as EntryId)
    const bodies = fc.record({
      sequence: fc.integer({ min: 2, max: Number.MAX_SAFE_INTEGER }),
      previous: ids.filter(id => /[1-9a-f]/.test(id)),
      parents: fc.uniqueArray(ids, { maxLength: 4 }).map(list => list.toSorted()),
      kind: fc.nat(255),
      content: fc.uint8Array({ maxLength: 2000 })
    })
    const check = fc.asyncProperty(bodies, fc.nat(1000), async (body, seed) => {
      const entry = await sealEntry(room, anna.deviceKey, startOf(seed), body)
      const opened = { ...body, device: anna.certificate.device }
      expect(await openEntry(room, entry)).toEqual({ ok: true, value: opened })
      expect(reopenEntry(contentKey, entry)).toEqual(opened)
    })
    await fc.assert(check, { numRuns: 60 })
  })

  test('use each size, and hold no more than the largest', async () => {
    const sizeFor = async (length: number): Promise<number> =>
      (await sealEntry(room, anna.deviceKey, startOf(1), bodyOf(new Uint8Array(length)))).body.length
    expect(await sizeFor(0)).toBe(512)
    expect(await sizeFor(400)).toBe(1024)
    expect(await sizeFor(3000)).toBe(4096)
    expect(await sizeFor(10_000)).toBe(16_384)
    expect(await sizeFor(MAX_CONTENT_BYTES)).toBe(65_536)
    await expect(sizeFor(65_536)).rejects.toThrow('too long for an entry')
  })

  test('sealed again by somebody else are the very same bytes', async () => {
    const entry = await sample()
    const again = resealed(entry, plaintext => plaintext)
    expect(again).toEqual(entry)
  })

  test('with other padding are void', async () => {
    const entry = await sample()
    const marked = resealed(entry, plaintext => plaintext.with(plaintext.length - 1, 1))
    expect(await openEntry(room, marked)).toEqual({ ok: false, error: 'padding that is not zeros' })
    const longer = resealed(entry, plaintext => Uint8Array.from([...plaintext, ...new Uint8Array(512)]))
    expect(await openEntry(room, longer)).toEqual({ ok: false, error: 'a body padded to the wrong size' })
  })

  test('under another header, room or key do not open', async () => {
    const entry = await sample()
    const later = { ...entry.header, clock: { ms: NOON + 99, counter: 0 } }
    expect((await openEntry(room, createEntry(later, entry.body))).ok).toBe(false)
    expect((await openEntry({ ...room, roomId: other.roomId }, entry)).ok).toBe(false)
    expect((await openEntry({ ...room, contentKey: sha256(contentKey) }, entry)).ok).toBe(false)
  })

  test("somebody's words under another header are not theirs", async () => {
    const entry = await sample()
    const moved = { ...entry.header, clock: { ms: NOON + 99, counter: 0 } }
    const key = deriveKey(contentKey, 'starling/body/1', 32, entry.header.salt)
    const plaintext = openOnce(key, entry.body, encodeHeaderStart(entry.header)) ?? new Uint8Array()
    const forged = createEntry(moved, sealOnce(key, plaintext, encodeHeaderStart(moved)))
    expect(await openEntry(room, forged)).toEqual({ ok: false, error: 'a body with a wrong signature' })
  })

  test("in somebody else's name do not open", async () => {
    const entry = await sample('hello', eve)
    const named = resealed(entry, plaintext => {
      const bytes = Uint8Array.from(plaintext)
      bytes.set(anna.deviceKey.publicKey)
      return bytes
    })
    expect(await openEntry(room, named)).toEqual({ ok: false, error: 'a body with a wrong signature' })
  })

  test('survive any change of the plaintext: none opens, but one that may be signed in a newer way is told apart', async () => {
    const entry = await sample()
    const howItIsSigned = 32 + 8 + 32 + 1 + 1 + 4 + 'hello'.length
    for (let at = 0; at < 300; at += 1) {
      const changed = resealed(entry, plaintext => plaintext.with(at, (plaintext[at] ?? 0) ^ 0x41))
      expect(await openedBy(changed)).toBeUndefined()
      if (at === howItIsSigned) expect(await openEntry(room, changed)).toEqual({ ok: true, value: 'newer' })
    }
  })

  test('survive 20,000 hostile plaintexts', async () => {
    const entry = await sample()
    const random = seededRandom(9)
    let opened = 0
    for (let index = 0; index < 20_000; index += 1) {
      const hostile = resealed(entry, plaintext => {
        const bytes = index % 2 === 0 ? random(plaintext.length) : Uint8Array.from(plaintext)
        const [at = 0, length = 0] = random(2)
        bytes.set(random(length % 9), at)
        return bytes
      })
      if (hostile.id !== entry.id && (await openedBy(hostile)) !== undefined) opened += 1
    }
    expect(opened).toBe(0)
  })
})

describe('signed words', () => {
  const parents = [1, 2, 3, 4].map(byte => byte.toString(16).padStart(2, '0').repeat(32) as EntryId)
  const extensions = [{ type: 9, value: Uint8Array.of(1, 2) }]

  test('sealed again under the same key are the very same entry, byte by byte', async () => {
    for (const length of [0, 100, 700, 5000, MAX_CONTENT_BYTES]) {
      const body = { ...bodyOf(new Uint8Array(length).fill(7)), sequence: 2, previous: parents[0], parents }
      const entry = await sealEntry(room, anna.deviceKey, { ...startOf(length), extensions }, body)
      const words = signedWordsOf(contentKey, entry) ?? new Uint8Array()
      const again = expectValue(sealSignedWords(contentKey, words))
      expect(again).toEqual(entry)
      expect(encodeEntry(again)).toEqual(encodeEntry(entry))
      const verified = expectValue(await verifySignedWords(room.roomId, words))
      expect(verified.body).toEqual({ ...body, device: anna.certificate.device })
      expect(encodeHeaderStart(verified.start)).toEqual(encodeHeaderStart(entry.header))
      expect(decodeSignedWords(words)).toEqual({ ok: true, value: verified })
    }
  })

  test("hold for their room alone, and are in nobody else's power", async () => {
    const entry = await sample()
    const words = signedWordsOf(contentKey, entry) ?? new Uint8Array()
    expect(signedWordsOf(sha256(contentKey), entry)).toBeUndefined()
    expect(await verifySignedWords(other.roomId, words)).toEqual({ ok: false, error: 'words with a wrong signature' })
    for (let at = 0; at < words.length; at += 1) {
      const changed = Uint8Array.from(words)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect((await verifySignedWords(room.roomId, changed)).ok).toBe(false)
      expect((await verifySignedWords(room.roomId, words.subarray(0, at))).ok).toBe(false)
    }
    const elsewhere = expectValue(sealSignedWords(sha256(contentKey), words))
    expect(elsewhere.id).not.toBe(entry.id)
  })

  test('survive 20,000 random and mutated inputs', async () => {
    const words = signedWordsOf(contentKey, await sample()) ?? new Uint8Array()
    const outcomes = new Set<boolean>()
    for (const hostile of hostileBytes([words])) {
      const decoded = decodeSignedWords(hostile)
      outcomes.add(decoded.ok)
      // Whatever has the form can be sealed: whether it is genuine is found out from the entry, as from any other.
      expect(sealSignedWords(contentKey, hostile).ok).toBe(decoded.ok)
    }
    expect(outcomes).toEqual(new Set([true, false]))
  })
})
