import { describe, expect, test } from 'vitest'
import { expectValue, UsageError } from '../../src/core/bytes/index.ts'
import { parseRetention, retentionWords } from '../../src/core/chat/room/retention.ts'
import { openRoom } from '../../src/core/encryption/index.ts'
import { HIGHEST, LOWEST, serveSync, SYNC_LIMITS, SYNC_PROTOCOL, type SyncLog } from '../../src/core/log/index.ts'
import { systemClock } from '../../src/core/bytes/index.ts'
import { MemorySet } from '../log/sync/memory-set.ts'
import { identityOf } from '../support/cast.ts'
import { sayHello } from '../support/mallory.ts'
import { eventsOf, Story, transcript, type Actor } from '../support/story.ts'

const lobby = expectValue(openRoom('lobby')).roomId
const HOUR = 3_600_000

async function friends(story: Story, ...names: string[]): Promise<Actor[]> {
  const actors: Actor[] = []
  for (const name of names) actors.push(await story.enter(name))
  for (const { peer } of actors) await peer.joinOpenRoom('lobby')
  return actors
}

async function texts(actor: Actor): Promise<string[]> {
  return (await actor.peer.messages('lobby', { limit: 1000 })).map(({ text }) => text)
}

function count(actor: Actor): Promise<number> {
  return actor.storage
    .room(lobby)
    .sets.chat.sum(LOWEST, HIGHEST)
    .then(sum => sum.count)
}

test('own words that come back when they are kept for longer again show no copy of this device', async () => {
  const story = new Story()
  const [anna, bob] = (await friends(story, 'Anna', 'Bob')) as [Actor, Actor]
  for (const text of ['one', 'two', 'three']) {
    await anna.peer.send('lobby', text)
    await story.wait(1000)
  }
  await story.until('Bob has them', async () => (await count(bob)) === 3)
  await anna.peer.setRoom('lobby', 'retention', '1')
  expect(await texts(anna)).toEqual(['three'])
  await anna.peer.setRoom('lobby', 'retention', 'forever')
  await story.until('all is back', async () => (await texts(anna)).length === 3)
  expect(eventsOf(anna, 'warning')).toEqual([])
})

describe('how long messages stay here', () => {
  test('is this device’s own affair: what is older goes here, and nowhere else', async () => {
    const story = new Story()
    const [anna, bob] = (await friends(story, 'Anna', 'Bob')) as [Actor, Actor]
    expect((await anna.peer.setRoom('lobby', 'retention', '2h')).retention).toBe('2h')
    await bob.peer.send('lobby', 'early')
    await story.until('Anna hears', () => eventsOf(anna, 'message').length === 1)
    await story.wait(HOUR)
    await bob.peer.send('lobby', 'later')
    await story.wait(HOUR + HOUR / 2)
    expect(await texts(anna)).toEqual(['later'])
    expect(await texts(bob)).toEqual(['early', 'later'])
    expect(await count(anna)).toBe(1)
    expect((await anna.storage.room(lobby).records.list('sequence/')).length).toBe(1)
  })

  test('brings nothing back that went, and misses nothing of it, however often members meet', async () => {
    const story = new Story()
    const [anna, bob] = (await friends(story, 'Anna', 'Bob')) as [Actor, Actor]
    for (let index = 0; index < 6; index += 1) {
      await bob.peer.send('lobby', `message ${index}`)
      await story.wait(HOUR)
    }
    await anna.peer.setRoom('lobby', 'retention', '150m')
    expect(await texts(anna)).toEqual(['message 4', 'message 5'])
    await story.wait(HOUR / 2)
    await anna.peer.stop()
    const again = await story.enter('Anna', anna.storage)
    await bob.peer.send('lobby', 'new')
    await story.until('Anna hears', () => eventsOf(again, 'message').some(({ text }) => text === 'new'))
    await story.wait(10 * 60_000)
    expect(await texts(again)).toEqual(['message 5', 'new'])
    expect(again.peer.findRoom('lobby').missing).toBe(0)
    expect(eventsOf(again, 'warning')).toEqual([])
    await again.peer.send('lobby', 'mine goes on')
    await story.until('Bob hears', () => eventsOf(bob, 'message').some(({ text }) => text === 'mine goes on'))
    expect(eventsOf(bob, 'warning')).toEqual([])
  })

  test('can be a number of messages, of which edits and deletions are none', async () => {
    const story = new Story()
    const [anna, bob] = (await friends(story, 'Anna', 'Bob')) as [Actor, Actor]
    const ids: string[] = []
    for (let index = 0; index < 8; index += 1) {
      ids.push((await bob.peer.send('lobby', `message ${index}`)).id)
      await story.wait(1000)
    }
    await bob.peer.edit('lobby', ids[7] ?? '', 'message seven')
    await bob.peer.deleteMessage('lobby', ids[1] ?? '')
    await story.until('Anna follows', () => eventsOf(anna, 'deleted').length === 1)
    await anna.peer.setRoom('lobby', 'retention', '3')
    expect(await texts(anna)).toEqual(['message 5', 'message 6', 'message seven'])
    expect(await count(anna)).toBe(5)
  })

  test('when it is for ever again, brings back from others what went', async () => {
    const story = new Story()
    const [anna, bob] = (await friends(story, 'Anna', 'Bob')) as [Actor, Actor]
    for (const text of ['one', 'two', 'three']) {
      await bob.peer.send('lobby', text)
      await story.wait(1000)
    }
    await anna.peer.setRoom('lobby', 'retention', '1')
    expect(await texts(anna)).toEqual(['three'])
    await anna.peer.setRoom('lobby', 'retention', 'forever')
    await story.until('all is back', async () => (await texts(anna)).length === 3)
    expect(await transcript(anna, 'lobby')).toEqual(['Bob: one', 'Bob: two', 'Bob: three'])
  })

  test('erases a room of thousands piece by piece, and counts what is left exactly', async () => {
    const story = new Story()
    const [anna] = (await friends(story, 'Anna')) as [Actor]
    for (let index = 0; index < 700; index += 1) {
      await anna.peer.send('lobby', `message ${index}`)
      await story.wait(10)
    }
    await anna.peer.setRoom('lobby', 'retention', '100')
    expect(await texts(anna)).toHaveLength(100)
    const store = anna.storage.room(lobby)
    const left = (await store.newest(1000)).map(({ id, header }) => ({ ms: header.clock.ms, id }))
    expect(await store.sets.chat.sum(LOWEST, HIGHEST)).toEqual(await new MemorySet(left).sum(LOWEST, HIGHEST))
    expect(await store.records.list('sequence/')).toHaveLength(100)
  })

  test('is nobody else’s to say: a peer that announces a bound in the year 2100, or at the end of time, erases nothing', async () => {
    const story = new Story()
    const [anna] = (await friends(story, 'Anna')) as [Actor]
    await anna.peer.send('lobby', 'stays')
    for (const [index, ms] of [Date.UTC(2100, 0, 1), 2 ** 48 - 1, 2 ** 53 - 1].entries()) {
      const mallory = story.network.peer(`mallory ${index}`)
      const log: SyncLog = {
        classes: [{ class: 'chat', set: new MemorySet([]), from: { ms, prefix: '' } }],
        load: async () => [],
        lacking: async () => [],
        take: async () => 0,
        companionsOf: async () => [],
        takeCompanion: async () => undefined
      }
      let served = 0
      mallory.handle(SYNC_PROTOCOL, SYNC_LIMITS, async stream => {
        await stream.read()
        served += 1
        await serveSync(stream, log, systemClock)
      })
      story.network.connect(mallory, anna.network)
      const greeted = sayHello(await identityOf(66 + index), mallory, anna.network.self)
      await story.until('Anna syncs', () => served > 0)
      await greeted
      await story.wait(60_000)
      expect(await texts(anna)).toEqual(['stays'])
      expect(await count(anna)).toBe(1)
    }
  })
})

describe('a retention as it is written', () => {
  test('is a time, a number of messages, or for ever; else it is refused', () => {
    for (const text of ['30d', '12h', '90m', '2w', '500', 'forever'])
      expect(retentionWords(parseRetention(text))).toBe(text)
    expect(retentionWords(parseRetention('48h'))).toBe('2d')
    for (const text of ['', '0', '0d', '-1', '3.5d', '30 days', '10s', 'never', '99999999999', '30D']) {
      expect(() => parseRetention(text)).toThrow(UsageError)
    }
  })
})
