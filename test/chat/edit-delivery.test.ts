import { expect, test } from 'vitest'
import { Deliveries } from '../../src/core/chat/room/deliveries.ts'
import { identityOf } from '../support/cast.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { eventsOf, Story, transcript } from '../support/story.ts'

test('who had a message and not its edit is not counted as having what it says now', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
  await story.until('they met', () => anna.peer.findRoom('lobby').members === 2)
  await bob.peer.send('lobby', 'hello')
  await story.until('Anna hears', () => eventsOf(anna, 'message').length === 1)
  const { id } = await anna.peer.send('lobby', 'soemthing')
  const heldBy = async () => (await anna.peer.messages('lobby')).find(message => message.id === id)?.delivery?.to
  await story.until('Bob has it', async () => (await heldBy()) === 1)

  story.network.discovery = false
  story.network.disconnect(anna.network, bob.network)
  await anna.peer.edit('lobby', id, 'something')
  expect(await heldBy()).toBe(0)
  const told = eventsOf(anna, 'delivered').length
  story.network.connect(anna.network, bob.network)
  await story.until('Bob has the edit', async () => (await heldBy()) === 1)
  expect(await transcript(bob, 'lobby')).toEqual(['Bob: hello', 'Anna: something'])
  expect(eventsOf(anna, 'delivered').slice(told).at(-1)).toMatchObject({ id, to: 1 })
})

test('who holds the edit and not what it changes is not counted either: nothing is shown there', async () => {
  const { certificate } = await identityOf(1)
  const [bob, cy] = [await identityOf(2), await identityOf(3)].map(identity => identity.certificate.member)
  const deliveries = await Deliveries.load(memoryStorage().room('lobby'), certificate.device)
  if (bob !== undefined) deliveries.acknowledge(bob, [{ from: 2, to: 2 }], 2, () => true)
  if (cy !== undefined) deliveries.acknowledge(cy, [{ from: 1, to: 2 }], 2, () => true)
  expect(deliveries.holders([2])).toEqual([bob, cy])
  expect(deliveries.holders([1, 2])).toEqual([cy])
})
