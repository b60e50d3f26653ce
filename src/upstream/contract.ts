/** What the rest of the program knows of an upstream's HTTP: three outcomes told apart by type, failure thrown as UpstreamError. */

/** What makes a request conditional: handed back as it was received. */
export interface Validator {
  readonly etag?: string
  readonly lastModified?: string
}

/** What is known of a page before its body. */
export interface PageHead {
  /** The URL that answered, after redirects inside the upstream's origin. */
  readonly url: string
  /** Lower case, without parameters. Only the three media types of the simple API come through. */
  readonly mediaType: string
  /** false: the body ends when the connection closes, so a cut cannot be noticed. */
  readonly delimited: boolean
}

/** A page (project page or project list). `Body` is the decoded body, or what was made of it. */
export type PageReply<Body = Buffer> =
  | { readonly kind: 'absent'; readonly status: number }
  /** 304: the page held is still right. */
  | {
      readonly kind: 'unchanged'
      readonly validator?: Validator
      readonly lifetimeMs?: number
      readonly serial?: number
    }
  | (PageHead & {
      readonly kind: 'page'
      /** Of at most `maxBytes`. */
      readonly body: Body
      readonly validator?: Validator
      /** `max-age` of the answer less its `Age`, in ms. Absent where it does not say; 0 for `no-cache` and `no-store`. */
      readonly lifetimeMs?: number
      /** `X-PyPI-Last-Serial`. */
      readonly serial?: number
    })

/**
 * Reads the body of a page in pieces, decoded, as it comes. What it throws comes out as it is; that a body is cut or too
 * long is thrown by `pieces`.
 */
export type ReadPieces<Body> = (head: PageHead, pieces: AsyncIterable<Buffer>) => Promise<Body>

/** One of several addresses, as it gave a file. */
export interface FileOrigin {
  /** The upstream's own address. Bytes of others are given to nobody before they are proved, where that does not take long. */
  readonly isOwn: boolean
  /** Told once whether the whole file was what its page says. */
  judge(isRight: boolean): void
}

/** A file, or a range of it. */
export type FileReply =
  | { readonly kind: 'absent'; readonly status: number }
  | {
      readonly kind: 'file'
      /** Bytes of the whole file, where the server says so. */
      readonly size?: number
      /** First byte of `body` within the file: 0 unless a range was asked for and given. */
      readonly start: number
      /** false: the body ends when the connection closes, so a cut cannot be noticed. */
      readonly delimited: boolean
      readonly validator?: Validator
      /** Where it came from, of an upstream with several addresses. */
      readonly source?: FileOrigin
      /**
       * Chunks as they come, each good until the next one is asked for. Errors while reading are UpstreamErrors; leaving the
       * loop ends the request.
       */
      readonly body: AsyncIterable<Buffer>
      /** Ends the request, if it is not over. */
      cancel(): void
    }

/** Bytes of a file: from `start` up to, not including, `end`, or the `last` ones (all of them, where it has fewer). */
export type Part = { readonly start: number; readonly end: number } | { readonly last: number }

export type PartReply =
  | { readonly kind: 'absent'; readonly status: number }
  /** The server gives this file as a whole only, or does not say how large it is. */
  | { readonly kind: 'whole' }
  | {
      readonly kind: 'part'
      readonly bytes: Buffer
      /** Bytes of the whole file. */
      readonly size: number
    }

export interface PageRequest {
  /** `Accept`. */
  readonly accept: string
  readonly validator?: Validator
  /** Decoded bytes after which the answer is refused. */
  readonly maxBytes: number
  /** It may not be needed: it is decoded when no other such page is, so that it takes little from those that are. */
  readonly behind?: boolean
  /** All together, from the call to the last byte. Default: the upstream's page timeout. */
  readonly totalMs?: number
}

/** Somebody else's server: one pool of connections, one credential. */
export interface UpstreamClient {
  /** @throws UpstreamError when the server cannot say, or says what cannot be believed */
  getPage(url: string, request: PageRequest): Promise<PageReply>
  /**
   * The same for a page that is too long to be held whole; `read` is called again where the question is asked again.
   * @throws UpstreamError, and what `read` throws
   */
  streamPage<Body>(url: string, request: PageRequest, read: ReadPieces<Body>): Promise<PageReply<Body>>
  /**
   * Opens a file below one of the upstream's file bases; `rangeStart` asks for the rest from there (with `ifRange`).
   * `size`: bytes of the whole file, as its page says.
   * @throws UpstreamError also where `url` or a redirect leads outside every base
   */
  openFile(
    url: string,
    options?: { readonly rangeStart?: number; readonly ifRange?: string; readonly size?: number },
  ): Promise<FileReply>
  /** Whether an address may have the file that did not give wrong bytes for it. Absent: there is one address. */
  hasOthers?(url: string): boolean
  /** Bytes of a file below one of the upstream's file bases, as few as were asked for. @throws UpstreamError as `openFile` */
  readPart(url: string, part: Part): Promise<PartReply>
  /** Size and validator by HEAD. undefined: the server has no such file. */
  headFile(url: string): Promise<{ readonly size?: number; readonly validator?: Validator } | undefined>
  /** Waits for what is under way, then closes every connection; what takes longer than `withinMs` (default 30 s) is broken off. */
  close(withinMs?: number): Promise<void>
}
