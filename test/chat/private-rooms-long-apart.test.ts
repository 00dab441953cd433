import { expect, test } from 'vitest'
import {
  agree,
  comeTogether,
  epochOf,
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
import { eventsOf, Story, transcript, type Actor } from '../support/story.ts'
import { skipTime } from '../support/virtual-clock.ts'

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

test('who was removed while apart for long does not come back: told so, and given nothing of what was said meanwhile', async () => {
  const { story, anna, others } = await room(['Bob', 'Cy'], ['Mara'])
  const [bob, cy] = others as [Actor, Actor]
  story.network.part([anna.network, bob.network], [cy.network])
  await remove(story, cy, 'Mara')
  await say(story, cy, 'alone')
  await remove(story, anna, 'Cy')
  await say(story, bob, 'without Cy')
  await hears(story, anna, 'Bob: without Cy')
  const woken = await sleepApart(story, LONG, ['Anna', anna], ['Bob', bob], ['Cy', cy])
  const [anna2, bob2, cy2] = woken as [Actor, Actor, Actor]
  const before = await epochOf(story, anna2)
  meetAgain(story)
  await story.until('Cy is told', () => cy2.peer.findRoom('Loft').ended === 'removed')
  await agree(story, anna2, bob2)
  await skipTime(story.clock, 12 * 60_000)
  await agree(story, anna2, bob2)
  expect(await comeTogether(story, anna2, bob2)).toBe(before)
  expect(await roles(anna2)).not.toContain('Cy: admin')
  expect((await transcript(cy2, 'Loft')).filter(line => /without Cy|still here/.test(line))).toEqual([])
  expect(await transcript(anna2, 'Loft')).not.toContain('Cy: alone')
  const { room: held } = await Insider.of(story, cy2)
  for (const epoch of [before, await epochOf(story, bob2)]) expect(epoch && held.contentKey(epoch)).toBeUndefined()
})

test('two who were apart for longer than states are kept read each other at once, and share keys after a while', async () => {
  const { story, anna, others } = await room(['Cy'], ['Mara', 'Nils'])
  const [cy] = others as [Actor]
  story.network.part([anna.network], [cy.network])
  await remove(story, cy, 'Mara')
  await say(story, cy, 'alone')
  await remove(story, anna, 'Nils')
  await say(story, anna, 'alone, too')
  const woken = await sleepApart(story, LONG, ['Anna', anna], ['Cy', cy])
  meetAgain(story)
  for (const each of woken) for (const line of ['Cy: alone', 'Anna: alone, too']) await hears(story, each, line)
  await agree(story, ...woken)
  // There is nobody else who could build on what wins.
  await comeTogether(story, ...woken)
  await agree(story, ...woken)
  for (const each of woken) expect(await roles(each)).toEqual(['Anna: owner', 'Cy: admin'])
})

test('each part let somebody in and was away for long: all come together, and newcomers read what was said where they were', async () => {
  const { story, anna, others } = await room(['Bob', 'Cy', 'Dan'], ['Mara', 'Nils'])
  const [bob, cy, dan] = others as [Actor, Actor, Actor, Actor]
  const [eve, fay] = [await story.enter('Eve'), await story.enter('Fay')]
  story.network.part([anna.network, bob.network, eve.network], [cy.network, dan.network, fay.network])
  expect(await join(story, eve, await inviteLink(story, anna))).toBe('in')
  expect(await join(story, fay, await inviteLink(story, cy))).toBe('in')
  await remove(story, bob, 'Mara')
  await remove(story, dan, 'Nils')
  const [here, there] = [
    [anna, bob, eve],
    [cy, dan, fay]
  ] as const
  await say(story, bob, 'here')
  for (const each of here) await hears(story, each, 'Bob: here')
  await say(story, dan, 'there')
  for (const each of there) await hears(story, each, 'Dan: there')
  const names = ['Anna', 'Bob', 'Cy', 'Dan', 'Eve', 'Fay'] as const
  const actors = [anna, bob, cy, dan, eve, fay] as const
  const woken = await sleepApart(story, LONG, ...names.map((name, index) => [name, actors[index] as Actor] as const))
  meetAgain(story)
  const [eve2, fay2] = woken.slice(4) as [Actor, Actor]
  for (const each of woken.slice(0, 4)) {
    await hears(story, each, 'Bob: here')
    await hears(story, each, 'Dan: there')
  }
  await comeTogether(story, ...woken)
  await agree(story, ...woken.slice(0, 4))
  for (const each of [eve2, fay2]) await say(story, each, 'new here')
  for (const each of woken) for (const name of ['Eve', 'Fay']) await hears(story, each, `${name}: new here`)
  // What was said where they were not is not theirs: the room shows newcomers what is said since they came.
  expect(await transcript(eve2, 'Loft')).toContain('Bob: here')
  expect(await transcript(eve2, 'Loft')).not.toContain('Dan: there')
  expect(await transcript(fay2, 'Loft')).toContain('Dan: there')
  expect(await transcript(fay2, 'Loft')).not.toContain('Bob: here')
  for (const each of woken) expect(await roles(each)).toHaveLength(6)
})

test('whose stored states do not open any more, as after a new version, comes back by itself and has missed nothing', async () => {
  const { story, anna, others } = await room(['Bob', 'Cy'], [])
  const [bob, cy] = others as [Actor, Actor]
  await say(story, cy, 'before')
  for (const each of [anna, bob]) await hears(story, each, 'Cy: before')
  await settle(story, cy.peer.stop())
  const { records } = cy.storage.room(anna.peer.findRoom('Loft').id)
  const states = await records.list('epoch/state/')
  expect(states.length).toBeGreaterThan(0)
  await cy.storage.room(anna.peer.findRoom('Loft').id).commit({
    records: states.map(([name]) => ({ name, value: new Uint8Array(64) }))
  })
  await say(story, bob, 'meanwhile')
  const again = await story.enter('Cy', cy.storage)
  for (const line of ['Cy: before', 'Bob: meanwhile']) await hears(story, again, line)
  await comeTogether(story, anna, bob, again)
  await agree(story, anna, bob, again)
})

test('who was away for more commits than are remembered while they wait follows them all from the log', async () => {
  const { story, anna, others } = await room(['Abe'], [])
  // His PeerId is the lower one: he drives the sync, and is given the newest first.
  const [abe] = others as [Actor]
  for (const { peer } of [anna, abe]) await settle(story, peer.stop())
  await Insider.admitMany(story, anna, 70)
  story.clock.advance(LONG)
  const again = [await story.enter('Anna', anna.storage), await story.enter('Abe', abe.storage)] as const
  await say(story, again[0], 'after many')
  await hears(story, again[1], 'Anna: after many')
  expect(again[1].peer.findRoom('Loft').members).toBe(72)
  await comeTogether(story, ...again)
  // Each follows from the one before: none of that is a reason to come back.
  const { room: held, identity } = await Insider.of(story, again[1])
  const devices = (held.epochs()?.nodes ?? []).map(({ began }) => began?.device)
  expect(devices).toHaveLength(72)
  expect(devices).not.toContain(identity.certificate.device)
})

test('who missed more removals than are met by comes back by forgetting the room, and a new invite', async () => {
  const { story, anna, others } = await room(['Bob', 'Cy'], ['Mara', 'Nils', 'Ole', 'Pia', 'Quinn'])
  const [bob, cy] = others as [Actor, Actor]
  story.network.part([anna.network, bob.network], [cy.network])
  for (const name of ['Mara', 'Nils', 'Ole', 'Pia', 'Quinn']) await remove(story, anna, name)
  await say(story, bob, 'without Cy')
  await hears(story, anna, 'Bob: without Cy')
  meetAgain(story)
  await story.wait(10 * 60_000)
  expect((await roles(cy)).length).toBeGreaterThan(3)
  await settle(story, cy.peer.forgetRoom('Loft'))
  expect(await join(story, cy, await inviteLink(story, anna))).toBe('in')
  await say(story, anna, 'welcome back')
  await hears(story, cy, 'Anna: welcome back')
  await comeTogether(story, anna, bob, cy)
  await say(story, cy, 'at last')
  await hears(story, bob, 'Cy: at last')
  expect(await roles(cy)).toEqual(['Anna: owner', 'Bob: admin', 'Cy: admin'])
  expect(eventsOf(anna, 'warning').concat(eventsOf(cy, 'warning'))).toEqual([])
})
