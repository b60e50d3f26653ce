/** Figures of a server that are looked up when somebody asks: its version, its connections, what it keeps on disk. */
import type { RunningServer } from '../http/server.ts'
import type { Family } from '../metrics/exposition.ts'
import { gauge } from '../metrics/process.ts'
import type { Data } from './data.ts'
import { version } from './version.ts'

export function servingFigures({ traffic }: RunningServer, { keptBytes }: Data): Family[] {
  const { open, sentBytes } = traffic()
  const { pages, state, files } = keptBytes()
  return [
    { ...gauge('unidex_info', 'Which version this is', 1), samples: [{ labels: { version }, value: 1 }] },
    gauge('unidex_connections', 'Connections of clients that are open', open),
    {
      ...gauge('unidex_sent_bytes_total', 'Bytes sent to clients, heads of answers among them', sentBytes),
      type: 'counter',
    },
    gauge('unidex_kept_pages_bytes', 'Bytes on disk of kept pages', pages),
    gauge('unidex_state_bytes', 'Bytes on disk of what must not be lost', state),
    ...(files === undefined
      ? []
      : [gauge('unidex_kept_files_bytes', 'Bytes of kept files when they were counted last', files)]),
  ]
}
