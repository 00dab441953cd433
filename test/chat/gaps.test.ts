import { describe, expect, test } from 'vitest'
import { addSequence } from '../../src/core/chat/room/sequence-ranges.ts'
import { addToHistory, EMPTY_HISTORY, type Citation } from '../../src/core/chat/room/history.ts'
import type { Entry, EntryId } from '../../src/core/log/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { gossipEntry, madeUpId, writeEntry } from '../support/mallory.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { eventsOf, Story, transcript, type Actor } from '../support/story.ts'

const MINUTE = 60_000
const LEAP = 5000

describe('gaps', () => {
  test('whatever of a chain arrives, in whatever order: each hole in its sequences leads to an id to ask for', async () => {
    const chain = await chainOf(12)
    for (let seed = 0; seed < 200; seed += 1) {
      const random = seededRandom(seed)
      const draw = (below: number): number => (random(1)[0] ?? 0) % below
      const arrivals = chain.filter(() => draw(2) === 0).sort(() => draw(3) - 1)
      const here = new Map<EntryId, Link>()
      let history = EMPTY_HISTORY
      for (const { entry, sequence, previous } of arrivals) {
        const citations: Citation[] =
          previous === undefined ? [] : [{ id: previous, clock: here.get(previous)?.entry.header.clock }]
        const author = 'author' as Parameters<typeof addToHistory>[1]['author']
        history = addToHistory(history, { id: entry.id, clock: entry.header.clock, author }, citations, () => 600)
        here.set(entry.id, { entry, sequence, previous })
      }
      const held = arrivals.map(link => link.sequence).reduce(addSequence, [])
      const tops = held.flatMap(({ from }) => (from === 1 ? [] : [from - 1]))
      const expected = tops.map(sequence => chain[sequence - 1]?.entry.id)
      expect(new Set(history.missing.keys()), `seed ${seed}`).toEqual(new Set(expected))
    }
  })

  test('that a member makes up in a thousand entries, and goes on talking, do not stay open', async () => {
    const story = new Story()
    const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
    for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
    await story.until('they met', () => anna.peer.findRoom('lobby').members === 2)
    const mallory = story.network.peer('mallory')
    story.network.connect(mallory, anna.network)
    const identity = await identityOf(66)
    let sequence = 1
    const lie = async (): Promise<void> => {
      sequence += 1
      const clock = { ms: story.clock.now(), counter: sequence % 60_000 }
      const parents = Array.from({ length: 4 }, madeUpId)
      gossipEntry(anna, await writeEntry(identity, 'hm', { sequence, previous: madeUpId(), parents, clock }), mallory)
    }
    for (let count = 0; count < 1000; count += 1) await lie()
    await story.until('all were taken in', () => eventsOf(anna, 'message').length === 1000)
    await story.until('gaps are told', () => anna.peer.findRoom('lobby').missing > 0)

    story.network.gossipArrives = () => false
    await bob.peer.send('lobby', 'lost by gossip')
    story.network.gossipArrives = () => true
    await bob.peer.send('lobby', 'heard')
    await story.until('Anna has it', () => hasHeard(anna, 'lost by gossip'))

    for (let count = 0; count < 30; count += 1) {
      story.clock.advance(10_000)
      await story.wait(200)
      await lie()
    }
    await story.wait(1000)
    const stillOpen = anna.peer.findRoom('lobby').missing
    expect(stillOpen, 'only what was made up in the last minutes').toBeLessThanOrEqual(16 * 5)
    await story.until('none is open', () => anna.peer.findRoom('lobby').missing === 0)
    const told = eventsOf(anna, 'warning').filter(warning => warning.code === 'unheld')
    expect(told.length).toBeGreaterThan(0)
    expect(told.length).toBeLessThan(200)
    expect(new Set(told.map(warning => warning.member))).toEqual(new Set([identity.certificate.member]))
  })

  test('that a member makes up by thousands do not push out a true one, which is filled when its author is back', async () => {
    const story = new Story()
    const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
    for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
    await story.until('they met', () => anna.peer.findRoom('lobby').members === 2)
    story.network.discovery = false
    const mallory = story.network.peer('mallory')
    story.network.connect(mallory, anna.network)
    story.network.gossipArrives = () => false
    await bob.peer.send('lobby', 'lost by gossip')
    story.network.gossipArrives = () => true
    await bob.peer.send('lobby', 'heard')
    story.clock.after(22, () => story.network.disconnect(anna.network, bob.network))
    await story.until('the gap is told', () => eventsOf(anna, 'gap').at(-1)?.missing === 1)
    const identity = await identityOf(66)
    for (let sequence = 2; sequence <= 1001; sequence += 1) {
      const clock = { ms: story.clock.now(), counter: sequence }
      const words = { sequence, previous: madeUpId(), parents: Array.from({ length: 4 }, madeUpId), clock }
      gossipEntry(anna, await writeEntry(identity, 'hm', words), mallory)
    }
    await story.until('all were taken in', () => eventsOf(anna, 'message').length === 1001)
    story.network.connect(anna.network, bob.network)
    await story.until('Anna has it', () => hasHeard(anna, 'lost by gossip'))
    expect(eventsOf(anna, 'message').filter(event => event.text === 'lost by gossip')).toHaveLength(1)
  })

  test('that nobody could fill are told once, with whoever cited it, and stay told after a restart', async () => {
    const story = new Story()
    const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
    for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
    await story.until('they met', () => anna.peer.findRoom('lobby').members === 2)
    const mallory = story.network.peer('mallory')
    story.network.connect(mallory, anna.network)
    const identity = await identityOf(66)
    gossipEntry(anna, await writeEntry(identity, 'hm', { parents: [madeUpId()] }), mallory)
    await story.until('the gap is told', () => eventsOf(anna, 'gap').at(-1)?.missing === 1)
    const noticed = story.clock.now()
    await story.until('it is given up', () => eventsOf(anna, 'gap').at(-1)?.missing === 0)
    expect(story.clock.now() - noticed).toBeGreaterThan(2 * MINUTE)
    await pass(story, 5 * MINUTE)
    const unheld = (actor: Actor) => eventsOf(actor, 'warning').filter(warning => warning.code === 'unheld')
    const nick = `peer-${identity.certificate.member.slice(0, 8)}`
    expect(unheld(anna)).toMatchObject([
      { member: identity.certificate.member, text: `${nick} cites a message that nobody here has.` }
    ])
    await anna.peer.stop()
    const again = await story.enter('Anna', anna.storage)
    await pass(story, 4 * MINUTE)
    expect(again.peer.findRoom('lobby').missing).toBe(0)
    expect(unheld(again)).toEqual([])
  })

  test('wait while nobody is there to be asked', async () => {
    const story = new Story()
    const anna = await story.enter('Anna')
    await anna.peer.joinOpenRoom('lobby')
    const mallory = story.network.peer('mallory')
    story.network.connect(mallory, anna.network)
    const true1 = await writeEntry(await identityOf(66), 'one')
    const words = { sequence: 2, previous: true1.id, clock: { ms: NOON, counter: 1 } }
    gossipEntry(anna, await writeEntry(await identityOf(66), 'two', words), mallory)
    await story.until('the gap is told', () => eventsOf(anna, 'gap').at(-1)?.missing === 1)
    story.clock.advance(10 * MINUTE)
    await story.wait(1000)
    expect(anna.peer.findRoom('lobby').missing).toBe(1)
    gossipEntry(anna, true1, mallory)
    await story.until('it is closed', () => eventsOf(anna, 'gap').at(-1)?.missing === 0)
    expect(await transcript(anna, 'lobby')).toHaveLength(2)
  })
})

/** Time passes in leaps: for stretches in which little happens. */
async function pass(story: Story, duration: number): Promise<void> {
  for (let passed = 0; passed < duration; passed += LEAP) {
    story.clock.advance(LEAP - 100)
    await story.wait(100)
  }
}

interface Link {
  readonly entry: Entry
  readonly sequence: number
  readonly previous: EntryId | undefined
}

/** What one honest device wrote, as it opens. */
async function chainOf(length: number): Promise<Link[]> {
  const identity = await identityOf(66)
  const chain: Link[] = []
  for (let sequence = 1; sequence <= length; sequence += 1) {
    const previous = chain.at(-1)?.entry.id
    const words = { sequence, ...(previous && { previous }), clock: { ms: NOON, counter: sequence } }
    const entry = await writeEntry(identity, `line ${sequence}`, words)
    chain.push({ entry, sequence, previous })
  }
  return chain
}

function hasHeard(actor: Actor, text: string): boolean {
  return eventsOf(actor, 'message').some(event => event.text === text)
}
