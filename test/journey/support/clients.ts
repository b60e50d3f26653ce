/** pip and uv as people use them: each installs into a fresh environment, with nothing but the address of an index. */
import { join } from 'node:path'
import { type Ended, PROGRAMS, cleanEnvironment, run, runWell, temporaryFolder } from './programs.ts'

/** The index may need more than its address, e.g. `--require-hashes`. */
type Install = (
  environment: string,
  indexUrl: string,
  words: readonly string[],
) => readonly [program: string, words: readonly string[]]

const CLIENTS = {
  'pip, the newest': (environment, indexUrl, words) => [
    PROGRAMS.python,
    [
      '-m',
      'pip',
      '--isolated',
      '--python',
      environment,
      'install',
      '--no-cache-dir',
      '--disable-pip-version-check',
      '--index-url',
      indexUrl,
      ...words,
    ],
  ],
  'pip 22.3.1': (environment, indexUrl, words) => [
    PROGRAMS.pythonOfPip22,
    [
      '-m',
      'pip',
      '--isolated',
      '--python',
      environment,
      'install',
      '--no-cache-dir',
      '--disable-pip-version-check',
      '--index-url',
      indexUrl,
      ...words,
    ],
  ],
  uv: (environment, indexUrl, words) => [
    PROGRAMS.uv,
    ['pip', 'install', '--no-config', '--no-cache', '--python', environment, '--default-index', indexUrl, ...words],
  ],
} satisfies Record<string, Install>

export type Client = keyof typeof CLIENTS

export const ALL_CLIENTS = Object.keys(CLIENTS) as Client[]

/** What the clients need, for `describeWith`. */
export const CLIENT_PROGRAMS = ['uv', 'python', 'pythonOfPip22'] as const

export interface Installed extends Ended {
  /** Versions by normalized name, of all that is in the environment now. */
  readonly versions: Readonly<Record<string, string>>
  /** Runs a line of Python there; gives what it printed. */
  readonly python: (line: string) => Promise<string>
}

/** Installs into a fresh virtual environment, whatever comes of it. */
export async function install(client: Client, indexUrl: string, ...words: string[]): Promise<Installed> {
  const environment = join(temporaryFolder(), 'venv')
  await runWell(PROGRAMS.python, ['-m', 'venv', '--without-pip', environment])
  const [program, all] = CLIENTS[client](environment, indexUrl, words)
  const ended = await run(program, all, { environment: cleanEnvironment({ HOME: environment }) })
  const python = async (line: string) => (await runWell(join(environment, 'bin/python'), ['-c', line])).stdout
  const listed = await python(LIST)
  return { ...ended, python, versions: JSON.parse(listed) as Record<string, string> }
}

/** The same, where nothing else is expected. @throws with the client's output where it fails */
export async function installWell(client: Client, indexUrl: string, ...words: string[]): Promise<Installed> {
  const installed = await install(client, indexUrl, ...words)
  if (installed.code !== 0) throw new Error(`${client} ended with ${installed.code}:\n${installed.output}`)
  return installed
}

const LIST = `
import json, re
from importlib.metadata import distributions
print(json.dumps({re.sub("[-_.]+", "-", each.name).lower(): each.version for each in distributions()}))
`
