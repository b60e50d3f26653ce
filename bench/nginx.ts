/** nginx with project pages as files, compressed before: what a file server does with the same bytes. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Bench, type Running, freePort } from './harness.ts'
import { JSON_TYPE } from './real-pages.ts'

/** "1.22.1"; undefined where it is not installed. */
export function nginxVersion(): string | undefined {
  // It says so on stderr.
  return /nginx\/(\S+)/.exec(spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr ?? '')?.[1]
}

/** @returns undefined where it is not installed */
export async function startNginx(bench: Bench, pages: ReadonlyMap<string, Buffer>): Promise<Running | undefined> {
  if (nginxVersion() === undefined) return undefined
  const folder = join(bench.folder, 'nginx')
  for (const [project, page] of pages) {
    mkdirSync(join(folder, 'simple', project), { recursive: true })
    writeFileSync(join(folder, 'simple', project, 'index.json'), page)
    writeFileSync(join(folder, 'simple', project, 'index.json.gz'), gzipSync(page))
  }
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration(folder, port))
  return bench.start({
    name: 'nginx',
    command: ['nginx', '-c', file, '-e', join(folder, 'error.log')],
    url: `http://127.0.0.1:${port}/simple/`,
  })
}

/** One worker, since the contenders have one process too. */
function configuration(folder: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (what) => `${what}_temp_path ${folder}/${what};`,
  )
  // Started as root, its worker would be another user, who may not read the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  return `
daemon off;
worker_processes 1;
${user}
pid ${folder}/nginx.pid;
events {}
http {
  access_log ${folder}/access.log;
  sendfile on;
  gzip_static on;
  keepalive_requests 1000000;
  ${temporary.join(' ')}
  server {
    listen 127.0.0.1:${port};
    root ${folder};
    index index.json;
    default_type ${JSON_TYPE};
    location ~ [.]json$ { types {} }
  }
}
`
}
