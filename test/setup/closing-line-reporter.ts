import process from 'node:process'
import type { Reporter, TestCase, TestModule, TestRunEndReason, Vitest } from 'vitest/node'

/**
 * Names the tests that could not run here, and ends the output with `N passed, N failed` (`, N skipped`). What failed
 * outside any test (a file that does not load, an exception nobody awaited, a run cut short) counts as a failure, so that
 * the line never says less than the exit code.
 */
export class ClosingLineReporter implements Reporter {
  #passed = 0
  #failed = 0
  #skipped: TestCase[] = []
  #hasEnded = false
  #isSelection = false

  onInit(vitest: Vitest): void {
    this.#isSelection = vitest.config.testNamePattern !== undefined
    process.on('exit', code => this.#close(code))
  }

  onTestRunStart(): void {
    this.#passed = 0
    this.#failed = 0
    this.#skipped = []
    this.#hasEnded = false
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[], reason: TestRunEndReason): void {
    this.#hasEnded = reason !== 'interrupted'
    this.#failed += unhandled.length
    for (const module of modules) this.#count(module)
  }

  #count(module: TestModule): void {
    this.#failed += module.errors().length
    for (const suite of module.children.allSuites()) this.#failed += suite.errors().length
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') this.#passed += 1
      if (state === 'failed' || state === 'pending') this.#failed += 1
      if (state === 'skipped') this.#skipped.push(test)
    }
  }

  #close(code: number): void {
    if (this.#failed === 0 && (code !== 0 || !this.#hasEnded)) this.#failed = 1
    const isGood = this.#failed === 0 && this.#passed > 0
    if (!isGood) process.exitCode = code === 0 ? 1 : code
    const skipped = this.#skipped.length
    // What a name pattern leaves out was not meant to run.
    if (!this.#isSelection) for (const test of this.#skipped) print(`skipped: ${test.fullName}: ${reasonOf(test)}`)
    print(`${this.#passed} passed, ${this.#failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result()
  return (result.state === 'skipped' ? result.note : undefined) ?? 'no reason given'
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
