/** Where an answer came from, as it is said to clients. */

/** An upstream that was asked, and how it comes that its word counts. `listed-absent`: it fails, but its recent list shows that it lacks the name. */
export interface Source {
  readonly upstream: string
  readonly state: 'fresh' | 'stale' | 'absent' | 'listed-absent' | 'missing'
  /** Why it is stale or missing, in words without secrets. */
  readonly reason?: string
}
