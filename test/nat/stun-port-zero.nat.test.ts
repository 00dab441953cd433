import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { makeLan } from '../e2e/network-namespace.ts'
import { whyNoNats } from './lab/nat-lab.ts'

const ASKING = fileURLToPath(new URL('./asked-from-port-zero.ts', import.meta.url))
const PORT = '5999'
const missing = whyNoNats()

test.skipIf(missing !== undefined)(
  'a packet from port 0, to which nobody can answer, does not end a STUN server',
  () => {
    const [command = '', ...inside] = makeLan('port-zero')
    const run = (...words: string[]): string => execFileSync(command, [...inside, ...words], { encoding: 'utf8' })
    run('nft', 'add table ip zero')
    run('nft', 'add chain ip zero out { type filter hook output priority mangle; }')
    run('nft', `add rule ip zero out udp sport ${PORT} udp sport set 0`)
    expect(JSON.parse(run(process.execPath, ASKING, PORT))).toEqual({ told: '127.0.0.1', answered: 1, dropped: 1 })
  }
)
