import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import {
  ALONE,
  jsonLines,
  QUIET,
  runProgram,
  startProgram,
  temporaryFolder,
  untilReady,
  type Outcome,
  type Program
} from './program.ts'

/** People of one test file, each with a data folder; everything of theirs is gone when its tests have run. */
export interface People {
  /** A path in the folder that holds theirs. */
  file(name: string): string
  /** Starts a peer of this person's, or starts it again. */
  up(name: string): Program
  /** The peer that was started last. */
  running(name: string): Program | undefined
  /** Runs a command beside a running peer, or as a peer of its own on loopback. */
  as(name: string, words: readonly string[], input?: string): Promise<Outcome>
  /** The result of a command that has nothing to say beside it. */
  resultOf<T>(name: string, ...words: string[]): Promise<T>
  listOf<T>(name: string, ...words: string[]): Promise<T[]>
}

/** @param online whose peers run from the start, one after the other: whoever is first is there when the next one starts */
export function people(names: readonly string[], online: readonly string[]): People {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  const started: Program[] = []
  const latest = new Map<string, Program>()
  const file = (name: string): string => join(folder.path, name)

  function up(name: string): Program {
    const program = startProgram(['up', '--data', file(name), '--json', ...QUIET])
    started.push(program)
    latest.set(name, program)
    return program
  }

  function as(name: string, words: readonly string[], input = ''): Promise<Outcome> {
    return runProgram([...words, '--data', file(name), '--json', ...ALONE], { input })
  }

  beforeAll(async () => {
    folder = await temporaryFolder()
    for (const name of names) await runProgram(['id', 'name', name, '--data', file(name)])
    for (const name of online) await untilReady(up(name))
  })

  afterAll(async () => {
    await Promise.all(started.map(program => program.stop('SIGKILL')))
    await folder.remove()
  })

  return {
    file,
    up,
    running: name => latest.get(name),
    as,
    async resultOf<T>(name: string, ...words: string[]) {
      const outcome = await as(name, words)
      expect(outcome).toMatchObject({ exit: 0, diagnostics: '' })
      return jsonLines(outcome.out)[0] as T
    },
    listOf: async <T>(name: string, ...words: string[]) => jsonLines((await as(name, words)).out) as T[]
  }
}
