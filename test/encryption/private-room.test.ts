import { expect, test } from 'vitest'
import { encodeUtf8, failure, sha256, toHex } from '../../src/core/bytes/index.ts'
import { encodeOperation, type Action, type OperationId, type Role } from '../../src/core/encryption/access/index.ts'
import { encodeClaim, type EpochId, type GroupEpoch } from '../../src/core/encryption/epochs/index.ts'
import { generationId, newGeneration } from '../../src/core/encryption/generation.ts'
import {
  COMMIT_KIND,
  NOTHING_BESIDE,
  OPERATION_KIND,
  type ControlEntry,
  type ControlWords
} from '../../src/core/encryption/control-words.ts'
import { PrivateRoom } from '../../src/core/encryption/private-room.ts'
import { certifyDevice, signingKey, type DeviceCertificate } from '../../src/core/identity/index.ts'
import { NOON } from '../support/cast.ts'
import { seededNumbers, seededRandom } from '../support/seeded-random.ts'
import { fakeGroupKeys } from './epochs/fake-group-keys.ts'
import { isHeard, rolesIn, Scene } from './scene.ts'

test('a newcomer checks the room from its beginning, and reads what is said from then on', async () => {
  const scene = new Scene()
  const anna = await scene.found(1)
  const before = anna.room.sealingEpoch()
  const bob = await scene.admit(anna, 2)
  expect(rolesIn(bob)).toEqual(['member', 'owner'])
  expect(isHeard(anna, bob)).toBe(true)
  expect(isHeard(bob, anna)).toBe(true)
  expect(before && bob.room.contentKey(before)).toBeUndefined()
  const cy = await scene.admit(anna, 3, 'admin')
  await scene.tell(bob)
  expect(isHeard(cy, bob)).toBe(true)
  expect(bob.room.access().name).toBe('Loft')
  expect(new Set([anna, bob, cy].map(({ room }) => room.sealingEpoch())).size).toBe(1)
})

test('nobody seals for who was removed, and a generation begins that they do not know', async () => {
  const scene = new Scene()
  const anna = await scene.found(1)
  const bob = await scene.admit(anna, 2)
  const cy = await scene.admit(anna, 3)
  await scene.tell(bob)
  await scene.say(anna, anna.room.say({ kind: 'remove', member: bob.identity.certificate.member, last: new Map() }))
  expect(anna.room.sealingEpoch()).toBeUndefined()
  await scene.tell(cy)
  expect(cy.room.sealingEpoch()).toBeUndefined()
  // Any member may carry out what the log says.
  await scene.carryOut(cy)
  await scene.tell(anna, bob)
  expect(isHeard(cy, anna)).toBe(true)
  expect(isHeard(anna, bob)).toBe(false)
  const [here, there] = [anna, cy].map(({ room }) => room.currentGeneration())
  expect(here).toBeDefined()
  expect(here).toEqual(there)
  const known = [...bob.room.generations().values()].map(each => toHex(generationId(each)))
  expect(known).toHaveLength(1)
  expect(known).not.toContain(here && toHex(generationId(here)))
  // Who comes later is given both, and checks what was done under the first.
  const eve = await scene.admit(anna, 5)
  expect(eve.room.generations().size).toBe(2)
  expect(eve.room.currentGeneration()).toEqual(here)
})

test('generations that somebody made up for a newcomer push no true ones out, and go no further', async () => {
  const scene = new Scene()
  const anna = await scene.found(1)
  const [bob, cy] = [await scene.admit(anna, 2), await scene.admit(anna, 3)]
  const dan = await scene.admit(anna, 4)
  const made = Array.from(
    { length: 8 },
    (_, index) => [toHex(seededRandom(90 + index)(16)) as EpochId, newGeneration(seededRandom(80 + index))] as const
  )
  const given = new Map([...made, ...dan.room.generations()])
  const room = new PrivateRoom(dan, anna.room.id, { generations: given })
  const newcomer = { ...dan, room }
  // Without a log there is nothing else to go by.
  expect(room.meetingGenerations(NOON)).toEqual(made.slice(0, 4).map(([, generation]) => generation))
  await scene.tell(newcomer)
  for (const each of [bob, cy]) {
    const { member } = each.identity.certificate
    await scene.say(anna, anna.room.say({ kind: 'remove', member, last: new Map() }))
    await scene.carryOut(anna)
  }
  await scene.tell(newcomer)
  const met = anna.room.meetingGenerations(NOON)
  expect(met).toHaveLength(3)
  // Whoever comes back goes by some of these for a while.
  expect(room.meetingGenerations(NOON)).toEqual([...met, ...made.slice(0, 3).map(([, generation]) => generation)])
  expect(room.generations().size).toBe(met.length + made.length)
  expect(room.handing.generations()).toEqual(anna.room.generations())
  const handed = await room.handing.give(anna.device.id, { isBehind: false, epochs: [] })
  expect(handed?.generations).toEqual(anna.room.generations())
})

test('who may not, does not: nothing is said, and what is said all the same does not count', async () => {
  const scene = new Scene()
  const anna = await scene.found(1)
  const bob = await scene.admit(anna, 2)
  const { member } = anna.identity.certificate
  const action = { kind: 'remove', member, last: new Map() } as const
  expect(bob.room.say(action)).toEqual({ ok: false, error: 'only owners and admins may' })
  const stranger = await scene.deps(9)
  const forged = scene.log[0]
  if (forged === undefined) throw new Error('no create')
  expect(await anna.room.take({ ...forged, device: stranger.device.id, id: 'f'.repeat(64) as OperationId }, NOON)).toBe(
    'void'
  )
  expect(
    await anna.room.take({ ...forged, content: forged.content.slice(0, 40), id: 'e'.repeat(64) as OperationId }, NOON)
  ).toBe('void')
  expect(rolesIn(anna)).toEqual(['member', 'owner'])
})

test('two who were apart both let somebody in: all four come to one epoch and hear each other', async () => {
  const scene = new Scene()
  const anna = await scene.found(1)
  const bob = await scene.admit(anna, 2, 'admin')
  const [cy, dan] = [await scene.admit(anna, 3), await scene.admit(bob, 4)]
  const all = [anna, bob, cy, dan]
  await scene.tell(...all)
  for (let turn = 0; turn < 4; turn += 1) {
    const busy = []
    for (const each of all) if ((await each.room.carryOut()) !== undefined) busy.push(each)
    if (busy[0] === undefined) break
    await scene.carryOut(busy[0])
    await scene.tell(...all)
  }
  expect(rolesIn(dan)).toEqual(['admin', 'member', 'member', 'owner'])
  for (const from of all) for (const to of all) expect(isHeard(from, to)).toBe(true)
})

test('a key package with which nobody can be added keeps nobody else out, nor anybody from being removed', async () => {
  const fake = fakeGroupKeys(seededNumbers(3))
  const unfit = new Set<string>()
  const scene = new Scene({
    ...fake,
    commit: async (state, device, change) =>
      change.add.some(shown => unfit.has(toHex(shown))) ? failure('it clashes') : fake.commit(state, device, change)
  })
  const anna = await scene.found(1)
  const bob = await scene.admit(anna, 2)
  const mallory = await scene.deps(3)
  unfit.add(toHex(mallory.keyPackage.shown))
  await scene.say(anna, anna.room.admit(mallory.certificate, mallory.keyPackage.shown, { role: 'member' }))
  const cy = await scene.admit(anna, 4)
  await scene.tell(bob)
  expect(isHeard(anna, cy)).toBe(true)
  expect(isHeard(bob, cy)).toBe(true)
  await scene.say(anna, anna.room.say({ kind: 'remove', member: bob.identity.certificate.member, last: new Map() }))
  await scene.carryOut(anna)
  await scene.tell(cy)
  expect(isHeard(anna, cy)).toBe(true)
  expect(isHeard(anna, bob)).toBe(false)
  expect(anna.room.isCommitDue()).toBe(false)
})

test('a device that two members certify, let in as each by two who do not know of one another, is the same to all, whatever came first', async () => {
  const scene = new Scene()
  const anna = await scene.found(1)
  const bob = await scene.admit(anna, 2)
  const device = await signingKey(seededRandom(9)(32))
  const [one, other] = await Promise.all(
    [10, 11].map(async seed => certifyDevice(await signingKey(seededRandom(seed)(32)), device, NOON))
  )
  if (one === undefined || other === undefined) throw new Error('no certificates')
  const words = (action: Action, parents: readonly OperationId[], certificate?: DeviceCertificate): ControlWords => {
    const said = { parents, action, certificate, keyPackage: certificate && encodeUtf8(certificate.device) }
    return { kind: OPERATION_KIND, content: encodeOperation({ ...NOTHING_BESIDE, ...said }) }
  }
  const numbered = (number: number): OperationId => toHex(sha256(encodeUtf8(`${number}`))) as OperationId
  const by = anna.identity.certificate.device
  const admit = (id: OperationId, certificate: DeviceCertificate, role: Role): ControlEntry => {
    const action = { kind: 'admit', member: certificate.member, device: certificate.device, role } as const
    return { id, device: by, ...words(action, [anna.room.id], certificate) }
  }
  const [first, second] = [admit(numbered(1), one, 'member'), admit(numbered(2), other, 'observer')]
  const leaving = { kind: 'remove', member: one.member, last: new Map() } as const
  const above = [first.id, second.id].toSorted()
  const said = { id: numbered(3), device: one.device, ...words(leaving, above) }
  const apart = {
    id: numbered(4),
    device: one.device,
    ...words({ kind: 'remove', member: other.member, last: new Map() }, [second.id])
  }
  const parent = anna.room.sealingEpoch() as EpochId
  const claim = { parent, groupEpoch: '11'.repeat(16) as GroupEpoch, cites: above, added: [], removed: [] } as const
  const more = { keyHash: 'ab'.repeat(32), generation: undefined, commit: encodeUtf8('{}'), welcome: undefined }
  const content = encodeClaim({ ...claim, ...more })
  const commit = { id: numbered(5), device: one.device, kind: COMMIT_KIND, content }
  for (const each of [first, second, said, apart, commit]) await anna.room.take(each, NOON)
  for (const each of [second, first, commit, apart, said]) await bob.room.take(each, NOON)
  expect([...bob.room.access().members]).toEqual([...anna.room.access().members])
  expect(bob.room.access().void).toEqual(anna.room.access().void)
  expect(bob.room.memberOf(one.device)).toBe(anna.room.memberOf(one.device))
  const [here, there] = [anna, bob].map(({ room }) =>
    room.epochs()?.nodes.find(({ began }) => began?.parent === parent)
  )
  expect(here?.began?.committer).toBeDefined()
  expect(there?.began).toEqual(here?.began)
})

test('a member’s commits that wait for what never comes, however many, do not have another’s lost that waits', async () => {
  const scene = new Scene()
  const anna = await scene.found(1)
  const bob = await scene.admit(anna, 2)
  const cy = await scene.admit(anna, 3)
  await scene.tell(bob)
  const known = scene.log.length
  for (const seed of [4, 5]) await scene.admit(anna, seed)
  const news = scene.log.slice(known)
  const [later] = news.filter(({ kind }) => kind === COMMIT_KIND).toReversed()
  for (const each of news.filter(({ kind }) => kind === OPERATION_KIND)) await cy.room.take(each, NOON)
  if (later !== undefined) await cy.room.take(later, NOON)
  const { device } = bob.identity.certificate
  const claim = { cites: [anna.room.id], added: [], removed: [], keyHash: 'ab'.repeat(32), welcome: undefined } as const
  const numbered = (number: number): string => toHex(sha256(encodeUtf8(`${number}`)))
  for (let number = 0; number < 1100; number += 1) {
    const groupEpoch = numbered(number).slice(0, 32) as GroupEpoch
    const parent = numbered(-1 - number).slice(0, 32) as EpochId
    const content = encodeClaim({ ...claim, groupEpoch, parent, generation: undefined, commit: encodeUtf8('{}') })
    await cy.room.take({ id: numbered(number) as OperationId, device, kind: COMMIT_KIND, content }, NOON)
  }
  for (const each of news) if (each !== later) await cy.room.take(each, NOON)
  expect(isHeard(anna, cy)).toBe(true)
})
