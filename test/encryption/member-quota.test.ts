import { expect, test } from 'vitest'
import { encodeUtf8, sha256, toHex } from '../../src/core/bytes/index.ts'
import {
  encodeOperation,
  type Action,
  type OperationContent,
  type OperationId
} from '../../src/core/encryption/access/index.ts'
import {
  COMMIT_KIND,
  NOTHING_BESIDE,
  OPERATION_KIND,
  type ControlEntry,
  type TakenControl
} from '../../src/core/encryption/control-words.ts'
import { encodeClaim, epochIdOf, type EpochId, type GroupEpoch } from '../../src/core/encryption/epochs/index.ts'
import { MemberQuota } from '../../src/core/encryption/member-quota.ts'
import { PrivateRoom } from '../../src/core/encryption/private-room.ts'
import type { DeviceId, MemberId } from '../../src/core/identity/index.ts'
import { NOON } from '../support/cast.ts'
import { RoomStory } from './access/room-of.ts'
import { isHeard, rolesIn, Scene, type Person } from './scene.ts'

/** Of one who is neither owner nor admin, and of all of those, as `room-quotas.ts` has it. */
const [OF_OTHER, OF_OTHERS, COMMITS_OF_OTHER] = [256, 4096, 1024]

/** Bytes that nobody has said before, as an id. */
function numbered(number: number): OperationId {
  return toHex(sha256(encodeUtf8(`${number}`))) as OperationId
}

let count = 0

/** An operation of somebody who means harm, that is theirs to make and does nothing. */
function idle({ identity }: Person, parents: readonly OperationId[], previous?: OperationId): ControlEntry {
  const { member, device } = identity.certificate
  const action = { kind: 'revoke-device', member, device: numbered(-1) as string as DeviceId, last: 0 } as const
  return operation(device, action, parents, previous)
}

function operation(
  device: DeviceId,
  action: Action,
  parents: readonly OperationId[],
  previous?: OperationId,
  more: Partial<OperationContent> = {}
): ControlEntry {
  count += 1
  const content = encodeOperation({ ...NOTHING_BESIDE, parents, previous, action, ...more })
  return { id: numbered(count), device, kind: OPERATION_KIND, content }
}

function sideBySide(by: Person, parent: OperationId, size: number): ControlEntry[] {
  return Array.from({ length: size }, () => idle(by, [parent]))
}

function inARow(by: Person, parent: OperationId, size: number): ControlEntry[] {
  const row: ControlEntry[] = []
  for (let last: OperationId | undefined; row.length < size; last = row.at(-1)?.id) {
    row.push(idle(by, [last ?? parent], last))
  }
  return row
}

/** Commits that open for nobody, each on the one before or all on one. */
function commits({ identity }: Person, head: OperationId, on: EpochId, size: number, isRow: boolean): ControlEntry[] {
  const made: ControlEntry[] = []
  let parent = on
  while (made.length < size) {
    count += 1
    const groupEpoch = numbered(count).slice(0, 32) as GroupEpoch
    const claim = { parent, groupEpoch, cites: [head], added: [], removed: [], keyHash: numbered(count) as string }
    const more = { generation: undefined, commit: encodeUtf8(`${count}`), welcome: undefined }
    const content = encodeClaim({ ...claim, ...more })
    made.push({ id: numbered(-count), device: identity.certificate.device, kind: COMMIT_KIND, content })
    if (isRow) parent = epochIdOf(identity.certificate.device, content)
  }
  return made
}

/** What each of some people has stored. */
class Stores {
  readonly #scene: Scene
  readonly #stored = new Map<Person, Map<OperationId, ControlEntry>>()

  constructor(scene: Scene, ...people: readonly Person[]) {
    this.#scene = scene
    for (const each of people) this.of(each)
  }

  of(person: Person): Map<OperationId, ControlEntry> {
    const stored = this.#stored.get(person) ?? new Map(this.#scene.log.map(entry => [entry.id, entry]))
    this.#stored.set(person, stored)
    return stored
  }

  /** These come to somebody; how many of what kind were stored. */
  async bring(person: Person, entries: readonly ControlEntry[]): Promise<Record<'operations' | 'commits', number>> {
    const [stored, byId] = [this.of(person), new Map(entries.map(entry => [entry.id, entry]))]
    const before = [...stored.values()].length
    const results: TakenControl[] = []
    person.room.takeNews()
    for (const entry of entries) if (!stored.has(entry.id)) results.push(await person.room.take(entry, NOON))
    for (const id of person.room.takeNews()) {
      const entry = byId.get(id) ?? this.#anywhere(id)
      if (entry !== undefined) stored.set(id, entry)
    }
    const came = [...stored.values()].slice(before)
    const operations = came.filter(({ kind }) => kind === OPERATION_KIND).length
    return { operations, commits: came.length - operations }
  }

  /** What somebody says themselves. */
  async acts(person: Person, act: () => Promise<unknown>): Promise<void> {
    const known = this.#scene.log.length
    await act()
    for (const entry of this.#scene.log.slice(known)) this.of(person).set(entry.id, entry)
    person.room.takeNews()
  }

  /** Each is offered what the others have, newest first, until nothing more comes of it. */
  async meet(...people: readonly Person[]): Promise<void> {
    for (let before = -1; before !== this.#size(people);) {
      before = this.#size(people)
      for (const one of people)
        for (const other of people) if (one !== other) await this.bring(one, [...this.of(other).values()].toReversed())
    }
  }

  #size(people: readonly Person[]): number {
    return people.reduce((sum, each) => sum + this.of(each).size, 0)
  }

  #anywhere(id: OperationId): ControlEntry | undefined {
    for (const stored of this.#stored.values()) if (stored.has(id)) return stored.get(id)
    return undefined
  }
}

/** Anna's room with Mara, who means harm, and Cy. */
async function room() {
  const scene = new Scene()
  const anna = await scene.found(1)
  const [mara, cy] = [await scene.admit(anna, 2), await scene.admit(anna, 3)]
  await scene.tell(mara)
  const [head] = scene.log.filter(({ kind }) => kind === OPERATION_KIND).toReversed()
  const epoch = anna.room.sealingEpoch()
  if (head === undefined || epoch === undefined) throw new Error('an empty room')
  return { scene, stores: new Stores(scene, anna, mara, cy), anna, mara, cy, head: head.id, epoch }
}

/** Which operations count for somebody. */
function standing({ room: whose }: Person): string[] {
  return [...whose.access().stands].toSorted()
}

async function remove({ scene, stores, anna }: Awaited<ReturnType<typeof room>>, who: Person): Promise<void> {
  const { member } = who.identity.certificate
  await stores.acts(anna, () => scene.say(anna, anna.room.say({ kind: 'remove', member, last: new Map() })))
  await stores.acts(anna, () => scene.carryOut(anna))
}

test('of a member who says more than one may so much is taken; all agree when an owner has removed them, whatever each took', async () => {
  const all = await room()
  const { scene, stores, anna, mara, cy, head, epoch } = all
  const flood = [
    ...sideBySide(mara, head, 200),
    ...inARow(mara, head, 200),
    ...commits(mara, head, epoch, 550, false),
    ...commits(mara, head, epoch, 550, true)
  ]
  const most = { operations: OF_OTHER, commits: COMMITS_OF_OTHER }
  expect(await stores.bring(anna, flood)).toEqual(most)
  expect(await stores.bring(cy, flood.toReversed())).toEqual(most)
  expect(standing(anna)).not.toEqual(standing(cy))
  const lists = [anna, cy].map(each => [...stores.of(each).values()])
  await remove(all, mara)
  let dan: Person | undefined
  await stores.acts(anna, async () => void (dan = await scene.admit(anna, 4)))
  if (dan === undefined) throw new Error('nobody came in')
  await stores.meet(anna, cy, dan)
  for (const each of [cy, dan]) {
    expect(standing(each)).toEqual(standing(anna))
    expect(rolesIn(each)).toEqual(['member', 'member', 'owner'])
    for (const other of [anna, cy, dan]) expect(isHeard(each, other)).toBe(true)
  }
  expect(isHeard(anna, mara)).toBe(false)
  // What was taken once stays, in whatever order it is read again.
  expect(stores.of(cy).size).toBeGreaterThan(lists[1]?.length ?? 0)
  const again = new PrivateRoom(cy, anna.room.id, { generations: cy.room.generations(), epochs: cy.room.epochs() })
  for (const entry of [...stores.of(cy).values()].toReversed()) await again.take(entry, NOON, true)
  for (const entry of stores.of(cy).values()) await again.take(entry, NOON, true)
  expect([...again.access().stands].toSorted()).toEqual(standing(anna))
}, 60_000)

test('what waits already is taken, too, when something comes that stands above all of it', async () => {
  const all = await room()
  const { scene, stores, anna, mara, cy, head } = all
  await stores.bring(cy, sideBySide(mara, head, OF_OTHER))
  const [first, ...more] = inARow(mara, head, 40)
  if (first === undefined) throw new Error('an empty row')
  await stores.bring(anna, [first, ...more])
  await stores.bring(cy, more)
  expect(await cy.room.take(first, NOON)).toBe('full')
  await remove(all, mara)
  const [removal] = scene.log.filter(({ kind }) => kind === OPERATION_KIND).toReversed()
  expect(removal && (await cy.room.take(removal, NOON))).toBe('waits')
  expect(await cy.room.take(first, NOON)).toBe('taken')
  expect(rolesIn(cy)).toEqual(['member', 'owner'])
})

test('who was removed takes nobody’s place, and neither do those whom they bring by what does not count', async () => {
  const all = await room()
  const { scene, stores, anna, mara, cy, head } = all
  await remove(all, mara)
  await stores.meet(anna, cy)
  const flood: ControlEntry[] = []
  for (let seed = 100; seed < 150; seed += 1) {
    const sybil = await scene.deps(seed)
    const { certificate } = sybil.identity
    const { member, device } = certificate
    const action = { kind: 'admit', member, device, role: 'member' } as const
    const brings = operation(mara.identity.certificate.device, action, [head], undefined, {
      certificate,
      keyPackage: sybil.keyPackage.shown
    })
    flood.push(brings, ...sideBySide({ ...sybil, room: mara.room }, brings.id, 20))
  }
  for (const [to, order] of [
    [anna, flood],
    [cy, flood.toReversed()]
  ] as const) {
    for (let time = 0; time < 3; time += 1) await stores.bring(to, order)
    const came = flood.filter(({ id }) => stores.of(to).has(id))
    expect(came).toHaveLength(OF_OTHER)
  }
  const others = inARow(cy, head, OF_OTHER)
  expect(await stores.bring(anna, others)).toEqual({ operations: OF_OTHER, commits: 0 })
  await stores.meet(anna, cy)
  expect(rolesIn(cy)).toEqual(['member', 'owner'])
  await stores.acts(anna, () => scene.admit(anna, 4))
  await stores.meet(anna, cy)
  expect(rolesIn(cy)).toEqual(['member', 'member', 'owner'])
}, 60_000)

test('those whom a member lets in by an invite fill no more than the places of members; an owner removes them, and these are free', async () => {
  const all = await room()
  const { scene, stores, anna, mara, cy, head } = all
  const { certificate } = anna.identity
  const invite = { kind: 'invite', role: 'member', expires: NOON * 2, uses: Number.POSITIVE_INFINITY } as const
  await stores.acts(anna, () => scene.say(anna, anna.room.say(invite, { inviteKey: certificate.bytes.slice(0, 32) })))
  const [invited] = [...anna.room.access().invites.keys()]
  if (invited === undefined) throw new Error('no invite')
  const flood: ControlEntry[] = []
  const members: MemberId[] = []
  for (let seed = 100; seed < 118; seed += 1) {
    const sybil = await scene.deps(seed)
    const { member, device } = sybil.certificate
    const action = { kind: 'admit', member, device, role: 'member', invite: invited } as const
    const more = { certificate: sybil.certificate, keyPackage: sybil.keyPackage.shown }
    const brings = operation(mara.identity.certificate.device, action, [invited], undefined, more)
    members.push(member)
    flood.push(brings, ...sideBySide({ ...sybil, room: mara.room }, brings.id, OF_OTHER))
  }
  expect(await stores.bring(anna, flood)).toEqual({ operations: OF_OTHERS, commits: 0 })
  const { device } = cy.identity.certificate
  const ofCy = operation(device, { kind: 'revoke-device', member: cy.certificate.member, device, last: 9 }, [head])
  expect(await anna.room.take(ofCy, NOON)).toBe('full')
  const [one] = members
  if (one === undefined) throw new Error('nobody came in')
  await stores.acts(anna, () => scene.say(anna, anna.room.say({ kind: 'remove', member: one, last: new Map() })))
  expect(await anna.room.take(ofCy, NOON)).toBe('taken')
}, 60_000)

test('a member keeps half of their places for what is not letting in whoever shows an invite', async () => {
  const { scene, stores, anna, cy } = await room()
  const invite = { kind: 'invite', role: 'member', expires: NOON * 2, uses: Number.POSITIVE_INFINITY } as const
  await stores.acts(anna, () =>
    scene.say(anna, anna.room.say(invite, { inviteKey: anna.certificate.bytes.slice(0, 32) }))
  )
  await stores.meet(anna, cy)
  const [invited] = [...cy.room.access().invites.keys()]
  const [last] = stores.of(cy).values()
  if (invited === undefined || last === undefined) throw new Error('no invite')
  const admits = async (seed: number) => {
    const { certificate, keyPackage } = await scene.deps(seed)
    return cy.room.admit(certificate, keyPackage.shown, { role: 'member', invite: invited })
  }
  expect(await stores.bring(cy, inARow(cy, invited, OF_OTHER / 2 - 1))).toEqual({
    operations: OF_OTHER / 2 - 1,
    commits: 0
  })
  await scene.say(cy, await admits(100))
  expect(await admits(101)).toEqual({ ok: false, error: 'you have done here as much as one may' })
  expect(cy.room.say({ kind: 'remove', member: cy.certificate.member, last: new Map() }).ok).toBe(true)
}, 60_000)

test('who built on the floods of two, which others took in other words, is heard by all when these are removed', async () => {
  const all = await room()
  const { scene, stores, anna, mara, cy } = all
  let mo = mara
  await stores.acts(anna, async () => void (mo = await scene.admit(anna, 4)))
  await stores.meet(anna, cy)
  const [head] = scene.log.filter(({ kind }) => kind === OPERATION_KIND).toReversed()
  if (head === undefined) throw new Error('an empty room')
  for (const to of [anna, cy])
    for (const by of [mara, mo]) await stores.bring(to, inARow({ ...by, room: mara.room }, head.id, OF_OTHER - 1))
  const { member } = cy.certificate
  const device = numbered(-2) as string as DeviceId
  await stores.acts(cy, () => scene.say(cy, cy.room.say({ kind: 'revoke-device', member, device, last: 0 })))
  await stores.meet(anna, cy)
  for (const each of [mara, mo]) await remove(all, each)
  await stores.meet(anna, cy)
  expect(standing(anna)).toEqual(standing(cy))
  expect(anna.room.access().members.get(member)?.revoked.has(device)).toBe(true)
}, 60_000)

test('what hundreds of members say above one long row that is not here is noted in a moment', () => {
  const nobody = { devices: new Set<DeviceId>(), revoked: new Map(), wrote: undefined, despite: new Set<MemberId>() }
  const names = Array.from({ length: 300 }, (_, index) => `${index}` as MemberId)
  const members = new Map(
    names.map((name, index) => [name, { ...nobody, role: index === 0 ? 'owner' : 'member' }] as const)
  )
  const access = { ...new RoomStory('Anna').access(), members }
  const deps = { access: () => access, accessBefore: () => access, broughtBy: new Map<MemberId, MemberId>() }
  const quota = new MemberQuota<OperationId>({ leader: OF_OTHERS, other: OF_OTHER, others: OF_OTHERS }, deps)
  const [owner, ...others] = names as [MemberId, ...MemberId[]]
  const row = Array.from({ length: 16_000 }, (_, index) => numbered(index))
  for (const [index, id] of row.slice(1).entries()) quota.lacks([row[index] ?? id], id, others[0] ?? owner)
  const above = row.slice(-1)
  const paying = others.map((each, index) => quota.lacks(above, numbered(-index), each).size)
  expect(paying.every(size => size === 1)).toBe(true)
  // Whatever others want: what an owner stands above is taken.
  quota.lacks(above, numbered(-others.length), owner)
  for (const [index, id] of row.entries()) {
    const [entry, author] = [`${index}`, others.at(-1) ?? owner]
    if (index < OF_OTHERS) expect(quota.take({ entry, id, author, isStored: false })).toBe(true)
  }
}, 20_000)
