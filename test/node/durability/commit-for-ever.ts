// Commits entries to the store in the folder it is given, a few at a time, and prints each id when it is durable.
import { openStorage } from '../../../src/core/log/index.ts'
import { createNodeDatabase } from '../../../src/node/data/node-database.ts'
import { entryAt } from '../../log/entries.ts'
import { NOON } from '../../support/cast.ts'

const [folder = '', first = '0'] = process.argv.slice(2)
const storage = await openStorage(createNodeDatabase(folder))
const store = storage.room('aa')

for (let seed = Number(first); ; seed += 3) {
  await Promise.all(
    [seed, seed + 1, seed + 2].map(async each => {
      // Some belong in the middle of what is there, some at its end.
      const entries = [entryAt(NOON + ((each * 7919) % 5000), each), entryAt(NOON + 10_000 + each, each + 1e9)]
      await store.commit({ entries, shown: new Map(entries.slice(0, 1).map(({ id }) => [id, new Uint8Array()])) })
      process.stdout.write(entries.map(({ id }) => `${id}\n`).join(''))
      // Now and then one goes whole and the body of another: told before, for what is cut off may be either way.
      if (each % 4 !== 0) return
      const [dropped, erased] = entries
      process.stdout.write(`-${dropped?.id}\n`)
      await store.commit({ dropped: dropped ? [dropped.id] : [], erased: erased ? [erased.id] : [] })
      process.stdout.write(`!${dropped?.id} ${erased?.id}\n`)
    })
  )
}
