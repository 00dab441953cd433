import { expect, test } from 'vitest'
import { loadGroupKeys, type OperationId } from '../../src/core/encryption/index.ts'
import type { DeviceId, MemberId } from '../../src/core/identity/index.ts'
import { EnvironmentError, NotAllowedError, systemRandom } from '../../src/core/bytes/index.ts'
import type { Entry, Storage } from '../../src/core/log/index.ts'
import { identityOf } from '../support/cast.ts'
import { agree, found, hears, inviteLink, join, meet, restart, roles, say } from '../support/private-story.ts'
import { madeUpId } from '../support/mallory.ts'
import { Insider } from '../support/insider.ts'
import { settle } from '../support/settle.ts'
import { eventsOf, Story, transcript, type Actor } from '../support/story.ts'

/** Anna's room, into which the others came by her links: Mara by one of hers, in the role given. */
async function room(role: 'admin' | 'member' | 'observer', ...names: readonly string[]) {
  const story = new Story()
  const [anna, mara] = [await story.enter('Anna'), await story.enter('Mara')]
  const others: Actor[] = []
  for (const name of names) others.push(await story.enter(name))
  await found(story, anna)
  expect(await join(story, mara, await inviteLink(story, anna, { role }))).toBe('in')
  const link = await inviteLink(story, anna)
  for (const each of others) expect(await join(story, each, link)).toBe('in')
  await meet(story, anna, mara, ...others)
  // Whoever hears it has the keys of now.
  await say(story, anna, 'welcome')
  for (const each of [mara, ...others]) await hears(story, each, 'Anna: welcome')
  const from = story.network.peer('mara by hand')
  for (const each of [anna, ...others]) story.network.connect(from, each.network)
  return { story, anna, mara, others, from }
}

function memberOf({ peer }: Actor): MemberId {
  return peer.me().member as MemberId
}

/** A disk that writes all but what goes: as when the power fails before that. */
function withoutDropping(storage: Storage): Storage {
  const room: Storage['room'] = id => {
    const store = storage.room(id)
    return {
      ...store,
      async commit(change) {
        if ((change.dropped ?? []).length > 0) throw new EnvironmentError('the power failed')
        await store.commit(change)
      }
    }
  }
  return { ...storage, room }
}

test('an observer who writes by hand is heard by nobody', async () => {
  const { story, anna, mara, others, from } = await room('observer', 'Cy')
  const [cy] = others as [Actor]
  await expect(settle(story, mara.peer.send('Loft', 'hello'))).rejects.toThrow(NotAllowedError)
  const insider = await Insider.of(story, mara)
  for (const each of [anna, cy]) {
    const entry = await insider.message('from an observer')
    expect(insider.gossip(each, entry, from)).toBe('accept')
  }
  await story.wait(5000)
  await agree(story, anna, cy)
  expect((await transcript(anna, 'Loft')).filter(line => line.startsWith('Mara'))).toEqual([])
  await hears(story, mara, 'Cy: still here 1')
})

test('nobody makes themselves more than they are, nor others less, by operations that are not theirs to make', async () => {
  const { story, anna, mara, others, from } = await room('member', 'Cy')
  const [cy] = others as [Actor]
  const insider = await Insider.of(story, mara)
  const before = await roles(anna)
  const entries = [
    await insider.operation({ kind: 'role', member: insider.member, role: 'owner' }),
    await insider.operation({ kind: 'role', member: memberOf(anna), role: 'observer' }),
    await insider.operation({ kind: 'remove', member: memberOf(anna), last: new Map(), bans: true }),
    await insider.operation({ kind: 'remove', member: memberOf(cy), last: new Map() }),
    await insider.operation({ kind: 'policy', history: 'all', name: 'Mine' }),
    await insider.operation({ kind: 'close' }),
    await insider.invite()
  ]
  for (const entry of entries) for (const each of [anna, cy]) expect(insider.gossip(each, entry, from)).toBe('accept')
  await story.wait(5000)
  await agree(story, anna, cy, mara)
  expect(await roles(cy)).toEqual(before)
  expect(anna.peer.findRoom('Loft')).toMatchObject({ history: 'joined', name: 'Loft' })
})

test('many operations side by side, by which the log falls apart into many ends, stop nobody', async () => {
  const { story, anna, mara, others, from } = await room('admin', 'Cy')
  const [cy] = others as [Actor]
  const insider = await Insider.of(story, mara)
  const parents = await insider.heads()
  for (let count = 0; count < 40; count += 1) {
    const entry = await insider.invite({ parents })
    for (const each of [anna, cy]) expect(insider.gossip(each, entry, from)).toBe('accept')
  }
  await story.wait(5000)
  await agree(story, anna, cy)
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Mara'))
  await story.until('Mara is gone', async () => (await roles(cy)).length === 2)
  await agree(story, anna, cy)
  const [again, too] = [await restart(story, 'Anna', anna), await restart(story, 'Cy', cy)]
  await agree(story, again, too)
  expect(await roles(too)).toEqual(['Anna: owner', 'Cy: member'])
})

test('an operation that never finds its place, as it denies its device’s own last one, stops nobody', async () => {
  const { story, anna, mara, others, from } = await room('member', 'Cy')
  const [cy] = others as [Actor]
  const insider = await Insider.of(story, mara)
  const previous = madeUpId() as string as OperationId
  const entry = await insider.operation({ kind: 'role', member: insider.member, role: 'observer' }, { previous })
  for (const each of [anna, cy]) expect(insider.gossip(each, entry, from)).toBe('accept')
  await story.wait(5000)
  await settle(story, anna.peer.privateRooms.setRole('Loft', 'Cy', 'admin'))
  await story.until('Cy is admin', () => cy.peer.findRoom('Loft').role === 'admin')
  await agree(story, anna, cy, mara)
})

test('a member of three hundred devices is removed like any other', async () => {
  const { story, anna, mara, others, from } = await room('member', 'Cy')
  const [cy] = others as [Actor]
  const insider = await Insider.of(story, mara)
  const parents = await insider.heads()
  for (let count = 0; count < 300; count += 1) {
    const entry = await insider.device({ parents })
    for (const each of [anna, cy]) insider.gossip(each, entry, from)
  }
  await story.wait(5000)
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Mara'))
  await story.until('Mara is gone', async () => (await roles(cy)).length === 2)
  await agree(story, anna, cy)
  expect(await roles(cy)).toEqual(['Anna: owner', 'Cy: member'])
})

test('two different messages for one sequence are both shown, and told of, by all', async () => {
  const { story, anna, mara, others, from } = await room('member', 'Cy')
  const [cy] = others as [Actor]
  const insider = await Insider.of(story, mara)
  const [one, other] = [await insider.message('yes'), await insider.message('no')]
  expect([insider.gossip(anna, one, from), insider.gossip(cy, other, from)]).toEqual(['accept', 'accept'])
  await story.until('both are everywhere', async () => {
    const seen = await Promise.all([anna, cy].map(each => transcript(each, 'Loft')))
    return seen.every(lines => lines.filter(line => /: (yes|no)$/.test(line)).length === 2)
  })
  await agree(story, anna, cy)
  for (const { peer } of [anna, cy]) {
    const equivocated = (await peer.members('Loft')).filter(each => each.equivocated === true)
    expect(equivocated.map(({ member }) => member)).toEqual([insider.member])
  }
})

test('another’s words, said again or sealed again, are those words and nothing more; as one’s own they are one’s own', async () => {
  const { story, anna, mara, others, from } = await room('member', 'Cy')
  const [cy] = others as [Actor]
  const id = await say(story, cy, 'once')
  for (const each of [anna, mara]) await hears(story, each, 'Cy: once')
  const insider = await Insider.of(story, mara)
  const again = await insider.sealedAgain(id)
  expect(again.id).toBe(id)
  for (const entry of [again, await insider.claimed(id)])
    for (const each of [anna, cy]) insider.gossip(each, entry, from)
  await story.wait(5000)
  await agree(story, anna, cy, mara)
  const lines = (await transcript(anna, 'Loft')).filter(line => line.endsWith('once'))
  expect(lines.toSorted()).toEqual(['Cy: once', 'Mara: once'])
})

test('a commit that opens for nobody, or tells another key than it makes, stops nobody', async () => {
  const { story, anna, mara, others, from } = await room('member', 'Cy')
  const [cy] = others as [Actor]
  const insider = await Insider.of(story, mara)
  for (const change of ['commit', 'keyHash', 'groupEpoch'] as const) {
    const entry = await insider.brokenCommit(change)
    for (const each of [anna, cy]) expect(insider.gossip(each, entry, from)).toBe('accept')
  }
  await story.wait(5000)
  await agree(story, anna, cy)
  await settle(story, anna.peer.privateRooms.remove('Loft', 'Mara'))
  await story.until('Mara is gone', async () => (await roles(cy)).length === 2)
  await agree(story, anna, cy)
  const again = [await restart(story, 'Anna', anna), await restart(story, 'Cy', cy)] as const
  await agree(story, ...again)
})

test('a commit that removes whom nobody removed, or adds whom nobody let in, is none: all go on as they were', async () => {
  const { story, anna, mara, others, from } = await room('member', 'Cy')
  const [cy] = others as [Actor]
  const insider = await Insider.of(story, mara)
  const { certificate, deviceSeed } = await identityOf(9)
  const stranger = { id: certificate.device, signingKey: deviceSeed }
  const { shown } = await (await loadGroupKeys()).createKeyPackage(stranger)
  const generation = systemRandom(112)
  const commits = [
    await insider.commit({ remove: [cy.peer.me().device as DeviceId], claims: { generation } }),
    await insider.commit({ add: [shown], claims: { added: [stranger.id] } })
  ]
  for (const { entry } of commits)
    for (const each of [anna, cy]) expect(insider.gossip(each, entry, from)).toBe('accept')
  await story.wait(5000)
  await agree(story, anna, cy, mara)
  const seen = await Insider.of(story, anna)
  for (const { epoch } of commits) expect(seen.room.contentKey(epoch)).toBeUndefined()
})

test('a commit that cites other operations than it was made by opens for nobody; one that stands before its maker came in is none', async () => {
  const { story, anna, mara, others, from } = await room('member', 'Cy')
  const [cy] = others as [Actor]
  const insider = await Insider.of(story, mara)
  const operations = await insider.operations()
  const own = operations.find(({ action }) => action.kind === 'admit' && action.member === insider.member)
  const create = operations.find(({ action }) => action.kind === 'create')
  if (own === undefined || create === undefined) throw new Error('a room without a beginning')
  const [other, early] = [
    await insider.commit({ claims: { cites: [own.id] } }),
    await insider.commit({ claims: { cites: [create.id] } })
  ]
  for (const { entry } of [other, early])
    for (const each of [anna, cy]) expect(insider.gossip(each, entry, from)).toBe('accept')
  await story.wait(5000)
  await agree(story, anna, cy, mara)
  const { room: seen } = await Insider.of(story, anna)
  expect(seen.contentKey(other.epoch)).toBeUndefined()
  const known = seen.epochs()?.nodes.map(({ epoch }) => epoch)
  expect(known).toContain(other.epoch)
  expect(known).not.toContain(early.epoch)
})

test('an admin who removes somebody, and names nothing of what they said, has it go for all; the others agree and go on', async () => {
  const { story, anna, mara, others, from } = await room('admin', 'Cy', 'Dan')
  const [cy, dan] = others as [Actor, Actor]
  await say(story, cy, 'long ago')
  for (const each of [anna, mara, dan]) await hears(story, each, 'Cy: long ago')
  const insider = await Insider.of(story, mara)
  const removal = await insider.operation({ kind: 'remove', member: memberOf(cy), last: new Map() })
  for (const each of [anna, dan]) expect(insider.gossip(each, removal, from)).toBe('accept')
  await story.until('Cy is gone', async () => (await roles(dan)).length === 3)
  await agree(story, anna, dan)
  expect(await transcript(dan, 'Loft')).not.toContain('Cy: long ago')
  await story.until('Cy is told', () => cy.peer.findRoom('Loft').ended === 'removed')
})

test('operations that wait and come to nothing do not have others lost that wait beside them', async () => {
  const { story, mara, others, from } = await room('admin', 'Cy')
  const [cy] = others as [Actor]
  const insider = await Insider.of(story, mara)
  const [late, later] = [await insider.invite(), await insider.invite()]
  const after = (entry: Entry) => ({ parents: [entry.id as string as OperationId] })
  const send = (entry: Entry): void => expect(insider.gossip(cy, entry, from)).toBe('accept')
  for (let count = 0; count < 10; count += 1) send(await insider.invite(after(late)))
  const { certificate } = await identityOf(9)
  for (let count = 0; count < 246; count += 1) send(await insider.device({ certificate, ...after(later) }))
  send(later)
  await story.wait(5000)
  for (let count = 0; count < 10; count += 1)
    send(await insider.invite({ parents: [madeUpId() as string as OperationId] }))
  await story.wait(5000)
  send(late)
  const open = (of: Actor): number => of.peer.privateRooms.invites('Loft').length
  const before = open(cy)
  await story.until('Cy knows all invites', () => open(cy) === before + 11)
  expect(open(await restart(story, 'Cy', cy))).toBe(before + 11)
})

test('what a removal has go is gone after a crash in between, too', async () => {
  const { story, mara, others, from } = await room('admin', 'Cy', 'Dan')
  const [cy, dan] = others as [Actor, Actor]
  await say(story, cy, 'long ago')
  await hears(story, dan, 'Cy: long ago')
  const insider = await Insider.of(story, mara)
  const undropping = await restart(story, 'Dan', { ...dan, storage: withoutDropping(dan.storage) })
  story.network.connect(from, undropping.network)
  const removal = await insider.operation({ kind: 'remove', member: memberOf(cy), last: new Map() })
  expect(insider.gossip(undropping, removal, from)).toBe('accept')
  await story.until('the disk fails', () => eventsOf(undropping, 'warning').some(({ code }) => code === 'not-stored'))
  expect(await transcript(undropping, 'Loft')).toContain('Cy: long ago')
  const again = await restart(story, 'Dan', { ...undropping, storage: dan.storage })
  expect(await transcript(again, 'Loft')).not.toContain('Cy: long ago')
})
