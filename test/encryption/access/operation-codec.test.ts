import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { toHex } from '../../../src/core/bytes/index.ts'
import {
  decodeOperation,
  encodeOperation,
  ROLES,
  type Action,
  type HistoryPolicy,
  type OperationContent,
  type OperationId
} from '../../../src/core/encryption/access/index.ts'
import type { DeviceCertificate, DeviceId, MemberId } from '../../../src/core/identity/index.ts'
import { identityOf } from '../../support/cast.ts'
import { seededRandom } from '../../support/seeded-random.ts'

let certificate: DeviceCertificate
beforeAll(async () => {
  certificate = (await identityOf(1)).certificate
})

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
// None of them is zeros, which stand for none.
const ids = bytes(32).map(each => toHex(each.with(0, each[0] || 1)))
const roles = fc.constantFrom(...ROLES)
const names = fc.string({ maxLength: 60, unit: 'grapheme' })
const histories: fc.Arbitrary<HistoryPolicy> = fc.oneof(
  fc.constantFrom('none' as const, 'joined' as const, 'all' as const),
  fc.nat(1e6)
)
const optional = <T>(each: fc.Arbitrary<T>) => fc.option(each, { nil: undefined })
const flags = fc.constantFrom({}, { bans: true }, { keepsInvites: true }, { bans: true, keepsInvites: true })

const operations = (): fc.Arbitrary<OperationContent> => {
  const { device, member } = certificate
  const nothing = { certificate: undefined, keyPackage: undefined, beginning: undefined, inviteKey: undefined }
  const own = { certificate, keyPackage: fc.uint8Array({ maxLength: 500 }) }
  const of = (action: fc.Arbitrary<Action>, more: object = {}) =>
    fc.record({ action, ...constants({ ...nothing, ...more }) })
  const sequences = fc.array(fc.tuple(ids as fc.Arbitrary<DeviceId>, fc.nat()), { maxLength: 5 })
  const invites = optional(ids as fc.Arbitrary<OperationId>)
  const beginning = fc.record({ groupId: bytes(32), epoch: bytes(16), keyHash: bytes(32) })
  const said = fc.oneof(
    of(fc.record({ kind: fc.constant('create'), device: fc.constant(device), name: names, history: histories }), {
      ...own,
      beginning
    }),
    of(
      fc.record({
        kind: fc.constant('create'),
        device: fc.constant(device),
        name: names,
        history: histories,
        other: ids as fc.Arbitrary<MemberId>
      }),
      { ...own, beginning }
    ),
    of(
      fc
        .tuple(roles, invites)
        .map(([role, invite]) => ({ kind: 'admit', member, device, role, ...(invite && { invite }) })),
      own
    ),
    of(
      fc.tuple(ids as fc.Arbitrary<MemberId>, roles, sequences).map(([who, role, last]) => ({
        kind: 'role',
        member: who,
        role,
        ...(role === 'observer' && { last: new Map(last) })
      }))
    ),
    of(
      fc
        .tuple(ids as fc.Arbitrary<MemberId>, sequences, flags)
        .map(([who, last, more]) => ({ kind: 'remove', member: who, last: new Map(last), ...more }))
    ),
    of(
      fc.record({
        kind: fc.constant('invite'),
        role: roles,
        expires: fc.nat(),
        uses: fc.oneof(fc.integer({ min: 1, max: 1e6 }), fc.constant(Number.POSITIVE_INFINITY))
      }),
      { inviteKey: bytes(32) }
    ),
    of(fc.record({ kind: fc.constant('revoke'), invite: ids as fc.Arbitrary<OperationId> })),
    of(
      fc.tuple(optional(names), optional(histories)).map(([name, history]) => ({
        kind: 'policy',
        ...(name !== undefined && { name }),
        ...(history !== undefined && { history })
      }))
    ),
    of(fc.record({ kind: fc.constant('device'), member: fc.constant(member), device: fc.constant(device) }), own),
    of(
      fc.record({
        kind: fc.constant('revoke-device'),
        member: ids as fc.Arbitrary<MemberId>,
        device: ids as fc.Arbitrary<DeviceId>,
        last: fc.nat()
      })
    ),
    of(fc.record({ kind: fc.constant('close') }))
  )
  const parents = fc.uniqueArray(ids as fc.Arbitrary<OperationId>, { maxLength: 16 }).map(all => all.toSorted())
  return fc
    .tuple(said, parents, invites)
    .map(([each, above, previous]) => ({ ...(each as OperationContent), parents: above, previous }))
}

function constants(fields: object) {
  const isArbitrary = (value: unknown): boolean => value instanceof fc.Arbitrary
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, isArbitrary(value) ? value : fc.constant(value)])
  )
}

test('operations are read as they were written', async () => {
  const seen = new Set<string>()
  const check = fc.asyncProperty(operations(), async operation => {
    seen.add(operation.action.kind)
    expect(await decodeOperation(encodeOperation(operation))).toEqual({ ok: true, value: operation })
  })
  await fc.assert(check, { numRuns: 500 })
  expect(seen.size).toBe(10)
})

test('hostile bytes are refused, and never thrown at', async () => {
  const random = seededRandom(4)
  const [example] = fc.sample(operations(), { numRuns: 1, seed: 7 })
  const bytesOf = example === undefined ? new Uint8Array() : encodeOperation(example)
  let read = 0
  for (let round = 0; round < 20_000; round += 1) {
    const [at = 0, byte = 0, length = 0] = random(3)
    const hostile = round % 2 === 0 ? random(length) : bytesOf.with(at % bytesOf.length, byte)
    const decoded = await decodeOperation(hostile)
    if (!decoded.ok) continue
    read += 1
    expect(encodeOperation(decoded.value)).toEqual(hostile)
  }
  // A byte of an id may be any.
  expect(read).toBeLessThan(15_000)
})

test('a certificate that no root has signed is refused', async () => {
  const [example] = fc.sample(
    operations().filter(({ action }) => action.kind === 'device'),
    { numRuns: 1, seed: 7 }
  )
  if (example?.certificate === undefined) throw new Error('an example without a certificate')
  const forged = { ...example.certificate, bytes: example.certificate.bytes.with(40, 1) }
  const decoded = await decodeOperation(encodeOperation({ ...example, certificate: forged }))
  expect(decoded).toEqual({ ok: false, error: 'a certificate with a wrong signature' })
})
