/** A private index as many teams run it: pypiserver on a folder, behind a password. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import type { UpstreamFile } from '../../support/simple-upstream.ts'
import { PROGRAMS, freePort, start, temporaryFolder } from './programs.ts'

export const USERNAME = 'ci'
export const PASSWORD = 'correct horse'

export interface PypiServer {
  /** Address of its simple index. */
  readonly url: string
  /** From now on it has this file. */
  publish(file: UpstreamFile): void
  stop(): Promise<unknown>
}

/** Started for one test, and stopped after it. */
export function pypiServer(...files: readonly UpstreamFile[]): Promise<PypiServer> {
  return pypiServerUntil(onTestFinished, files)
}

/** Stopped when `whenOver` says. */
export async function pypiServerUntil(
  whenOver: (end: () => Promise<void> | void) => void,
  files: readonly UpstreamFile[],
): Promise<PypiServer> {
  const folder = temporaryFolder(whenOver)
  const packages = join(folder, 'packages')
  mkdirSync(packages)
  const passwords = join(folder, 'passwords')
  writeFileSync(passwords, `${USERNAME}:{SHA}${createHash('sha1').update(PASSWORD).digest('base64')}\n`)
  const publish = ({ filename, bytes }: UpstreamFile) => writeFileSync(join(packages, filename), bytes)
  for (const file of files) publish(file)

  const port = await freePort()
  // Without --disable-fallback it sends whoever asks for what it lacks to PyPI, and says of no name that it has none.
  const words = [
    'run',
    '--interface',
    '127.0.0.1',
    '--port',
    String(port),
    '--disable-fallback',
    '--authenticate',
    'update,download,list',
  ]
  const running = start(PROGRAMS.python, ['-m', 'pypiserver', ...words, '--passwords', passwords, packages])
  whenOver(async () => void (await running.end()))
  const url = `http://127.0.0.1:${port}/simple/`
  await vi.waitFor(async () => fetch(url), { timeout: 30_000, interval: 100 })
  return { url, publish, stop: () => running.end() }
}
