import { expect, test } from 'vitest'
import { encodeEntry, HIGHEST, isWhole, LOWEST, type StoredEntry } from '../../src/core/log/index.ts'
import type { Storage } from '../../src/core/log/index.ts'
import { agree, found, hears, inviteLink, join, meet, say } from '../support/private-story.ts'
import { Insider } from '../support/insider.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { settle } from '../support/settle.ts'
import { Story, transcript, type Actor } from '../support/story.ts'

async function room(story: Story, ...names: readonly string[]): Promise<Actor[]> {
  const actors: Actor[] = []
  for (const name of names) actors.push(await story.enter(name))
  const [anna, ...others] = actors as [Actor, ...Actor[]]
  await found(story, anna)
  const link = await inviteLink(story, anna)
  for (const each of others) expect(await join(story, each, link)).toBe('in')
  await meet(story, ...actors)
  return actors
}

function contains(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes).includes(text)
}

async function entriesIn(storage: Storage, room: string): Promise<StoredEntry[]> {
  const { control, chat } = storage.room(room).sets
  const items = await Promise.all([control, chat].map(set => set.items(LOWEST, HIGHEST, 1000)))
  return storage.room(room).load(items.flat().map(({ id }) => id))
}

test('an outsider who sits in the topics hears nothing that he could read, and what he says again is nothing new', async () => {
  const story = new Story()
  const [anna, cy] = (await room(story, 'Anna', 'Cy')) as [Actor, Actor]
  const ear = story.network.peer('ear')
  for (const each of [anna, cy]) story.network.connect(ear, each.network)
  const heard: { readonly topic: string; readonly message: Uint8Array }[] = []
  for (const topic of anna.network.topics.keys()) {
    ear.join(topic, {
      validate: () => 'accept',
      deliver: message => void heard.push({ topic, message }),
      joined: () => undefined
    })
  }
  await say(story, anna, 'between us')
  await hears(story, cy, 'Anna: between us')
  await story.until('it was overheard', () => heard.length > 0)
  for (const { message } of heard) {
    for (const text of ['between us', 'Anna', 'Loft']) expect(contains(message, text)).toBe(false)
  }
  const changed = heard.map(({ topic, message }) =>
    cy.network.topics.get(topic)?.validate(message.with(40, (message[40] ?? 0) ^ 1), ear.self)
  )
  expect(new Set(changed)).toEqual(new Set(['reject']))
  for (const { topic, message } of heard) cy.network.receive(topic, message, ear.self)
  await agree(story, anna, cy)
  expect((await transcript(cy, 'Loft')).filter(line => line === 'Anna: between us')).toHaveLength(1)
})

test('a keeper holds what it cannot read, and neither can who was removed, with all that the keeper has', async () => {
  const story = new Story()
  story.network.discovery = false
  const stores = new Set<string>()
  const storage = memoryStorage()
  const watched: Storage = { ...storage, room: name => storage.room((stores.add(name), name)) }
  await story.enterKeeper('keeper', { storage: watched })
  story.network.discovery = true
  const [anna, mara, cy] = (await room(story, 'Anna', 'Mara', 'Cy')) as [Actor, Actor, Actor]
  await say(story, mara, 'before')
  for (const each of [anna, cy]) await hears(story, each, 'Mara: before')
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Mara'))
  await story.until('Cy knows', () => cy.peer.findRoom('Loft').members === 2)
  await agree(story, anna, cy)
  const [newest] = await anna.storage.room(anna.peer.findRoom('Loft').id).newest(1)
  const kept = async (): Promise<StoredEntry[]> =>
    (await Promise.all([...stores].map(name => entriesIn(storage, name)))).flat()
  await story.until('it is kept', async () => (await kept()).some(({ id }) => id === newest?.id))
  const insider = await Insider.of(story, mara)
  for (const entry of await kept()) {
    for (const text of ['before', 'still here', 'Anna', 'Loft']) expect(contains(encodeEntry(entry), text)).toBe(false)
  }
  expect(newest !== undefined && isWhole(newest) && insider.canRead(newest)).toBe(false)
})
