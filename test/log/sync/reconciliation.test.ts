import { expect, test } from 'vitest'
import { encodeUtf8, sha256 } from '../../../src/core/bytes/index.ts'
import {
  answerRead,
  createReconciliation,
  stepReconciliation,
  type ReconciliationInput,
  type ReconciliationState,
  type Transition
} from '../../../src/core/log/index.ts'
import { itemOf, MemorySet } from './memory-set.ts'
import { reconcile, Side } from './reconcile.ts'

const items = Array.from({ length: 5000 }, (_, n) => itemOf(n, sha256(encodeUtf8(`item ${n}`))))
const whole = new MemorySet(items)

test('a step leaves its state as it was: taken twice, it comes to the same', async () => {
  const message = await new Side(new MemorySet(items.slice(0, 4000)), { role: 'initiator' }).start()
  if (message === undefined) throw new Error('an initiator starts')
  const idle = createReconciliation({ role: 'responder' }, 0)
  let transition = stepTwice(idle, { kind: 'message', bytes: message })
  let reads = 0
  for (let [output] = transition.output; output?.kind === 'read'; [output] = transition.output) {
    transition = stepTwice(transition.state, { kind: 'answer', answer: await answerRead(whole, output.read) })
    reads += 1
  }
  expect(reads).toBeGreaterThan(1)
  expect(transition.output[0]?.kind).toBe('send')
  expect(idle.phase).toBe('idle')
})

test('a message that comes before the last one is answered breaks it off', () => {
  const idle = createReconciliation({ role: 'responder' }, 0)
  const bytes = Uint8Array.of(0x61, 0, 0, 2, 0)
  const { state, output } = stepReconciliation(idle, { kind: 'message', bytes }, 0)
  expect(output[0]?.kind).toBe('read')
  const second = stepReconciliation(state, { kind: 'message', bytes }, 0)
  expect(second.output).toEqual([{ kind: 'brokenOff', reason: 'malformed', text: 'a message out of turn' }])
})

test('what lies below the bound takes no part', async () => {
  const from = { ms: 3000, prefix: '' }
  const initiator = new Side(new MemorySet([]), { role: 'initiator', from })
  await reconcile(initiator, new Side(whole, { role: 'responder', from }))
  expect(initiator.need).toHaveLength(2000)
})

test('what was found before a limit stays found, and the next reconciliation finds more', async () => {
  const frameBytes = 4096
  const first = new Side(new MemorySet([]), { role: 'initiator', frameBytes })
  await reconcile(first, new Side(whole, { role: 'responder', frameBytes }))
  expect(first.ended).toMatchObject({ kind: 'brokenOff', reason: 'limit' })
  expect(first.need.length).toBeGreaterThan(1000)
  const found = new Set(first.need)
  const second = new Side(new MemorySet(items.filter(({ id }) => found.has(id))), { role: 'initiator', frameBytes })
  await reconcile(second, new Side(whole, { role: 'responder', frameBytes }))
  expect(second.need.length).toBeGreaterThan(1000)
  expect(second.need.filter(id => found.has(id))).toEqual([])
})

test('a hundred entries missing of 100,000 take three round trips and less than 40 KB of messages', async () => {
  const many = Array.from({ length: 100_000 }, (_, n) => itemOf(n, sha256(encodeUtf8(`entry ${n}`))))
  const initiator = new Side(new MemorySet(many.slice(0, -100)), { role: 'initiator' })
  await reconcile(initiator, new Side(new MemorySet(many), { role: 'responder' }))
  expect(new Set(initiator.need)).toEqual(new Set(many.slice(-100).map(({ id }) => id)))
  expect(initiator.state.rounds).toBeLessThanOrEqual(3)
  expect(initiator.state.bytes).toBeLessThan(40_000)
})

function stepTwice(state: ReconciliationState, input: ReconciliationInput): Transition {
  const transition = stepReconciliation(state, input, 0)
  expect(stepReconciliation(state, input, 0).output).toEqual(transition.output)
  return transition
}
