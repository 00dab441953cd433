import { expect, test } from 'vitest'
import { EnvironmentError } from '../../src/core/bytes/index.ts'
import type { Storage } from '../../src/core/log/index.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { eventsOf, Story, transcript } from '../support/story.ts'

/** A disk that is full whenever the test says so. */
function fillableStorage(): { storage: Storage; disk: { full: boolean } } {
  const inner = memoryStorage()
  const disk = { full: false }
  const room: Storage['room'] = id => {
    const store = inner.room(id)
    return {
      ...store,
      async commit(change) {
        if (disk.full) throw new EnvironmentError('nothing was stored, the data folder cannot be written: disk full')
        await store.commit(change)
      }
    }
  }
  return { storage: { ...inner, room }, disk }
}

/** A disk that neither takes nor gives anything while the test says so. */
function pulledStorage(): { storage: Storage; disk: { pulled: boolean } } {
  const inner = memoryStorage()
  const disk = { pulled: false }
  function whileThere<A extends unknown[], B>(act: (...given: A) => Promise<B>) {
    return async (...given: A): Promise<B> => {
      if (disk.pulled) throw new EnvironmentError('there is no disk')
      return act(...given)
    }
  }
  const room: Storage['room'] = id => {
    const store = inner.room(id)
    const { get, getMany, list } = store.records
    const records = { get: whileThere(get), getMany: whileThere(getMany), list: whileThere(list) }
    return { ...store, commit: whileThere(store.commit), records }
  }
  return { storage: { ...inner, room }, disk }
}

test('on a full disk nothing is sent and nothing acknowledged, and talk goes on when there is room again', async () => {
  const story = new Story()
  const { storage, disk } = fillableStorage()
  const [anna, bob] = [await story.enter('Anna', storage), await story.enter('Bob')]
  for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
  await story.until('they met', () => [anna, bob].every(({ peer }) => peer.findRoom('lobby').members === 2))

  disk.full = true
  await expect(anna.peer.send('lobby', 'lost?')).rejects.toThrow('nothing was stored')
  expect(eventsOf(anna, 'sent')).toEqual([])
  await bob.peer.send('lobby', 'can you hear me?')
  await story.until('Anna is told', () => eventsOf(anna, 'warning').some(event => event.code === 'not-stored'))
  await story.wait(5000)
  expect(eventsOf(anna, 'message')).toEqual([])
  expect(eventsOf(bob, 'delivered')).toEqual([])

  disk.full = false
  await story.until('Bob knows', () => eventsOf(bob, 'delivered').length === 1)
  await anna.peer.send('lobby', 'now I can')
  await story.until('Bob hears', () => eventsOf(bob, 'message').length === 2)
  expect(await transcript(anna, 'lobby')).toEqual(['Bob: can you hear me?', 'Anna: now I can'])
  expect(await transcript(bob, 'lobby')).toEqual(await transcript(anna, 'lobby'))
})

test('of what a disk could neither store nor be asked about nothing is acknowledged, nor written upon', async () => {
  const story = new Story()
  const { storage, disk } = pulledStorage()
  const [anna, bob] = [await story.enter('Anna', storage), await story.enter('Bob')]
  for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
  await bob.peer.send('lobby', 'before')
  await story.until('it is delivered', () => eventsOf(bob, 'delivered').length === 1)
  await anna.peer.send('lobby', 'me too')
  await story.until('Bob hears', () => eventsOf(bob, 'message').length === 2)

  disk.pulled = true
  const { id } = await bob.peer.send('lobby', 'can you hear me?')
  await story.until('Anna is told', () => eventsOf(anna, 'warning').some(event => event.code === 'not-stored'))
  await expect(anna.peer.send('lobby', 'lost')).rejects.toThrow('there is no disk')
  await story.wait(120_000)
  expect(eventsOf(bob, 'delivered').filter(event => event.id === id)).toEqual([])

  disk.pulled = false
  await story.until('Bob knows', () => eventsOf(bob, 'delivered').some(event => event.id === id))
  await anna.peer.send('lobby', 'now I can')
  await story.until('Bob hears', () => eventsOf(bob, 'message').some(event => event.text === 'now I can'))
  expect(await transcript(bob, 'lobby')).toEqual(await transcript(anna, 'lobby'))
  expect(bob.peer.findRoom('lobby').missing).toBe(0)
})
