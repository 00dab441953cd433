import { expect, test } from 'vitest'
import { writesUpTo } from '../../../src/core/encryption/access/index.ts'
import { commitOf } from '../../../src/core/encryption/epochs/commit-claim.ts'
import type { EpochId } from '../../../src/core/encryption/epochs/index.ts'
import type { OperationId } from '../../../src/core/encryption/access/index.ts'
import type { DeviceId } from '../../../src/core/identity/index.ts'
import { deviceOf, member, RoomStory } from './room-of.ts'

const PHONE = 'phone' as DeviceId

/** Anna owns it, Bob and Cy are members, Dee observes. */
function room(): RoomStory {
  const story = new RoomStory('Anna')
  for (const each of ['Bob', 'Cy']) story.admit('Anna', each)
  story.admit('Anna', 'Dee', 'observer')
  story.meet()
  return story
}

function bring(story: RoomStory, author: string, whose: string, device = PHONE): void {
  story.say(author, { kind: 'device', member: member(whose), device })
}

function revoke(story: RoomStory, author: string, whose: string, device: DeviceId): void {
  story.say(author, { kind: 'revoke-device', member: member(whose), device, last: 3 })
}

function devices(story: RoomStory, whose: string): string[] {
  return [...(story.access().members.get(member(whose))?.devices ?? [])].toSorted()
}

test('any member says that a device of another is in; an observer only of their own; nobody of who is not in', () => {
  const story = room()
  bring(story, 'Cy', 'Bob')
  expect(devices(story, 'Bob')).toEqual([deviceOf('Bob'), PHONE].toSorted())
  expect(devices(story, 'Cy')).toEqual([deviceOf('Cy')])
  bring(story, 'Dee', 'Dee', 'of Dee' as DeviceId)
  bring(story, 'Dee', 'Cy', 'of Cy' as DeviceId)
  bring(story, 'Cy', 'Eve', 'of Eve' as DeviceId)
  expect(devices(story, 'Dee')).toContain('of Dee')
  expect(devices(story, 'Cy')).toEqual([deviceOf('Cy')])
  expect(story.access().members.has(member('Eve'))).toBe(false)
})

test('a removal takes all devices with it, those included that somebody brings meanwhile', () => {
  const story = room()
  bring(story, 'Cy', 'Bob')
  story.remove('Anna', 'Bob')
  story.meet()
  expect(story.roles()).toBe('Anna owner, Cy member, Dee observer')
})

test('a revoked device does not come back, and what it says without being known is void', () => {
  const story = room()
  revoke(story, 'Anna', 'Bob', deviceOf('Bob'))
  story.say('Bob', { kind: 'invite', role: 'member', expires: 9, uses: 1 })
  bring(story, 'Bob', 'Cy')
  story.meet()
  bring(story, 'Cy', 'Bob', deviceOf('Bob'))
  expect(devices(story, 'Bob')).toEqual([])
  expect(devices(story, 'Cy')).toEqual([deviceOf('Cy')])
  expect(story.access().members.get(member('Bob'))).toMatchObject({ role: 'member' })
  expect([...story.access().void.values()]).toContain('its device was revoked')
})

test('what the revocation knows of a device stays', () => {
  const story = room()
  bring(story, 'Bob', 'Cy')
  story.meet()
  revoke(story, 'Anna', 'Bob', deviceOf('Bob'))
  expect(devices(story, 'Cy')).toEqual([deviceOf('Cy'), PHONE].toSorted())
})

test('of two devices that revoke each other neither stays, and a member may not revoke another’s', () => {
  const story = room()
  revoke(story, 'Cy', 'Bob', deviceOf('Bob'))
  expect(devices(story, 'Bob')).toEqual([deviceOf('Bob')])
  const owners = new RoomStory('Anna')
  owners.admit('Anna', 'Bob', 'owner')
  owners.meet()
  revoke(owners, 'Anna', 'Bob', deviceOf('Bob'))
  revoke(owners, 'Bob', 'Anna', deviceOf('Anna'))
  owners.meet()
  expect([devices(owners, 'Anna'), devices(owners, 'Bob')]).toEqual([[], []])
})

test('a device that knows that it was revoked revokes none', () => {
  const owners = new RoomStory('Anna')
  owners.admit('Anna', 'Bob', 'owner')
  owners.meet()
  revoke(owners, 'Anna', 'Bob', deviceOf('Bob'))
  owners.meet()
  revoke(owners, 'Bob', 'Anna', deviceOf('Anna'))
  owners.meet()
  owners.admit('Anna', 'Cy')
  expect(devices(owners, 'Anna')).toEqual([deviceOf('Anna')])
  expect(owners.roles()).toBe('Anna owner, Bob owner, Cy member')
})

test('a revocation by who was removed meanwhile silences nobody', () => {
  const story = new RoomStory('Anna')
  story.admit('Anna', 'Bob', 'owner')
  story.admit('Anna', 'Cy')
  story.meet()
  story.remove('Anna', 'Bob')
  revoke(story, 'Bob', 'Cy', deviceOf('Cy'))
  bring(story, 'Cy', 'Cy')
  story.meet()
  expect(devices(story, 'Cy')).toEqual([deviceOf('Cy'), PHONE].toSorted())
})

test('what a device said before it was revoked stays when its member goes, and the device stays revoked', () => {
  const story = room()
  bring(story, 'Bob', 'Bob')
  story.meet()
  revoke(story, 'Anna', 'Bob', PHONE)
  story.remove('Anna', 'Bob')
  story.meet()
  const access = story.access()
  expect(writesUpTo(access, member('Bob'), PHONE)).toBe(3)
  expect(writesUpTo(access, member('Bob'), deviceOf('Bob'))).toBe(7)
  expect([...(access.removed.get(member('Bob'))?.revoked.keys() ?? [])]).toEqual([PHONE])
})

test('an observer, or who was removed, is heard by no device that they took out themselves, whatever they say it has said', () => {
  const story = room()
  for (const each of ['Bob', 'Dee']) {
    bring(story, each, each, `of ${each}` as DeviceId)
    story.say(each, { kind: 'revoke-device', member: member(each), device: `of ${each}` as DeviceId, last: 1e12 })
  }
  story.meet()
  expect(writesUpTo(story.access(), member('Dee'), 'of Dee' as DeviceId)).toBe(0)
  story.remove('Anna', 'Bob')
  story.meet()
  expect(writesUpTo(story.access(), member('Bob'), 'of Bob' as DeviceId)).toBe(0)
  expect(writesUpTo(story.access(), member('Bob'), deviceOf('Bob'))).toBe(7)
})

test('the commits of a revoked device win against nobody’s; those of its member’s others do', () => {
  const story = room()
  bring(story, 'Bob', 'Bob')
  story.meet()
  revoke(story, 'Anna', 'Bob', PHONE)
  const said = { parent: 'a' as EpochId, epoch: 'b' as EpochId, committer: member('Bob'), removed: [] }
  const counts = (device: DeviceId): boolean => commitOf({ ...said, device }, story.access()).counts
  expect([counts(PHONE), counts(deviceOf('Bob'))]).toEqual([false, true])
})

test('of two owners of whom one is removed while taking out the device that says so, the stronger stays, whoever else is removed', () => {
  for (const isCyRemoved of [false, true]) {
    for (const [remover, revoker] of [
      ['Anna', 'Bob'],
      ['Bob', 'Anna']
    ] as const) {
      const story = new RoomStory('Anna')
      story.admit('Anna', 'Bob', 'owner')
      story.admit('Anna', 'Cy')
      story.meet()
      story.remove(remover, revoker)
      revoke(story, revoker, remover, deviceOf(remover))
      if (isCyRemoved) story.remove(revoker, 'Cy')
      story.meet()
      const [anna = '', ...others] = story.roles().split(', ')
      expect([anna, others.includes('Bob owner')]).toEqual(['Anna owner', remover === 'Bob'])
      expect(devices(story, 'Anna')).toEqual([deviceOf('Anna')])
    }
  }
})

test('a member is not taken out by their own device that they took out meanwhile, whoever else is removed', () => {
  for (const isCyRemoved of [false, true]) {
    const story = room()
    bring(story, 'Bob', 'Bob')
    story.meet()
    const leaving = story.operations.get(story.remove('Bob', 'Bob'))
    if (leaving === undefined) throw new Error('nothing was said')
    // The phone, which somebody else has, does not know what the other device says.
    story.operations.set(leaving.id, { ...leaving, device: PHONE, previous: undefined })
    const id = 'revocation' as typeof leaving.id
    const action = { kind: 'revoke-device', member: member('Bob'), device: PHONE, last: 0 } as const
    story.operations.set(id, { ...leaving, id, action })
    if (isCyRemoved) story.remove('Anna', 'Cy')
    story.meet()
    expect(story.roles()).toContain('Bob member')
    expect(devices(story, 'Bob')).toEqual([deviceOf('Bob')])
  }
})

test('who is removed by somebody whom they let in does not undo that by a revocation of the device that did so', () => {
  for (const isDemoted of [false, true]) {
    const story = room()
    bring(story, 'Bob', 'Bob')
    const invite = story.say('Anna', { kind: 'invite', role: 'member', expires: 9, uses: 1 })
    story.meet()
    const before = new Set(story.knownTo('Bob'))
    story.admit('Bob', 'Eve', 'member', invite)
    story.meet()
    story.role('Anna', 'Eve', 'admin')
    story.meet()
    story.remove('Eve', 'Bob')
    const heads = [...before].filter(id => ![...before].some(other => story.pastOf(other).has(id)))
    const said = { author: member('Bob'), device: PHONE, parents: heads, previous: undefined }
    const action = { kind: 'revoke-device', member: member('Bob'), device: deviceOf('Bob'), last: 0 } as const
    story.operations.set('revocation' as OperationId, { ...said, id: 'revocation' as OperationId, action })
    const demotion = { kind: 'role', member: member('Bob'), role: 'observer' } as const
    if (isDemoted)
      story.operations.set('demotion' as OperationId, { ...said, id: 'demotion' as OperationId, action: demotion })
    expect(story.roles()).toBe('Anna owner, Cy member, Dee observer, Eve admin')
  }
})
