/** Who may do what in a room: a signed, causal log of operations, and what a set of them comes to. */
export * from './access.ts'
export * from './access-views.ts'
export * from './ends.ts'
export * from './operation.ts'
export * from './operation-codec.ts'
export * from './past.ts'
export * from './resolve-access.ts'
