/** One realistic mistake: what it breaks, the words it replaces, and the tests that must notice. */
export interface Bug {
  name: string
  /** The promise (docs/reliability.md) that it breaks. */
  promise: string
  file: string
  find: string
  replace: string
  /** Test files, or `simulate` for the simulator; one of them must fail. */
  caught: string[]
}
