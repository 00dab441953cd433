import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStorage } from '../../src/core/log/index.ts'
import { eraseRoom } from '../../src/node/data/erase-room.ts'
import { createNodeDatabase } from '../../src/node/data/node-database.ts'
import { newIdentity, writeEntry } from '../support/mallory.ts'
import { temporaryFolder } from './program.ts'

test('a room that is erased leaves nothing behind, and no other room loses anything', async () => {
  const folder = await temporaryFolder()
  const database = createNodeDatabase(join(folder.path, 'store'))
  try {
    const storage = await openStorage(database)
    const identity = await newIdentity()
    const entries = await Promise.all(
      Array.from({ length: 1100 }, (_, index) => writeEntry(identity, `line ${index}`, { profile: false }))
    )
    const names = ['kept.a', 'kept.aa', 'kept.b', 'a']
    const [first] = entries
    for (const name of names) {
      const records = [{ name: 'history', value: Uint8Array.of(1) }]
      await storage.room(name).commit({ entries: name === 'kept.a' ? entries : entries.slice(0, 1), records })
    }
    await eraseRoom(database, 'kept.a')
    expect(await storage.room('kept.a').newest(10)).toEqual([])
    expect(await storage.room('kept.a').records.get('history')).toBeUndefined()
    for (const name of ['kept.aa', 'kept.b', 'a']) {
      expect((await storage.room(name).newest(10)).map(entry => entry.id)).toEqual([first?.id])
      expect(await storage.room(name).records.get('history')).toEqual(Uint8Array.of(1))
    }
    const left = (await database.keys().all()).map(key => new TextDecoder().decode(key))
    expect(left.filter(key => key.startsWith('r!kept.a!'))).toEqual([])
  } finally {
    await database.close()
    await folder.remove()
  }
})
