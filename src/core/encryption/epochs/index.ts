/** Epochs of a private room's keys: a DAG of commits, of which one tip is gone on from. */
export * from './winner.ts'
