import { seededNumbers } from '../support/seeded-random.ts'
import { mlsGroupKeys } from '../../src/core/encryption/mls/index.ts'
import { fakeGroupKeys } from './epochs/fake-group-keys.ts'
import { runGroupKeysTests } from './group-keys-suite.ts'

runGroupKeysTests('the fake scheme', async () => fakeGroupKeys(seededNumbers(1)))
runGroupKeysTests('MLS', mlsGroupKeys)
