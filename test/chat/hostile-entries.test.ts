import { expect, test } from 'vitest'
import { expectValue, fromHex, systemRandom, UsageError } from '../../src/core/bytes/index.ts'
import { saltOf } from '../../src/core/chat/room/authorship.ts'
import { decodeContent, DELETION_KIND, encodeContent } from '../../src/core/chat/room/content.ts'
import { Room } from '../../src/core/chat/room/room.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import { certifyDevice, signingKey, type DisplayName, type Identity } from '../../src/core/identity/index.ts'
import { createEntry, eraseBody, type Entry, type EntryStore, type StoredEntry } from '../../src/core/log/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { writeEntry, writeWords } from '../support/mallory.ts'
import { memoryStorage } from '../support/memory-storage.ts'

const keys = expectValue(openRoom('lobby'))
const OPENING = new Uint8Array(16).fill(7)

interface Scene {
  readonly room: Room
  readonly store: EntryStore
  readonly identity: Identity
}

/** The lobby as somebody holds it, with nobody else there. */
async function lobbyOf(seed: number): Promise<Scene> {
  const store = memoryStorage().room(keys.roomId)
  const identity = await identityOf(seed)
  const clock = { now: () => NOON + 60_000, after: () => () => undefined }
  const nick = (): DisplayName => 'X' as DisplayName
  return { store, identity, room: await Room.load({ keys, store, identity, nick, clock, random: systemRandom }) }
}

function at(counter: number) {
  return { ms: NOON, counter }
}

function target({ certificate }: Identity, { id }: Entry, sequence: number, opening = OPENING) {
  return { id, device: certificate.device, sequence, opening }
}

async function stored({ store }: Scene, entries: readonly Entry[]): Promise<StoredEntry[]> {
  return store.load(entries.map(({ id }) => id))
}

test('somebody else’s certificate for this very device is not believed: its words stay its own', async () => {
  const { room, identity } = await lobbyOf(1)
  const deviceKey = expectValue(fromHex(identity.certificate.device))
  const stolen = await certifyDevice(await signingKey(systemRandom(32)), deviceKey, NOON)
  await room.introduce({ certificate: stolen.bytes, nick: undefined }, 0)
  const { own } = await room.write('mine')
  expect((await room.shown.newest(1))[0]?.author).toBe(identity.certificate.member)
  expect(await room.delete(own.entry.id)).toBeDefined()
  await expect(room.edit(own.entry.id, 'again')).rejects.toThrow(UsageError)
})

test('a deletion that names an entry twice is none', async () => {
  const mallory = await identityOf(66)
  const message = await writeEntry(mallory, 'M', { opening: OPENING })
  const targets = [target(mallory, message, 1), target(mallory, message, 1)]
  const decoded = decodeContent(DELETION_KIND, encodeContent({ kind: DELETION_KIND, targets }))
  expect(decoded).toEqual({ ok: false, error: 'an entry to erase twice' })
})

test('a second deletion with a false opening hides no true one from newcomers', async () => {
  const mallory = await identityOf(66)
  const message = await writeEntry(mallory, 'M', { opening: OPENING })
  const deletions: Entry[] = []
  for (const opening of [OPENING, new Uint8Array(16)]) {
    const sequence = deletions.length + 2
    const words = { sequence, previous: (deletions.at(-1) ?? message).id, clock: at(sequence), opening: OPENING }
    const targets = [target(mallory, message, 1, opening)]
    deletions.push(await writeWords(mallory, { kind: DELETION_KIND, targets }, words))
  }
  for (const order of [deletions, deletions.toReversed()]) {
    const [bob, cy] = [await lobbyOf(1), await lobbyOf(2)]
    for (const entry of [message, ...order]) await bob.room.accept([entry])
    await cy.room.accept(await stored(bob, [message, ...deletions]))
    expect(cy.room.gaps.missing()).toEqual([])
    expect(await cy.store.lacking([message.id])).toEqual([])
  }
})

test('what is left of an entry that nobody here could have written is not taken', async () => {
  const mallory = await identityOf(66)
  const salt = saltOf({ device: mallory.certificate.device, sequence: 1, opening: OPENING })
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
