import { expect, test } from 'vitest'
import type { Storage } from '../../src/core/log/index.ts'
import { found, hears, inviteLink, join, meet, restart } from '../support/private-story.ts'
import { settle } from '../support/settle.ts'
import { eventsOf, Story, transcript, type Actor } from '../support/story.ts'

test('a private room that is forgotten is left, and nothing of it is stored any more', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna)
  expect(await join(story, bob, await inviteLink(story, anna))).toBe('in')
  await meet(story, anna, bob)
  await settle(story, anna.peer.send('Loft', 'hello'))
  await hears(story, bob, 'Anna: hello')
  const { id } = bob.peer.findRoom('Loft')
  expect(await storedOf(bob, id)).not.toEqual([])
  expect(await settle(story, bob.peer.forgetRoom('Loft'))).toBe(id)
  expect(anna.peer.findRoom('Loft').members).toBe(1)
  expect(bob.peer.rooms()).toEqual([])
  expect(await storedOf(bob, id)).toEqual([])
  await expect(bob.peer.forgetRoom(id)).rejects.toThrow(/there is no room/)
})

test('a room that was left before is forgotten by its id, an open one by its name, too', async () => {
  const story = new Story()
  const anna = await story.enter('Anna')
  await found(story, anna)
  const { id } = anna.peer.findRoom('Loft')
  await settle(story, anna.peer.leaveRoom('Loft'))
  expect(await storedOf(anna, id)).not.toEqual([])
  expect(await settle(story, anna.peer.forgetRoom(id))).toBe(id)
  expect(await storedOf(anna, id)).toEqual([])

  const lobby = await anna.peer.joinOpenRoom('lobby')
  await anna.peer.send('lobby', 'hello')
  await anna.peer.leaveRoom('lobby')
  expect(await settle(story, anna.peer.forgetRoom('Lobby '))).toBe(lobby.id)
  expect(await storedOf(anna, lobby.id)).toEqual([])
})

test('a private room that was left is forgotten by its name, also after a restart; of two that were called so the ids are told', async () => {
  const story = new Story()
  const anna = await story.enter('Anna')
  const ids: string[] = []
  for (let rooms = 0; rooms < 2; rooms += 1) {
    await found(story, anna)
    ids.push(anna.peer.findRoom('Loft').id)
    await settle(story, anna.peer.leaveRoom('Loft'))
  }
  const [first = '', second = ''] = ids
  await found(story, anna)
  const { id: listed } = anna.peer.findRoom('Loft')
  // That is the one that is meant while it is listed.
  expect(await settle(story, anna.peer.forgetRoom('Loft'))).toBe(listed)
  const again = await restart(story, 'Anna', anna)
  const refused = again.peer.forgetRoom('Loft')
  await expect(refused).rejects.toThrow(/you left more than one room Loft/)
  await expect(refused).rejects.toThrow(first)
  await expect(refused).rejects.toThrow(second)
  expect(await settle(story, again.peer.forgetRoom(first))).toBe(first)
  expect(await settle(story, again.peer.forgetRoom(' loft'))).toBe(second)
  for (const id of [first, second]) expect(await storedOf(again, id)).toEqual([])
  expect((await again.storage.records.list('')).filter(([name]) => name.startsWith('left-name/'))).toEqual([])
  await expect(again.peer.forgetRoom('Loft')).rejects.toThrow(/there is no room/)
})

test('of a private room and an open one left before, both of this name, the one that is listed is meant', async () => {
  const story = new Story()
  const anna = await story.enter('Anna')
  const open = await anna.peer.joinOpenRoom('loft')
  await anna.peer.send('loft', 'hello')
  await anna.peer.leaveRoom(open.id)
  await found(story, anna)
  await settle(story, anna.peer.forgetRoom('Loft'))
  expect(anna.peer.rooms()).toEqual([])
  expect(await storedOf(anna, open.id)).not.toEqual([])
})

test.each(['leaveRoom', 'forgetRoom'] as const)(
  '%s of a room that one was put out of, and asks to come into again, ends both',
  async how => {
    const story = new Story()
    const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
    await found(story, anna)
    const link = await inviteLink(story, anna)
    expect(await join(story, bob, link)).toBe('in')
    await meet(story, anna, bob)
    const { id } = bob.peer.findRoom('Loft')
    await settle(story, anna.peer.privateRooms.remove('Loft', 'Bob'))
    await story.until('Bob is told', () => bob.peer.findRoom('Loft').ended === 'removed')
    expect(await join(story, bob, link)).toMatch(/revoked/)
    await settle<unknown>(story, bob.peer[how](id))
    expect(bob.peer.rooms()).toEqual([])
    expect((await storedOf(bob, id)).length > 0).toBe(how === 'leaveRoom')
    const again = await restart(story, 'Bob', bob)
    expect(again.peer.rooms()).toEqual([])
  }
)

test('what a crash leaves of a forgotten room goes at the next start', async () => {
  const story = new Story()
  const anna = await story.enter('Anna')
  await found(story, anna)
  const { id } = anna.peer.findRoom('Loft')
  const storage: Storage = anna.storage
  const { forget } = storage
  storage.forget = () => Promise.reject(new Error('the power went'))
  await expect(settle(story, anna.peer.forgetRoom('Loft'))).rejects.toThrow('the power went')
  storage.forget = forget
  const again = await story.enter('Anna', storage)
  expect(again.peer.rooms()).toEqual([])
  expect(await storedOf(again, id)).toEqual([])
})

test('the only owner of a room with others in it does not forget it, but of a closed one', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna)
  expect(await join(story, bob, await inviteLink(story, anna))).toBe('in')
  await meet(story, anna, bob)
  await expect(settle(story, anna.peer.forgetRoom('Loft'))).rejects.toThrow(/only owner/)
  expect(anna.peer.findRoom('Loft').members).toBe(2)
  await settle(story, anna.peer.privateRooms.close('Loft'))
  await settle(story, anna.peer.forgetRoom('Loft'))
  expect(anna.peer.rooms()).toEqual([])
})

/** Beside how far the device's own entries are numbered. */
async function storedOf({ storage, peer }: Actor, room: string): Promise<string[]> {
  const names = (await storage.room(room).records.list('')).map(([name]) => name)
  return names.filter(name => name !== `device/${peer.me().device}`)
}

test('who comes back into a room that it forgot goes on counting, and is taken for nobody’s copy', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna)
  expect(await join(story, bob, await inviteLink(story, anna))).toBe('in')
  await meet(story, anna, bob)
  for (const each of [anna, bob]) await each.peer.joinOpenRoom('lobby')
  for (const room of ['Loft', 'lobby']) {
    for (const text of ['one', 'two']) await settle(story, bob.peer.send(room, text))
    await story.until('it is heard', async () => (await transcript(anna, room)).includes('Bob: two'))
    await settle(story, bob.peer.forgetRoom(room))
  }
  expect(await join(story, bob, await inviteLink(story, anna))).toBe('in')
  await bob.peer.joinOpenRoom('lobby')
  for (const room of ['Loft', 'lobby']) {
    // Before anybody could have told it what it said before.
    await settle(story, bob.peer.send(room, 'three'))
    await story.until('it is heard', async () => (await transcript(anna, room)).includes('Bob: three'))
  }
  await story.wait(60_000)
  for (const each of [anna, bob]) expect(eventsOf(each, 'warning')).toEqual([])
})
