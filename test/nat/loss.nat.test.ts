import { execFileSync } from 'node:child_process'
import { describe, expect, onTestFinished, test } from 'vitest'
import { NatLab, whyNoNats, type Host } from './lab/nat-lab.ts'
import { meetOnce } from './meet-once.ts'

const missing = whyNoNats()
const SENT = 2_000
const SEND = `
  const socket = require('node:dgram').createSocket('udp4')
  let sent = 0
  const next = () => (sent++ < ${SENT} ? socket.send('x', 9, process.argv[1], next) : socket.close())
  next()`
const COUNT = 'table ip count {\n chain in {\n  type filter hook input priority 0\n  meta l4proto udp counter\n }\n}\n'

function runAt({ wrap }: Host, command: readonly string[], input = ''): string {
  const [program, ...args] = [...wrap, ...command]
  return execFileSync(program ?? 'ip', args, { input }).toString()
}

describe.skipIf(missing !== undefined)(
  `where packets get lost${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test('the network between hosts loses as many as it should', () => {
      const lab = new NatLab({ loss: 20 })
      onTestFinished(() => lab.remove())
      const [one, other] = [lab.host('one', 'open'), lab.host('other', 'open')]
      runAt(one, ['nft', '-f', '-'], COUNT)
      runAt(other, [process.execPath, '-e', SEND, one.address])
      const arrived = Number(/packets (\d+)/.exec(runAt(one, ['nft', 'list', 'table', 'ip', 'count']))?.[1])
      // Ten standard deviations to each side.
      expect(arrived).toBeGreaterThan(0.8 * SENT - 180)
      expect(arrived).toBeLessThan(0.8 * SENT + 180)
    })

    test.for([2, 5])('two behind port-restricted NATs come off the relay, and lose nothing, at %s%', async loss => {
      expect(await meetOnce('port-restricted', 'port-restricted', loss)).toMatchObject({
        path: expect.stringMatching(/^(?:punched|webrtc)$/),
        talked: true,
        lost: 0,
        twice: 0
      })
    })
  }
)
