import { Level } from 'level'
import { expect, test } from 'vitest'
import { encodeUtf8, EnvironmentError } from '../../src/core/bytes/index.ts'
import { openStorage, type Database } from '../../src/core/log/index.ts'
import { NOON } from '../support/cast.ts'
import { memoryStorage } from '../support/memory-storage.ts'
import { temporaryDatabase } from '../support/temporary-database.ts'
import { entryAt, runEntryStoreTests } from './entry-store-suite.ts'

runEntryStoreTests('memory', async () => memoryStorage())
runEntryStoreTests('level', async () => openStorage(await temporaryDatabase()))

test('what was committed is there after closing and opening again', async () => {
  const database = await temporaryDatabase()
  const storage = await openStorage(database)
  const entry = entryAt(NOON, 1)
  await storage.room('aa').commit({ entries: [entry], records: [{ name: 'x', value: Uint8Array.of(1) }] })
  await storage.close()
  const again = await openStorage(database)
  expect(await again.room('aa').get(entry.id)).toEqual(entry)
  expect(await again.room('aa').records.get('x')).toEqual(Uint8Array.of(1))
  await again.close()
})

test('a store of a newer layout is refused, and not changed', async () => {
  const database = await temporaryDatabase()
  const storage = await openStorage(database)
  await storage.records.write([{ name: 'schema', value: encodeUtf8('2') }])
  await storage.close()
  await expect(openStorage(database)).rejects.toThrow(EnvironmentError)
  await expect(openStorage(database)).rejects.toThrow('written by a newer version (layout 2, this one knows 1)')
})

test('the database type of the level package is the one that storage takes', async () => {
  const options = { keyEncoding: 'view', valueEncoding: 'view' } as const
  const database: Database = new Level<Uint8Array, Uint8Array>('never-opened', options)
  expect(database.supports.permanence).toBe(true)
  await database.close()
})
