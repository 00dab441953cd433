import { createCast } from './network-cast.ts'

/** A relay in a process of its own, so that it can be killed: prints its addresses, then waits for its end. */
const [folder, ...listen] = process.argv.slice(2)
if (folder === undefined) throw new Error('usage: relay-process.ts FOLDER [MULTIADDR...]')
const relay = await createCast().relay(listen.length > 0 ? { folder, listen } : { folder })
process.stdout.write(`${JSON.stringify(relay.network.addresses())}\n`)
