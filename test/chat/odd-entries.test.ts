import { describe, expect, onTestFinished, test } from 'vitest'
import { decodeEntry, encodeEntry, type Entry, type EntryId, type Storage } from '../../src/core/log/index.ts'
import { expectValue, type Clock } from '../../src/core/bytes/index.ts'
import { openPeer } from '../../src/core/chat/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { answerAs, gossipEntry, madeUpId, newIdentity, sayHello, syncAs, writeEntry } from '../support/mallory.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { eventsOf, Story, transcript, type Actor } from '../support/story.ts'

const MINUTE = 60_000

/** These actors are in the lobby and have met. */
async function inTheLobby(story: Story, names: readonly string[]): Promise<Actor[]> {
  const cast: Actor[] = []
  for (const name of names) cast.push(await story.enter(name))
  for (const { peer } of cast) await peer.joinOpenRoom('lobby')
  await story.until('all met', () => cast.every(({ peer }) => peer.findRoom('lobby').members === cast.length))
  return cast
}

function warningsOf(actor: Actor, code: string) {
  return eventsOf(actor, 'warning').filter(warning => warning.code === code)
}

/** Time passes at once: for stretches in which nobody does anything. */
async function skip(story: Story, duration: number): Promise<void> {
  story.clock.advance(duration)
  await story.wait(1000)
}

describe('an entry from a clock that is ahead', () => {
  async function scene(clocks: readonly number[]) {
    const story = new Story()
    const [anna] = (await inTheLobby(story, ['Anna'])) as [Actor]
    const mallory = story.network.peer('mallory')
    story.network.connect(mallory, anna.network)
    const identity = await identityOf(66)
    const entries: Entry[] = []
    for (const [index, ms] of clocks.entries()) {
      const previous = entries.at(-1)?.id
      const words = { sequence: index + 1, ...(previous && { previous }), clock: { ms, counter: 0 } }
      entries.push(await writeEntry(identity, `entry ${index + 1}`, words))
    }
    const asked: EntryId[] = []
    syncAs(mallory, entries, ids => asked.push(...ids))
    const hello = () => sayHello(identity, mallory, anna.network.self)
    return { story, anna, entries, asked, hello, identity, mallory }
  }

  test('waits, and is shown by itself when it is ahead no more', async () => {
    const { story, anna, entries, asked, hello } = await scene([NOON + 10 * MINUTE])
    void hello()
    await story.until('Anna has it', () => asked.length > 0)
    await story.wait(1000)
    expect(eventsOf(anna, 'message')).toEqual([])
    const own = await anna.peer.send('lobby', 'now')
    const [message] = await anna.peer.messages('lobby')
    expect(message?.time).toBeLessThan(NOON + MINUTE)

    await skip(story, NOON + 5 * MINUTE - 5000 - story.clock.now())
    expect(eventsOf(anna, 'message').map(event => event.id)).toEqual([own.id])
    await story.until('it is shown', () => eventsOf(anna, 'message').length === 2)
    expect(story.clock.now()).toBeGreaterThanOrEqual(NOON + 5 * MINUTE)
    expect(story.clock.now()).toBeLessThan(NOON + 5 * MINUTE + 2000)
    expect((await anna.peer.messages('lobby')).map(({ id }) => id)).toEqual([own.id, entries[0]?.id])
    expect((await anna.peer.messages('lobby')).map(({ late }) => late)).toEqual([undefined, undefined])
  })

  test('is asked for once, and is no gap when it is cited meanwhile', async () => {
    const { story, anna, entries, asked, hello, identity, mallory } = await scene([NOON, NOON + 10 * MINUTE])
    void hello()
    await story.until('Anna has both', () => asked.length >= 2)
    const next = { sequence: 3, previous: entries[1]?.id ?? madeUpId(), clock: { ms: NOON + 1, counter: 0 } }
    gossipEntry(anna, await writeEntry(identity, 'entry 3', next), mallory)
    await story.until('two are shown', () => eventsOf(anna, 'message').length === 2)
    void hello()
    await story.wait(30_000)
    expect(asked.filter(id => id === entries[1]?.id)).toHaveLength(1)
    expect(anna.peer.findRoom('lobby').missing).toBe(0)
    await skip(story, 5 * MINUTE)
    await story.until('the third is shown, too', () => eventsOf(anna, 'message').length === 3)
    expect(warningsOf(anna, 'unheld')).toEqual([])
  })

  test('of a member whose clock is fast is acknowledged when it is shown, not before', async () => {
    const story = new Story()
    const [anna] = (await inTheLobby(story, ['Anna'])) as [Actor]
    const clock: Clock = { now: () => story.clock.now() + 7 * MINUTE, after: (...given) => story.clock.after(...given) }
    const bob = await openPeer({ storage: memoryStorage(), clock, random: seededRandom(7) })
    onTestFinished(() => bob.stop())
    await bob.goOnline(story.network.peer('fast'))
    await bob.joinOpenRoom('lobby')
    await story.until('they met', () => bob.findRoom('lobby').members === 2)
    const { id } = await bob.send('lobby', 'fast')
    let delivered = false
    const waiting = bob.waitForDelivery(id, 1, AbortSignal.timeout(60_000)).then(() => (delivered = true))
    await story.wait(30_000)
    expect(eventsOf(anna, 'message')).toEqual([])
    expect(delivered).toBe(false)
    await skip(story, NOON + 2 * MINUTE - 5000 - story.clock.now())
    await story.until('it is shown', () => eventsOf(anna, 'message').length === 1)
    await story.wait(500)
    expect(delivered, 'at once').toBe(true)
    await waiting
    expect(story.clock.now()).toBeLessThan(NOON + 3 * MINUTE)
  })

  test('of a device that sends hundreds pushes out nothing that somebody else said', async () => {
    const { story, anna, asked, mallory } = await scene([])
    const carol = await identityOf(67)
    const hers = await writeEntry(carol, 'mine', { clock: { ms: NOON + 20 * MINUTE, counter: 0 } })
    const flooder = await newIdentity()
    const flood: Entry[] = []
    for (let counter = 0; counter < 300; counter += 1) {
      flood.push(await writeEntry(flooder, 'flood', { clock: { ms: NOON + 6 * MINUTE, counter } }))
    }
    syncAs(mallory, [hers, ...flood], ids => asked.push(...ids))
    void sayHello(flooder, mallory, anna.network.self)
    await story.until('Anna has them', () => asked.length > 0)
    await story.wait(1000)
    await skip(story, 15 * MINUTE)
    await story.until("Carol's is shown", () => eventsOf(anna, 'message').some(event => event.text === 'mine'))
    expect(eventsOf(anna, 'message').filter(event => event.text === 'flood').length).toBeLessThanOrEqual(16)
  })
})

describe('a message that arrives late', () => {
  test('from a member who was cut off is marked for those who were there, and stays marked', async () => {
    const story = new Story()
    const [anna, bob, cy] = (await inTheLobby(story, ['Anna', 'Bob', 'Cy'])) as [Actor, Actor, Actor]
    await cy.peer.send('lobby', 'before')
    await story.until('all have it', async () => (await transcript(anna, 'lobby')).length === 1)
    story.network.discovery = false
    for (const other of [bob, cy]) story.network.disconnect(anna.network, other.network)
    await anna.peer.send('lobby', 'alone')
    await story.wait(1000)
    await bob.peer.send('lobby', 'together')
    await story.until('Cy has it', async () => (await transcript(cy, 'lobby')).length === 2)
    await skip(story, 11 * MINUTE)
    await bob.peer.send('lobby', 'later')
    story.network.connect(anna.network, bob.network)
    await story.until('Cy has it', async () => (await transcript(cy, 'lobby')).length === 4)
    await story.until('Anna has all', async () => (await transcript(anna, 'lobby')).length === 4)

    for (const actor of [bob, cy]) {
      expect(await lateOnes(actor)).toEqual(['alone'])
      expect(eventsOf(actor, 'message').filter(event => event.late === true)).toHaveLength(1)
    }
    expect(await lateOnes(anna), 'she was the one who was away').toEqual([])
    expect(await transcript(bob, 'lobby')).toEqual(['Cy: before', 'Anna: alone', 'Bob: together', 'Bob: later'])
    await bob.peer.stop()
    expect(await lateOnes(await story.enter('Bob', bob.storage))).toEqual(['alone'])
  })

  test('is none to a newcomer, who gets all that was said before', async () => {
    const story = new Story()
    const [anna] = (await inTheLobby(story, ['Anna'])) as [Actor]
    for (const text of ['one', 'two']) await anna.peer.send('lobby', text)
    await skip(story, 60 * MINUTE)
    const bob = await story.enter('Bob')
    await bob.peer.joinOpenRoom('lobby')
    await story.until('Bob has both', async () => (await transcript(bob, 'lobby')).length === 2)
    await bob.peer.markRead('lobby')
    expect(await lateOnes(bob)).toEqual([])
  })

  test('is none of those said while this device was away, but one that belongs among what was read before', async () => {
    const story = new Story()
    const [anna, bob, cy] = (await inTheLobby(story, ['Anna', 'Bob', 'Cy'])) as [Actor, Actor, Actor]
    story.network.discovery = false
    for (const other of [bob, cy]) story.network.disconnect(anna.network, other.network)
    await anna.peer.send('lobby', 'hidden')
    await story.wait(1000)
    await cy.peer.send('lobby', 'read')
    await story.until('Bob has it', async () => (await transcript(bob, 'lobby')).length === 1)
    await bob.peer.markRead('lobby')
    await bob.peer.stop()
    await cy.peer.send('lobby', 'while Bob was away')
    await skip(story, 30 * MINUTE)
    story.network.connect(anna.network, cy.network)
    await story.until('Cy has all', async () => (await transcript(cy, 'lobby')).length === 3)
    const again = await story.enter('Bob', bob.storage)
    story.network.connect(again.network, cy.network)
    await story.until('Bob has all', async () => (await transcript(again, 'lobby')).length === 3)
    expect(await lateOnes(again)).toEqual(['hidden'])
  })

  test('is none of those written before this device joined, however late they come', async () => {
    const story = new Story()
    story.network.discovery = false
    const [dave, cy, bob] = [await story.enter('Dave'), await story.enter('Cy'), await story.enter('Bob')]
    for (const { peer } of [dave, cy]) await peer.joinOpenRoom('lobby')
    await dave.peer.send('lobby', 'long ago')
    await skip(story, 30 * MINUTE)
    await bob.peer.joinOpenRoom('lobby')
    story.network.connect(bob.network, cy.network)
    await cy.peer.send('lobby', 'welcome')
    await story.until('Bob has it', async () => (await transcript(bob, 'lobby')).length === 1)
    await bob.peer.markRead('lobby')
    await bob.peer.stop()
    const again = await story.enter('Bob', bob.storage)
    story.network.connect(again.network, dave.network)
    await story.until('Bob has both', async () => (await transcript(again, 'lobby')).length === 2)
    expect(await transcript(again, 'lobby')).toEqual(['Dave: long ago', 'Cy: welcome'])
    expect(await lateOnes(again)).toEqual([])
  })

  async function lateOnes({ peer }: Actor): Promise<string[]> {
    return (await peer.messages('lobby')).filter(message => message.late === true).map(message => message.text)
  }
})

describe('a device that signs two entries for one sequence', () => {
  async function scene() {
    const story = new Story()
    const [anna] = (await inTheLobby(story, ['Anna'])) as [Actor]
    const mallory = story.network.peer('mallory')
    story.network.connect(mallory, anna.network)
    const identity = await identityOf(66)
    const write = (text: string, sequence: number, previous?: EntryId): Promise<Entry> =>
      writeEntry(identity, text, { sequence, ...(previous && { previous }), clock: { ms: NOON, counter: sequence } })
    const one = await write('one', 1)
    const two = await write('two', 2, one.id)
    const three = await write('three', 3, two.id)
    return { story, anna, mallory, identity, write, chain: [one, two, three] as const }
  }

  test('is told of once, and shown with a flag, also after a restart', async () => {
    const { story, anna, mallory, identity, write, chain } = await scene()
    const [one] = chain
    const { member } = identity.certificate
    for (const entry of chain) gossipEntry(anna, entry, mallory)
    await story.until('all are shown', () => eventsOf(anna, 'message').length === 3)
    expect(warningsOf(anna, 'equivocation')).toEqual([])
    gossipEntry(anna, await write('two, otherwise', 2, one.id), mallory)
    gossipEntry(anna, await write('two, a third way', 2, one.id), mallory)
    await story.until('all are shown', () => eventsOf(anna, 'message').length === 5)
    expect(await anna.peer.messages('lobby')).toHaveLength(5)
    const room = anna.peer.findRoom('lobby').id
    expect(warningsOf(anna, 'equivocation')).toMatchObject([{ room, member }])
    const flags = async ({ peer }: Actor): Promise<unknown[]> =>
      (await peer.members('lobby')).map(each => [each.member === member, each.equivocated])
    expect(await flags(anna)).toContainEqual([true, true])
    expect(await flags(anna)).toContainEqual([false, undefined])
    await anna.peer.stop()
    const again = await story.enter('Anna', anna.storage)
    expect(await flags(again)).toContainEqual([true, true])
    gossipEntry(again, await write('two, a fourth way', 2, one.id), mallory)
    await story.until('it is shown', () => eventsOf(again, 'message').length === 1)
    expect(warningsOf(again, 'equivocation')).toEqual([])
  })

  test('is none whose entries come in another order, twice, or are packed again by somebody else', async () => {
    const { story, anna, mallory, chain } = await scene()
    for (const entry of chain.toReversed()) {
      gossipEntry(anna, entry, mallory)
      await story.wait(200)
    }
    const again = chain.map(entry => expectValue(decodeEntry(encodeEntry(entry))))
    answerAs(mallory, async function* (message) {
      if (message.kind === 'fetch') for (const entry of again) yield { kind: 'entry', entry: encodeEntry(entry) }
    })
    gossipEntry(anna, await writeEntry(await newIdentity(), 'bait', { parents: [madeUpId()] }), mallory)
    await story.wait(5000)
    expect(eventsOf(anna, 'message')).toHaveLength(4)
    expect(warningsOf(anna, 'equivocation')).toEqual([])
    expect((await anna.peer.members('lobby')).filter(each => each.equivocated)).toEqual([])
  })
})

test('a device restored from an older copy becomes a new device of the same member, and nobody is accused', async () => {
  const story = new Story()
  const [anna, bob] = (await inTheLobby(story, ['Anna', 'Bob'])) as [Actor, Actor]
  await anna.peer.send('lobby', 'in the copy')
  await story.until('Bob has it', async () => (await transcript(bob, 'lobby')).length === 1)
  const copy = await copyOf(anna.storage, anna.peer.findRoom('lobby').id)
  await anna.peer.send('lobby', 'after the copy')
  await story.until('Bob has both', async () => (await transcript(bob, 'lobby')).length === 2)
  await anna.peer.stop()

  const restored = await story.enter('Anna', copy)
  await story.until('Anna has both', async () => (await transcript(restored, 'lobby')).length === 2)
  expect(warningsOf(restored, 'data-copied')).toHaveLength(1)
  await restored.peer.stop()
  const renewed = await story.enter('Anna', copy)
  expect(renewed.peer.me().member).toBe(anna.peer.me().member)
  expect(renewed.peer.me().device).not.toBe(anna.peer.me().device)
  const { id } = await renewed.peer.send('lobby', 'as a new device')
  const message = (await renewed.peer.messages('lobby')).find(each => each.id === id)
  expect(message?.delivery?.to, 'nobody can hold what was just written').toBe(0)
  await story.until('Bob hears', async () => (await transcript(bob, 'lobby')).includes('Anna: as a new device'))
  expect((await transcript(renewed, 'lobby')).map(line => line.split(':')[0])).toEqual(['Anna', 'Anna', 'Anna'])
  expect(warningsOf(bob, 'equivocation')).toEqual([])
  expect(warningsOf(renewed, 'data-copied')).toEqual([])
  await renewed.peer.stop()
  expect((await story.enter('Anna', copy)).peer.me().device).toBe(renewed.peer.me().device)
})

/** An image of the disk as it is now. */
async function copyOf(storage: Storage, room: string): Promise<Storage> {
  const copy = memoryStorage()
  const records = (rows: [string, Uint8Array][]) => rows.map(([name, value]) => ({ name, value }))
  await copy.records.write(records(await storage.records.list('')))
  const store = storage.room(room)
  const shown = await store.newestShown(1000)
  await copy.room(room).commit({
    entries: await store.newest(1000),
    shown: new Map(shown.map(({ entry, note }) => [entry.id, note])),
    records: records(await store.records.list(''))
  })
  return copy
}
