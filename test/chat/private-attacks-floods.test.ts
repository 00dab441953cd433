import { expect, test } from 'vitest'
import { Insider } from '../support/insider.ts'
import { madeUpId } from '../support/mallory.ts'
import { agree, found, hears, inviteLink, join, meet, restart, roles, say } from '../support/private-story.ts'
import { settle } from '../support/settle.ts'
import { keysThatShutOut } from '../support/splitting-keys.ts'
import { Story, type Actor } from '../support/story.ts'
import type { OperationId } from '../../src/core/encryption/index.ts'
import type { DeviceId } from '../../src/core/identity/index.ts'
import type { Entry } from '../../src/core/log/index.ts'

/** Anna's room with Mara and Cy, and Mara by hand, who is connected to both. */
async function room() {
  const story = new Story()
  const [anna, mara, cy] = [await story.enter('Anna'), await story.enter('Mara'), await story.enter('Cy')]
  await found(story, anna)
  const link = await inviteLink(story, anna)
  for (const each of [mara, cy]) expect(await join(story, each, link)).toBe('in')
  await meet(story, anna, mara, cy)
  await say(story, anna, 'welcome')
  for (const each of [mara, cy]) await hears(story, each, 'Anna: welcome')
  const from = story.network.peer('mara by hand')
  for (const each of [anna, cy]) story.network.connect(from, each.network)
  const insider = await Insider.of(story, mara)
  const send = (entry: Entry, ...to: readonly Actor[]): void => {
    for (const each of to) expect(insider.gossip(each, entry, from)).toBe('accept')
  }
  return { story, anna, mara, cy, insider, send }
}

/** How many of these somebody has stored. */
async function storedOf({ storage, peer }: Actor, entries: readonly Entry[]): Promise<number> {
  const lacking = await storage.room(peer.findRoom('Loft').id).lacking(entries.map(({ id }) => id))
  return entries.length - lacking.length
}

/** Mara goes, for all, and the others go on: now and after a restart. */
/** After a flood somebody asks to be let in, talks, and is removed; resolves with how he came in. */
async function danComesAndGoes(story: Story, anna: Actor, cy: Actor): Promise<string> {
  await story.wait(5000)
  await agree(story, anna, cy)
  const dan = await story.enter('Dan')
  const outcome = await join(story, dan, await inviteLink(story, anna))
  await say(story, anna, 'welcome, Dan')
  await hears(story, dan, 'Anna: welcome, Dan')
  await say(story, dan, 'new here')
  await hears(story, cy, 'Dan: new here')
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Dan'))
  return outcome
}

async function goOnWithoutMara(story: Story, anna: Actor, cy: Actor): Promise<readonly [Actor, Actor]> {
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Mara'))
  await story.until('Mara is gone', async () => (await roles(cy)).length === 2)
  await agree(story, anna, cy)
  const again = [await restart(story, 'Anna', anna), await restart(story, 'Cy', cy)] as const
  await agree(story, ...again)
  expect(await roles(again[1])).toEqual(['Anna: owner', 'Cy: member'])
  return again
}

test('two hundred commits of a member, half of them on one epoch and half on one another, stop nobody', async () => {
  const { story, anna, cy, insider, send } = await room()
  const tip = insider.tip()
  for (let count = 0; count < 100; count += 1) send((await insider.commit({ on: tip })).entry, anna, cy)
  let on: Awaited<ReturnType<Insider['commit']>> | undefined
  for (let count = 0; count < 100; count += 1) {
    on = await insider.commit({ on: on ?? tip })
    send(on.entry, anna, cy)
  }
  expect(await danComesAndGoes(story, anna, cy)).toBe('in')
  await goOnWithoutMara(story, anna, cy)
})

test('commits that wait for what never comes do not have another’s lost that waits beside them', async () => {
  const { story, anna, mara, cy, insider, send } = await room()
  const dan = await story.enter('Dan')
  const link = await inviteLink(story, anna)
  await story.until('Cy has it', () => cy.peer.privateRooms.invites('Loft').length > 1)
  story.network.part([anna.network, dan.network, mara.network], [cy.network])
  expect(await join(story, dan, link)).toBe('in')
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Mara'))
  await say(story, anna, 'without Mara')
  const other = await Insider.of(story, anna)
  const commits = await other.commits()
  const [removal, ...before] = commits.toReversed() as [Entry, ...Entry[]]
  send(removal, cy)
  for (let count = 0; count < 100; count += 1) send(await insider.brokenCommit('parent'), cy)
  for (const entry of before) send(entry, cy)
  await story.wait(5000)
  story.network.heal()
  await hears(story, cy, 'Anna: without Mara')
  await say(story, cy, 'so I hear')
  await hears(story, anna, 'Cy: so I hear')
  expect(await roles(cy)).toEqual(await roles(anna))
})

test('a commit that opens for all but one shuts that one out until another has built on it, and its maker is removed', async () => {
  const { story, anna, cy, insider, send } = await room()
  const device = cy.peer.me().device as DeviceId
  const tip = insider.tip()
  const { entry } = await insider.commit({ on: tip, keys: await keysThatShutOut(device, tip.state) })
  send(entry, anna, cy)
  await story.wait(5000)
  await say(story, cy, 'I am here')
  await hears(story, anna, 'Cy: I am here')
  const [, again] = await goOnWithoutMara(story, anna, cy)
  expect(again.peer.findRoom('Loft')).toMatchObject({ role: 'member', members: 2 })
})

test('sixty operations of a member in a row, beside as many side by side, stop nobody', async () => {
  const { story, anna, cy, insider, send } = await room()
  const parents = await insider.heads()
  let last: OperationId | undefined
  for (let count = 0; count < 60; count += 1) {
    const entry = await insider.device({ parents: last === undefined ? parents : [last], previous: last })
    send(entry, anna, cy)
    last = entry.id as string as OperationId
    send(await insider.device({ parents }), anna, cy)
  }
  expect(await danComesAndGoes(story, anna, cy)).toBe('in')
  await goOnWithoutMara(story, anna, cy)
})

test('of a member who says more than one may each takes other words first: all go on, let somebody in and remove the member', async () => {
  const { story, anna, cy, insider, send } = await room()
  const parents = await insider.heads()
  const idle = {
    kind: 'revoke-device',
    member: insider.member,
    device: madeUpId() as string as DeviceId,
    last: 0
  } as const
  const flood: Entry[] = []
  for (let size = 0; size < 150; size += 1) {
    const [before] = flood.slice(-2)
    const last = before?.id as string | undefined as OperationId | undefined
    flood.push(await insider.operation(idle, { parents: last === undefined ? parents : [last], previous: last }))
    flood.push(await insider.operation(idle, { parents }))
  }
  for (const entry of flood) send(entry, anna)
  for (const entry of flood.toReversed()) send(entry, cy)
  await story.wait(120_000)
  for (const each of [anna, cy]) expect(await storedOf(each, flood)).toBe(256)
  await say(story, cy, 'I am here')
  await hears(story, anna, 'Cy: I am here')
  expect(await danComesAndGoes(story, anna, cy)).toBe('in')
  await goOnWithoutMara(story, anna, cy)
})
