import { expect, test } from 'vitest'
import { join, loftWith, say } from '../support/private-story.ts'
import { eventsOf, Story, type Actor } from '../support/story.ts'

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

test('in a private room who holds a message counts before it was met: the room itself tells whose device it is', async () => {
  const { story, actors, link } = await loftWith('Bob')
  const [anna] = actors
  const cy = await story.enter('Cy')
  if (anna === undefined) throw new Error('nobody is here')
  keepApart(anna, cy)
  expect(await join(story, cy, link)).toBe('in')
  await say(story, cy, 'hello')
  await story.until('both have it', () => eventsOf(cy, 'delivered').some(({ to }) => to === 2))
})

/** Only what is gossiped gets from one to the other. */
function keepApart(...[a, b]: [Actor, Actor]): void {
  for (const [from, to] of [
    [a.network, b.network],
    [b.network, a.network]
  ] as const) {
    const open = from.open.bind(from)
    from.open = async (peer, protocol) => {
      if (peer === to.self) throw new Error('out of reach')
      return open(peer, protocol)
    }
  }
}
