// Run in a host of the lab with plain Node. `listen PORT...` answers each datagram and connection with where it came from, and says so on stdout;
// `ask PORT HOST:PORT...` asks these by UDP from one local port, one after the other, and prints the answers.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const [what, ...rest] = process.argv.slice(2)
const LIMIT = 1500

if (what === 'listen') {
  for (const port of rest.map(Number)) {
    const socket = createSocket('udp4')
    socket.on('message', (_, from) => socket.send(`${from.address}:${from.port}`, from.port, from.address))
    socket.bind(port)
    createServer(stream => stream.end(`${stream.remoteAddress}:${stream.remotePort}`)).listen(port, '0.0.0.0')
  }
  process.stdout.write('ready\n')
}

if (what === 'ask') {
  const [port, ...targets] = rest
  const socket = createSocket('udp4')
  socket.bind(Number(port))
  for (const target of targets) {
    const [host, there] = target.split(':')
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
  socket.on('message', (_, from) => process.stdout.write(`heard ${from.address}:${from.port}\n`))
  process.stdout.write('asked\n')
}

if (what === 'send') {
  const [port, target] = rest
  const [host, there] = (target ?? '').split(':')
  const socket = createSocket('udp4')
  socket.bind(Number(port), () => socket.send('unasked', Number(there), host, () => socket.close()))
}
