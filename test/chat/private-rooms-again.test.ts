import { expect, test } from 'vitest'
import type { Storage } from '../../src/core/log/index.ts'
import { copyOf } from '../support/insider.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { agree, epochOf, hears, inviteLink, join, loftWith, roles, say } from '../support/private-story.ts'
import { settle } from '../support/settle.ts'
import { eventsOf, type Actor } from '../support/story.ts'

test('a device that was let in with another key package than the one it asks with now comes in all the same', async () => {
  const { story, actors, link } = await loftWith('Cy')
  const [anna, cy] = actors as [Actor, Actor]
  const dan = await story.enter('Dan')
  const before = await copyOf(dan.storage, anna.peer.findRoom('Loft').id)
  expect(await join(story, dan, link)).toBe('in')
  await say(story, dan, 'hello')
  await hears(story, cy, 'Dan: hello')
  await settle(story, dan.peer.stop())
  const again = await story.enter('Dan', before)
  expect(await join(story, again, link)).toBe('in')
  await story.until('it has the keys', async () => (await epochOf(story, again)) !== undefined)
  await say(story, again, 'hello again')
  for (const each of [anna, cy]) await hears(story, each, 'Dan: hello again')
})

test('who was let in by somebody of whose word nobody else knows asks again by the same link', async () => {
  const { story, actors } = await loftWith('Cy')
  const [anna, cy] = actors as [Actor, Actor]
  const link = await inviteLink(story, anna)
  await story.until('Cy has it', () => cy.peer.privateRooms.invites('Loft').length > 1)
  const before = await copyOf(anna.storage, anna.peer.findRoom('Loft').id)
  const dan = await story.enter('Dan')
  story.network.part([anna.network, dan.network], [cy.network])
  await settle(story, dan.peer.joinByLink(link))
  await story.until('the answer is there', () => eventsOf(dan, 'room').some(({ change }) => change === 'joined'))
  story.network.part([anna.network], [dan.network], [cy.network])
  expect(dan.peer.findRoom('Loft')).toMatchObject({ joining: 'asking' })
  await settle(story, anna.peer.stop())
  await story.enter('Anna', before)
  story.network.heal()
  await story.wait(60_000)
  expect(dan.peer.findRoom('Loft')).toMatchObject({ joining: 'asking' })
  expect(await join(story, dan, link)).toBe('in')
  await say(story, dan, 'here at last')
  await hears(story, cy, 'Dan: here at last')
  expect(await roles(cy)).toEqual(['Anna: owner', 'Cy: member', 'Dan: member'])
  await agree(story, cy, dan)
})

test('what may not be said is refused without reading the room again', async () => {
  const inner = memoryStorage()
  let read = 0
  const room: Storage['room'] = id => {
    const store = inner.room(id)
    const list: typeof store.records.list = (...of) => {
      read += 1
      return store.records.list(...of)
    }
    return { ...store, records: { ...store.records, list } }
  }
  const { story, actors, link } = await loftWith()
  const [anna] = actors as [Actor]
  const cy = await story.enter('Cy', { ...inner, room })
  expect(await join(story, cy, link)).toBe('in')
  await settle(story, anna.peer.privateRooms.setRole('Loft', 'Cy', 'observer'))
  await story.until('Cy knows', () => cy.peer.findRoom('Loft').role === 'observer')
  const before = read
  await expect(settle(story, cy.peer.send('Loft', 'me too'))).rejects.toThrow('observer')
  expect(read).toBe(before)
  await say(story, anna, 'well, listen')
  await hears(story, cy, 'Anna: well, listen')
})
