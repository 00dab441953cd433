import { expect, test } from 'vitest'
import { resolveAccess, type Operation, type OperationId } from '../../../src/core/encryption/access/index.ts'
import type { DeviceId } from '../../../src/core/identity/index.ts'
import { deviceOf, member, RoomStory } from './room-of.ts'

/** Anna founded the room; Bob is an admin, Cy and Dee are members, and all know that. */
function room(): RoomStory {
  const story = new RoomStory('Anna')
  story.admit('Anna', 'Bob', 'admin')
  story.admit('Anna', 'Cy')
  story.admit('Anna', 'Dee')
  story.meet()
  return story
}

test('what is said one after the other counts as said', () => {
  const story = room()
  expect(story.roles()).toBe('Anna owner, Bob admin, Cy member, Dee member')
  story.role('Anna', 'Cy', 'observer')
  story.remove('Bob', 'Dee')
  story.meet()
  expect(story.roles()).toBe('Anna owner, Bob admin, Cy observer')
  expect(story.access().void.size).toBe(0)
})

test('nobody may what the role does not give', () => {
  const story = room()
  const forbidden = [
    story.admit('Cy', 'Eve'),
    story.remove('Cy', 'Dee'),
    story.role('Cy', 'Cy', 'admin'),
    story.remove('Bob', 'Anna'),
    story.role('Bob', 'Cy', 'admin'),
    story.admit('Bob', 'Fay', 'owner'),
    story.say('Bob', { kind: 'policy', history: 'all' }),
    story.say('Nobody', { kind: 'policy', history: 'all' })
  ]
  const { void: voided } = story.access()
  expect(forbidden.filter(id => !voided.has(id))).toEqual([])
  expect(story.roles()).toBe('Anna owner, Bob admin, Cy member, Dee member')
})

test('who tries what is not theirs is told whose it is', () => {
  const story = room()
  const tried = [
    story.remove('Cy', 'Dee'),
    story.role('Bob', 'Cy', 'admin'),
    story.say('Bob', { kind: 'close' }),
    story.say('Cy', { kind: 'revoke-device', member: member('Dee'), device: deviceOf('Dee'), last: 0 }),
    story.remove('Anna', 'Anna')
  ]
  expect(tried.map(id => story.access().void.get(id))).toEqual([
    'only owners and admins may',
    'an admin may only with members and observers',
    'only an owner may',
    'only an owner may, or whose device it is',
    'there is no such member, or no owner would be left'
  ])
})

test('a removal voids what its target did unknown to it', () => {
  const story = room()
  story.admit('Bob', 'Eve')
  story.remove('Anna', 'Bob')
  story.meet()
  expect(story.roles()).toBe('Anna owner, Cy member, Dee member')
})

test('what the removal knew stays', () => {
  const story = room()
  story.admit('Bob', 'Eve')
  story.meet('Anna', 'Bob')
  story.remove('Anna', 'Bob')
  expect(story.roles()).toBe('Anna owner, Cy member, Dee member, Eve member')
})

test('a demotion voids what the lower role forbids, and that alone', () => {
  const story = room()
  story.admit('Bob', 'Eve')
  story.say('Bob', { kind: 'device', member: member('Bob'), device: "Bob's phone" as never })
  story.role('Anna', 'Bob', 'member')
  story.meet()
  expect(story.roles()).toBe('Anna owner, Bob member, Cy member, Dee member')
  expect(story.access().members.get(member('Bob'))?.devices.size).toBe(2)
})

test('what others have built on stays, if they were entitled to it and do not come from who was removed', () => {
  const story = room()
  story.admit('Anna', 'Ada', 'admin')
  story.meet()
  story.admit('Bob', 'Eve')
  story.meet('Bob', 'Ada', 'Eve')
  story.admit('Ada', 'Fay')
  story.remove('Anna', 'Bob')
  story.meet()
  expect(story.roles()).toBe('Ada admin, Anna owner, Cy member, Dee member, Eve member, Fay member')
})

test('a member who may not do the same protects nothing, nor does one who was let in by who was removed', () => {
  const plain = room()
  plain.admit('Bob', 'Eve')
  plain.meet('Bob', 'Cy', 'Eve')
  plain.say('Cy', { kind: 'device', member: member('Cy'), device: "Cy's phone" as never })
  plain.remove('Anna', 'Bob')
  plain.meet()
  expect(plain.roles()).toBe('Anna owner, Bob admin, Cy member, Dee member'.replace('Bob admin, ', ''))

  const story = new RoomStory('Anna')
  story.admit('Anna', 'Bob', 'owner')
  story.admit('Bob', 'Sybil', 'admin')
  story.meet()
  story.admit('Bob', 'Eve')
  story.meet('Bob', 'Sybil', 'Eve')
  story.admit('Sybil', 'Fay')
  story.remove('Anna', 'Bob')
  story.meet()
  expect(story.roles()).toBe('Anna owner, Fay member, Sybil admin')
})

test('who was demoted meanwhile, or whose device was revoked, protects nothing of who was removed', () => {
  const demotion = { kind: 'role', member: member('Ada'), role: 'member' } as const
  const revocation = { kind: 'revoke-device', member: member('Ada'), device: deviceOf('Ada'), last: 3 } as const
  for (const said of [demotion, revocation]) {
    const story = room()
    story.admit('Anna', 'Ada', 'admin')
    story.meet()
    story.remove('Anna', 'Bob')
    story.say('Anna', said)
    story.admit('Bob', 'Eve')
    story.meet('Bob', 'Ada')
    story.say('Ada', { kind: 'invite', role: 'member', expires: 9, uses: 1 })
    story.meet()
    expect([...story.access().members.keys()].toSorted()).toEqual(['Ada', 'Anna', 'Cy', 'Dee'])
  }
})

test('whom a removed member let in unknown to the remover protects nothing, whatever they then make of themselves or of one another', () => {
  const story = room()
  const invite = story.say('Anna', { kind: 'invite', role: 'member', expires: 9, uses: 9 })
  story.meet()
  story.remove('Anna', 'Cy')
  story.admit('Cy', 'Sock', 'member', invite)
  story.admit('Cy', 'Eve', 'member', invite)
  story.meet('Cy', 'Sock', 'Eve')
  story.role('Sock', 'Sock', 'observer')
  story.say('Sock', { kind: 'device', member: member('Sock'), device: "Sock's phone" as DeviceId })
  story.meet()
  expect(story.roles()).toBe('Anna owner, Bob admin, Dee member')

  const owners = new RoomStory('Anna')
  owners.admit('Anna', 'Bob', 'owner')
  owners.meet()
  owners.remove('Anna', 'Bob')
  for (const each of ['One', 'Two']) owners.admit('Bob', each, 'owner')
  owners.meet('Bob', 'One', 'Two')
  owners.admit('Bob', 'Eve', 'owner')
  owners.meet('Bob', 'One', 'Two')
  owners.role('One', 'Two', 'owner')
  owners.role('Two', 'One', 'owner')
  owners.meet('One', 'Two')
  owners.say('One', { kind: 'invite', role: 'member', expires: 9, uses: 1 })
  owners.meet()
  expect(owners.roles()).toBe('Anna owner')
})

test('who is let in by what falls, falls', () => {
  const story = room()
  story.admit('Bob', 'Eve')
  const invite = story.say('Bob', { kind: 'invite', role: 'member', expires: 9, uses: 5 })
  story.meet('Bob', 'Eve')
  story.admit('Eve', 'Fay', 'member', invite)
  story.remove('Anna', 'Bob')
  story.meet()
  expect(story.roles()).toBe('Anna owner, Cy member, Dee member')
})

test('of owners who remove each other the one appointed first stays, then the lower id', () => {
  const story = new RoomStory('Zoe')
  story.admit('Zoe', 'Bob', 'owner')
  story.meet()
  story.remove('Bob', 'Zoe')
  story.remove('Zoe', 'Bob')
  story.meet()
  expect(story.roles()).toBe('Zoe owner')

  const equals = new RoomStory('Zoe')
  equals.admit('Zoe', 'Cy', 'member')
  equals.admit('Zoe', 'Bob', 'member')
  equals.meet()
  equals.role('Zoe', 'Bob', 'owner')
  equals.meet()
  equals.role('Zoe', 'Cy', 'owner')
  equals.meet()
  equals.remove('Cy', 'Bob')
  equals.remove('Bob', 'Cy')
  equals.meet()
  expect(equals.roles()).toBe('Bob owner, Zoe owner')
})

test('three who remove each other in a circle: the strongest holds, and what it voids voids nothing', () => {
  const story = new RoomStory('Anna')
  for (const name of ['Bob', 'Cy', 'Dee']) {
    story.admit('Anna', name, 'owner')
    story.meet()
  }
  story.remove('Bob', 'Cy')
  story.remove('Cy', 'Dee')
  story.remove('Dee', 'Bob')
  story.meet()
  expect(story.roles()).toBe('Anna owner, Dee owner')
})

test('a room keeps an owner, the one appointed first', () => {
  const story = new RoomStory('Zoe')
  story.admit('Zoe', 'Bob', 'owner')
  story.meet()
  story.remove('Bob', 'Bob')
  story.remove('Zoe', 'Zoe')
  story.meet()
  expect(story.roles()).toBe('Zoe owner')
  const alone = new RoomStory('Zoe')
  alone.remove('Zoe', 'Zoe')
  alone.role('Zoe', 'Zoe', 'member')
  expect(alone.roles()).toBe('Zoe owner')
})

test('an invite admits as many as it may: who is first in the past, then the lower id', () => {
  const story = room()
  const invite = story.say('Anna', { kind: 'invite', role: 'member', expires: 9, uses: 2 })
  story.meet()
  story.admit('Cy', 'Zed', 'member', invite)
  story.meet('Cy', 'Bob')
  const late = [story.admit('Bob', 'Fay', 'member', invite), story.admit('Dee', 'Eve', 'member', invite)]
  story.meet()
  expect(story.roles()).toBe('Anna owner, Bob admin, Cy member, Dee member, Eve member, Zed member')
  expect(story.access().void.get(late[0] ?? story.room)).toBe('its invite was used up')
  expect(story.access().invites.get(invite)).toMatchObject({ uses: 2, used: 2 })
})

test('a revocation stops who knows it, and who was admitted unknown to it stays', () => {
  const story = room()
  const invite = story.say('Anna', { kind: 'invite', role: 'member', expires: 9, uses: 9 })
  story.meet()
  story.admit('Cy', 'Eve', 'member', invite)
  story.say('Anna', { kind: 'revoke', invite })
  story.meet('Anna', 'Dee')
  story.admit('Dee', 'Fay', 'member', invite)
  story.meet()
  expect(story.roles()).toBe('Anna owner, Bob admin, Cy member, Dee member, Eve member')
  const despite = [...story.access().members].map(([each, { despite: by }]) => [each, [...by]])
  expect(despite.filter(([, by]) => by?.length !== 0)).toEqual([[member('Eve'), [member('Anna')]]])
  story.role('Anna', 'Eve', 'admin')
  expect(story.access().members.get(member('Eve'))?.despite.size).toBe(0)
})

test('with a member go the invites, unless they are kept; who is banned is not let in by one', () => {
  const story = room()
  const [gone, kept] = [1, 2].map(uses => story.say('Bob', { kind: 'invite', role: 'member', expires: 9, uses }))
  story.meet()
  story.remove('Anna', 'Dee', { bans: true })
  story.meet()
  expect(story.access().invites.get(gone ?? story.room)?.isRevoked).toBe(false)
  story.admit('Cy', 'Dee', 'member', gone)
  expect(story.roles()).toBe('Anna owner, Bob admin, Cy member')
  story.remove('Anna', 'Bob')
  expect(story.access().invites.get(kept ?? story.room)?.isRevoked).toBe(true)
})

test('a removal dominates what is concurrent to it, and a later admission lifts it', () => {
  const story = room()
  story.role('Anna', 'Dee', 'admin')
  story.remove('Bob', 'Dee')
  story.meet()
  expect(story.roles()).toBe('Anna owner, Bob admin, Cy member')
  story.admit('Anna', 'Dee', 'observer')
  expect(story.roles()).toBe('Anna owner, Bob admin, Cy member, Dee observer')
})

test('what came before its cause waits, and what forgets its own previous operation does not count', () => {
  const story = room()
  const late = story.say('Anna', { kind: 'policy', name: 'Attic' })
  const operations = [...story.operations.values()]
  const forgetful = operations.map(each => (each.id === late ? { ...each, parents: [story.room] } : each))
  expect(story.access().name).toBe('Attic')
  const other = new RoomStory('Anna')
  for (const each of forgetful) other.operations.set(each.id, each)
  expect(other.access().name).toBe('Loft')
  other.operations.delete('op-001' as never)
  expect(other.roles()).toBe('Anna owner')
})

test('two thousand operations of one member, each above the one before, are gone through in a moment', () => {
  const story = new RoomStory('Anna')
  story.admit('Anna', 'Mara')
  const operations = [...story.operations.values()]
  for (let count = 0; count < 2000; count += 1) {
    const before = operations.at(-1) as Operation
    const action = { kind: 'device', member: member('Mara'), device: `${count}` as DeviceId } as const
    const previous = count === 0 ? undefined : before.id
    const by = { author: member('Mara'), device: deviceOf('Mara') }
    operations.push({ id: `mara-${count}` as OperationId, ...by, parents: [before.id], previous, action })
  }
  const access = resolveAccess(operations, story.room)
  expect(access.stands.size).toBe(operations.length)
  expect(access.members.get(member('Mara'))?.devices.size).toBe(16)
}, 20_000)

test.each([
  ['makes itself less', 'Anna owner, Bob member, Cy member', { kind: 'role', member: member('Bob'), role: 'member' }],
  [
    'makes another less',
    'Anna owner, Bob admin, Cy observer',
    { kind: 'role', member: member('Cy'), role: 'observer' }
  ],
  ['removes another', 'Anna owner, Bob admin', { kind: 'remove', member: member('Cy'), last: new Map() }],
  ['leaves', 'Anna owner, Cy member', { kind: 'remove', member: member('Bob'), last: new Map() }]
] as const)(
  'two thousand operations by which an admin %s, none of which knows another, are gone through in a moment',
  (_, roles, action) => {
    const story = new RoomStory('Anna')
    story.admit('Anna', 'Bob', 'admin')
    const parents = [story.admit('Anna', 'Cy')]
    const by = { author: member('Bob'), device: deviceOf('Bob'), previous: undefined }
    for (let count = 0; count < 2000; count += 1) {
      const id = `bob-${count}` as OperationId
      story.operations.set(id, { id, ...by, parents, action })
    }
    expect(story.roles()).toBe(roles)
  },
  20_000
)

test('into a direct conversation comes nobody but the one it was begun with, whoever lets them', () => {
  const story = new RoomStory('Anna', 'Bob')
  const invite = story.say('Anna', { kind: 'invite', role: 'owner', expires: 1e12, uses: 9 })
  const early = story.admit('Anna', 'Cy', 'owner', invite)
  story.admit('Anna', 'Bob', 'owner', invite)
  story.meet('Anna', 'Bob')
  const thirds = [early, story.admit('Bob', 'Dee', 'owner', invite), story.admit('Bob', 'Eve')]
  const { pair, void: voided } = story.access()
  expect(pair).toEqual(['Anna', 'Bob'])
  expect(thirds.filter(id => !voided.has(id))).toEqual([])
  expect(story.roles()).toBe('Anna owner, Bob owner')
})

test('in a direct conversation neither has a say over the other, by hand either; each leaves, and takes out devices of their own', () => {
  const story = new RoomStory('Anna', 'Bob')
  const invite = story.say('Anna', { kind: 'invite', role: 'owner', expires: 1e12, uses: 1 })
  story.admit('Anna', 'Bob', 'owner', invite)
  const own = 'Bob’s other device' as DeviceId
  story.say('Bob', { kind: 'device', member: member('Bob'), device: own })
  const tried = [
    story.say('Bob', { kind: 'close' }),
    story.remove('Bob', 'Anna', { bans: true }),
    story.role('Bob', 'Anna', 'observer'),
    story.say('Bob', { kind: 'revoke-device', member: member('Anna'), device: deviceOf('Anna'), last: 0 }),
    story.say('Bob', { kind: 'revoke', invite }),
    story.say('Bob', { kind: 'policy', name: 'His' })
  ]
  story.say('Bob', { kind: 'revoke-device', member: member('Bob'), device: own, last: 0 })
  const before = story.access()
  expect(tried.map(id => before.void.get(id))).toEqual(tried.map(() => 'in a direct conversation nobody may do that'))
  expect(story.roles(before)).toBe('Anna owner, Bob owner')
  expect(before.members.get(member('Bob'))?.revoked.has(own)).toBe(true)
  expect(before).toMatchObject({ isClosed: false, name: 'Loft' })
  story.remove('Bob', 'Bob')
  expect(story.roles()).toBe('Anna owner')
})

test.for([
  ['Cy', 'Dee'],
  ['Dee', 'Cy']
])(
  'of two admins who are removed neither protects what the other removed meanwhile: %s goes first',
  ([first = '', then = '']) => {
    const story = room()
    story.admit('Anna', 'Eve')
    for (const each of ['Cy', 'Dee']) story.role('Anna', each, 'admin')
    story.meet()
    story.remove('Dee', 'Eve')
    story.meet('Dee', 'Cy')
    story.say('Cy', { kind: 'device', member: member('Cy'), device: 'Cy’s other device' as DeviceId })
    story.remove('Anna', first)
    story.remove('Anna', then)
    story.meet()
    expect(story.roles()).toBe('Anna owner, Bob admin, Eve member')
  }
)
