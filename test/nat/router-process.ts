import { execFileSync } from 'node:child_process'
import { startTestRouter } from '../node/router/test-router.ts'

/** The router of a lab, as homes have it: opens ports for whoever asks inside. Prints what it opens and closes. */
const [protocol, host = '', external = ''] = process.argv.slice(2)

await startTestRouter({
  host,
  external,
  ...(protocol === 'nat-pmp'
    ? { natPmp: { port: 5351 } }
    : { upnp: { port: 5000, version: 1, ssdp: { host: '239.255.255.250', port: 1900 } } }),
  forward({ protocol: l4, host: to, port, externalPort }, open) {
    if (open) {
      nft(
        'insert',
        'rule',
        'ip',
        'starling',
        'before',
        'iifname',
        'wan',
        l4,
        'dport',
        `${externalPort}`,
        'dnat',
        'to',
        `${to}:${port}`
      )
      nft('insert', 'rule', 'ip', 'starling', 'through', 'ct', 'status', 'dnat', 'accept')
    }
    console.log(`${open ? 'open' : 'close'} ${l4} ${externalPort}`)
  }
})
console.log('ready')

function nft(...words: string[]): void {
  execFileSync('nft', words)
}
