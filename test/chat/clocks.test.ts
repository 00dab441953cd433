import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clockErrorOf } from '../../src/core/chat/room-clock.ts'
import { SkewedClock } from '../simulation/skewed-clock.ts'
import { identityOf } from '../support/cast.ts'
import { gossipEntry, madeUpId, sayHello, writeEntry } from '../support/mallory.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { eventsOf, Story, transcript, type Actor } from '../support/story.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** Members of the lobby whose clocks are so far ahead, connected with each other. */
async function lobbyOf(story: Story, clocks: Record<string, number>): Promise<Actor[]> {
  const actors: Actor[] = []
  for (const [name, skew] of Object.entries(clocks)) {
    actors.push(await story.enter(name, memoryStorage(), new SkewedClock(story.clock, skew)))
  }
  for (const { peer } of actors) await peer.joinOpenRoom('lobby')
  const met = (actor: Actor): boolean =>
    eventsOf(actor, 'member').filter(({ change }) => change === 'online').length >= actors.length - 1
  await story.until('all have met', () => actors.every(met))
  return actors
}

function warnings(actor: Actor): string[] {
  return eventsOf(actor, 'warning').flatMap(({ code, text }) => (code === 'clock-off' ? [text] : []))
}

test('strangers that lie about the time erase nothing: what goes, goes by this device’s own clock', async () => {
  const story = new Story()
  const anna = await story.enter('Anna')
  await anna.peer.joinOpenRoom('lobby')
  await anna.peer.setRoom('lobby', 'retention', '1d')
  await anna.peer.send('lobby', 'stays')
  for (const seed of [61, 62]) {
    const liar = story.network.peer(`liar-${seed}`)
    story.network.connect(liar, anna.network)
    void sayHello(await identityOf(seed), liar, anna.network.self, story.clock.now() + DAY + 60 * MINUTE)
  }
  await story.until('they are believed', () => warnings(anna).length > 0)
  await story.wait(11 * MINUTE)
  expect(await transcript(anna, 'lobby')).toHaveLength(1)
})

test('strangers that lie about the time, and then do not, have no gap given up before its time', async () => {
  const story = new Story()
  const anna = await story.enter('Anna')
  await anna.peer.joinOpenRoom('lobby')
  const liars = await Promise.all([61, 62, 63].map(seed => identityOf(seed)))
  const peers = liars.map((_, index) => story.network.peer(`liar-${index}`))
  for (const peer of peers) story.network.connect(peer, anna.network)
  const sayTime = (skew: number): void => {
    for (const [index, liar] of liars.entries()) {
      const peer = peers[index]
      // One is near enough to the truth for the clock to be put back by minutes only.
      const time = story.clock.now() - (index === 0 ? 2 * MINUTE : skew)
      if (peer !== undefined) void sayHello(liar, peer, anna.network.self, time)
    }
  }
  sayTime(60 * MINUTE)
  await story.until('they are believed', () => warnings(anna).length > 0)
  const citing = await writeEntry(await identityOf(66), 'hm', { parents: [madeUpId()] })
  gossipEntry(anna, citing, peers[0] as (typeof peers)[number])
  await story.until('the gap is told', () => eventsOf(anna, 'gap').at(-1)?.missing === 1)
  sayTime(0)
  await story.wait(MINUTE)
  expect(eventsOf(anna, 'gap').at(-1)?.missing).toBe(1)
  await story.until('it is given up', () => eventsOf(anna, 'gap').at(-1)?.missing === 0)
})

test('strangers that lie about the time part nobody from members whose clocks are right', async () => {
  const story = new Story()
  const [anna, bob] = (await lobbyOf(story, { Anna: 0, Bob: 0 })) as [Actor, Actor]
  // Until nothing is under way between them.
  await story.wait(MINUTE)
  story.network.discovery = false
  story.network.disconnect(anna.network, bob.network)
  await story.until('Anna is alone', () => eventsOf(anna, 'member').at(-1)?.change === 'offline')
  for (const seed of [61, 62, 63]) {
    const liar = story.network.peer(`liar-${seed}`)
    story.network.connect(liar, anna.network)
    void sayHello(await identityOf(seed), liar, anna.network.self, story.clock.now() + DAY + 60 * MINUTE)
  }
  await story.until('they are believed', () => warnings(anna).length > 0)
  await story.wait(2 * MINUTE)
  story.network.discovery = true
  story.network.connect(anna.network, bob.network)
  await story.until('they are together again', () => {
    return eventsOf(anna, 'member').some(({ change, nick }, at) => at > 1 && change === 'online' && nick === 'Bob')
  })
  await anna.peer.send('lobby', 'hello')
  await bob.peer.send('lobby', 'hi')
  await story.until('each hears the other', () => [anna, bob].every(each => eventsOf(each, 'message').length === 2))
  const message = eventsOf(bob, 'message').find(({ text }) => text === 'hello')
  expect(Math.abs((message?.time ?? 0) - story.clock.now())).toBeLessThan(5 * MINUTE)
})

test('strangers that lie about the time, and what is as far ahead as goes, delay nobody’s words', async () => {
  const story = new Story()
  const [anna, bob] = (await lobbyOf(story, { Anna: 0, Bob: -50_000 })) as [Actor, Actor]
  for (const seed of [61, 62, 63]) {
    const liar = story.network.peer(`liar-${seed}`)
    story.network.connect(liar, anna.network)
    void sayHello(await identityOf(seed), liar, anna.network.self, story.clock.now() + 4 * MINUTE + 30_000)
  }
  await story.until('they are heard', () => warnings(anna).length > 0)
  const pusher = story.network.peer('pusher')
  story.network.connect(pusher, anna.network)
  for (const minutes of [4, 5, 8]) {
    const clock = { ms: story.clock.now() + minutes * MINUTE - 1000, counter: 0 }
    gossipEntry(anna, await writeEntry(await identityOf(66 + minutes), 'push', { clock }), pusher)
  }
  await story.until('Anna has what she believes', () => eventsOf(anna, 'message').length === 2)
  const saidAt = story.clock.now()
  await anna.peer.send('lobby', 'help')
  await story.until('Bob hears', () => eventsOf(bob, 'message').some(({ text }) => text === 'help'))
  expect(story.clock.now() - saidAt).toBeLessThan(2000)
})

describe('a device whose clock is wrong', () => {
  test('goes by the time of the others, says so once, and is heard at once', async () => {
    const story = new Story()
    const [anna, bob, cy] = (await lobbyOf(story, { Anna: 12 * MINUTE, Bob: 0, Cy: 2000 })) as [Actor, Actor, Actor]
    expect(warnings(anna)).toEqual([
      "The clock of this device is 12 minutes ahead of the others' in lobby. Their time is used here; please set the clock."
    ])
    await anna.peer.send('lobby', 'what time is it?')
    await story.until('both hear', () => [bob, cy].every(each => eventsOf(each, 'message').length === 1))
    const [message] = eventsOf(bob, 'message')
    expect(Math.abs((message?.time ?? 0) - story.clock.now())).toBeLessThan(MINUTE)
    await bob.peer.send('lobby', 'late')
    await story.until('Anna hears', () => eventsOf(anna, 'message').some(({ text }) => text === 'late'))
    expect(await transcript(anna, 'lobby')).toEqual(await transcript(cy, 'lobby'))
    await story.wait(5 * MINUTE)
    expect(warnings(anna)).toHaveLength(1)
    expect([...warnings(bob), ...warnings(cy)]).toEqual([])
  })

  test('and that still suits one other makes up for a part alone, and says so', async () => {
    const story = new Story()
    const clocks = { Anna: 12 * MINUTE, Bob: 8 * MINUTE, Cy: 0, Dan: 0, Eve: 0 }
    const [anna] = (await lobbyOf(story, clocks)) as [Actor]
    expect(warnings(anna).at(-1)).toBe(
      "The clock of this device is 12 minutes ahead of the others' in lobby. 3 minutes of that are made up for here; please set the clock."
    )
    await anna.peer.send('lobby', 'now')
    const [message] = await anna.peer.messages('lobby')
    expect(message?.time).toBeLessThan(story.clock.now() + 10 * MINUTE)
  })

  test('and behind, and that still suits one other, is not put forward: whoever says so may be a liar', async () => {
    const story = new Story()
    const clocks = { Anna: 0, Bob: 0, Mallory: 12 * MINUTE, Marvin: 12 * MINUTE, Moll: 12 * MINUTE }
    const [anna] = (await lobbyOf(story, clocks)) as [Actor]
    expect(warnings(anna).at(-1)).toContain("12 minutes behind the others' in lobby. It is used all the same")
    await anna.peer.send('lobby', 'now')
    const [message] = await anna.peer.messages('lobby')
    expect(message?.time).toBeLessThan(story.clock.now() + MINUTE)
  })

  test('that is behind stands with what it says where the others are', async () => {
    const story = new Story()
    const [anna, bob] = (await lobbyOf(story, { Anna: -60 * MINUTE, Bob: 0, Cy: 0 })) as [Actor, Actor]
    await anna.peer.send('lobby', 'now')
    await story.until('Bob hears', () => eventsOf(bob, 'message').length === 1)
    expect(Math.abs((eventsOf(bob, 'message')[0]?.time ?? 0) - story.clock.now())).toBeLessThan(MINUTE)
  })

  test('is not told from a right one between two alone: neither follows the other', async () => {
    const story = new Story()
    const [anna, bob] = (await lobbyOf(story, { Anna: 4 * MINUTE, Bob: 0 })) as [Actor, Actor]
    await anna.peer.send('lobby', 'mine')
    await story.until('Bob hears', () => eventsOf(bob, 'message').length === 1)
    expect(eventsOf(bob, 'message')[0]?.time).toBeGreaterThan(story.clock.now() + 3 * MINUTE)
    expect([...warnings(anna), ...warnings(bob)]).toEqual([])
  })

  test('moves nobody else, and no liar does, while most are right', async () => {
    const story = new Story()
    const clocks = { Anna: 0, Bob: 0, Cy: 0, Mallory: 20 * MINUTE, Marvin: -11 * 60 * MINUTE }
    const [anna, bob, cy] = (await lobbyOf(story, clocks)) as [Actor, Actor, Actor]
    expect([anna, bob, cy].flatMap(warnings)).toEqual([])
  })
})

describe('the correction of a clock', () => {
  const correctionOf = (all: readonly number[]): number => clockErrorOf(all).correction
  const offsets = fc.array(fc.integer({ min: -3 * DAY, max: 3 * DAY }), { maxLength: 12 })

  test('is none for less than a minute, for fewer than two others, or beyond what members that met can differ by', () => {
    expect(correctionOf([59_000, 59_000])).toBe(0)
    expect(correctionOf([-2 * MINUTE])).toBe(0)
    expect(correctionOf([2 * DAY, 2 * DAY, 2 * DAY])).toBe(0)
    expect(correctionOf([-2 * MINUTE, -2 * MINUTE])).toBe(-2 * MINUTE)
    expect(correctionOf([-2 * MINUTE, 0, 2 * MINUTE, -3 * MINUTE])).toBe(0)
  })

  test('leaves a right clock near the others’ right ones, whatever most of those that are there say', () => {
    fc.assert(
      fc.property(offsets, fc.integer({ min: -5 * MINUTE, max: 5 * MINUTE }), (liars, honest) => {
        expect(Math.abs(correctionOf([...liars, honest]))).toBeLessThanOrEqual(3 * MINUTE)
      })
    )
  })

  test('lies among the credible clocks, and the same clocks seen from the other side agree on one time', () => {
    const far = offsets.map(all => all.filter(offset => Math.abs(offset) > 5 * MINUTE))
    fc.assert(
      fc.property(far, all => {
        const correction = correctionOf(all)
        expect(correction === 0 || all.includes(correction)).toBe(true)
        // Whoever is corrected stands then where at least half of the credible clocks, its own included, are behind it or level.
        const credible = [0, ...all.filter(offset => Math.abs(offset) <= DAY + DAY / 12)]
        const behind = credible.filter(offset => offset <= correction).length
        const ahead = credible.filter(offset => offset >= correction).length
        if (correction !== 0) expect(Math.min(behind, ahead) * 2).toBeGreaterThanOrEqual(credible.length)
      })
    )
  })
})
