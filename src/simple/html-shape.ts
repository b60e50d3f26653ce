/** Whether an HTML document is a page of an index at all, and a whole one: a login page with status 200 is neither. */
import { checkApiVersion } from './api-version.ts'
import { PageError } from './model.ts'

const MAX_HEADING_LENGTH = 1000

/** How generators head a page of links to files, and how a list of projects may be headed as well. */
const FILE_LISTING = /links for|index of|directory listing/i
const PROJECT_LISTING = /simple (?:index|list|package|repository)/i

/** Looks at the tags and texts of a document as they pass. */
export class HtmlShape {
  #heading = ''
  #inHeading = false
  #isMarked = false
  #laterVersion: string | undefined
  #hasParentLink = false
  #hasForm = false
  #isFinished = false

  /** @throws PageError for an API version that we do not know */
  open(tag: string, attributes: ReadonlyMap<string, string>): void {
    this.#isFinished = false
    if (tag === 'title' || tag === 'h1') this.#inHeading = true
    if (tag === 'form' || tag === 'input') this.#hasForm = true
    if (tag === 'a' && attributes.get('href') === '../') this.#hasParentLink = true
    // pip2pi and Nexus have an `api-version` of their own, which is another thing.
    if (tag === 'meta' && attributes.get('name')?.toLowerCase() === 'pypi:repository-version') {
      this.#laterVersion = checkApiVersion(attributes.get('content')?.trim())
      this.#isMarked = true
    }
  }

  close(tag: string): void {
    if (tag === 'title' || tag === 'h1') this.#inHeading = false
    if (tag === 'html' || tag === 'body') this.#isFinished = true
  }

  text(text: string): void {
    if (this.#inHeading && this.#heading.length < MAX_HEADING_LENGTH) this.#heading += text.slice(0, MAX_HEADING_LENGTH)
    if (this.#isFinished && text.trim() !== '') this.#isFinished = false
  }

  /** As `ProjectDetail` has it. */
  get laterVersion(): string | undefined {
    return this.#laterVersion
  }

  /** It says so itself, or looks as listings of files do: then it is a page of an index even without a single file. */
  get isFileListing(): boolean {
    return this.#isMarked || this.#hasParentLink || FILE_LISTING.test(this.#heading)
  }

  /** The same for a list of projects. `onlyProjects`: it has links, and all of them could be projects. */
  isProjectListing(onlyProjects: boolean): boolean {
    return this.isFileListing || PROJECT_LISTING.test(this.#heading) || (onlyProjects && !this.#hasForm)
  }

  /**
   * A body that ended when the connection closed may have been cut anywhere.
   * @throws PageError unless the document's own end came last
   */
  checkFinished(): void {
    if (!this.#isFinished) throw new PageError('it ends before the document does', 'truncated')
  }
}
