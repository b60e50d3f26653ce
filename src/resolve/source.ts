/** Where an answer came from, as it is said to clients. */

/** An upstream that was asked, and how it comes that its word counts. `behind`: a mirror said it that may not be up to date. `listed-absent`: it fails, but its recent list shows that it lacks the name. */
export interface Source {
  readonly upstream: string
  readonly state: 'fresh' | 'behind' | 'stale' | 'absent' | 'listed-absent' | 'missing'
  /** Why it is stale or missing, in words without secrets. */
  readonly reason?: string
}
