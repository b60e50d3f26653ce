/** How long `uv pip install --no-deps` of sixty wheels takes a fresh client, with PyPI as the upstream. */
import { measureUv } from './uv.ts'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

const wheels = fileURLToPath(new URL('./sixty-wheels.txt', import.meta.url))

await measureUv({
  topic: 'uv pip install',
  case: 'sixty wheels',
  goals: { warm: '≤ 1.2', cold: '≤ 1.5' },
  words: (folder) => [
    'install',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--python-version',
    '3.12',
    '--python-platform',
    'x86_64-manylinux_2_28',
    '--target',
    join(folder, 'target'),
    '-r',
    wheels,
  ],
})
