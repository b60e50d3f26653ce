import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/journey/**', 'test/browser/**'],
    testTimeout: 20_000,
    // Of tests that may run at the same time: most of them wait for a server that does not answer.
    maxConcurrency: 12,
  },
})
