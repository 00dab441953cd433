import { expect, test } from 'vitest'
import { encodeUtf8, sha256, toHex } from '../../../src/core/bytes/index.ts'
import { itemOf, MemorySet } from './memory-set.ts'
import vectors from './negentropy-vectors.json' with { type: 'json' }
import { reconcile, Side } from './reconcile.ts'

/** The reference's time, in seconds. */
const START = 1_700_000_000
/** What the reference does without a limit. */
const UNLIMITED = 2 ** 30

for (const { name, frameBytes: limit, itemsPerSecond, initiator, responder, messages, have, need } of vectors.cases) {
  test(`both roles send what the reference sends: ${name}`, async () => {
    const frameBytes = limit || UNLIMITED
    const limits = { rounds: 100, bytes: 2 ** 30 }
    const asking = new Side(setOf(initiator), { role: 'initiator', frameBytes, limits })
    const answering = new Side(setOf(responder), { role: 'responder', frameBytes, limits })
    const sent = await reconcile(asking, answering)
    expect(sent.map(toHex)).toEqual(messages)
    expect(asking.ended).toEqual({ kind: 'done' })
    expect([new Set(asking.have).size, new Set(asking.need).size]).toEqual([have, need])
  })

  function setOf(runs: readonly (readonly number[])[]): MemorySet {
    const numbers = runs.flatMap(([from = 0, to = 0, step = 1]) =>
      Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step)
    )
    return new MemorySet(
      numbers.map(n => itemOf(START + Math.floor(n / itemsPerSecond), sha256(encodeUtf8(`item ${n}`))))
    )
  }
}
