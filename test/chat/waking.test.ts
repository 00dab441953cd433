import { expect, test } from 'vitest'
import { eventsOf, Story } from '../support/story.ts'

test('what was said while a device slept is fetched as soon as it wakes, from whoever has it', async () => {
  const story = new Story()
  const anna = await story.enter('Anna')
  const bob = await story.enter('Bob')
  for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
  await story.until('they met', () => eventsOf(bob, 'member').some(({ change }) => change === 'online'))
  // Cy is connected to Anna alone, so that nobody offers Bob what he says.
  story.network.discovery = false
  const cy = await story.enter('Cy')
  await cy.peer.joinOpenRoom('lobby')
  story.network.connect(cy.network, anna.network)
  await story.until('Cy met Anna', () => eventsOf(cy, 'member').some(({ change }) => change === 'online'))
  story.network.gossipArrives = (_, to) => to !== bob.network.self
  await cy.peer.send('lobby', 'while you slept')
  await story.until('Anna hears', () => eventsOf(anna, 'message').length === 1)

  const wokeAt = story.clock.now()
  bob.network.emit({ kind: 'woke' })
  await story.until('Bob has it', () => eventsOf(bob, 'message').length === 1)
  // Otherwise the next sync with a member at random brings it, 15 s after the last at the earliest.
  expect(story.clock.now() - wokeAt).toBeLessThan(2000)
})
