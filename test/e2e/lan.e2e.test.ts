import { describe, expect, test } from 'vitest'
import { makeLan, whyNoNamespaces } from './network-namespace.ts'
import { expectSuccess, start, type Running } from './starling.ts'

const missing = whyNoNamespaces()
const LAN = ['--listen', '/ip4/10.77.0.1/tcp/0', '--http', '127.0.0.1:0'] as const

async function member(name: string, lan: readonly string[], args: readonly string[] = []): Promise<Running> {
  const peer = await start(name, ['up', ...LAN, ...args], { wrap: lan })
  await expectSuccess(peer.run('room', 'join', 'lobby', '--open'))
  return peer
}

describe('on a LAN without anything else', () => {
  test.skipIf(missing !== undefined)(`two peers find each other by mDNS${missing ? ` (${missing})` : ''}`, async () => {
    const lan = makeLan('starling-lan')
    const anna = await member('anna', lan)
    const bob = await member('bob', lan)
    expect(await anna.run('send', 'lobby', 'anybody on this LAN?', '--wait', '1')).toMatchObject({ code: 0 })
    await bob.hears('anybody on this LAN?')
  })

  test.skipIf(missing !== undefined)(`and do not without it${missing ? ` (${missing})` : ''}`, async () => {
    const lan = makeLan('starling-quiet')
    const anna = await member('anna', lan, ['--no-mdns'])
    await member('bob', lan)
    expect(await anna.run('send', 'lobby', 'anybody?', '--wait', '1', '--timeout', '8')).toMatchObject({ code: 4 })
  })
})
