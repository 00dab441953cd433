import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openStorage } from '../../src/core/log/index.ts'
import { NOON } from '../support/cast.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { temporaryDatabase } from '../support/temporary-database.ts'
import { entryAt } from './entries.ts'

const KEPT = 10

/** Those that stand in one of the database's files, anywhere. */
async function foundIn(folder: string, secrets: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const files = await Promise.all((await readdir(folder)).map(name => readFile(`${folder}/${name}`)))
  return secrets.filter(secret => files.some(file => file.includes(Buffer.from(secret))))
}

test('what was deleted stays in the files of LevelDB until it is purged, and is in none of them then', async () => {
  const database = await temporaryDatabase()
  const storage = await openStorage(database)
  const room = storage.room('aa')
  // Of another seed than the entries, whose bytes are in these files, too.
  const random = seededRandom(77_777)
  const secrets = Array.from({ length: 200 }, () => random(32))
  for (const [place, value] of secrets.entries()) {
    const old = { name: `secret/${place - KEPT}`, value: undefined }
    const state = { name: `state/${place}`, value: random(30_000) }
    await room.commit({ entries: [entryAt(NOON, place)], records: [{ name: `secret/${place}`, value }, state, old] })
  }
  const [erased, kept] = [secrets.slice(0, -KEPT), secrets.slice(-KEPT)]
  expect(await foundIn(database.location, erased)).not.toHaveLength(0)
  await room.purge('secret/')
  expect(await foundIn(database.location, erased)).toEqual([])
  expect(await foundIn(database.location, kept)).toEqual(kept)
  await storage.close()
})
