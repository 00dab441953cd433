import { expect, test } from 'vitest'
import { systemRandom } from '../../src/core/bytes/index.ts'
import { decodeLink } from '../../src/core/chat/invite-link.ts'
import { attemptByLink } from '../../src/core/chat/joining/join-attempt.ts'
import { admittedRecords, loadControlRecords } from '../../src/core/chat/room/control-records.ts'
import {
  agree,
  comeTogether,
  found,
  hears,
  inviteLink,
  join,
  meet,
  meetAgain,
  restart,
  roles,
  say
} from '../support/private-story.ts'
import { Insider } from '../support/insider.ts'
import { settle } from '../support/settle.ts'
import { eventsOf, Story, transcript, type Actor } from '../support/story.ts'

const DAY = 24 * 3_600_000
/** Members are removed one by one, more of them than there are secrets of before by which one is met. */
const GONE = ['Mara', 'Nils', 'Ole', 'Pia', 'Quinn']
/** Some of whom Cy was there to see go. */
const GONE_BEFORE = ['Rolf', 'Sina', 'Toni', 'Uwe']

/** Anna, Bob and Cy in a room, Cy apart from the others, who remove one member after the other; some were removed before. */
async function apart(...goneBefore: readonly string[]) {
  const story = new Story()
  const anna = await story.enter('Anna')
  await found(story, anna)
  const link = await inviteLink(story, anna)
  const others: Actor[] = []
  for (const name of ['Bob', 'Cy', ...GONE, ...goneBefore]) {
    const each = await story.enter(name)
    expect(await join(story, each, link)).toBe('in')
    others.push(each)
  }
  const [bob, cy, ...gone] = others as [Actor, Actor, ...Actor[]]
  await meet(story, anna, ...others)
  await say(story, anna, 'welcome')
  for (const each of others) await hears(story, each, 'Anna: welcome')
  for (const { peer } of gone) await settle(story, peer.stop())
  for (const name of goneBefore) await settle(story, anna.peer.privateRooms.remove('Loft', name))
  const left = 3 + GONE.length
  await story.until('Cy knows who is gone', async () => (await roles(cy)).length === left)
  story.network.part([anna.network, bob.network], [cy.network])
  await say(story, cy, 'alone')
  for (const name of GONE) await settle(story, anna.peer.privateRooms.remove('Loft', name))
  await say(story, bob, 'without Cy')
  await hears(story, anna, 'Bob: without Cy')
  return { story, anna, bob, cy }
}

/** What is here stays readable all the time, and what is said goes out when the others are met. */
async function isBack(story: Story, cy: Actor, ...others: readonly Actor[]): Promise<void> {
  for (const each of others) await hears(story, each, 'Cy: alone')
  await hears(story, cy, 'Bob: without Cy')
  await comeTogether(story, cy, ...others)
  await agree(story, cy, ...others)
  const all = await transcript(cy, 'Loft')
  for (const line of ['Anna: welcome', 'Cy: alone', 'Bob: without Cy']) expect(all).toContain(line)
  expect(eventsOf(cy, 'warning')).toEqual([])
}

test('who missed more removals than members are met by comes back by a new invite, which that does not use up', async () => {
  const { story, anna, bob, cy } = await apart()
  meetAgain(story)
  await story.wait(10 * 60_000)
  expect((await roles(cy)).length).toBeGreaterThan(3)
  // Nothing else that it has shows that it cannot go on.
  expect(cy.peer.findRoom('Loft').apart).toBe(true)
  expect(eventsOf(cy, 'room').filter(({ change }) => change === 'apart')).toHaveLength(1)
  for (const { peer } of [anna, bob]) expect(peer.findRoom('Loft').apart).toBeUndefined()
  const link = await inviteLink(story, anna, { uses: 1 })
  expect(await join(story, cy, link)).toBe('in')
  await isBack(story, cy, anna, bob)
  expect(await roles(cy)).toEqual(['Anna: owner', 'Bob: member', 'Cy: member'])
  expect(anna.peer.privateRooms.invites('Loft').find(({ uses }) => uses === 1)).toMatchObject({ used: 0 })
  expect(cy.peer.findRoom('Loft')).not.toHaveProperty('apart')
  expect(cy.peer.findRoom('Loft').returning).toBeUndefined()
})

test('who has seen as many removals before it was away comes back all the same', async () => {
  const { story, anna, bob, cy } = await apart(...GONE_BEFORE)
  meetAgain(story)
  await story.wait(10 * 60_000)
  expect(await join(story, cy, await inviteLink(story, anna))).toBe('in')
  await isBack(story, cy, anna, bob)
  expect(cy.peer.findRoom('Loft').returning).toBeUndefined()
})

test('who was away is back after two months, too, with a start while nobody is there to ask', async () => {
  const { story, anna, bob, cy } = await apart()
  const link = await inviteLink(story, anna)
  for (const { peer } of [anna, bob, cy]) await settle(story, peer.stop())
  story.clock.advance(60 * DAY)
  story.network.heal()
  const before = await story.enter('Cy', cy.storage)
  const old = await settle(
    story,
    before.peer.joinByLink(link).catch((thrown: unknown) => String(thrown))
  )
  expect(old).toMatch(/expired/)
  const anna2 = await story.enter('Anna', anna.storage)
  const fresh = await inviteLink(story, anna2, { lasts: DAY })
  await settle(story, anna2.peer.stop())
  expect(await settle(story, before.peer.joinByLink(fresh))).toMatchObject({ role: 'member', returning: 'asking' })
  await story.until('nobody is there', () => before.peer.findRoom('Loft').returning === 'waiting')
  const again = await restart(story, 'Cy', before)
  expect(await transcript(again, 'Loft')).toEqual(['Anna: welcome', 'Cy: alone'])
  await say(story, again, 'still alone')
  const others = [await story.enter('Anna', anna.storage), await story.enter('Bob', bob.storage)]
  await isBack(story, again, ...others)
  for (const each of others) await hears(story, each, 'Cy: still alone')
})

test('who was removed meanwhile is told, let in anew by the invite, and keeps what it had', async () => {
  const { story, anna, bob, cy } = await apart()
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Cy'))
  await say(story, anna, 'not for Cy')
  await hears(story, bob, 'Anna: not for Cy')
  meetAgain(story)
  const link = await inviteLink(story, anna, { uses: 1 })
  expect(await join(story, cy, link)).toBe('in')
  expect(anna.peer.privateRooms.invites('Loft').find(({ uses }) => uses === 1)).toMatchObject({ used: 1 })
  await say(story, anna, 'welcome back')
  await hears(story, cy, 'Anna: welcome back')
  await comeTogether(story, anna, bob, cy)
  await say(story, cy, 'at last')
  await hears(story, bob, 'Cy: at last')
  const all = await transcript(cy, 'Loft')
  expect(all).toContain('Anna: welcome')
  expect(all.filter(line => line.includes('not for Cy'))).toEqual([])
  expect(eventsOf(cy, 'warning').map(({ code }) => code)).toEqual(['removed-meanwhile'])
})

test('who was banned meanwhile is told so, and reads on what it had', async () => {
  const { story, anna, cy } = await apart()
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Cy', { ban: true }))
  meetAgain(story)
  expect(await join(story, cy, await inviteLink(story, anna))).toMatch(/banned/)
  expect(cy.peer.findRoom('Loft').returning).toEqual({ refused: expect.stringMatching(/banned/) })
  expect(await transcript(cy, 'Loft')).toEqual(['Anna: welcome', 'Cy: alone'])
  const again = await restart(story, 'Cy', cy)
  expect(again.peer.findRoom('Loft').returning).toBeUndefined()
  expect(await transcript(again, 'Loft')).toEqual(['Anna: welcome', 'Cy: alone'])
})

test('a link that is known in the room asks nobody', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna)
  const link = await inviteLink(story, anna)
  expect(await join(story, bob, link)).toBe('in')
  await meet(story, anna, bob)
  expect((await settle(story, bob.peer.joinByLink(link))).returning).toBeUndefined()
})

test('who knows of its removal, and is let in again after another start, keeps what it had', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna)
  expect(await join(story, bob, await inviteLink(story, anna))).toBe('in')
  await meet(story, anna, bob)
  await say(story, anna, 'welcome')
  await hears(story, bob, 'Anna: welcome')
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Bob'))
  await story.until('Bob is told', () => bob.peer.findRoom('Loft').ended === 'removed')
  const link = await inviteLink(story, anna)
  story.network.part([anna.network], [bob.network])
  // More than clocks may differ by: what is said before somebody comes in is not for them.
  await story.wait(10 * 60_000)
  await settle(story, bob.peer.joinByLink(link))
  await settle(story, bob.peer.stop())
  story.network.heal()
  const again = await story.enter('Bob', bob.storage)
  await story.until('Bob is in', () => again.peer.findRoom('Loft').role === 'member')
  await say(story, anna, 'welcome back')
  await hears(story, again, 'Anna: welcome back')
  expect(await transcript(again, 'Loft')).toEqual(['Anna: welcome', 'Anna: welcome back'])
  expect(again.peer.findRoom('Loft').missing).toBe(0)
  // It knew.
  expect(eventsOf(again, 'warning')).toEqual([])
})

test('who knows of its removal, and asks by an invite that does not let it in, keeps what it had', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna)
  const link = await inviteLink(story, anna)
  expect(await join(story, bob, link)).toBe('in')
  await meet(story, anna, bob)
  await say(story, anna, 'welcome')
  await hears(story, bob, 'Anna: welcome')
  await settle(story, bob.peer.setRoom('Loft', 'retention', '12h'))
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Bob'))
  await story.until('Bob is told', () => bob.peer.findRoom('Loft').ended === 'removed')
  expect(await join(story, bob, link)).toMatch(/revoked/)
  expect(bob.peer.findRoom('Loft')).toMatchObject({ ended: 'removed', returning: { refused: expect.anything() } })
  story.network.part([anna.network], [bob.network])
  await settle(story, bob.peer.joinByLink(link))
  const asking = await restart(story, 'Bob', bob)
  expect(await transcript(asking, 'Loft')).toEqual(['Anna: welcome'])
  story.network.heal()
  await story.until('it is refused', () => typeof asking.peer.findRoom('Loft').returning === 'object')
  const again = await restart(story, 'Bob', asking)
  expect(await transcript(again, 'Loft')).toEqual(['Anna: welcome'])
  const room = again.peer.findRoom('Loft')
  expect(room).toMatchObject({ ended: 'removed', retention: '12h' })
  expect(room.returning).toBeUndefined()
})

test('the way back waits at a keeper, too: whoever asks and whoever answers are never there at one time', async () => {
  const { story, anna, bob, cy } = await apart()
  const link = await inviteLink(story, anna)
  for (const { peer } of [anna, bob]) await settle(story, peer.stop())
  await story.enterKeeper('Keeper')
  const asking = await restart(story, 'Cy', cy)
  await settle(story, asking.peer.joinByLink(link))
  await story.until('it waits', () => asking.peer.findRoom('Loft').waitsAt === 1)
  expect((await Insider.of(story, asking)).room.generations().size).toBe(1)
  await settle(story, asking.peer.stop())
  const answering = await story.enter('Anna', anna.storage)
  await story.wait(10 * 60_000)
  await settle(story, answering.peer.stop())
  const again = await story.enter('Cy', asking.storage)
  await story.until('the answer is found', async () => {
    return (await Insider.of(story, again)).room.generations().size === 1 + GONE.length
  })
  await isBack(story, again, await story.enter('Anna', anna.storage), await story.enter('Bob', bob.storage))
})

test('whoever answers is believed by a secret that the room met by, too: a link alone does not lead another way', async () => {
  const story = new Story()
  const anna = await story.enter('Anna')
  await found(story, anna)
  const link = decodeLink(await inviteLink(story, anna), story.clock.now())
  if (!link.ok || link.value.kind !== 'join') throw new Error('no invite')
  const { value } = link
  const { room } = await Insider.of(story, anna)
  const answer = {
    kind: 'admitted',
    generations: room.generations(),
    contentKeys: new Map(),
    bodyKeys: new Map()
  } as const
  const [known = new Uint8Array()] = [...room.generations().values()].map(each => each.rendezvousSecret)
  const isBelieved = (...secrets: Uint8Array[]): boolean =>
    attemptByLink(value, new Uint8Array(), new Uint8Array(32), secrets).isGenuine(answer)
  expect([isBelieved(), isBelieved(known), isBelieved(new Uint8Array(32).fill(1))]).toEqual([true, true, false])
})

test('keys that somebody hands over with the way back, and that are false, close nothing that was open', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna, 5)
  await say(story, anna, 'before you came')
  expect(await join(story, bob, await inviteLink(story, anna))).toBe('in')
  await hears(story, bob, 'Anna: before you came')
  await settle(story, bob.peer.stop())
  const store = bob.storage.room(anna.peer.findRoom('Loft').id)
  const known = await loadControlRecords(store.records)
  if (known === undefined) throw new Error('Bob was never in')
  const { generations, contentKeys, bodyKeys } = known
  expect(bodyKeys.size).toBeGreaterThan(0)
  const falseKeys = <Id>(keys: ReadonlyMap<Id, Uint8Array>) => new Map([...keys].map(([id]) => [id, systemRandom(32)]))
  const answer = { generations, contentKeys: falseKeys(contentKeys), bodyKeys: falseKeys(bodyKeys) }
  await store.commit({ records: await admittedRecords(store.records, answer) })
  const again = await story.enter('Bob', bob.storage)
  expect(await transcript(again, 'Loft')).toEqual(['Anna: before you came'])
})
