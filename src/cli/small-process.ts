/** A server in less memory: what decides that can only be said to Node and to the system's allocator before they begin. */

/** In MB. Left alone it grows to 16, of which there are three; a smaller one is collected more often, and what it holds is soon garbage. */
export const SMALL_FLAG = '--max-semi-space-size=4'

/**
 * Of glibc. A pool for each thread, and large buffers from pools, keep what is free in pieces that the system never gets back:
 * buffers of pages and files that were compressed.
 */
export const SMALL_ALLOCATOR = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' }

/**
 * Begins the same process anew with them, before anything is opened: some 30 ms, for a third of the memory of a
 * busy server. Does nothing where they, or others, were given, and where the system has no such way.
 */
export function beginSmall(): void {
  const { platform, execArgv, execPath, argv, env } = process
  const isGiven = [...execArgv, env['NODE_OPTIONS'] ?? ''].some((text) => text.includes('semi-space-size'))
  // A parent that listens to this process would lose it.
  if (isGiven || process.send !== undefined || platform === 'win32' || process.execve === undefined) return
  try {
    process.execve(execPath, [execPath, ...execArgv, SMALL_FLAG, ...argv.slice(1)], { ...SMALL_ALLOCATOR, ...env })
  } catch {
    // Then it is a larger one.
  }
}
