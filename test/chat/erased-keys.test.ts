import { expect, test } from 'vitest'
import type { EntryStore, Storage } from '../../src/core/log/index.ts'
import { EPOCH_SECRETS } from '../../src/core/encryption/index.ts'
import {
  agree,
  epochOf,
  found,
  hears,
  inviteLink,
  join,
  meet,
  meetAgain,
  restart,
  say
} from '../support/private-story.ts'
import { settle } from '../support/settle.ts'
import { Story, transcript, type Actor } from '../support/story.ts'

const DAY = 24 * 3_600_000

/** Anna and Bob in a room, where Anna keeps messages for so long; `before` is the epoch in which they said something. */
async function pair(retention: string) {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna)
  expect(await join(story, bob, await inviteLink(story, anna))).toBe('in')
  await meet(story, anna, bob)
  await settle(story, anna.peer.setRoom('Loft', 'retention', retention))
  await say(story, bob, 'early')
  await hears(story, anna, 'Bob: early')
  const before = await epochOf(story, anna)
  if (before === undefined) throw new Error('nothing may be sealed')
  return { story, anna, bob, before }
}

/** The room goes on to another epoch. */
async function letIn(story: Story, by: Actor, name: string): Promise<Actor> {
  const other = await story.enter(name)
  expect(await join(story, other, await inviteLink(story, by))).toBe('in')
  await story.until('they are in', async () => (await epochOf(story, other)) !== undefined)
  return other
}

async function sleep(story: Story, days: number, ...actors: readonly Actor[]): Promise<void> {
  for (const { peer } of actors) await settle(story, peer.stop())
  story.clock.advance(days * DAY)
}

/** Epochs of which the content key is stored. */
async function keysOf({ storage, peer }: Actor): Promise<string[]> {
  const rows = await storage.room(peer.findRoom('Loft').id).records.list(`${EPOCH_SECRETS}content/`)
  return rows.map(([name]) => name.slice(name.lastIndexOf('/') + 1))
}

test('a content key goes with the last of what it opens, and is not taken from others again', async () => {
  const { story, anna, bob, before } = await pair('20d')
  const cy = await letIn(story, anna, 'Cy')
  await say(story, anna, 'later')
  for (const each of [bob, cy]) await hears(story, each, 'Anna: later')
  const now = await epochOf(story, anna)
  await sleep(story, 19, anna, bob, cy)
  const first = await story.enter('Anna', anna.storage)
  expect(await keysOf(first)).toContain(before)
  await sleep(story, 2, first)
  const again = await story.enter('Anna', anna.storage)
  expect(await keysOf(again)).not.toContain(before)
  // The newest is kept, though nothing that it opens is.
  expect(await keysOf(again)).toEqual([now])
  expect(await transcript(again, 'Loft')).toEqual([])
  // Bob has all that was said, and would give the key.
  const others = [await story.enter('Bob', bob.storage), await story.enter('Cy', cy.storage)]
  for (const [index, each] of [again, ...others].entries()) await say(story, each, `here again ${index}`)
  for (const each of [again, ...others]) await hears(story, each, 'Cy: here again 2')
  await story.wait(5 * 60_000)
  expect(await keysOf(again)).toEqual([now])
  expect(await keysOf(others[0] as Actor)).toContain(before)
  expect(await transcript(others[0] as Actor, 'Loft')).toContain('Bob: early')
})

test('the keys of single messages that a newcomer was given go with these', async () => {
  const story = new Story()
  const [anna, bob] = [await story.enter('Anna'), await story.enter('Bob')]
  await found(story, anna, 2)
  for (const text of ['one', 'two', 'three']) await say(story, anna, text)
  await story.wait(DAY)
  await say(story, anna, 'a day later')
  expect(await join(story, bob, await inviteLink(story, anna))).toBe('in')
  await hears(story, bob, 'Anna: a day later')
  expect(await transcript(bob, 'Loft')).toEqual(['Anna: three', 'Anna: a day later'])
  const { records } = bob.storage.room(bob.peer.findRoom('Loft').id)
  const sizeOfKeys = async (): Promise<number> => (await records.get('control/handed-bodies'))?.length ?? 0
  const ofBoth = await sizeOfKeys()
  await settle(story, bob.peer.setRoom('Loft', 'retention', '20d'))
  for (const left of [1 / 2, 0]) {
    await sleep(story, left === 0 ? 1 : 19.5, bob)
    const again = await story.enter('Bob', bob.storage)
    expect(await transcript(again, 'Loft')).toEqual(left === 0 ? [] : ['Anna: a day later'])
    expect(await sizeOfKeys()).toBe(ofBoth * left)
    await settle(story, again.peer.stop())
  }
})

test('who was apart and comes back within the time for which states are kept is read, however short messages are kept', async () => {
  const { story, anna, bob, before } = await pair('1d')
  story.network.part([anna.network], [bob.network])
  await letInApart(story, anna)
  await sleep(story, 10, anna, bob)
  story.network.discovery = false
  const [anna2, bob2] = [await story.enter('Anna', anna.storage), await story.enter('Bob', bob.storage)]
  await say(story, bob2, 'alone')
  expect(await keysOf(anna2)).toContain(before)
  meetAgain(story)
  await hears(story, anna2, 'Bob: alone')
})

test('who comes back later is read, too: the key is had from them', async () => {
  const { story, anna, bob, before } = await pair('1d')
  story.network.part([anna.network], [bob.network])
  await letInApart(story, anna)
  await sleep(story, 20, anna, bob)
  story.network.discovery = false
  const [anna2, bob2] = [await story.enter('Anna', anna.storage), await story.enter('Bob', bob.storage)]
  await say(story, bob2, 'alone')
  expect(await keysOf(anna2)).not.toContain(before)
  meetAgain(story)
  await hears(story, anna2, 'Bob: alone')
  expect(await keysOf(anna2)).toContain(before)
  await agree(story, anna2)
})

/** Whoever comes in by Anna goes again at once: it is about the epoch that began. */
async function letInApart(story: Story, anna: Actor): Promise<void> {
  const cy = await letIn(story, anna, 'Cy')
  await settle(story, cy.peer.stop())
}

test('what a crash leaves in the files goes at the next start', async () => {
  const { story, anna, bob, before } = await pair('20d')
  const cy = await letIn(story, anna, 'Cy')
  await sleep(story, 21, anna, bob, cy)
  const { id } = anna.peer.findRoom('Loft')
  const purged: string[] = []
  let hasPower = false
  const store = new Proxy(anna.storage.room(id), {
    get(target, name: keyof EntryStore) {
      if (name !== 'purge') return target[name]
      return async (prefix: string) => {
        if (!hasPower) throw new Error('the power went')
        purged.push(prefix)
      }
    }
  })
  const storage: Storage = { ...anna.storage, room: room => (room === id ? store : anna.storage.room(room)) }
  await expect(story.enter('Anna', storage)).rejects.toThrow('the power went')
  hasPower = true
  const again = await story.enter('Anna', storage)
  // The first start got as far as that.
  expect(purged).toContain(EPOCH_SECRETS)
  expect(await keysOf(again)).not.toContain(before)
  purged.length = 0
  await restart(story, 'Anna', again)
  expect(purged).toEqual([])
})
