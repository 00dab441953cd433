import { expect, test } from 'vitest'
import {
  agree,
  found,
  hears,
  inviteLink,
  join,
  meet,
  meetAgain,
  roles,
  say,
  sleepApart
} from '../support/private-story.ts'
import { Insider } from '../support/insider.ts'
import { settle } from '../support/settle.ts'
import { Story, transcript, type Actor } from '../support/story.ts'

const DAY = 24 * 3_600_000
/** Longer than any state is kept that is gone on from elsewhere. */
const LONG = 15 * DAY

/** Anna's room with these admins, and with some members who are away from then on. */
async function room(admins: readonly string[], away: readonly string[]) {
  const story = new Story()
  const anna = await story.enter('Anna')
  await found(story, anna)
  const links = [await inviteLink(story, anna, { role: 'admin' }), await inviteLink(story, anna)] as const
  const others: Actor[] = []
  for (const name of admins) {
    const each = await story.enter(name)
    expect(await join(story, each, links[0])).toBe('in')
    others.push(each)
  }
  const gone: Actor[] = []
  for (const name of away) {
    const each = await story.enter(name)
    expect(await join(story, each, links[1])).toBe('in')
    gone.push(each)
  }
  await meet(story, anna, ...others, ...gone)
  await say(story, anna, 'welcome')
  for (const each of [...others, ...gone]) await hears(story, each, 'Anna: welcome')
  for (const { peer } of gone) await settle(story, peer.stop())
  return { story, anna, others }
}

async function remove(story: Story, by: Actor, name: string): Promise<void> {
  await settle(story, by.peer.privateRooms.remove('Loft', name))
}

/** What is said now opens by keys that all have by themselves. */
async function comeTogether(story: Story, ...actors: readonly Actor[]): Promise<void> {
  await story.until('all seal under one epoch', async () => {
    const insiders = await Promise.all(actors.map(each => Insider.of(story, each)))
    return new Set(insiders.map(({ room }) => room.sealingEpoch() ?? room)).size === 1
  })
}

test('Cy, who changed the keys alone and was away for longer than any state is kept, comes back by himself; all read all', async () => {
  const { story, anna, others } = await room(['Bob', 'Cy'], ['Mara', 'Nils', 'Ole'])
  const [bob, cy] = others as [Actor, Actor]
  story.network.part([anna.network, bob.network], [cy.network])
  await remove(story, cy, 'Mara')
  await say(story, cy, 'alone')
  await remove(story, anna, 'Nils')
  await story.until('Bob knows', async () => !(await roles(bob)).includes('Nils: member'))
  await remove(story, bob, 'Ole')
  await say(story, bob, 'without Cy')
  await hears(story, anna, 'Bob: without Cy')
  const woken = await sleepApart(story, LONG, ['Anna', anna], ['Bob', bob], ['Cy', cy])
  meetAgain(story)
  for (const each of woken) {
    await hears(story, each, 'Bob: without Cy')
    await hears(story, each, 'Cy: alone')
  }
  await comeTogether(story, ...woken)
  await agree(story, ...woken)
  for (const each of woken) expect(await roles(each)).toEqual(['Anna: owner', 'Bob: admin', 'Cy: admin'])
  expect((await transcript(woken[2] as Actor, 'Loft')).slice(0, 3)).toEqual([
    'Anna: welcome',
    'Cy: alone',
    'Bob: without Cy'
  ])
})
