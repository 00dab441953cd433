/** The outcome of an operation that may be refused: decoders of remote bytes return one and never throw. */
export type Result<T, E = string> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E }

export function success<T>(value: T): Result<T, never> {
  return { ok: true, value }
}

export function failure<E>(error: E): Result<never, E> {
  return { ok: false, error }
}

/** The value, or an exception made from the refusal: for callers that hold data of their own, which must be well-formed. */
export function expectValue<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new Error(result.error)
}
