import { expect, test } from 'vitest'
import { encodeUtf8, expectValue, failure, sha256, toHex, type Result } from '../../src/core/bytes/index.ts'
import { encodeOperation, type Action, type OperationId, type Role } from '../../src/core/encryption/access/index.ts'
import {
  encodeClaim,
  type EpochId,
  type GroupEpoch,
  type GroupKeys,
  type KeyPackage
} from '../../src/core/encryption/epochs/index.ts'
import { foundPrivateRoom } from '../../src/core/encryption/found-private-room.ts'
import { generationId } from '../../src/core/encryption/generation.ts'
import {
  COMMIT_KIND,
  OPERATION_KIND,
  type ControlEntry,
  type ControlWords
} from '../../src/core/encryption/control-words.ts'
import { NOTHING_BESIDE, PrivateRoom, type PrivateRoomDeps } from '../../src/core/encryption/private-room.ts'
import { certifyDevice, signingKey, type DeviceCertificate, type Identity } from '../../src/core/identity/index.ts'
import { identityOf, NOON } from '../support/cast.ts'
import { seededNumbers, seededRandom } from '../support/seeded-random.ts'
import { fakeGroupKeys } from './epochs/fake-group-keys.ts'

interface Person {
  readonly identity: Identity
  readonly keyPackage: KeyPackage
  readonly room: PrivateRoom
}

/** Some people with one log, which each reads in an order of its own. */
class Scene {
  readonly log: ControlEntry[] = []
  readonly #keys: GroupKeys
  readonly #next = seededNumbers(5)

  constructor(keys: GroupKeys = fakeGroupKeys(seededNumbers(3))) {
    this.#keys = keys
  }

  async deps(seed: number): Promise<PrivateRoomDeps & { readonly identity: Identity }> {
    const identity = await identityOf(seed)
    const device = { id: identity.certificate.device, signingKey: sha256(encodeUtf8(`${seed}`)) }
    const keyPackage = await this.#keys.createKeyPackage(device)
    const { certificate } = identity
    return { keys: this.#keys, random: seededRandom(seed), device, certificate, keyPackage, identity }
  }

  async found(seed: number): Promise<Person> {
    const deps = await this.deps(seed)
    const founding = await foundPrivateRoom(deps, { name: 'Loft', history: 'joined' })
    const { id } = this.#write(deps.identity, founding.words)
    return { ...deps, room: await founding.begin(id, NOON) }
  }

  /** Somebody lets a newcomer in, who reads all from the beginning. */
  async admit(by: Person, seed: number, role: 'admin' | 'member' | 'observer' = 'member'): Promise<Person> {
    const deps = await this.deps(seed)
    await this.say(by, by.room.admit(deps.certificate, deps.keyPackage.shown, { role }))
    await this.carryOut(by)
    const newcomer = { ...deps, room: new PrivateRoom(deps, by.room.id, { generations: by.room.generations() }) }
    await this.tell(newcomer)
    return newcomer
  }

  async say(by: Person, words: Result<ControlWords>): Promise<void> {
    await by.room.take(this.#write(by.identity, expectValue(words)), NOON)
  }

  async carryOut(by: Person): Promise<void> {
    const own = await by.room.carryOut()
    if (own === undefined) throw new Error('there was nothing to carry out')
    this.#write(by.identity, own.words)
    await by.room.takeOwn(own, NOON)
  }

  /** Each reads the whole log, in any order. */
  async tell(...people: readonly Person[]): Promise<void> {
    for (const { room, identity } of people) {
      const drawn = this.log.map(entry => [this.#next(), entry] as const).toSorted(([a], [b]) => a - b)
      // One's own commits are taken as they are made.
      for (const [, entry] of drawn) {
        if (entry.device !== identity.certificate.device) await room.take(entry, NOON)
      }
    }
  }

  #write({ certificate }: Identity, words: ControlWords): ControlEntry {
    const id = toHex(sha256(encodeUtf8(`entry ${this.log.length}`))) as OperationId
    const entry = { id, device: certificate.device, ...words }
    this.log.push(entry)
    return entry
  }
}

function rolesIn({ room }: Person): string[] {
  return [...room.access().members.values()].map(({ role }) => role).toSorted()
}

/** What one seals under now, opened by another; undefined when it does not open. */
function isHeard(from: Person, to: Person): boolean {
  const epoch = from.room.sealingEpoch()
  if (epoch === undefined) throw new Error('nothing to seal under')
  const [sealed, opened] = [from.room.contentKey(epoch), to.room.contentKey(epoch)]
  return opened !== undefined && toHex(opened) === toHex(sealed ?? new Uint8Array())
}

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

test('who may not, does not: nothing is said, and what is said all the same does not count', async () => {
  const scene = new Scene()
  const anna = await scene.found(1)
  const bob = await scene.admit(anna, 2)
  const { member } = anna.identity.certificate
  const action = { kind: 'remove', member, last: new Map() } as const
  expect(bob.room.say(action)).toEqual({ ok: false, error: 'no member may do that' })
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

test('no more operations are taken than a room has use for, and no more commits', async () => {
  const scene = new Scene()
  const anna = await scene.found(1)
  const { device, member } = anna.identity.certificate
  const said = {
    previous: undefined,
    certificate: undefined,
    keyPackage: undefined,
    beginning: undefined,
    inviteKey: undefined
  }
  const content = encodeOperation({ ...said, parents: [anna.room.id], action: { kind: 'role', member, role: 'owner' } })
  const numbered = (number: number): OperationId => toHex(sha256(encodeUtf8(`${number}`))) as OperationId
  const counts: Record<string, number> = {}
  const take = async (entry: Omit<ControlEntry, 'device'>): Promise<void> => {
    const taken = await anna.room.take({ ...entry, device }, NOON)
    const name = `${entry.kind} ${taken}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  const parent = anna.room.sealingEpoch()
  if (parent === undefined) throw new Error('the founder is not in')
  const claim = { parent, cites: [anna.room.id], added: [], removed: [], keyHash: 'ab'.repeat(32) } as const
  for (let number = 0; number < 16_400; number += 1) {
    const groupEpoch = numbered(number).slice(0, 32) as GroupEpoch
    const bytes = encodeClaim({
      ...claim,
      groupEpoch,
      generation: undefined,
      commit: encodeUtf8('{}'),
      welcome: undefined
    })
    await take({ id: numbered(number), kind: COMMIT_KIND, content: bytes })
    await take({ id: numbered(-1 - number), kind: OPERATION_KIND, content })
  }
  expect(counts).toEqual({ '16 taken': 16_383, '16 full': 17, '17 taken': 16_383, '17 full': 17 })
}, 120_000)

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
