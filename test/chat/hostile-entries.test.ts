import { expect, test } from 'vitest'
import {
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  expectValue,
  fromHex,
  sha256,
  systemRandom
} from '../../src/core/bytes/index.ts'
import { saltOf } from '../../src/core/chat/room/authorship.ts'
import {
  decodeContent,
  DELETION_KIND,
  EDIT_KIND,
  encodeContent,
  MESSAGE_KIND
} from '../../src/core/chat/room/content.ts'
import { Room } from '../../src/core/chat/room/room.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import {
  certifyDevice,
  openIdentity,
  signingKey,
  type DisplayName,
  type Identity
} from '../../src/core/identity/index.ts'
import {
  createEntry,
  eraseBody,
  isWhole,
  type Entry,
  type EntryStore,
  type StoredEntry
} from '../../src/core/log/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { writeEntry, writeWords } from '../support/mallory.ts'
import { memoryStorage } from '../support/memory-storage.ts'

const keys = expectValue(openRoom('lobby'))
const OPENING = new Uint8Array(16).fill(7)

interface Scene {
  readonly room: Room
  readonly store: EntryStore
  readonly identity: Identity
  /** The room as its store has it. */
  reload(): Promise<Room>
}

/** The lobby as somebody holds it, with nobody else there. */
async function lobbyOf(seed: number): Promise<Scene> {
  const store = memoryStorage().room(keys.roomId)
  const identity = await identityOf(seed)
  const clock = { now: () => NOON + 60_000, after: () => () => undefined }
  const nick = (): DisplayName => 'X' as DisplayName
  const reload = (): Promise<Room> => Room.load({ keys, store, identity, nick, clock, random: systemRandom })
  return { store, identity, reload, room: await reload() }
}

function at(counter: number) {
  return { ms: NOON, counter }
}

function target(
  { certificate }: Identity,
  { id }: Entry,
  sequence: number,
  opening: Uint8Array = OPENING,
  kind: number = MESSAGE_KIND
) {
  return { id, device: certificate.device, sequence, kind, opening }
}

async function stored({ store }: Scene, entries: readonly Entry[]): Promise<StoredEntry[]> {
  return store.load(entries.map(({ id }) => id))
}

test('nobody claims another’s device: a root’s certificate for it counts for nothing without its own word', async () => {
  const [{ room, identity }, bob, mallory] = [await lobbyOf(1), await identityOf(2), await identityOf(66)]
  for (const { certificate } of [identity, bob]) {
    const { bytes } = await certifyDevice(await signingKey(systemRandom(32)), mallory.deviceKey, NOON)
    // Mallory's root signs all over again, with the device's key in place of the one that agreed.
    const root = await signingKey(systemRandom(32))
    const said = concatBytes([
      bytes.subarray(0, 1),
      root.publicKey,
      expectValue(fromHex(certificate.device)),
      bytes.subarray(65, 71)
    ])
    for (const word of [bytes.subarray(71, 135), certificate.bytes.subarray(71, 135)]) {
      const agreed = concatBytes([said, word])
      const stolen = concatBytes([agreed, await root.sign('device', agreed)])
      expect(await room.introduce({ certificate: stolen, nick: undefined }, 0)).toBeUndefined()
    }
  }
  const { own } = await room.write('mine')
  expect((await room.shown.newest(1))[0]?.author).toBe(identity.certificate.member)
  await room.accept([await writeEntry(bob, 'bob’s')])
  expect((await room.shown.newest(2)).map(({ author }) => author)).toContain(bob.certificate.member)
  expect(await room.delete(own.entry.id)).toBeDefined()
})

test('a device of an older store, known by its root’s word alone, is known anew by the first whole certificate', async () => {
  const [{ store, room, reload }, bob, eve] = [await lobbyOf(1), await identityOf(2), await identityOf(3)]
  await room.accept([await writeEntry(bob, 'hello')])
  const name = `device/${bob.certificate.device}`
  const stored = expectValue(decodeUtf8((await store.records.get(name)) ?? new Uint8Array()))
  const old = { ...(JSON.parse(stored) as object), member: eve.certificate.member, certificate: 'ab'.repeat(135) }
  await store.commit({ records: [{ name, value: encodeUtf8(JSON.stringify(old)) }] })
  const again = await reload()
  expect((await again.shown.newest(1))[0]?.author).toBe(eve.certificate.member)
  const [entry] = await store.load((await again.shown.newest(1)).map(({ id }) => id))
  expect(entry && again.introducedWith(entry)).toEqual([])
  await again.introduce({ certificate: bob.certificate.bytes, nick: undefined }, 0)
  expect((await again.shown.newest(1))[0]?.author).toBe(bob.certificate.member)
  expect(entry && again.introducedWith(entry)).toHaveLength(1)
})

test('a deletion that names an entry twice is none', async () => {
  const mallory = await identityOf(66)
  const message = await writeEntry(mallory, 'M', { opening: OPENING })
  const targets = [target(mallory, message, 1), target(mallory, message, 1)]
  const decoded = decodeContent(DELETION_KIND, encodeContent({ kind: DELETION_KIND, targets }))
  expect(decoded).toEqual({ ok: false, error: 'an entry to erase twice' })
})

test('deletions with false openings, however many, hide no true one from newcomers', async () => {
  const mallory = await identityOf(66)
  const message = await writeEntry(mallory, 'M', { opening: OPENING })
  const deletions: Entry[] = []
  for (const opening of [OPENING, ...Array.from({ length: 9 }, () => systemRandom(16))]) {
    const sequence = deletions.length + 2
    const words = { sequence, previous: (deletions.at(-1) ?? message).id, clock: at(sequence), opening: OPENING }
    const targets = [target(mallory, message, 1, opening)]
    deletions.push(await writeWords(mallory, { kind: DELETION_KIND, targets }, words))
  }
  for (const order of [deletions, deletions.toReversed()]) {
    const [bob, cy] = [await lobbyOf(1), await lobbyOf(2)]
    for (const entry of [message, ...order]) await bob.room.accept([entry])
    for (const entry of await stored(bob, [...order, message])) await cy.room.accept([entry])
    for (const { room, store } of [bob, cy]) {
      expect(room.gaps.missing()).toEqual([])
      expect((await store.load([message.id])).map(isWhole)).toEqual([false])
      expect((await room.shown.newest(1))[0]?.deleted).toBe(true)
    }
  }
})

test('where an edit alone is deleted the one before it shows, also to whoever has but the header, in any order', async () => {
  const mallory = await identityOf(66)
  const message = await writeEntry(mallory, 'M', { opening: OPENING })
  const edits: Entry[] = []
  for (const [index, text] of ['one', 'two'].entries()) {
    const words = {
      sequence: index + 2,
      previous: (edits.at(-1) ?? message).id,
      clock: at(index + 2),
      opening: OPENING
    }
    edits.push(await writeWords(mallory, { kind: EDIT_KIND, text, target: message.id }, words))
  }
  const [first, second] = edits as [Entry, Entry]
  const targets = [target(mallory, second, 3, OPENING, EDIT_KIND)]
  const words = { sequence: 4, previous: second.id, clock: at(4), opening: OPENING }
  const deletion = await writeWords(mallory, { kind: DELETION_KIND, targets }, words)
  const all = [message, first, second, deletion]
  for (let seed = 0; seed < 12; seed += 1) {
    const order = all.toSorted((a, b) => draw(a, seed) - draw(b, seed))
    const [bob, cy] = [await lobbyOf(1), await lobbyOf(2)]
    for (const entry of order) await bob.room.accept([entry])
    for (const entry of await stored(bob, order)) await cy.room.accept([entry])
    for (const { room, store } of [bob, cy]) {
      expect((await room.shown.newest(9)).map(({ text, deleted }) => [text, deleted])).toEqual([['one', false]])
      expect((await store.load([second.id])).map(isWhole)).toEqual([false])
    }
  }
})

/** A number that follows from the entry's id, another for each seed. */
function draw({ id }: Entry, seed: number): number {
  return sha256(encodeUtf8(`${id} ${seed}`))[0] ?? 0
}

test('a message that was edited as often as a deletion can name is edited no more, and goes with all it ever said', async () => {
  const { room, store } = await lobbyOf(1)
  const { own } = await room.write('M')
  for (let edit = 1; edit <= 63; edit += 1) await room.edit(own.entry.id, `edit ${edit}`)
  await expect(room.edit(own.entry.id, 'once more')).rejects.toThrow('edited 63 times')
  const deletion = await room.delete(own.entry.id)
  const left = (await store.newest(100)).filter(isWhole)
  expect(left.map(({ id }) => id)).toEqual([deletion?.own.entry.id])
})

test('a device that signed with two roots is one and the same member’s to all who know both', async () => {
  const { deviceKey } = await identityOf(66)
  const certify = async () => certifyDevice(await signingKey(systemRandom(32)), deviceKey, NOON)
  const certificates = [await certify(), await certify()]
  const authors = await Promise.all(
    [certificates, certificates.toReversed()].map(async (order, seed) => {
      const { room } = await lobbyOf(seed + 1)
      for (const { bytes } of order) await room.introduce({ certificate: bytes, nick: undefined }, 0)
      await room.accept([await writeEntry({ ...(await identityOf(66)) }, 'who am I?', { profile: false })])
      return (await room.shown.newest(1))[0]?.author
    })
  )
  expect(authors[0]).toBe(authors[1])
  expect(certificates.map(({ member }) => member)).toContain(authors[0])
})

test('a deletion that the header does not bear out erases nothing, whichever comes first', async () => {
  const mallory = await identityOf(66)
  const message = await writeEntry(mallory, 'M')
  const words = { sequence: 2, previous: message.id, clock: at(2), opening: OPENING }
  const deletion = await writeWords(mallory, { kind: DELETION_KIND, targets: [target(mallory, message, 1)] }, words)
  for (const order of [
    [message, deletion],
    [deletion, message]
  ]) {
    const { room } = await lobbyOf(1)
    for (const entry of order) await room.accept([entry])
    expect((await room.shown.newest(9)).map(({ text }) => text)).toEqual(['M'])
  }
})

test('of more edits than a deletion can name the same shows everywhere, also when the last one goes', async () => {
  const mallory = await identityOf(66)
  const message = await writeEntry(mallory, 'M', { opening: OPENING })
  const edits: Entry[] = []
  for (let n = 1; n <= 64; n += 1) {
    const words = { sequence: n + 1, previous: (edits.at(-1) ?? message).id, clock: at(n), opening: OPENING }
    edits.push(await writeWords(mallory, { kind: EDIT_KIND, text: `edit ${n}`, target: message.id }, words))
  }
  const [last] = edits.slice(-1) as [Entry]
  const words = { sequence: 66, previous: last.id, clock: at(66), opening: OPENING }
  const targets = [target(mallory, last, 65, OPENING, EDIT_KIND)]
  const deletion = await writeWords(mallory, { kind: DELETION_KIND, targets }, words)
  for (const order of [edits, edits.toReversed()]) {
    const { room } = await lobbyOf(1)
    for (const entry of [message, ...order, deletion]) await room.accept([entry])
    expect((await room.shown.newest(9)).map(({ text }) => text)).toEqual(['edit 63'])
  }
})

test('what was erased is introduced with all its authors’ devices', async () => {
  const rootSeed = systemRandom(32)
  const devices: Identity[] = []
  for (let n = 0; n < 3; n += 1) {
    devices.push(await openIdentity({ rootSeed, deviceSeed: systemRandom(32), certifiedAt: NOON }))
  }
  const [phone, laptop, tablet] = devices as [Identity, Identity, Identity]
  const message = await writeEntry(phone, 'M', { opening: OPENING })
  const editing = { kind: EDIT_KIND, text: 'N', target: message.id } as const
  const edit = await writeWords(laptop, editing, { opening: OPENING, clock: at(1) })
  const targets = [target(phone, message, 1), target(laptop, edit, 1, OPENING, EDIT_KIND)]
  const words = { opening: OPENING, clock: at(2), parents: [edit.id] }
  const deletion = await writeWords(tablet, { kind: DELETION_KIND, targets }, words)
  const [bob, cy] = [await lobbyOf(1), await lobbyOf(2)]
  for (const entry of [message, edit, deletion]) await bob.room.accept([entry])
  const left = await stored(bob, [message, edit, deletion])
  for (const entry of left) for (const profile of bob.room.introducedWith(entry)) await cy.room.introduce(profile, 0)
  await cy.room.accept(left)
  expect(cy.room.gaps.missing()).toEqual([])
})

test('what is left of an entry that nobody here could have written is not taken', async () => {
  const mallory = await identityOf(66)
  const salt = saltOf({ device: mallory.certificate.device, sequence: 1, kind: MESSAGE_KIND, opening: OPENING })
  const epochs = [
    ['control', keys.epochs.current()],
    ['chat', systemRandom(16)]
  ] as const
  for (const [entryClass, epoch] of epochs) {
    const start = { class: entryClass, epoch, clock: at(0), extensions: [], salt } as const
    const madeUp = createEntry(start, systemRandom(512))
    const words = { sequence: 2, previous: madeUp.id, clock: at(1), opening: OPENING }
    const targets = [target(mallory, madeUp, 1)]
    const deletion = await writeWords(mallory, { kind: DELETION_KIND, targets }, words)
    const { room } = await lobbyOf(1)
    await room.accept([deletion, eraseBody(madeUp)])
    expect(await room.shown.newest(9)).toEqual([])
  }
})

test('of more edits than a deletion can name the same shows everywhere, also when all that it can go', async () => {
  const mallory = await identityOf(66)
  const message = await writeEntry(mallory, 'M', { opening: OPENING })
  const edits: Entry[] = []
  for (let n = 1; n <= 64; n += 1) {
    const words = { sequence: n + 1, previous: (edits.at(-1) ?? message).id, clock: at(n), opening: OPENING }
    edits.push(await writeWords(mallory, { kind: EDIT_KIND, text: `edit ${n}`, target: message.id }, words))
  }
  const targets = edits.slice(1).map((edit, index) => target(mallory, edit, index + 3, OPENING, EDIT_KIND))
  const words = { sequence: 66, previous: edits.at(-1)?.id ?? message.id, clock: at(66), opening: OPENING }
  const deletion = await writeWords(mallory, { kind: DELETION_KIND, targets }, words)
  for (const order of [
    [message, ...edits, deletion],
    [deletion, ...edits.toReversed(), message],
    [...edits.toReversed(), deletion, message]
  ]) {
    const { room } = await lobbyOf(1)
    for (const entry of order) await room.accept([entry])
    expect((await room.shown.newest(9)).map(({ text }) => text)).toEqual(['edit 1'])
  }
})

test('a deletion that stands below what it is about counts nowhere: it would go first where messages are kept for a time', async () => {
  const mallory = await identityOf(66)
  const later = { ms: NOON + 30_000, counter: 0 }
  const message = await writeEntry(mallory, 'M', { clock: later, opening: OPENING })
  const words = { sequence: 2, previous: message.id, clock: at(0), opening: OPENING }
  const deletion = await writeWords(mallory, { kind: DELETION_KIND, targets: [target(mallory, message, 1)] }, words)
  for (const order of [
    [message, deletion],
    [deletion, message]
  ]) {
    const [bob, cy] = [await lobbyOf(1), await lobbyOf(2)]
    for (const entry of order) await bob.room.accept([entry])
    await bob.room.retain({ kind: 'age', millis: 45_000 }, NOON + 60_000)
    await cy.room.accept(await stored(bob, [message]))
    for (const { room } of [bob, cy]) {
      expect((await room.shown.newest(9)).map(({ text }) => text)).toEqual(['M'])
    }
  }
})

test('a deletion cannot be passed off as a message that was deleted: what it erased stays accounted for', async () => {
  const mallory = await identityOf(66)
  const message = await writeEntry(mallory, 'M', { opening: OPENING })
  // Its salt says that it is a message.
  const said = { sequence: 2, previous: message.id, clock: at(2), opening: OPENING, salted: { kind: MESSAGE_KIND } }
  const salted = await writeWords(mallory, { kind: DELETION_KIND, targets: [target(mallory, message, 1)] }, said)
  const words = { sequence: 3, previous: salted.id, clock: at(3), opening: OPENING }
  const second = await writeWords(mallory, { kind: DELETION_KIND, targets: [target(mallory, salted, 2)] }, words)
  const [bob, cy] = [await lobbyOf(1), await lobbyOf(2)]
  for (const entry of [message, salted, second]) await bob.room.accept([entry])
  for (const entry of [second, eraseBody(salted), message]) await cy.room.accept([entry])
  const lines = async ({ room }: Scene) =>
    (await room.shown.newest(9)).map(({ id, text, deleted }) => `${id} ${text} ${deleted}`)
  expect(await lines(cy)).toEqual(await lines(bob))
  expect(await stored(bob, [salted])).toEqual(await stored(cy, [salted]))
})
