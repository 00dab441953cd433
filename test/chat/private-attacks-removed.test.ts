import { expect, test } from 'vitest'
import { NotAllowedError, systemRandom } from '../../src/core/bytes/index.ts'
import { agree, hears, inviteLink, join, loftWith, restart, roles, say } from '../support/private-story.ts'
import { copyOf, Insider } from '../support/insider.ts'
import { madeUpId } from '../support/mallory.ts'
import { settle } from '../support/settle.ts'
import type { OperationId } from '../../src/core/encryption/index.ts'
import type { Identity, MemberId } from '../../src/core/identity/index.ts'
import { identityOf } from '../support/cast.ts'
import { eventsOf, transcript, type Actor, type Story } from '../support/story.ts'
import type { VirtualPeer } from '../support/virtual-network.ts'

async function remove(story: Story, by: Actor, name: string, options: { ban?: boolean } = {}): Promise<void> {
  await settle(story, by.peer.privateRooms.remove('Loft', name, options))
}

async function removeForAll(story: Story, by: Actor, name: string, ...others: readonly Actor[]): Promise<void> {
  await remove(story, by, name)
  await knowsOfNone(story, name, by, ...others)
}

async function makeAdmin(story: Story, by: Actor, name: string, who: Actor): Promise<void> {
  await settle(story, by.peer.privateRooms.setRole('Loft', name, 'admin'))
  await story.until(`${name} is admin`, () => who.peer.findRoom('Loft').role === 'admin')
}

/** Mara, whose program has stopped, by hand and connected to these. */
async function byHand(story: Story, mara: Actor, ...to: readonly Actor[]): Promise<VirtualPeer> {
  await settle(story, mara.peer.stop())
  const from = story.network.peer('mara')
  for (const each of to) story.network.connect(from, each.network)
  return from
}

async function knowsOfNone(story: Story, name: string, ...actors: readonly Actor[]): Promise<void> {
  await story.until(`${name} is gone for all`, async () => {
    const all = await Promise.all(actors.map(roles))
    return all.every(each => !each.some(line => line.startsWith(name)))
  })
}

async function saysBefore(story: Story, mara: Actor, ...others: readonly Actor[]): Promise<void> {
  await say(story, mara, 'before')
  for (const each of others) await hears(story, each, 'Mara: before')
}

test('a removed member who speaks by hand under the old keys is heard by nobody, and reads nothing of after', async () => {
  const { story, actors } = await loftWith('Mara', 'Cy')
  const [anna, mara, cy] = actors as [Actor, Actor, Actor]
  await saysBefore(story, mara, anna, cy)
  const insider = await Insider.of(story, mara)
  await removeForAll(story, anna, 'Mara', cy)
  await story.until('Mara is told', () => mara.peer.findRoom('Loft').ended === 'removed')
  await agree(story, anna, cy)
  const from = await byHand(story, mara, anna)
  const late = await insider.message('after the removal')
  const backdated = await insider.message('backdated', { clock: { ms: story.clock.now() - 60_000, counter: 0 } })
  for (const entry of [late, backdated]) {
    expect(insider.gossip(anna, entry, from)).toBe('ignore')
    // Cy passes it on where Mara cannot: then it is judged by whose it is.
    const accomplice = await Insider.of(story, cy)
    expect(accomplice.canRead(entry)).toBe(true)
    expect(accomplice.gossip(anna, entry, cy.network)).toBe('accept')
  }
  await story.wait(5000)
  await agree(story, anna, cy)
  const lines = await transcript(anna, 'Loft')
  expect(lines.filter(line => line.startsWith('Mara'))).toEqual(['Mara: before'])
  const store = anna.storage.room(anna.peer.findRoom('Loft').id)
  const [newest] = await store.newest(1)
  expect(newest !== undefined && 'body' in newest && insider.canRead(newest)).toBe(false)
})

test('a removed member’s operations and removals, made as before, change nothing', async () => {
  const { story, actors } = await loftWith('Mara', 'Cy')
  const [anna, mara, cy] = actors as [Actor, Actor, Actor]
  await makeAdmin(story, anna, 'Mara', mara)
  const insider = await Insider.of(story, mara)
  await removeForAll(story, anna, 'Mara', cy)
  const member = cy.peer.me().member as MemberId
  const before = await roles(anna)
  const entries = [
    await insider.operation({ kind: 'remove', member, last: new Map() }),
    await insider.operation({ kind: 'role', member, role: 'observer' }),
    await insider.operation({ kind: 'role', member: insider.member, role: 'owner' }),
    await insider.operation({ kind: 'policy', history: 'all' }),
    await insider.operation({ kind: 'close' }),
    await insider.invite()
  ]
  const from = await byHand(story, mara, anna, cy)
  for (const entry of entries) expect(insider.gossip(anna, entry, from)).toBe('accept')
  for (const entry of entries.toReversed()) insider.gossip(cy, entry, from)
  await story.wait(5000)
  await agree(story, anna, cy)
  expect(await roles(anna)).toEqual(before)
  expect(anna.peer.findRoom('Loft')).toMatchObject({ history: 'joined', members: 2 })
  expect(anna.peer.privateRooms.invites('Loft').filter(({ state }) => state === 'open')).toEqual([])
})

test('a removed member does not come back through somebody he let in by a link of his own', async () => {
  const { story, actors } = await loftWith('Mara', 'Cy')
  const [anna, mara, cy] = actors as [Actor, Actor, Actor]
  await makeAdmin(story, anna, 'Mara', mara)
  story.network.part([mara.network], [anna.network, cy.network])
  const link = await inviteLink(story, mara)
  await removeForAll(story, anna, 'Mara', cy)
  const syd = await story.enter('Syd')
  story.network.part([mara.network, syd.network], [anna.network, cy.network])
  expect(await join(story, syd, link)).toBe('in')
  await story.until('the keys are there', () => syd.peer.findRoom('Loft').members === 4)
  await say(story, syd, 'from within')
  story.network.heal()
  await story.until('Mara is told', () => mara.peer.findRoom('Loft').ended === 'removed')
  await say(story, anna, 'among us')
  await story.wait(120_000)
  await agree(story, anna, cy)
  expect(await roles(cy)).toEqual(['Anna: owner', 'Cy: member'])
  for (const each of [syd, mara]) expect(await transcript(each, 'Loft')).not.toContain('Anna: among us')
  expect(await transcript(anna, 'Loft')).not.toContain('Syd: from within')
  await expect(settle(story, syd.peer.send('Loft', 'me too'))).rejects.toThrow()
})

test('banned: an old copy of the data lets nobody in, and neither does any link', async () => {
  const { story, actors } = await loftWith('Mara', 'Cy')
  const [anna, mara, cy] = actors as [Actor, Actor, Actor]
  await saysBefore(story, mara, anna, cy)
  const old = await copyOf(mara.storage, mara.peer.findRoom('Loft').id)
  await remove(story, anna, 'Mara', { ban: true })
  await story.until('Mara is told', () => mara.peer.findRoom('Loft').ended === 'banned')
  await knowsOfNone(story, 'Mara', anna, cy)
  await settle(story, mara.peer.stop())
  story.network.discovery = false
  const restored = await story.enter('Mara', old)
  await say(story, restored, 'from the old state')
  story.network.discovery = true
  story.network.heal()
  await story.until('the old copy learns', () => restored.peer.findRoom('Loft').ended === 'banned')
  await expect(settle(story, restored.peer.send('Loft', 'again'))).rejects.toThrow(NotAllowedError)
  const fresh = await inviteLink(story, anna)
  expect(await join(story, restored, fresh)).toMatch(/banned/)
  await agree(story, anna, cy)
  expect((await transcript(anna, 'Loft')).filter(line => line.startsWith('Mara'))).toEqual(['Mara: before'])
  expect(await roles(anna)).toEqual(['Anna: owner', 'Cy: member'])
})

test('with a new identity the removed need a new invite: the old links are revoked', async () => {
  const { story, actors, link } = await loftWith('Mara', 'Cy')
  const [anna, , cy] = actors as [Actor, Actor, Actor]
  await removeForAll(story, anna, 'Mara', cy)
  const other = await story.enter('Mara too')
  expect(await join(story, other, link)).toMatch(/revoked/)
  await agree(story, anna, cy)
})

test('everybody restarts after a removal: it holds, and they go on', async () => {
  const { story, actors } = await loftWith('Mara', 'Cy')
  const [anna, mara, cy] = actors as [Actor, Actor, Actor]
  await remove(story, anna, 'Mara')
  const again = [await restart(story, 'Anna', anna), await restart(story, 'Cy', cy)] as const
  const gone = await restart(story, 'Mara', mara)
  await knowsOfNone(story, 'Mara', ...again)
  await agree(story, ...again)
  await story.until('Mara is told', () => gone.peer.findRoom('Loft').ended === 'removed')
  expect(await transcript(gone, 'Loft')).toEqual([])
  const twice = [await restart(story, 'Anna', again[0]), await restart(story, 'Cy', again[1])] as const
  await agree(story, ...twice)
})

test('a removed member who floods the log from before the removal stops nobody', async () => {
  const { story, actors } = await loftWith('Mara', 'Cy')
  const [anna, mara, cy] = actors as [Actor, Actor, Actor]
  const insider = await Insider.of(story, mara)
  await removeForAll(story, anna, 'Mara', cy)
  await agree(story, anna, cy)
  const from = await byHand(story, mara, anna)
  const parents = await insider.heads()
  const verdicts: string[] = []
  for (let round = 0; round < 30; round += 1) {
    for (let count = 0; count < 12; count += 1) {
      verdicts.push(insider.gossip(anna, await insider.device({ parents }), from))
    }
    await story.wait(1000)
  }
  expect(verdicts.filter(verdict => verdict === 'accept').length).toBe(240)
  await agree(story, anna, cy)
  await makeAdmin(story, anna, 'Cy', cy)
  await agree(story, anna, cy)
  expect(await roles(cy)).toEqual(['Anna: owner', 'Cy: admin'])
})

test('other words of a removed member under a sequence that counted, passed on by one who is in, are told of as signed twice', async () => {
  const { story, actors } = await loftWith('Mara', 'Cy')
  const [anna, mara, cy] = actors as [Actor, Actor, Actor]
  await saysBefore(story, mara, anna, cy)
  const insider = await Insider.of(story, mara)
  await removeForAll(story, anna, 'Mara', cy)
  await agree(story, anna, cy)
  const accomplice = await Insider.of(story, cy)
  const again = await insider.message('before, in other words', { sequence: 1, previous: undefined })
  expect(accomplice.gossip(anna, again, cy.network)).toBe('accept')
  await story.until('Anna is told', () => eventsOf(anna, 'warning').some(({ text }) => text.includes('signed two')))
  await agree(story, anna, cy)
})

test('who left, and named sequences yet to come as counting, is heard by nobody; through one who is in, who could say it themselves, they are', async () => {
  const { story, actors } = await loftWith('Mara', 'Cy')
  const [anna, mara, cy] = actors as [Actor, Actor, Actor]
  await saysBefore(story, mara, anna, cy)
  const insider = await Insider.of(story, mara)
  const from = await byHand(story, mara, anna, cy)
  const last = new Map([[insider.identity.certificate.device, 1e12]])
  const leaving = await insider.operation({ kind: 'remove', member: insider.member, last })
  for (const each of [anna, cy]) expect(insider.gossip(each, leaving, from)).toBe('accept')
  await knowsOfNone(story, 'Mara', anna, cy)
  await agree(story, anna, cy)
  const later = await insider.message('from outside')
  for (const each of [anna, cy]) expect(insider.gossip(each, later, from)).toBe('ignore')
  await agree(story, anna, cy)
  expect(await transcript(anna, 'Loft')).not.toContain('Mara: from outside')
  const accomplice = await Insider.of(story, cy)
  expect(accomplice.gossip(anna, later, cy.network)).toBe('accept')
  await hears(story, anna, 'Mara: from outside')
  await agree(story, anna, cy)
})

test('a sequence that a removed member left out before is filled with words of later through one who is in alone', async () => {
  const { story, actors } = await loftWith('Mara', 'Cy')
  const [anna, mara, cy] = actors as [Actor, Actor, Actor]
  await saysBefore(story, mara, anna, cy)
  const insider = await Insider.of(story, mara)
  const from = await byHand(story, mara, anna, cy)
  const ahead = await insider.message('far ahead', { sequence: 1000, previous: madeUpId() })
  for (const each of [anna, cy]) expect(insider.gossip(each, ahead, from)).toBe('accept')
  for (const each of [anna, cy]) await hears(story, each, 'Mara: far ahead')
  await removeForAll(story, anna, 'Mara', cy)
  await agree(story, anna, cy)
  const later = await insider.message('from outside', { sequence: 999, previous: madeUpId() })
  for (const each of [anna, cy]) expect(insider.gossip(each, later, from)).toBe('ignore')
  await story.wait(5000)
  expect(await transcript(anna, 'Loft')).not.toContain('Mara: from outside')
  const accomplice = await Insider.of(story, cy)
  expect(accomplice.gossip(anna, later, cy.network)).toBe('accept')
  await hears(story, anna, 'Mara: from outside')
})

test('whoever is in lets anybody in by an invite that has expired, if they mean to; a removal ends that, too', async () => {
  const { story, actors } = await loftWith('Mara', 'Cy')
  const [anna, mara, cy] = actors as [Actor, Actor, Actor]
  await inviteLink(story, anna, { lasts: 60_000 })
  await story.wait(120_000)
  const expired = anna.peer.privateRooms.invites('Loft').find(({ state }) => state === 'expired')
  const invite = expired?.id as OperationId
  const ofMara = (await Insider.of(story, mara)).identity
  const letsIn = async ({ certificate }: Identity) => {
    const accomplice = await Insider.of(story, cy)
    const { member, device } = certificate
    const action = { kind: 'admit', member, device, role: 'member', invite } as const
    const entry = await accomplice.operation(action, { certificate, keyPackage: systemRandom(300) })
    expect(accomplice.gossip(anna, entry, cy.network)).toBe('accept')
    await story.wait(5000)
  }
  await letsIn(await identityOf(77))
  expect(anna.peer.findRoom('Loft').members).toBe(4)
  await removeForAll(story, anna, 'Mara', cy)
  await letsIn(ofMara)
  expect((await roles(anna)).filter(line => line.startsWith('Mara'))).toEqual([])
  expect(anna.peer.findRoom('Loft').members).toBe(3)
})
