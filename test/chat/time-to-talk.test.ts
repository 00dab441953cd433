import { expect, test } from 'vitest'
import { encodeOpenRoomLink } from '../../src/core/chat/invite-link.ts'
import { found, hears, inviteLink, join, say } from '../support/private-story.ts'
import { eventsOf, Story } from '../support/story.ts'

test('the time from opening a link to the first message exchanged stands in the status of both', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await anna.peer.joinOpenRoom('lobby')
  await story.wait(10_000)
  await bob.peer.joinByLink(encodeOpenRoomLink({ name: 'lobby', addresses: [] }), story.clock.now() - 2_000)
  await story.until('they met', () => anna.peer.findRoom('lobby').members === 2)
  expect(bob.peer.status().rooms[0]).not.toHaveProperty('toTalk')
  await story.wait(500)
  await anna.peer.send('lobby', 'welcome')
  await story.until('it was acknowledged', () => eventsOf(anna, 'delivered').length === 1)
  const [ofAnna, ofBob] = [anna, bob].map(({ peer }) => peer.status().rooms[0]?.toTalk ?? 0)
  expect(ofBob).toBeGreaterThanOrEqual(2_500)
  expect(ofBob).toBeLessThan(5_000)
  expect(ofAnna).toBeGreaterThanOrEqual(10_500)

  await story.wait(60_000)
  await bob.peer.send('lobby', 'later messages do not count')
  await story.until('it was acknowledged', () => eventsOf(bob, 'delivered').some(({ to }) => to === 1))
  expect(bob.peer.findRoom('lobby').toTalk).toBe(ofBob)
})

test('whoever makes a private room is told, too, how long it took until somebody was there to talk to', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna)
  await story.wait(10_000)
  expect(await join(story, bob, await inviteLink(story, anna))).toBe('in')
  expect(anna.peer.findRoom('Loft')).not.toHaveProperty('toTalk')
  await say(story, bob, 'hello')
  await hears(story, anna, 'Bob: hello')
  expect(anna.peer.findRoom('Loft').toTalk).toBeGreaterThanOrEqual(10_000)
})

test('the status names the members at each peer', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  for (const { peer } of [anna, bob]) await peer.joinOpenRoom('lobby')
  await story.until('they met', () => anna.peer.findRoom('lobby').members === 2)
  await story.until('it shows', () => anna.peer.status().peers[0]?.nicks?.[0] === 'Bob')
  expect(anna.peer.status().peers).toMatchObject([{ peer: bob.network.self, nicks: ['Bob'] }])
})
