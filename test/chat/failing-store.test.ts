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
