import { expect, onTestFinished, test } from 'vitest'
import { systemRandom } from '../../src/core/bytes/index.ts'
import { askOnce, createIdentityVault, openPeer } from '../../src/core/chat/index.ts'
import { portableRooms } from '../../src/core/chat/own-room-hints.ts'
import { imported } from '../support/import-device.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { found, hears, inviteLink, join, meet, say } from '../support/private-story.ts'
import { settle } from '../support/settle.ts'
import { eventsOf, Story, transcript, type Actor } from '../support/story.ts'

const LOFT = 'Loft'

async function comesIn(story: Story, actor: Actor): Promise<void> {
  await settle(story, actor.peer.privateRooms.admitted(LOFT, AbortSignal.timeout(60_000)))
}

/** Anna has a room with Bob in it. */
async function annaAndBob(story: Story): Promise<{ anna: Actor; bob: Actor }> {
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna)
  expect(await join(story, bob, await inviteLink(story, anna))).toBe('in')
  await meet(story, anna, bob)
  return { anna, bob }
}

/** Of Bob's, which is in, and heard. */
async function secondDevice(story: Story, bob: Actor, anna: Actor): Promise<Actor> {
  const phone = await story.enter('Bob', await imported(story, bob))
  await comesIn(story, phone)
  await say(story, phone, 'both here')
  await hears(story, anna, 'Bob: both here')
  return phone
}

test('a device made by an import comes into the private rooms of its member, reads what was said, and talks', async () => {
  const story = new Story()
  const { anna, bob } = await annaAndBob(story)
  await say(story, bob, 'before')
  await hears(story, anna, 'Bob: before')
  const phone = await story.enter('Anna', await imported(story, anna))
  await comesIn(story, phone)
  await hears(story, phone, 'Bob: before')
  const news = eventsOf(bob, 'member').filter(({ change }) => change === 'devices')
  expect(news).toMatchObject([{ member: anna.peer.me().member }])
  await say(story, phone, 'from the phone')
  for (const each of [anna, bob]) await hears(story, each, 'Anna: from the phone')
  await say(story, bob, 'to both')
  for (const each of [anna, phone]) await hears(story, each, 'Bob: to both')
  expect(phone.peer.me().member).toBe(anna.peer.me().member)
  for (const { peer } of [anna, bob, phone]) {
    expect(peer.findRoom(LOFT).members).toBe(2)
    expect((await peer.members(LOFT)).map(({ nick, role }) => `${nick}: ${role}`).toSorted()).toEqual([
      'Anna: owner',
      'Bob: member'
    ])
  }
  await story.until('the others are told', () =>
    eventsOf(phone, 'delivered').some(({ to, of }) => to === 1 && of === 1)
  )
  expect(eventsOf(phone, 'delivered').every(({ to, of }) => to <= 1 && of === 1)).toBe(true)
  await story.wait(30_000)
  expect(phone.peer.findRoom(LOFT).missing).toBe(0)
})

test('another member lets the device in while its first is away', async () => {
  const story = new Story()
  const { anna, bob } = await annaAndBob(story)
  const storage = await imported(story, anna)
  await settle(story, anna.peer.stop())
  const phone = await story.enter('Anna', storage)
  await comesIn(story, phone)
  await say(story, phone, 'the laptop is off')
  await hears(story, bob, 'Anna: the laptop is off')
  expect(bob.peer.findRoom(LOFT).members).toBe(2)
  const laptop = await story.enter('Anna', anna.storage)
  await hears(story, laptop, 'Anna: the laptop is off')
})

test('a second device that comes by an ordinary link makes no second member, and uses nothing up', async () => {
  const story = new Story()
  const { anna, bob } = await annaAndBob(story)
  const link = await inviteLink(story, anna, { uses: 1 })
  const storage = memoryStorage()
  const vault = createIdentityVault({ clock: story.clock, random: systemRandom, storage })
  const ofBob = createIdentityVault({ clock: story.clock, random: systemRandom, storage: bob.storage })
  await settle(
    story,
    ofBob.phrase(askOnce(undefined)).then(async words => vault.importPhrase(words))
  )
  const phone = await story.enter('Bob', storage)
  expect(await join(story, phone, link)).toBe('in')
  await say(story, phone, 'by the link')
  await hears(story, anna, 'Bob: by the link')
  for (const { peer } of [anna, bob, phone]) expect(peer.findRoom(LOFT).members).toBe(2)
  expect(anna.peer.privateRooms.invites(LOFT).find(({ uses }) => uses === 1)).toMatchObject({ used: 0, state: 'open' })
})

test('who is removed is out with all devices', async () => {
  const story = new Story()
  const { anna, bob } = await annaAndBob(story)
  const phone = await secondDevice(story, bob, anna)
  await settle(story, anna.peer.privateRooms.remove(LOFT, 'Bob'))
  for (const each of [bob, phone]) await story.until('it is told', () => each.peer.findRoom(LOFT).ended === 'removed')
  await say(story, anna, 'without Bob')
  await story.wait(60_000)
  for (const each of [bob, phone]) expect(await transcript(each, LOFT)).not.toContain('Anna: without Bob')
})

test('a device that was not let in yet asks on after a restart', async () => {
  const story = new Story()
  const { anna, bob } = await annaAndBob(story)
  const storage = await imported(story, anna)
  const peer = await openPeer({ storage, clock: story.clock, random: systemRandom })
  onTestFinished(() => peer.stop())
  expect(peer.rooms()).toMatchObject([{ name: LOFT, joining: 'waiting' }])
  await settle(story, peer.stop())
  const phone = await story.enter('Anna', storage)
  await comesIn(story, phone)
  await say(story, phone, 'at last')
  await hears(story, bob, 'Anna: at last')
})

test('a device that was lost is taken out, is told, and reads and says nothing from then on', async () => {
  const story = new Story()
  const { anna, bob } = await annaAndBob(story)
  const phone = await story.enter('Bob', await imported(story, bob))
  await comesIn(story, phone)
  await say(story, phone, 'both here')
  for (const each of [anna, bob]) await hears(story, each, 'Bob: both here')
  const { devices } = (await bob.peer.members(LOFT)).find(({ self }) => self) ?? {}
  expect(devices?.toSorted()).toEqual([bob.peer.me().device, phone.peer.me().device].toSorted())
  await settle(story, bob.peer.privateRooms.removeDevice(LOFT, 'Bob', phone.peer.me().device.slice(0, 8)))
  await story.until('it is told', () => phone.peer.findRoom(LOFT).ended === 'device-removed')
  await say(story, bob, 'without the phone')
  await hears(story, anna, 'Bob: without the phone')
  await say(story, anna, 'Bob is here still')
  await hears(story, bob, 'Anna: Bob is here still')
  await story.wait(60_000)
  expect(await transcript(phone, LOFT)).toEqual(['Bob: both here'])
  await expect(settle(story, phone.peer.send(LOFT, 'me again'))).rejects.toThrow(/this device was taken out/)
  expect(await join(story, phone, await inviteLink(story, anna))).toBe('this device was taken out of the room')
  expect((await anna.peer.members(LOFT)).map(({ nick }) => nick).toSorted()).toEqual(['Anna', 'Bob'])
  await settle(story, anna.peer.privateRooms.remove(LOFT, 'Bob'))
  await story.until('Bob is told', () => bob.peer.findRoom(LOFT).ended === 'removed')
  expect(await transcript(anna, LOFT)).toContain('Bob: both here')
  const again = await inviteLink(story, anna)
  expect(await join(story, phone, again)).toBe('this device was taken out of the room')
  expect(await join(story, bob, again)).toBe('in')
})

test('an owner takes a device of another out; a member none of another, and nobody the one they are at', async () => {
  const story = new Story()
  const { anna, bob } = await annaAndBob(story)
  const phone = await secondDevice(story, bob, anna)
  const remove = (by: Actor, member: string, device: Actor) =>
    settle(story, by.peer.privateRooms.removeDevice(LOFT, member, device.peer.me().device))
  await expect(remove(bob, 'Anna', anna)).rejects.toThrow(/only an owner may, or whose device it is/)
  await expect(remove(bob, 'Bob', bob)).rejects.toThrow(/the device you are at/)
  await remove(anna, 'Bob', phone)
  await story.until('it is told', () => phone.peer.findRoom(LOFT).ended === 'device-removed')
  expect(bob.peer.findRoom(LOFT).ended).toBeUndefined()
})

test('its request waits at a keeper while nobody is online who could let it in', async () => {
  const story = new Story()
  await story.enterKeeper('keeper')
  const { anna, bob } = await annaAndBob(story)
  const storage = await imported(story, anna)
  for (const { peer } of [anna, bob]) await settle(story, peer.stop())
  const phone = await story.enter('Anna', storage)
  await story.until('it is told that nobody is there', () => phone.peer.findRoom(LOFT).joining === 'waiting')
  await story.wait(60_000)
  await settle(story, phone.peer.stop())
  const host = await story.enter('Bob', bob.storage)
  await story.until('Bob has let it in', async () =>
    (await host.peer.members(LOFT)).some(({ devices }) => devices?.length === 2)
  )
  await story.wait(10_000)
  await settle(story, host.peer.stop())
  const again = await story.enter('Anna', storage)
  await story.until('it is in', () => again.peer.findRoom(LOFT).role === 'owner')
  expect(again.peer.findRoom(LOFT).members).toBe(2)
}, 60_000)

test('a device of a stranger is not let in, and not told that there is such a room', async () => {
  const story = new Story()
  const { anna } = await annaAndBob(story)
  const eve = await story.enter('Eve')
  const storage = await imported(story, anna)
  const hint = await storage.records.get('rooms-to-enter')
  if (hint === undefined) throw new Error('an export without rooms')
  await settle(story, eve.peer.stop())
  await settle(story, eve.storage.records.write([{ name: 'rooms-to-enter', value: hint }]))
  const again = await story.enter('Eve', eve.storage)
  await story.wait(120_000)
  expect(again.peer.findRoom(LOFT)).toMatchObject({ joining: 'waiting' })
  expect(anna.peer.findRoom(LOFT).members).toBe(2)
})

test('an export names where the members meet now, however many were removed', async () => {
  const story = new Story()
  const anna = await story.enter('Anna')
  await found(story, anna)
  const places = new Set<string>()
  for (const name of ['Mara', 'Nils', 'Ole', 'Pia', 'Quinn']) {
    const each = await story.enter(name)
    expect(await join(story, each, await inviteLink(story, anna))).toBe('in')
    await settle(story, each.peer.stop())
    await settle(story, anna.peer.privateRooms.remove(LOFT, name))
    const [room] = await portableRooms(anna.storage, [])
    places.add(String(room?.meetings[0]))
  }
  expect(places.size).toBe(5)
})

test('in an export those rooms stand first in which something was said last', async () => {
  const story = new Story()
  const anna = await story.enter('Anna')
  const names = ['first', 'second', 'third']
  for (const name of names) await settle(story, anna.peer.privateRooms.create(name))
  for (const name of ['third', 'first']) {
    await settle(story, anna.peer.send(name, 'hello'))
    await story.wait(1000)
  }
  expect((await portableRooms(anna.storage, [])).map(({ name }) => name)).toEqual(['first', 'third', 'second'])
})
