import { expect, test } from 'vitest'
import { concatBytes, expectValue, toHex } from '../../src/core/bytes/index.ts'
import { decodeClaim } from '../../src/core/encryption/epochs/index.ts'
import { reopenEntry } from '../../src/core/encryption/index.ts'
import { Insider } from '../support/insider.ts'
import { madeUpId } from '../support/mallory.ts'
import { agree, comeTogether, hears, inviteLink, join, loftWith, restart, say } from '../support/private-story.ts'
import { settle } from '../support/settle.ts'
import { eventsOf, type Actor, type Story } from '../support/story.ts'

/** All epochs that the actor knows, each with the one that it goes on from. */
async function treeOf(story: Story, actor: Actor): Promise<string[]> {
  const nodes = (await Insider.of(story, actor)).room.epochs()?.nodes ?? []
  return nodes.map(({ epoch, began }) => `${epoch} on ${began?.parent}`).toSorted()
}

test('an honest commit that a member claims as its own, with another key, before Cy has it: Cy reads what is said under it', async () => {
  const { story, actors } = await loftWith('Mara', 'Cy')
  await agree(story, ...actors)
  const [anna, mara, cy] = actors as [Actor, Actor, Actor]
  const [dan, link] = [await story.enter('Dan'), await inviteLink(story, anna)]
  await story.until('Cy has it', () => cy.peer.privateRooms.invites('Loft').length > 1)
  const cites = (await (await Insider.of(story, cy)).heads()).slice(0, 16)
  story.network.part([anna.network, mara.network, dan.network], [cy.network])
  expect(await join(story, dan, link)).toBe('in')
  await say(story, anna, 'welcome, Dan')
  for (const each of [mara, dan]) await hears(story, each, 'Anna: welcome, Dan')
  const insider = await Insider.of(story, mara)
  const [newest] = (await insider.commits()).toReversed()
  const key = newest && insider.room.generation(toHex(newest.header.epoch))?.controlKey
  if (newest === undefined || key === undefined) throw new Error('no commit let Dan in')
  const honest = expectValue(decodeClaim(reopenEntry(key, newest).content))
  const other = { ...honest, cites, added: [], welcome: undefined, keyHash: madeUpId() as string }
  const from = story.network.peer('mara by hand')
  story.network.connect(from, cy.network)
  expect(insider.gossip(cy, (await insider.claim(other)).entry, from)).toBe('accept')
  await story.wait(5000)
  story.network.heal()
  await hears(story, cy, 'Anna: welcome, Dan')
  await agree(story, anna, mara, cy)
})

test('one commit that its maker claims in two ways, to Cy as one on the very first epoch: all know the same epochs, and go on from one', async () => {
  const { story, actors } = await loftWith('Mara', 'Bob', 'Cy')
  await agree(story, ...actors)
  const [anna, mara, bob, cy] = actors as [Actor, Actor, Actor, Actor]
  const insider = await Insider.of(story, mara)
  const from = story.network.peer('mara by hand')
  for (const each of [anna, cy]) story.network.connect(from, each.network)
  const { entry } = await insider.commit()
  const key = insider.generation.controlKey
  const honest = expectValue(decodeClaim(reopenEntry(key, entry).content))
  const parent = insider.room.epochs()?.first.epoch ?? honest.parent
  const other = await insider.claim({ ...honest, parent })
  story.network.part([anna.network, bob.network, mara.network], [cy.network])
  expect(insider.gossip(anna, entry, from)).toBe('accept')
  expect(insider.gossip(cy, other.entry, from)).toBe('accept')
  await story.wait(5000)
  story.network.heal()
  await agree(story, anna, bob, cy)
  const [known, ...others] = await Promise.all([anna, bob, cy].map(each => treeOf(story, each)))
  expect(others).toEqual([known, known])
  await comeTogether(story, anna, bob, cy)
  const again = await restart(story, 'Cy', cy)
  await agree(story, anna, bob, again)
  await comeTogether(story, anna, bob, again)
})

test('a peer whose room was stored by a version that named epochs otherwise starts without it', async () => {
  const { story, actors } = await loftWith('Bob')
  const [anna] = actors as [Actor]
  const { id } = anna.peer.findRoom('Loft')
  await settle(story, anna.peer.stop())
  const { records } = anna.storage.room(id)
  for (const [name, value] of await records.list('epoch/node/')) {
    // The hash of the commit, 32 bytes, stood behind the committer's device; what the scheme calls the epoch stood nowhere.
    if (value.length > 100) {
      const old = concatBytes([value.subarray(0, 58), value.subarray(74, 138), new Uint8Array(32), value.subarray(138)])
      await anna.storage.room(id).commit({ records: [{ name, value: old }] })
    }
  }
  const again = await story.enter('Anna', anna.storage)
  expect(again.peer.rooms()).toEqual([])
  const isTold = (actor: Actor): boolean => eventsOf(actor, 'warning').some(({ code }) => code === 'room-outdated')
  expect(isTold(again)).toBe(true)
  await settle(story, again.peer.forgetRoom(id))
  await settle(story, again.peer.stop())
  expect(isTold(await story.enter('Anna', again.storage))).toBe(false)
})
