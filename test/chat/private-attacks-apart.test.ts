import { expect, test } from 'vitest'
import { agree, found, hears, inviteLink, join, meet, restart, roles, say } from '../support/private-story.ts'
import { settle } from '../support/settle.ts'
import { Story, transcript, type Actor } from '../support/story.ts'

/** Anna's room with these admins. */
async function room(...names: readonly string[]): Promise<{ story: Story; anna: Actor; others: Actor[] }> {
  const story = new Story()
  const anna = await story.enter('Anna')
  const others: Actor[] = []
  for (const name of names) others.push(await story.enter(name))
  await found(story, anna)
  const link = await inviteLink(story, anna, { role: 'admin' })
  for (const each of others) expect(await join(story, each, link)).toBe('in')
  await meet(story, anna, ...others)
  await say(story, anna, 'welcome')
  for (const each of others) await hears(story, each, 'Anna: welcome')
  return { story, anna, others }
}

function networksOf(...actors: readonly Actor[]) {
  return actors.map(({ network }) => network)
}

test('an invite for one, spent in two parts of the room: one of the two stays, and all agree on which', async () => {
  const { story, anna, others } = await room('Bob')
  const [bob] = others as [Actor]
  const link = await inviteLink(story, anna, { uses: 1 })
  await story.until('Bob has it', () => bob.peer.privateRooms.invites('Loft').some(({ uses }) => uses === 1))
  const [cy, dan] = [await story.enter('Cy'), await story.enter('Dan')]
  story.network.part(networksOf(anna, cy), networksOf(bob, dan))
  expect(await join(story, cy, link)).toBe('in')
  expect(await join(story, dan, link)).toBe('in')
  await story.until('each part knows its own', () => [cy, dan].every(({ peer }) => peer.findRoom('Loft').members === 3))
  await say(story, cy, 'Cy is in')
  await say(story, dan, 'Dan is in')
  story.network.heal()
  await story.until('both parts agree', async () => {
    const [here, there] = [await roles(anna), await roles(bob)]
    return here.length === 3 && here.join() === there.join()
  })
  const [stays, goes] = (await roles(anna)).includes('Cy: member') ? [cy, dan] : [dan, cy]
  await story.until('whoever goes is told', () => goes.peer.findRoom('Loft').ended === 'removed')
  await say(story, anna, 'now')
  for (const each of [bob, stays]) await hears(story, each, 'Anna: now')
  await agree(story, anna, bob)
  expect(await transcript(goes, 'Loft')).not.toContain('Anna: now')
  await expect(settle(story, goes.peer.send('Loft', 'and me?'))).rejects.toThrow(/not in this room any more/)
  expect(await join(story, goes, await inviteLink(story, anna))).toBe('in')
  await say(story, anna, 'welcome back')
  await hears(story, goes, 'Anna: welcome back')
})

test('an invite that was revoked in one part of the room lets in in the other: whoever revoked it is shown who came', async () => {
  const { story, anna, others } = await room('Bob')
  const [bob] = others as [Actor]
  const link = await inviteLink(story, anna, { uses: 1 })
  await story.until('Bob has it', () => bob.peer.privateRooms.invites('Loft').some(({ uses }) => uses === 1))
  const cy = await story.enter('Cy')
  story.network.part(networksOf(anna), networksOf(bob, cy))
  await settle(story, anna.peer.privateRooms.revoke(link))
  expect(await join(story, cy, link)).toBe('in')
  story.network.heal()
  await meet(story, anna, bob, cy)
  const uninvited = async ({ peer }: Actor) =>
    (await peer.members('Loft')).filter(each => each.uninvited === true).map(each => each.member)
  expect(await uninvited(anna)).toEqual([cy.peer.me().member])
  expect(await uninvited(bob)).toEqual([])
})

test('two admins who remove each other: one stays, and all agree on which', async () => {
  const { story, anna, others } = await room('Bob', 'Cy')
  const [bob, cy] = others as [Actor, Actor]
  story.network.part(networksOf(bob), networksOf(cy), networksOf(anna))
  // Admins may not remove one another: owners may.
  for (const [by, of] of [
    [bob, 'Cy'],
    [cy, 'Bob']
  ] as const)
    await expect(settle(story, by.peer.privateRooms.remove('Loft', of))).rejects.toThrow(
      /an admin may only with members and observers/
    )
  story.network.heal()
  for (const name of ['Bob', 'Cy']) await settle(story, anna.peer.privateRooms.setRole('Loft', name, 'owner'))
  await story.until('they know', () => [bob, cy].every(({ peer }) => peer.findRoom('Loft').role === 'owner'))
  await agree(story, anna, bob, cy)
  story.network.part(networksOf(bob), networksOf(cy), networksOf(anna))
  await settle(story, bob.peer.privateRooms.remove('Loft', 'Cy'))
  await settle(story, cy.peer.privateRooms.remove('Loft', 'Bob'))
  await say(story, bob, 'I stay')
  await say(story, cy, 'no, I do')
  story.network.heal()
  await story.until('one is told', () => [bob, cy].some(({ peer }) => peer.findRoom('Loft').ended === 'removed'))
  const [stays, goes] = bob.peer.findRoom('Loft').ended === undefined ? [bob, cy] : [cy, bob]
  await story.until('Anna knows', async () => (await roles(anna)).length === 2)
  await agree(story, anna, stays)
  await say(story, anna, 'without one')
  await story.wait(60_000)
  expect(await transcript(goes, 'Loft')).not.toContain('Anna: without one')
  expect(await roles(anna)).toEqual(await roles(stays))
})

test('a removal that one part did not know of: what was said there meanwhile counts for nobody, and all go on', async () => {
  const { story, anna, others } = await room('Mara', 'Cy')
  const [mara, cy] = others as [Actor, Actor]
  story.network.part(networksOf(anna), networksOf(mara, cy))
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Mara'))
  await say(story, mara, 'said to Cy alone')
  await hears(story, cy, 'Mara: said to Cy alone')
  await say(story, cy, 'I hear you')
  story.network.heal()
  await story.until('Cy knows', () => cy.peer.findRoom('Loft').members === 2)
  await hears(story, anna, 'Cy: I hear you')
  await say(story, anna, 'go on')
  await hears(story, cy, 'Anna: go on')
  // What Cy says stands above what Mara said, not knowing of the removal: nothing is missing for that.
  const dan = await story.enter('Dan')
  expect(await join(story, dan, await inviteLink(story, anna, { uses: 1 }))).toBe('in')
  await story.until('all know Dan', () => [anna, cy, dan].every(({ peer }) => peer.findRoom('Loft').members === 3))
  await say(story, anna, 'welcome, Dan')
  await hears(story, dan, 'Anna: welcome, Dan')
  await say(story, dan, 'new here')
  for (const each of [anna, cy]) await hears(story, each, 'Dan: new here')
  const again = [await restart(story, 'Anna', anna), await restart(story, 'Cy', cy)] as const
  for (const each of again) {
    const lines = ['Anna: welcome', 'Cy: I hear you', 'Anna: go on', 'Anna: welcome, Dan', 'Dan: new here']
    expect(await transcript(each, 'Loft')).toEqual(lines)
    expect(await roles(each)).toEqual(['Anna: owner', 'Cy: admin', 'Dan: member'])
  }
  await agree(story, ...again)
})

test('parts that change the keys by themselves come together again, with all that was said in each', async () => {
  const { story, anna, others } = await room('Bob', 'Cy', 'Dan')
  const [bob, cy, dan] = others as [Actor, Actor, Actor]
  story.network.part(networksOf(anna, bob), networksOf(cy, dan))
  await settle(story, anna.peer.privateRooms.setRole('Loft', 'Bob', 'observer'))
  await settle(story, anna.peer.privateRooms.setRole('Loft', 'Bob', 'member'))
  const [eve, fay] = [await story.enter('Eve'), await story.enter('Fay')]
  story.network.part(networksOf(anna, bob, eve), networksOf(cy, dan, fay))
  expect(await join(story, eve, await inviteLink(story, anna))).toBe('in')
  expect(await join(story, fay, await inviteLink(story, cy))).toBe('in')
  await say(story, bob, 'here')
  await say(story, dan, 'there')
  story.network.heal()
  await meet(story, anna, bob, cy, dan, eve, fay)
  for (const each of [anna, bob, cy, dan])
    for (const line of ['Bob: here', 'Dan: there']) await hears(story, each, line)
  await agree(story, anna, bob, cy, dan)
  for (const each of [eve, fay]) await hears(story, each, 'Dan: still here 3')
  for (const each of [eve, fay]) await say(story, each, 'new here')
  for (const each of [anna, dan]) for (const name of ['Eve', 'Fay']) await hears(story, each, `${name}: new here`)
})
