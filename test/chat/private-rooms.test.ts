import { expect, test } from 'vitest'
import { NotAllowedError, toHex } from '../../src/core/bytes/index.ts'
import { openBody, type EpochId, type RoomId } from '../../src/core/encryption/index.ts'
import { HIGHEST, isWhole, LOWEST, type Entry, type EntryStore } from '../../src/core/log/index.ts'
import { Insider } from '../support/insider.ts'
import { found, hears, inviteLink, join, meet, meetAgain, say, sleepApart } from '../support/private-story.ts'
import { settle } from '../support/settle.ts'
import { eventsOf, Story, transcript } from '../support/story.ts'

test('a room is made, somebody comes in by a link, and both talk', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna)
  expect(anna.peer.findRoom('loft')).toMatchObject({ kind: 'private', role: 'owner', members: 1, history: 'joined' })
  await settle(story, anna.peer.send('Loft', 'before'))
  expect(await join(story, bob, await inviteLink(story, anna))).toBe('in')
  await meet(story, anna, bob)
  await settle(story, anna.peer.send('Loft', 'hello Bob'))
  await settle(story, bob.peer.send('Loft', 'hello Anna'))
  await hears(story, bob, 'Anna: hello Bob')
  await hears(story, anna, 'Bob: hello Anna')
  expect(await transcript(bob, 'Loft')).toEqual(['Anna: hello Bob', 'Bob: hello Anna'])
  await story.until('it is delivered', () => eventsOf(anna, 'delivered').some(({ to, of }) => to === 1 && of === 1))
  expect((await bob.peer.members('Loft')).map(({ role }) => role).toSorted()).toEqual(['member', 'owner'])
  await story.wait(30_000)
  expect(bob.peer.findRoom('Loft').missing).toBe(0)
})

test('what was said before is shared as the room’s policy has it', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna, 'all')
  await settle(story, anna.peer.send('Loft', 'before'))
  expect(await join(story, bob, await inviteLink(story, anna))).toBe('in')
  await hears(story, bob, 'Anna: before')
})

test('of so many messages a newcomer reads these and no others, and so does whoever it lets in', async () => {
  const story = new Story()
  const [anna, bob, cy] = [await story.enter('Anna'), await story.enter('Bob'), await story.enter('Cy')]
  await found(story, anna, 3)
  const ids: string[] = []
  for (const text of ['one', 'two', 'three', 'four', 'five', 'six']) ids.push(await say(story, anna, text))
  const [, , third = '', fourth = '', fifth = '', sixth = ''] = ids
  await settle(story, anna.peer.edit('Loft', third, 'three!'))
  await settle(story, anna.peer.edit('Loft', fourth, 'four!'))
  await settle(story, anna.peer.deleteMessage('Loft', fifth))
  const { id } = anna.peer.findRoom('Loft')
  const said = await wholeEntries(anna.storage.room(id))
  const newest = ['Anna: three!', 'Anna: four!', 'Anna: six']

  expect(await join(story, bob, await inviteLink(story, anna, { role: 'admin' }))).toBe('in')
  await hears(story, bob, 'Anna: six')
  await story.wait(30_000)
  expect(await transcript(bob, 'Loft')).toEqual(newest)
  expect(bob.peer.findRoom('Loft').missing).toBe(0)

  const { room } = await Insider.of(story, bob)
  expect(said.length).toBeGreaterThan(7)
  expect(said.filter(({ header }) => room.contentKey(toHex(header.epoch) as EpochId) !== undefined)).toEqual([])
  const opened: string[] = []
  for (const entry of said)
    for (const key of room.erasing.bodyKeys.values())
      if ((await openBody(id as RoomId, key, entry)).ok) opened.push(entry.id)
  // Three messages, and the edits of two.
  expect(opened).toHaveLength(5)
  expect(opened).toEqual(expect.arrayContaining([third, fourth, sixth]))

  await settle(
    story,
    Promise.all([anna.peer.stop(), bob.peer.stop()]).then(() => undefined)
  )
  const again = await story.enter('Bob', bob.storage)
  expect(await transcript(again, 'Loft')).toEqual(newest)
  expect(await join(story, cy, await inviteLink(story, again))).toBe('in')
  await hears(story, cy, 'Anna: six')
  expect(await transcript(cy, 'Loft')).toEqual(newest)
})

async function wholeEntries(store: EntryStore): Promise<Entry[]> {
  const items = await store.sets.chat.items(LOWEST, HIGHEST, 1000)
  return (await store.load(items.map(({ id }) => id))).filter(isWhole)
}

test('who never wrote, and is away, has a name also after a restart', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna)
  await join(story, bob, await inviteLink(story, anna))
  await meet(story, anna, bob)
  await settle(story, bob.peer.rename('Robert'))
  await story.until('Anna knows', async () => (await anna.peer.members('Loft')).some(({ nick }) => nick === 'Robert'))
  for (const { peer } of [anna, bob]) await settle(story, peer.stop())
  for (const [name, { storage }] of [
    ['Anna', anna],
    ['Robert', bob]
  ] as const) {
    const again = await story.enter(name, storage)
    expect((await again.peer.members('Loft')).map(({ nick }) => nick).toSorted()).toEqual(['Anna', 'Robert'])
    await settle(story, again.peer.stop())
  }
})

test('all is there again after a restart', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna)
  await join(story, bob, await inviteLink(story, anna))
  await meet(story, anna, bob)
  await settle(story, anna.peer.send('Loft', 'one'))
  await hears(story, bob, 'Anna: one')
  await settle(
    story,
    Promise.all([anna.peer.stop(), bob.peer.stop()]).then(() => undefined)
  )
  const [again, too] = [await story.enter('Anna', anna.storage), await story.enter('Bob', bob.storage)]
  expect(await transcript(again, 'Loft')).toEqual(['Anna: one'])
  await settle(story, too.peer.send('Loft', 'two'))
  await hears(story, again, 'Bob: two')
})

test('who is removed reads and writes no more, is told, and does not come back by the old link', async () => {
  const story = new Story()
  const [anna, bob, cy] = [await story.enter('Anna'), await story.enter('Bob'), await story.enter('Cy')]
  await found(story, anna)
  const link = await inviteLink(story, anna)
  for (const each of [bob, cy]) expect(await join(story, each, link)).toBe('in')
  await meet(story, anna, bob, cy)
  await settle(story, bob.peer.send('Loft', 'still here'))
  for (const each of [anna, cy]) await hears(story, each, 'Bob: still here')
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Bob'))
  await story.until('Cy knows', () => cy.peer.findRoom('Loft').members === 2)
  await story.until('Bob is told', () => bob.peer.findRoom('Loft').ended === 'removed')
  await settle(story, anna.peer.send('Loft', 'without Bob'))
  await hears(story, cy, 'Anna: without Bob')
  await story.wait(60_000)
  expect(await transcript(bob, 'Loft')).toEqual(['Bob: still here'])
  await expect(settle(story, bob.peer.send('Loft', 'me again'))).rejects.toThrow(NotAllowedError)
  expect(await join(story, bob, link)).toMatch(/revoked/)
})

test('who leaves is out, others are told, and what is said next is without them', async () => {
  const story = new Story()
  const [anna, bob, cy] = [await story.enter('Anna'), await story.enter('Bob'), await story.enter('Cy')]
  await found(story, anna)
  const link = await inviteLink(story, anna)
  for (const each of [bob, cy]) expect(await join(story, each, link)).toBe('in')
  await meet(story, anna, bob, cy)
  await settle(story, bob.peer.leaveRoom('Loft'))
  expect(bob.peer.rooms()).toEqual([])
  // Bob's program may be stopped now.
  expect([anna, cy].map(({ peer }) => peer.findRoom('Loft').members)).toContain(2)
  await meet(story, anna, cy)
  await story.until('Anna is told', () => eventsOf(anna, 'member').some(({ change }) => change === 'left'))
  await settle(story, cy.peer.send('Loft', 'without Bob'))
  await hears(story, anna, 'Cy: without Bob')
  await expect(settle(story, anna.peer.leaveRoom('Loft'))).rejects.toThrow(/only owner/)
  await expect(settle(story, anna.peer.privateRooms.setRole('Loft', 'Anna', 'admin'))).rejects.toThrow(/only owner/)
})

test.each([0, 40])('into a room that removed five, %i days ago, somebody still comes in', async days => {
  const story = new Story()
  const anna = await story.enter('Anna')
  await found(story, anna)
  const link = await inviteLink(story, anna)
  const names = ['Mara', 'Nils', 'Ole', 'Pia', 'Quinn']
  for (const name of names) {
    const each = await story.enter(name)
    expect(await join(story, each, link)).toBe('in')
    await settle(story, each.peer.stop())
  }
  for (const name of names) await settle(story, anna.peer.privateRooms.remove('Loft', name))
  const [woken] = await sleepApart(story, days * 24 * 3_600_000, ['Anna', anna])
  if (woken === undefined) throw new Error('Anna sleeps')
  meetAgain(story)
  const bob = await story.enter('Bob')
  expect(await join(story, bob, await inviteLink(story, woken))).toBe('in')
  await meet(story, woken, bob)
  await settle(story, bob.peer.send('Loft', 'hello Anna'))
  await hears(story, woken, 'Bob: hello Anna')
})
