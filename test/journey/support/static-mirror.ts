/** A mirror as mirroring tools make it: a folder with `simple/` and `files/`, served by nginx. */
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import type { UpstreamFile } from '../../support/simple-upstream.ts'
import { PROGRAMS, freePort, start, temporaryFolder } from './programs.ts'

export interface StaticMirror {
  /** Address of its index. */
  readonly url: string
  stop(): Promise<unknown>
}

/** Started for one test, and stopped after it. `at`: when it says that it was brought up to date. */
export async function staticMirror(projects: Record<string, readonly UpstreamFile[]>, at: Date): Promise<StaticMirror> {
  const folder = temporaryFolder()
  // Its workers are another user where it was started as root.
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'web/files'), { recursive: true })
  for (const [project, files] of Object.entries(projects)) {
    mkdirSync(join(folder, 'web/simple', project), { recursive: true })
    writeFileSync(join(folder, 'web/simple', project, 'index.html'), pageOf(project, files))
    for (const { filename, bytes } of files) writeFileSync(join(folder, 'web/files', filename), bytes)
  }
  writeFileSync(join(folder, 'web/last-modified'), `${at.toISOString().slice(0, 19).replaceAll('-', '')}\n`)
  const port = await freePort()
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port))
  const nginx = start(PROGRAMS.nginx, ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')])
  onTestFinished(async () => void (await nginx.end()))
  const url = `http://127.0.0.1:${port}/simple/`
  await vi.waitFor(async () => fetch(url), { timeout: 30_000, interval: 50 })
  return { url, stop: () => nginx.end() }
}

function pageOf(project: string, files: readonly UpstreamFile[]): string {
  const links = files.map(({ filename, bytes }) => {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return `<a href="../../files/${filename}#sha256=${sha256}">${filename}</a><br/>`
  })
  return `<!DOCTYPE html><html><head><title>Links for ${project}</title></head><body><h1>Links for ${project}</h1>${links.join('\n')}</body></html>`
}

function configuration(folder: string, port: number): string {
  const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${folder}/${what};`,
  )
  return `
daemon off;
pid ${folder}/nginx.pid;
events {}
http {
  access_log off;
  ${kept.join(' ')}
  types { text/html html; application/octet-stream whl; }
  default_type text/plain;
  server { listen 127.0.0.1:${port}; root ${folder}/web; index index.html; }
}
`
}
