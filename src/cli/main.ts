#!/usr/bin/env node
/** The program's first step: says so where Node is too old to read the rest. */
import { fileURLToPath } from 'node:url'

const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(
    `Unidex needs Node 24 or newer; this is ${process.versions.node}. In a checkout, "npm start" uses the Node that it brings.\n`,
  )
  process.exitCode = 2
} else {
  const [command = 'serve'] = process.argv.slice(2)
  if (command === 'serve' || command.startsWith('-')) (await import('./small-process.ts')).beginSmall()
  // The next start reads what this one has compiled. It lies with the code, where only those who may change that may write,
  // and nothing is kept where nobody may. An old Node does not have the function.
  const { enableCompileCache } = await import('node:module')
  enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/unidex', import.meta.url)))
  const { main } = await import('./run.ts')
  await main(process.argv.slice(2))
}
