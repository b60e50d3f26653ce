/** A page store that forgets with the test. What it gives back went through JSON, as it does on a disk. */
import type { PageKey, PageStore } from '../../src/store/page-store.ts'

export function memoryPageStore(): PageStore & { readonly size: number } {
  const kept = new Map<string, string>()
  const text = (key: PageKey) => JSON.stringify(key)
  return {
    get size() {
      return kept.size
    },
    get: async (key) => {
      const value = kept.get(text(key))
      return value === undefined ? undefined : JSON.parse(value)
    },
    set: async (key, value) => {
      kept.set(text(key), JSON.stringify(value))
    },
    delete: async (key) => {
      kept.delete(text(key))
    },
    keys: async () => Array.from(kept.keys(), (key) => JSON.parse(key) as PageKey),
  }
}
