import { expect, test } from 'vitest'
import { found, inviteLink, join, meet, restart } from '../support/private-story.ts'
import { settle } from '../support/settle.ts'
import { eventsOf, Story, type Actor } from '../support/story.ts'

/** As this actor sees the members, and was told of their coming in. */
async function namesSeenBy({ peer }: Actor): Promise<string[]> {
  return (await peer.members('Loft')).map(({ nick }) => nick).toSorted()
}

function namesJoined(actor: Actor): string[] {
  return eventsOf(actor, 'member').flatMap(({ nick, change }) => (change === 'joined' ? [nick] : []))
}

test('who was away when somebody came in hears their name from the members, and knows it after a restart', async () => {
  const story = new Story()
  const [anna, bob, cy] = [await story.enter('Anna'), await story.enter('Bob'), await story.enter('Cy')]
  await found(story, anna)
  const link = await inviteLink(story, anna)
  expect(await join(story, cy, link)).toBe('in')
  await meet(story, anna, cy)
  await settle(story, cy.peer.stop())
  expect(await join(story, bob, link)).toBe('in')
  expect(namesJoined(anna)).toEqual(['Cy', 'Bob'])
  await settle(story, bob.peer.stop())
  const again = await story.enter('Cy', cy.storage)
  await story.until('Bob is there', () => again.peer.findRoom('Loft').members === 3)
  expect(await namesSeenBy(again)).toEqual(['Anna', 'Bob', 'Cy'])
  expect(namesJoined(again)).toEqual(['Bob'])
  await settle(story, anna.peer.stop())
  expect(await namesSeenBy(await restart(story, 'Cy', again))).toEqual(['Anna', 'Bob', 'Cy'])
})

test('who hears of a newcomer, and never meets it, asks the members for its name, as the newcomer does for theirs', async () => {
  const story = new Story()
  const [anna, bob, cy] = [await story.enter('Anna'), await story.enter('Bob'), await story.enter('Cy')]
  const apart = new Set<string>([bob.network.self, cy.network.self])
  story.network.isApart = (one, other) => one !== other && apart.has(one) && apart.has(other)
  story.network.disconnect(bob.network, cy.network)
  await found(story, anna)
  const link = await inviteLink(story, anna)
  for (const each of [cy, bob]) expect(await join(story, each, link)).toBe('in')
  await meet(story, anna, bob, cy)
  for (const each of [bob, cy]) {
    await story.until('all have names', async () => (await namesSeenBy(each)).join() === 'Anna,Bob,Cy')
  }
  const told = eventsOf(cy, 'member').filter(({ change }) => change === 'named')
  expect(told.map(({ nick }) => nick)).toEqual(['Bob'])
  await settle(story, anna.peer.stop())
  expect(await namesSeenBy(await restart(story, 'Cy', cy))).toEqual(['Anna', 'Bob', 'Cy'])
})
