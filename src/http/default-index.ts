/** The index at `/simple/…`; another is at `/{index}/simple/…`. */
export const DEFAULT_INDEX = 'default'
