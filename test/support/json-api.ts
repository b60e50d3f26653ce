/** PyPI's JSON API, as tests read it. */
export interface ProjectJson {
  readonly info: Readonly<Record<string, unknown>>
  readonly project_status?: unknown
  readonly releases?: Readonly<Record<string, readonly FileJson[]>>
  readonly urls: readonly FileJson[]
}

export interface FileJson {
  readonly filename: string
  readonly url: string
  readonly digests: Readonly<Record<string, string>>
  readonly upload_time?: string
  readonly [key: string]: unknown
}

export async function readProjectJson(response: Response): Promise<ProjectJson> {
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json()) as ProjectJson
}
