import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { UsageError } from '../exits.ts'

/** Where a person or a script gives what must not be seen: a terminal, without echo, or lines of a pipe. */
export interface SecretInput {
  readonly isTerminal: boolean
  ask(prompt: string): Promise<string>
}

/** `missing`: the sentence for a pipe that ends before it holds this. */
export function secretInput(stop: AbortSignal, missing: string): SecretInput {
  if (process.stdin.isTTY) return { isTerminal: true, ask: prompt => askTerminal(prompt, stop) }
  let lines: AsyncIterator<string> | undefined
  return {
    isTerminal: false,
    async ask() {
      lines ??= createInterface({ input: process.stdin, crlfDelay: Infinity })[Symbol.asyncIterator]()
      const line = await lines.next()
      if (line.done === true) throw new UsageError(missing)
      return line.value
    }
  }
}

async function askTerminal(prompt: string, stop: AbortSignal): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 })
  const closed = Promise.withResolvers<never>()
  terminal.once('close', () => closed.reject(new UsageError('nothing was typed: nothing was changed')))
  // In raw mode the terminal makes no signal of Ctrl-C.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  process.stderr.write(prompt)
  try {
    return await Promise.race([terminal.question('', { signal: stop }), closed.promise])
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
