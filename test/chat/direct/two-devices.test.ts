import { expect, test } from 'vitest'
import { imported } from '../../support/import-device.ts'
import { loftWith } from '../../support/private-story.ts'
import { settle } from '../../support/settle.ts'
import { transcript, type Actor } from '../../support/story.ts'

const directs = ({ peer }: Actor) => peer.rooms().filter(({ direct }) => direct !== undefined)

/** Anna wrote to Bob alone, and he has it. */
async function annaWroteToBob() {
  const { story, actors } = await loftWith('Bob')
  const [anna, bob] = actors as [Actor, Actor]
  const { id } = await settle(story, anna.peer.openDirect('Bob'))
  await settle(story, anna.peer.send(id, 'only for you'))
  await story.until('Bob has it', () => bob.peer.rooms().some(room => room.id === id && room.unread === 1))
  return { story, anna, bob, id, isOf: { direct: bob.peer.me().member, name: 'Bob' } }
}

test('a direct conversation is one at a further device of its member, too, and goes on there', async () => {
  const { story, anna, bob, id, isOf } = await annaWroteToBob()
  const phone = await story.enter('Anna', await imported(story, anna))
  await story.until('the phone is in', () => phone.peer.findRoom(id).role === 'owner')
  expect(directs(phone)).toMatchObject([{ id, ...isOf, members: 2 }])
  expect(await settle(story, phone.peer.openDirect('Bob'))).toMatchObject({ id })
  await settle(story, phone.peer.send(id, 'from the phone'))
  await story.until('Bob has both', async () => (await transcript(bob, id)).length === 2)
  expect(directs(bob)).toHaveLength(1)
  // Whatever the phone was told, the room says the same.
  const records = phone.storage.records
  const stored = JSON.parse(Buffer.from((await records.get(`room/${id}`)) ?? []).toString()) as object
  const plain = { ...stored, direct: undefined, name: 'Direct' }
  await settle(story, phone.peer.stop())
  await records.write([{ name: `room/${id}`, value: Buffer.from(JSON.stringify(plain)) }])
  const again = await story.enter('Anna', phone.storage)
  expect(directs(again)).toMatchObject([{ id, ...isOf }])
  expect(await settle(story, again.peer.openDirect('Bob'))).toMatchObject({ id })
})

test('a device that was taken out of a conversation begins no other with that member', async () => {
  const { story, anna, bob, id } = await annaWroteToBob()
  const phone = await story.enter('Anna', await imported(story, anna))
  await story.until('the phone is in', () => phone.peer.findRoom(id).role === 'owner')
  await settle(story, anna.peer.privateRooms.removeDevice(id, 'Anna', phone.peer.me().device))
  await story.until('the phone knows', () => phone.peer.findRoom(id).ended === 'device-removed')
  await expect(settle(story, phone.peer.openDirect('Bob'))).rejects.toThrow('this device was taken out')
  // Whoever has it can make it forget that, not Bob.
  await settle(story, phone.peer.forgetRoom(id))
  await story.until('the phone is in Loft', () => phone.peer.findRoom('Loft').role !== undefined)
  await settle(story, phone.peer.openDirect(bob.peer.me().member))
  await story.wait(120_000)
  expect(directs(bob)).toMatchObject([{ id, members: 2 }])
})

test('a further device that nobody has let in yet begins no second conversation', async () => {
  const { story, anna, bob, id, isOf } = await annaWroteToBob()
  const storage = await imported(story, anna)
  for (const { peer } of [anna, bob]) await settle(story, peer.stop())
  const phone = await story.enter('Anna', storage)
  expect(directs(phone)).toMatchObject([{ id, ...isOf, joining: expect.any(String) }])
  expect(await settle(story, phone.peer.openDirect('Bob'))).toMatchObject({ id, joining: expect.any(String) })
})
