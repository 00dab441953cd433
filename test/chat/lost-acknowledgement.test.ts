import { expect, test } from 'vitest'
import { eventsOf, Story } from '../support/story.ts'

const SECOND = 1000

test('an acknowledgement that gossip lost is said again when its author offers the message', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
  await story.until('they met', () => anna.peer.findRoom('lobby').members === 2)
  await story.wait(5 * SECOND)

  story.network.gossipArrives = from => from !== bob.network.self
  const { id } = await anna.peer.send('lobby', 'hello')
  await story.until('Bob has it', () => eventsOf(bob, 'message').length === 1)
  await story.wait(3 * SECOND)
  expect(eventsOf(anna, 'delivered')).toMatchObject([{ id, to: 1 }])
})
