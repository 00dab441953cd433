import { expect, test } from 'vitest'
import type { DeviceId } from '../../src/core/identity/index.ts'
import { askByHand, commitFromOutside, commitHiddenFrom, groupInfoOf } from '../support/commits-by-hand.ts'
import { Insider } from '../support/insider.ts'
import {
  agree,
  comeTogether,
  epochOf,
  hears,
  inviteLink,
  loftWith,
  join,
  meet,
  restart,
  roles,
  say
} from '../support/private-story.ts'
import { settle } from '../support/settle.ts'
import { transcript, type Actor } from '../support/story.ts'

function deviceOf({ identity }: Insider): DeviceId {
  return identity.certificate.device
}

test('a removed member with the group info of now, from an accomplice, and of before does not get in from outside', async () => {
  const { story, actors } = await loftWith('Mara', 'Cy')
  await agree(story, ...actors)
  const [anna, mara, cy] = actors as [Actor, Actor, Actor]
  const insider = await Insider.of(story, mara)
  const cites = (await insider.heads()).slice(0, 16)
  const [before, parent] = [await groupInfoOf(insider), insider.sealingEpoch()]
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Mara'))
  await story.until('Mara is gone', async () => (await roles(cy)).length === 2)
  await story.until('Mara is told', () => mara.peer.findRoom('Loft').ended === 'removed')
  await settle(story, mara.peer.stop())
  await agree(story, anna, cy)
  const epoch = await comeTogether(story, anna, cy)
  const leaked = await groupInfoOf(await Insider.of(story, cy))
  const self = deviceOf(insider)
  const adding = await commitFromOutside(insider, leaked, { parent: epoch, cites, added: [self] })
  const made = [
    adding,
    await commitFromOutside(insider, leaked, { parent: epoch, cites, added: [] }),
    await commitFromOutside(insider, before, { parent, cites, added: [] })
  ]
  const from = story.network.peer('mara by hand')
  for (const each of [anna, cy]) story.network.connect(from, each.network)
  for (const { entry } of made) for (const each of [anna, cy]) insider.gossip(each, entry, from)
  await story.wait(60_000)
  await agree(story, anna, cy)
  for (const each of [anna, cy]) {
    const { room: held } = await Insider.of(story, each)
    expect(held.sealingEpoch()).toBe(epoch)
    const nodes = held.epochs()?.nodes ?? []
    expect(nodes.map(node => node.epoch)).not.toContain(adding.epoch)
    expect(nodes.find(node => node.epoch === epoch)?.state?.devices).not.toContain(self)
  }
  // They go on from where they were.
  const eve = await story.enter('Eve')
  expect(await join(story, eve, await inviteLink(story, anna))).toBe('in')
  await meet(story, anna, cy, eve)
  await agree(story, anna, cy)
  await say(story, anna, 'without Mara')
  await hears(story, eve, 'Anna: without Mara')
})

test('a removed member who asks for keys is given none; a member is given those of when it was in, and no others', async () => {
  const { story, actors } = await loftWith('Mara', 'Cy')
  await agree(story, ...actors)
  const [anna, mara, cy] = actors as [Actor, Actor, Actor]
  const insider = await Insider.of(story, mara)
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Mara'))
  await story.until('Mara is gone', async () => (await roles(cy)).length === 2)
  await settle(story, mara.peer.stop())
  const eve = await story.enter('Eve')
  expect(await join(story, eve, await inviteLink(story, anna))).toBe('in')
  await meet(story, anna, cy, eve)
  await agree(story, anna, cy)
  await say(story, eve, 'new here')
  for (const each of [anna, cy]) await hears(story, each, 'Eve: new here')
  const [annas, eves] = [await Insider.of(story, anna), await Insider.of(story, eve)]
  const epochs = [...annas.room.contentKeys().keys()]
  const [from, other] = [story.network.peer('mara by hand'), story.network.peer('eve by hand')]
  for (const each of [from, other]) story.network.connect(each, anna.network)
  expect(await askByHand(story, insider, from, anna, { isBehind: true, epochs })).toBeUndefined()
  const given = await askByHand(story, eves, other, anna, { isBehind: true, epochs })
  expect(given?.groupInfo).toBeDefined()
  expect([...(given?.contentKeys.keys() ?? [])]).toEqual([eves.sealingEpoch()])
  expect(epochs.length).toBeGreaterThan(2)
  // Where the room shows everybody all of it, it is theirs.
  await settle(story, anna.peer.setRoom('Loft', 'history', 'all'))
  const all = await askByHand(story, eves, other, anna, { isBehind: false, epochs })
  expect([...(all?.contentKeys.keys() ?? [])]).toEqual(epochs)
  expect(all?.groupInfo).toBeUndefined()
  expect(await askByHand(story, insider, from, anna, { isBehind: true, epochs })).toBeUndefined()
})

test('a commit of a member that opens for all but Cy: Cy goes on from what opens, and is back once another has built on it', async () => {
  const { story, actors } = await loftWith('Mara', 'Bob', 'Cy')
  await agree(story, ...actors)
  const [anna, mara, bob, cy] = actors as [Actor, Actor, Actor, Actor]
  const insider = await Insider.of(story, mara)
  await settle(story, mara.peer.stop())
  const before = await comeTogether(story, anna, bob, cy)
  const hidden = await commitHiddenFrom(insider, [deviceOf(await Insider.of(story, cy))])
  const from = story.network.peer('mara by hand')
  for (const each of [anna, bob, cy]) story.network.connect(from, each.network)
  for (const each of [anna, bob, cy]) expect(insider.gossip(each, hidden.entry, from)).toBe('accept')
  await story.until('it wins', async () => (await epochOf(story, anna)) === hidden.epoch)
  expect(await epochOf(story, cy)).toBe(before)
  await say(story, cy, 'I go on')
  for (const each of [anna, bob]) await hears(story, each, 'Cy: I go on')
  // Mara alone does not draw Cy there.
  await story.wait(60_000)
  expect(await epochOf(story, cy)).toBe(before)
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Mara'))
  await say(story, anna, 'built on it')
  for (const each of [bob, cy]) await hears(story, each, 'Anna: built on it')
  const now = await comeTogether(story, anna, bob, cy)
  expect([before, hidden.epoch]).not.toContain(now)
  await agree(story, anna, bob, cy)
  const again = await restart(story, 'Cy', cy)
  await agree(story, anna, bob, again)
  expect(await transcript(again, 'Loft')).toEqual(await transcript(anna, 'Loft'))
})
