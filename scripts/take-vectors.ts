// Writes the published test vectors that test/encryption runs to test/encryption/vectors: of each file, what concerns the
// cipher suite and the primitives in use. Give it clones of the two repositories, which need no work tree:
//   node scripts/take-vectors.ts MLS_IMPLEMENTATIONS WYCHEPROOF
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import process from 'node:process'

const FOLDER = new URL('../test/encryption/vectors/', import.meta.url)
const MLS_COMMIT = 'cfd450286d1bfd9cd2519b95c80f9771f94a5b1a'
const WYCHEPROOF_COMMIT = 'dac1dd4729fd1f8dd9e1e9f3dce51d783da6c166'

/** MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, the suite of src/core/encryption/mls. */
const SUITE = 1
/** Of 300 of random content, 9 kB each. */
const MESSAGES = 20
/** Of 200, 9 kB each. */
const EPOCHS_OF_RANDOM = 25

type Json = Record<string, unknown>

const [mls, wycheproof] = process.argv.slice(2)
if (mls === undefined || wycheproof === undefined)
  throw new Error('usage: take-vectors.ts MLS_IMPLEMENTATIONS WYCHEPROOF')

const mlsFiles: Record<string, (all: Json[]) => Json[]> = {
  'crypto-basics': ofSuite,
  deserialization: all => all,
  'key-schedule': ofSuite,
  'message-protection': ofSuite,
  messages: all => all.slice(0, MESSAGES),
  'passive-client-handling-commit': ofSuite,
  'passive-client-random': all =>
    ofSuite(all).map(each => ({ ...each, epochs: (each['epochs'] as Json[]).slice(0, EPOCHS_OF_RANDOM) })),
  'passive-client-welcome': ofSuite,
  psk_secret: ofSuite,
  'secret-tree': ofSuite,
  'transcript-hashes': ofSuite,
  'tree-math': all => all.filter(each => (each['n_leaves'] as number) <= 64),
  'tree-operations': ofSuite,
  'tree-validation': ofSuite,
  treekem: ofSuite,
  welcome: ofSuite
}

for (const [name, chosen] of Object.entries(mlsFiles)) {
  const all = JSON.parse(show(mls, MLS_COMMIT, `test-vectors/${name}.json`)) as Json[]
  write(`mls-${name}`, chosen(all))
}

/** Which groups of which file concern what is in use. */
const wycheproofFiles: Record<string, (group: Json) => boolean> = {
  aes_gcm: group => group['keySize'] === 128 && group['ivSize'] === 96 && group['tagSize'] === 128,
  chacha20_poly1305: group => group['ivSize'] === 96,
  ed25519: () => true,
  hkdf_sha256: () => true,
  hmac_sha256: () => true,
  x25519: () => true,
  xchacha20_poly1305: group => group['ivSize'] === 192
}

for (const [name, isChosen] of Object.entries(wycheproofFiles)) {
  const text = show(wycheproof, WYCHEPROOF_COMMIT, `testvectors_v1/${name}_test.json`)
  const { testGroups } = JSON.parse(text) as { testGroups: (Json & { tests: Json[] })[] }
  const vectors = testGroups.filter(isChosen).flatMap(({ tests, publicKey }) => {
    const key = publicKey === undefined ? {} : { pk: (publicKey as Json)['pk'] }
    return tests.map(test => ({ ...key, ...test }))
  })
  write(`wycheproof-${name}`, vectors)
}

function ofSuite(all: Json[]): Json[] {
  return all.filter(each => each['cipher_suite'] === SUITE)
}

function show(repository: string, commit: string, path: string): string {
  const options = { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
  return execFileSync('git', ['-C', repository, 'show', `${commit}:${path}`], options)
}

/** One vector a line, so that a changed one is seen in a diff. */
function write(name: string, vectors: readonly Json[]): void {
  if (vectors.length === 0) throw new Error(`${name}: no vector is left`)
  writeFileSync(new URL(`${name}.json`, FOLDER), `[\n${vectors.map(each => JSON.stringify(each)).join(',\n')}\n]\n`)
}
