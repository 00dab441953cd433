import { describe, expect, test } from 'vitest'
import {
  concatBytes,
  expectValue,
  fromHex,
  hmacSha256,
  sealWithNonce,
  systemRandom
} from '../../src/core/bytes/index.ts'
import { DEVICE_RECORD_PREFIX, encodeDevice, newDevice, withEntry } from '../../src/core/chat/room/devices.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import { CERTIFICATE_BYTES, type DeviceId, type Identity, type MemberId } from '../../src/core/identity/index.ts'
import {
  createEntry,
  encodeEntry,
  sealGossip,
  type Entry,
  type EntryId,
  type RecordChange
} from '../../src/core/log/index.ts'
import type { Verdict } from '../../src/core/network/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { hostileBytes } from '../support/hostile-bytes.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import {
  answerAs,
  gossipBytes,
  gossipEntry,
  lobbyGossip,
  madeUpId,
  newIdentity,
  offerBySync,
  sayHello,
  signedInANewerWay,
  syncAs,
  writeEntry
} from '../support/mallory.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { settle } from '../support/settle.ts'
import { eventsOf, Story, transcript, type Actor } from '../support/story.ts'
import type { VirtualPeer } from '../support/virtual-network.ts'

interface Scene {
  readonly story: Story
  readonly anna: Actor
  readonly mallory: VirtualPeer
  readonly identity: Identity
  /** Gossips an entry to Anna, as a member would; what her validator says. */
  readonly gossip: (entry: Entry) => Verdict
}

/** Anna is in the lobby; Mallory knows its name and speaks the protocol by hand. */
async function scene(): Promise<Scene> {
  const story = new Story()
  const anna = await story.enter('Anna')
  await anna.peer.joinOpenRoom('lobby')
  const mallory = story.network.peer('mallory')
  story.network.connect(mallory, anna.network)
  const identity = await identityOf(66)
  return { story, anna, mallory, identity, gossip: entry => gossipEntry(anna, entry, mallory) }
}

/** Gossip around bytes that no encoder makes. */
function sealedBytes(bytes: Uint8Array, { id }: Entry): Uint8Array {
  const nonce = hmacSha256(lobbyGossip.nonceKey, expectValue(fromHex(id))).subarray(0, 24)
  return concatBytes([nonce, sealWithNonce(lobbyGossip.sealKey, nonce, bytes)])
}

describe('a member who breaks the rules', () => {
  test('sends a wrong body ahead of the true one: the true one is shown, once', async () => {
    const { story, anna, gossip, identity, mallory } = await scene()
    const entry = await writeEntry(identity, 'true')
    const wrong = { ...entry, body: new Uint8Array(512) }
    expect(gossipBytes(anna, sealGossip(lobbyGossip, { kind: 'entry', entry: wrong }), mallory)).toBe('reject')
    expect(gossip(entry)).toBe('accept')
    expect(gossip(entry)).toBe('ignore')
    await story.until('it is shown', () => eventsOf(anna, 'message').length === 1)
    await story.wait(1000)
    expect(eventsOf(anna, 'message')).toHaveLength(1)
    expect((await anna.peer.messages('lobby')).map(message => message.text)).toEqual(['true'])
  })

  test('puts a body that opens for nobody under a true header: void, and the true entry still counts', async () => {
    const { story, anna, gossip, identity } = await scene()
    const entry = await writeEntry(identity, 'true')
    expect(gossip(createEntry(entry.header, seededRandom(1)(512)))).toBe('accept')
    expect(gossip(entry)).toBe('accept')
    await story.until('it is shown', () => eventsOf(anna, 'message').length === 1)
    expect(await anna.peer.messages('lobby')).toHaveLength(1)
  })

  test("sends an entry without its author's certificate: it waits, and is shown when the certificate comes", async () => {
    const { story, anna, gossip, identity } = await scene()
    const first = await writeEntry(identity, 'first')
    const later = { ms: NOON + 1, counter: 0 }
    const second = await writeEntry(identity, 'second', {
      sequence: 2,
      previous: first.id,
      clock: later,
      profile: false
    })
    expect(gossip(second)).toBe('accept')
    await story.wait(1000)
    expect(eventsOf(anna, 'message')).toHaveLength(0)
    expect(gossip(first)).toBe('accept')
    await story.until('both are shown', () => eventsOf(anna, 'message').length === 2)
    expect((await anna.peer.messages('lobby')).map(message => message.text)).toEqual(['first', 'second'])
  })

  test("says something in another's name: nothing is shown", async () => {
    const { story, anna, gossip, identity } = await scene()
    const victim = await identityOf(67)
    const forged = await writeEntry({ ...identity, certificate: victim.certificate }, 'I am the victim')
    gossip(forged)
    await story.wait(1000)
    expect(await anna.peer.messages('lobby')).toEqual([])
  })

  test('sends an entry of tomorrow, of another day, of the control class, or of another epoch', async () => {
    const { anna, gossip, identity, mallory } = await scene()
    const soon = await writeEntry(identity, 'soon', { clock: { ms: NOON + 6 * 60_000, counter: 0 } })
    expect(gossip(soon)).toBe('ignore')
    expect(gossip(await writeEntry(identity, 'yesterday', { clock: { ms: NOON - 86_400_000, counter: 0 } }))).toBe(
      'reject'
    )
    const entry = await writeEntry(identity, 'x')
    expect(gossip(createEntry({ ...entry.header, class: 'control' }, entry.body))).toBe('ignore')
    expect(gossip(createEntry({ ...entry.header, epoch: new Uint8Array(16) }, entry.body))).toBe('ignore')
    for (const at of [0, 1])
      expect(gossipBytes(anna, sealedBytes(encodeEntry(entry).with(at, 9), entry), mallory)).toBe('ignore')
    const bytes = encodeEntry(entry)
    expect(gossipBytes(anna, sealedBytes(bytes.with(60, (bytes[60] ?? 0) ^ 1), entry), mallory)).toBe('reject')
    expect(await anna.peer.messages('lobby')).toEqual([])
  })

  test('cites entries that do not exist: what it says is shown, and the gap is given up in the end', async () => {
    const { story, anna, gossip, identity } = await scene()
    const bob = await story.enter('Bob')
    await bob.peer.joinOpenRoom('lobby')
    await story.until('they met', () => anna.peer.findRoom('lobby').members === 2)
    const made = 'ab'.repeat(32) as EntryId
    expect(gossip(await writeEntry(identity, 'hm', { parents: [made] }))).toBe('accept')
    await story.until('the gap is told', () => eventsOf(anna, 'gap').some(event => event.missing === 1))
    await story.until('the gap is given up', () => eventsOf(anna, 'gap').at(-1)?.missing === 0)
    expect(await transcript(anna, 'lobby')).toHaveLength(1)
  })

  test('equivocates: both entries are kept and shown', async () => {
    const { story, anna, gossip, identity } = await scene()
    gossip(await writeEntry(identity, 'left'))
    gossip(await writeEntry(identity, 'right!'))
    await story.until('both are shown', () => eventsOf(anna, 'message').length === 2)
    expect(await anna.peer.messages('lobby')).toHaveLength(2)
  })

  test('sends 20,000 hostile messages on the topic: each is rejected, and talk goes on', async () => {
    const { story, anna, mallory, gossip, identity } = await scene()
    const valid = sealGossip(lobbyGossip, { kind: 'entry', entry: await writeEntry(identity, 'valid') })
    for (const message of hostileBytes([valid])) expect(gossipBytes(anna, message, mallory)).toBe('reject')
    gossip(await writeEntry(identity, 'still here'))
    await story.until('it is shown', () => eventsOf(anna, 'message').length === 1)
    expect(await anna.peer.messages('lobby')).toHaveLength(1)
  })

  test('cites what does not exist a thousand times: newcomers still get all of the history', async () => {
    const { story, anna, gossip, identity } = await scene()
    for (let index = 0; index < 300; index += 1) await anna.peer.send('lobby', `line ${index}`)
    for (let sequence = 2; sequence < 220; sequence += 1) {
      const parents = Array.from({ length: 4 }, madeUpId)
      const clock = { ms: story.clock.now(), counter: sequence }
      gossip(await writeEntry(identity, 'hm', { sequence, previous: madeUpId(), parents, clock }))
    }
    await story.until('all were taken in', () => eventsOf(anna, 'message').length === 300 + 218)
    const bob = await story.enter('Bob')
    await bob.peer.joinOpenRoom('lobby')
    const { member } = anna.peer.me()
    const ofAnna = (): string[] => eventsOf(bob, 'message').flatMap(each => (each.author === member ? [each.text] : []))
    await story.until('Bob has all that Anna said', () => ofAnna().length === 300)
    expect(new Set(ofAnna()).size).toBe(300)
  })

  test('always has one more entry: others are asked all the same', async () => {
    const { story, anna, mallory, identity } = await scene()
    story.network.discovery = false
    await anna.peer.send('lobby', 'hello')
    const bob = await story.enter('Bob')
    await bob.peer.joinOpenRoom('lobby')
    let sequence = 1
    answerAs(mallory, async function* (asked) {
      sequence += 1
      const clock = { ms: NOON, counter: sequence }
      const entry = await writeEntry(identity, 'more', { sequence, previous: madeUpId(), clock })
      if (asked.kind === 'fetch') yield { kind: 'entry', entry: encodeEntry(entry) }
    })
    story.network.connect(mallory, bob.network)
    const greeted = sayHello(identity, mallory, bob.network.self)
    gossipEntry(bob, await writeEntry(identity, 'bait', { previous: madeUpId(), sequence: 9 }), mallory)
    await story.until('Bob asks', () => sequence > 5)
    story.network.connect(anna.network, bob.network)
    await story.until('Bob hears Anna', () => eventsOf(bob, 'message').some(event => event.text === 'hello'))
    expect((await greeted).map(answer => answer.kind)).toEqual(['hello'])
  })

  test('has much that is of no use, and something that it never sends: it is left alone for longer and longer', async () => {
    const { story, anna, mallory, identity } = await scene()
    const stranger = await newIdentity()
    const useless: Entry[] = []
    for (let sequence = 1; sequence <= 130; sequence += 1) {
      const words = { sequence, ...(sequence > 1 && { previous: madeUpId() }), profile: false }
      useless.push(await writeEntry(stranger, 'nobody knows my device', words))
    }
    const withheld = await writeEntry(identity, 'never sent')
    let sessions = 0
    syncAs(mallory, useless, () => (sessions += 1), [withheld])
    await settle(story, sayHello(identity, mallory, anna.network.self))
    await story.until('Anna asked', () => sessions > 0)
    await story.wait(600_000)
    expect(sessions).toBeLessThan(8)
  })

  test('offers what opens for nobody: it is not listened to for a while', async () => {
    const { story, anna, mallory, identity } = await scene()
    syncAs(mallory, [])
    await settle(story, sayHello(identity, mallory, anna.network.self))
    const entry = await writeEntry(identity, 'void')
    const nonsense = createEntry(entry.header, systemRandom(512))
    await expect(settle(story, offerBySync(mallory, anna.network.self, [nonsense]))).rejects.toThrow()
    const fine = await writeEntry(identity, 'fine')
    await expect(settle(story, offerBySync(mallory, anna.network.self, [fine]))).rejects.toThrow()
    story.clock.advance(600_001)
    await settle(story, offerBySync(mallory, anna.network.self, [fine]))
    await story.until('it is shown', () => eventsOf(anna, 'message').some(event => event.text === 'fine'))
  })

  test('is of a later version, and signs in a way not known here: its words are left out, and nobody is to blame', async () => {
    const { story, anna, mallory, identity } = await scene()
    syncAs(mallory, [])
    await settle(story, sayHello(identity, mallory, anna.network.self))
    const newer = signedInANewerWay(await writeEntry(identity, 'newer'))
    const clock = { ms: NOON + 1, counter: 0 }
    const citing = await writeEntry(identity, 'plain', { sequence: 2, previous: newer.id, parents: [newer.id], clock })
    await settle(story, offerBySync(mallory, anna.network.self, [newer, citing]))
    await story.until('it is shown', () => eventsOf(anna, 'message').some(event => event.text === 'plain'))
    await settle(story, offerBySync(mallory, anna.network.self, [newer]))
    await story.wait(600_000)
    expect(eventsOf(anna, 'gap').map(({ missing }) => missing)).toEqual([])
    expect((await anna.peer.messages('lobby')).map(({ text }) => text)).toEqual(['plain'])
  })

  test('has filled the room with devices: newcomers find no place to write, and read all the same', async () => {
    const story = new Story()
    const storage = memoryStorage()
    await storage.room(expectValue(openRoom('lobby')).roomId).commit({ records: writersOf(4096) })
    const anna = await story.enter('Anna', storage)
    await anna.peer.joinOpenRoom('lobby')
    await story.wait(100)
    expect(anna.peer.findRoom('lobby').members).toBe(4097)
    gossipEntry(anna, await writeEntry(await identityOf(66), 'no place'), story.network.peer('mallory'))
    await anna.peer.send('lobby', 'to newcomers')
    const bob = await story.enter('Bob')
    await bob.peer.joinOpenRoom('lobby')
    await story.until('Bob reads it', () => eventsOf(bob, 'message').some(event => event.text === 'to newcomers'))
    expect((await anna.peer.messages('lobby')).map(({ text }) => text)).toEqual(['to newcomers'])
  })

  test('floods the room with entries that are ahead: what Anna wrote before is not hidden behind them', async () => {
    const { story, anna, gossip } = await scene()
    story.network.discovery = false
    const bob = await story.enter('Bob')
    await bob.peer.joinOpenRoom('lobby')
    await anna.peer.send('lobby', 'written offline')
    for (let counter = 0; counter < 200; counter += 1) {
      gossip(await writeEntry(await newIdentity(), 'flood', { clock: { ms: story.clock.now() + 299_000, counter } }))
    }
    await story.until('all were taken in', () => eventsOf(anna, 'message').length === 201)
    story.network.connect(anna.network, bob.network)
    await story.until('Bob reads it', () => eventsOf(bob, 'message').some(event => event.text === 'written offline'))
    const shown = eventsOf(bob, 'message').filter(event => event.text === 'written offline')
    expect(shown).toHaveLength(1)
  })

  test('takes the name of somebody who had it first, or one that looks like it: only the true one bears it', async () => {
    const { story, anna } = await scene()
    const bob = await story.enter('Bob')
    await bob.peer.joinOpenRoom('lobby')
    const zed = await story.enter('zed')
    await zed.peer.joinOpenRoom('lobby')
    await story.until('Bob met both', () => bob.peer.findRoom('lobby').members === 3)
    await zed.peer.rename('Аnnа')
    const suffix = zed.peer.me().member.slice(0, 4)
    const nicks = async (): Promise<string[]> => (await bob.peer.members('lobby')).map(member => member.nick)
    await story.until('zed is renamed', async () => (await nicks()).includes(`Аnnа-${suffix}`))
    expect(await nicks()).toEqual(['Bob', 'Anna', `Аnnа-${suffix}`])
    expect(eventsOf(anna, 'warning').filter(event => event.code === 'name-taken')).toHaveLength(0)
  })

  test('says hello a hundred times: the disk is not written each time', async () => {
    const { story, anna, mallory, identity } = await scene()
    const store = anna.storage.room(anna.peer.findRoom('lobby').id)
    let commits = 0
    const { commit } = store
    Object.assign(store, {
      commit: (change: Parameters<typeof commit>[0]) => {
        commits += 1
        return commit(change)
      }
    })
    const answers: string[] = []
    const greet = async (): Promise<void> => {
      for (let count = 0; count < 100; count += 1) {
        answers.push(...(await sayHello(identity, mallory, anna.network.self)).map(answer => answer.kind))
      }
    }
    const greeted = greet()
    await story.until('all were answered', () => answers.length === 100)
    await greeted
    expect(commits).toBeLessThan(3)
  })
})

/** What is stored of devices that have written. */
function writersOf(count: number): RecordChange[] {
  return Array.from({ length: count }, (_, index) => {
    const key = index.toString(16).padStart(64, '0')
    const device = newDevice(
      { device: key as DeviceId, member: key as MemberId, bytes: new Uint8Array(CERTIFICATE_BYTES), issuedAt: NOON },
      NOON
    )
    const record = withEntry(device, { id: key as EntryId, sequence: 1, time: NOON, bytes: 600 })
    return { name: DEVICE_RECORD_PREFIX + key, value: encodeDevice(record) }
  })
}
