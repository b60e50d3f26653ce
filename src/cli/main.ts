#!/usr/bin/env node
/** The program's first step: says so where Node is too old to read the rest. */
const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(
    `Unidex needs Node 24 or newer; this is ${process.versions.node}. In a checkout, "npm start" uses the Node that it brings.\n`,
  )
  process.exitCode = 2
} else {
  const { main } = await import('./run.ts')
  await main(process.argv.slice(2))
}
