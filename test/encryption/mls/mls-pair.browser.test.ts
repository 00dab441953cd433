import { mlsGroupKeys } from '../../../src/core/encryption/mls/index.ts'
import { runGroupKeysTests } from '../group-keys-suite.ts'

runGroupKeysTests('MLS in the browser', mlsGroupKeys)
