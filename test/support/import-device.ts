import { systemRandom } from '../../src/core/bytes/index.ts'
import { askOnce, createIdentityVault } from '../../src/core/chat/index.ts'
import type { Storage } from '../../src/core/log/index.ts'
import { memoryStorage } from './memory-storage.ts'
import { settle } from './settle.ts'
import type { Actor, Story } from './story.ts'

const WORDS = 'correct horse battery staple'

/** The store of a new device of this actor, as an import makes it. */
export async function imported(story: Story, of: Actor): Promise<Storage> {
  const storage = memoryStorage()
  const deps = { clock: story.clock, random: systemRandom }
  await settle(
    story,
    (async () => {
      const { text } = await createIdentityVault({ ...deps, storage: of.storage }).exportIdentity(
        WORDS,
        askOnce(undefined)
      )
      await createIdentityVault({ ...deps, storage }).importExport(text, WORDS)
    })()
  )
  return storage
}
