/** How long `uv pip compile` of a large set takes a fresh client, with PyPI as the upstream. */
import { fileURLToPath } from 'node:url'
import { measureUv } from './uv.ts'

const set = fileURLToPath(new URL('./large-set.txt', import.meta.url))

await measureUv({
  topic: 'uv pip compile',
  case: 'about 290 packages',
  goals: { warm: '≤ 0.2', cold: '≤ 1' },
  words: () => [
    'compile',
    set,
    '--quiet',
    '--only-binary',
    ':all:',
    '--python-version',
    '3.12',
    '--python-platform',
    'linux',
  ],
})
