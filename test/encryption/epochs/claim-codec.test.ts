import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHex } from '../../../src/core/bytes/index.ts'
import type { OperationId } from '../../../src/core/encryption/access/index.ts'
import { decodeClaim, encodeClaim, type EpochId, type GroupEpoch } from '../../../src/core/encryption/epochs/index.ts'
import type { DeviceId } from '../../../src/core/identity/index.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(each => toHex(each))
const sorted = (minLength: number, maxLength: number) =>
  fc.uniqueArray(hex(32), { minLength, maxLength }).map(all => all.toSorted())

const claims = fc
  .record({
    parent: hex(16) as fc.Arbitrary<EpochId>,
    groupEpoch: hex(16) as fc.Arbitrary<GroupEpoch>,
    cites: sorted(1, 16) as fc.Arbitrary<OperationId[]>,
    added: sorted(0, 4) as fc.Arbitrary<DeviceId[]>,
    removed: sorted(0, 4) as fc.Arbitrary<DeviceId[]>,
    keyHash: hex(32),
    generation: fc.option(fc.uint8Array({ minLength: 112, maxLength: 112 }), { nil: undefined }),
    commit: fc.uint8Array({ maxLength: 300 }),
    welcome: fc.option(fc.uint8Array({ minLength: 1, maxLength: 300 }), { nil: undefined })
  })
  .map(claim => ({ ...claim, welcome: claim.added.length === 0 ? undefined : claim.welcome }))

test('a commit and its claim are read as they were written', () => {
  const check = fc.property(claims, claim => {
    expect(decodeClaim(encodeClaim(claim))).toEqual({ ok: true, value: claim })
  })
  fc.assert(check)
})

test('what is malformed is refused, and never thrown at; what is read was written so', () => {
  const random = seededRandom(11)
  const [example] = fc.sample(claims, { numRuns: 1, seed: 5 })
  if (example === undefined) throw new Error('no example')
  const bytes = encodeClaim(example)
  for (let round = 0; round < 20_000; round += 1) {
    const [high = 0, low = 0, byte = 0] = random(3)
    const at = (high * 256 + low) % bytes.length
    const hostile = [random(at), bytes.subarray(0, at), bytes.with(at, byte)][round % 3] ?? bytes
    const decoded = decodeClaim(hostile)
    expect(decoded.ok ? encodeClaim(decoded.value) : hostile).toEqual(hostile)
  }
  expect(decodeClaim(encodeClaim({ ...example, cites: [] }))).toMatchObject({ ok: false })
  const device = example.removed[0] ?? ('ff'.repeat(32) as DeviceId)
  expect(decodeClaim(encodeClaim({ ...example, added: [device], removed: [device] }))).toMatchObject({ ok: false })
  expect(decodeClaim(encodeClaim({ ...example, added: [], welcome: Uint8Array.of(1) }))).toMatchObject({ ok: false })
})
