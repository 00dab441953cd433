// Run in a host of the lab with plain Node. `listen PORT...` answers each datagram and connection with where it came from, and says so on stdout;
// `ask PORT HOST:PORT...` asks these by UDP from one local port, one after the other, and prints the answers.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const [what, ...rest] = process.argv.slice(2)
const LIMIT = 1500

const shown = ({ address, port }) => `${address.includes(':') ? `[${address}]` : address}:${port}`
/** The host and port of `HOST:PORT` or `[HOST]:PORT`. */
const parsed = text => /^\[?(.*?)\]?:(\d+)$/.exec(text)?.slice(1) ?? []
const socketFor = target => createSocket(target.startsWith('[') ? 'udp6' : 'udp4')

if (what === 'listen') {
  for (const port of rest.map(Number)) {
    for (const type of ['udp4', 'udp6']) {
      const socket = createSocket({ type, ipv6Only: type === 'udp6' })
      socket.on('message', (_, from) => socket.send(shown(from), from.port, from.address))
      socket.bind(port)
    }
    createServer(stream => stream.end(`${stream.remoteAddress}:${stream.remotePort}`)).listen(port, '0.0.0.0')
  }
  process.stdout.write('ready\n')
}

if (what === 'ask') {
  const [port, ...targets] = rest
  const socket = socketFor(targets[0])
  socket.bind(Number(port))
  for (const target of targets) {
    const [host, there] = parsed(target)
    const answer = new Promise(resolve => {
      const timer = setTimeout(() => resolve('silence'), LIMIT)
      socket.once('message', text => {
        clearTimeout(timer)
        resolve(text.toString())
      })
    })
    socket.send('who am I?', Number(there), host)
    process.stdout.write(`${await answer}\n`)
  }
  // Then whoever sends something unasked is heard for a while.
  socket.removeAllListeners('message')
  socket.on('message', (_, from) => process.stdout.write(`heard ${shown(from)}\n`))
  process.stdout.write('asked\n')
}

if (what === 'send') {
  const [port, target] = rest
  const [host, there] = parsed(target)
  const socket = socketFor(target)
  socket.bind(Number(port), () => socket.send('unasked', Number(there), host, () => socket.close()))
}
