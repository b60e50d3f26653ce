/** The version that package.json has, above `src/` in a checkout and above `dist/` in the published package. */
import { readFileSync } from 'node:fs'

const { version: read } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

export const version = read
