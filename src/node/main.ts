import { EXIT, exitOf, sentenceOf, type Exit } from './exits.ts'
import { runCommandLine } from './run.ts'
import { isToldAlready } from './terminal/full-disk.ts'
import { checkWords } from './terminal/words.ts'
import { visible } from './terminal/visible.ts'

/** A clean stop that takes longer than this has failed: the process ends anyway, with the exit it was asked for. */
const STOP_PATIENCE_MS = 10_000

/** Why the program was asked to stop, which decides how it ends. */
type StopReason = 'interrupted' | 'terminated' | 'nobody reads' | 'failed'

/** Runs the program once and ends the process. */
export async function main(words: readonly string[]): Promise<void> {
  const stop = new AbortController()
  const ask = (reason: StopReason): void => {
    if (stop.signal.aborted) return
    stop.abort(reason)
    setTimeout(() => end(exitAfter(reason, EXIT.done)), STOP_PATIENCE_MS).unref()
  }
  onSignals(stop.signal, ask)
  process.stdout.on('error', () => ask('nobody reads'))
  process.stderr.on('error', () => undefined)
  process.on('uncaughtException', thrown => {
    complain(thrown)
    ask('failed')
  })
  // A stray refusal inside a transport concerns one connection, not the peer.
  process.on('unhandledRejection', thrown => {
    if (!isToldAlready(sentenceOf(thrown))) complain(thrown)
  })
  const exit = await run(words, stop.signal)
  await flush()
  end(stop.signal.aborted ? exitAfter(stop.signal.reason as StopReason, exit) : exit)
}

/** The first asks for a clean stop, the second does not wait for it. */
function onSignals(stop: AbortSignal, ask: (reason: StopReason) => void): void {
  const stopBy = (reason: StopReason): void => {
    if (stop.aborted) end(exitAfter(reason, EXIT.done))
    ask(reason)
  }
  process.on('SIGINT', () => stopBy('interrupted'))
  process.on('SIGTERM', () => stopBy('terminated'))
}

function exitAfter(reason: StopReason, exit: Exit): Exit {
  if (reason === 'interrupted') return EXIT.interrupted
  return reason === 'failed' ? EXIT.failed : exit
}

async function run(words: readonly string[], stop: AbortSignal): Promise<Exit> {
  try {
    await runCommandLine(await checkWords(words), stop)
    return EXIT.done
  } catch (thrown) {
    if (stop.aborted && isAbort(thrown, stop)) {
      if (stop.reason === 'terminated') complain(new Error('stopped before it was done'))
      return stop.reason === 'terminated' ? EXIT.failed : EXIT.done
    }
    complain(thrown)
    return exitOf(thrown)
  }
}

function isAbort(thrown: unknown, stop: AbortSignal): boolean {
  return thrown === stop.reason || (thrown instanceof Error && thrown.name === 'AbortError')
}

function complain(thrown: unknown): void {
  process.stderr.write(`starling: ${visible(sentenceOf(thrown))}\n`)
}

/** What was written to a pipe is still on its way. */
function flush(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  process.stdout.write('', () => process.stderr.write('', () => resolve()))
  return promise
}

function end(exit: Exit): never {
  process.exit(exit)
}
