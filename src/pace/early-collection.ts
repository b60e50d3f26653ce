/** Buffers that nobody needs any more go early: left alone, V8 looks for them only when there are 64 MiB of them. */

const LOOK_EVERY_MS = 50
/** As many bytes of buffers may be garbage. */
const MAX_GARBAGE_BYTES = 8 * 1024 * 1024
/** As many make V8 begin a collection, or go on with one, which it does in steps of some milliseconds. */
const PRESSURE_BYTES = 64 * 1024 * 1024
/** Many more would make it collect everything at once. */
const MAX_BLOCKS = 4

/** Begins to look, and gives what ends it. */
export function collectEarly(): () => void {
  let leastBytes = 0
  let lastBytes = 0
  /** Asked for since something was collected. */
  let blocks = 0
  const timer = setInterval(() => {
    const { arrayBuffers } = process.memoryUsage()
    if (arrayBuffers < lastBytes) blocks = 0
    lastBytes = arrayBuffers
    leastBytes = Math.min(leastBytes, arrayBuffers)
    if (arrayBuffers - leastBytes < MAX_GARBAGE_BYTES || blocks >= MAX_BLOCKS) return
    leastBytes = arrayBuffers
    blocks += 1
    press()
  }, LOOK_EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

/** A block that is asked for and never touched takes no memory, and counts all the same. */
function press(): void {
  try {
    void new ArrayBuffer(PRESSURE_BYTES)
  } catch {
    // A system that has no such block makes V8 collect of itself.
  }
}
