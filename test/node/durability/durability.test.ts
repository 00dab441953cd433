import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readdir, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  HIGHEST,
  isWhole,
  LOWEST,
  openStorage,
  type EntryId,
  type EntryStore,
  type Storage
} from '../../../src/core/log/index.ts'
import { createNodeDatabase } from '../../../src/node/data/node-database.ts'
import { entryAt } from '../../log/entries.ts'
import { MemorySet } from '../../log/sync/memory-set.ts'
import { NOON } from '../../support/cast.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { temporaryFolder } from '../program.ts'

const CHILD = fileURLToPath(new URL('commit-for-ever.ts', import.meta.url))
const ROUNDS = 20
const CUTS = 200

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let opened: Storage[]

beforeEach(async () => {
  folder = await temporaryFolder()
  opened = []
})

afterEach(async () => {
  await Promise.all(opened.map(storage => storage.close()))
  await folder.remove()
})

async function openAt(path: string): Promise<{ storage: Storage; store: EntryStore }> {
  const storage = await openStorage(createNodeDatabase(path))
  opened.push(storage)
  return { storage, store: storage.room('aa') }
}

async function close(storage: Storage): Promise<void> {
  opened = opened.filter(each => each !== storage)
  await storage.close()
}

/** Entries, items of the set and sums of its chunks tell the same; the ids of all. */
async function expectAgreement(store: EntryStore): Promise<Set<EntryId>> {
  const entries = await store.newest(1_000_000)
  const expected = new MemorySet(entries.map(({ id, header }) => ({ ms: header.clock.ms, id })))
  expect(await store.sets.chat.sum(LOWEST, HIGHEST)).toEqual(await expected.sum(LOWEST, HIGHEST))
  expect(await store.sets.chat.items(LOWEST, HIGHEST, 1_000_000)).toEqual(
    await expected.items(LOWEST, HIGHEST, 1_000_000)
  )
  return new Set(entries.map(({ id }) => id))
}

test(`a store whose process is killed ${ROUNDS} times at any write opens with all that was acknowledged`, async () => {
  const path = join(folder.path, 'killed')
  const random = seededRandom(1)
  const acknowledged = new Set<EntryId>()
  const gone = new Set<EntryId>()
  const bare = new Set<EntryId>()
  const take = (line: string): void => {
    const [dropped, erased] = line.slice(1).split(' ') as [EntryId, EntryId]
    if (line.startsWith('-')) acknowledged.delete(dropped)
    else if (line.startsWith('!')) void [gone.add(dropped), bare.add(erased)]
    else acknowledged.add(line as EntryId)
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    const child = spawn(process.execPath, [CHILD, path, String(round * 100_000)], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const exit = once(child, 'close')
    const killAfter = 1 + (random(1)[0] ?? 0)
    let printed = 0
    for await (const line of createInterface({ input: child.stdout })) {
      take(line)
      printed += 1
      if (printed === killAfter) child.kill('SIGKILL')
    }
    await exit
    const { storage, store } = await openAt(path)
    const here = await expectAgreement(store)
    expect([...acknowledged].filter(id => !here.has(id))).toEqual([])
    expect([...gone].filter(id => here.has(id))).toEqual([])
    for (const id of [...bare].slice(-20)) expect(isWhole((await store.get(id)) ?? failed(id))).toBe(false)
    await close(storage)
  }
  expect(acknowledged.size).toBeGreaterThan(ROUNDS * 10)
  expect(gone.size).toBeGreaterThan(ROUNDS)
})

function failed(id: EntryId): never {
  throw new Error(`${id} is gone`)
}

test(`a last write that is torn at any of ${CUTS} places is gone as a whole, and nothing else is`, async () => {
  const whole = join(folder.path, 'whole')
  const { storage, store } = await openAt(whole)
  const earlier = Array.from({ length: 600 }, (_, index) => entryAt(NOON + ((index * 31) % 400), index))
  await store.commit({ entries: earlier })
  const log = (await readdir(whole)).find(name => name.endsWith('.log')) ?? ''
  const before = (await stat(join(whole, log))).size
  await store.commit({ entries: [entryAt(NOON + 5, 1001), entryAt(NOON + 900, 1002)] })
  const after = (await stat(join(whole, log))).size
  expect(after - before).toBeGreaterThan(CUTS)
  await close(storage)

  for (let cut = 0; cut < CUTS; cut += 1) {
    const torn = join(folder.path, `torn-${cut}`)
    await cp(whole, torn, { recursive: true })
    await truncate(join(torn, log), before + Math.floor(((after - before) * cut) / CUTS))
    const { storage: opening, store: left } = await openAt(torn)
    const here = await expectAgreement(left)
    expect(here).toEqual(new Set(earlier.map(({ id }) => id)))
    await close(opening)
  }
})
